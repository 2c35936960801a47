//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table, table};

use crate::message::URGENCIES;
use crate::provider::capability;
use crate::response::{MISMATCHED, Meaning, REFUSED, ROWS, STATUSES, Words, by_status};

/// Statuses that no row of the table speaks of, and whether in words of the service's own.
const OTHERS: [(u16, bool, &str); 8] = [
    (307, false, "any redirect: never followed"),
    (408, false, "too slow"),
    (418, false, "any other refusal"),
    (500, true, "an error of the service's own"),
    (500, false, "anybody's error"),
    (502, false, "the way to the service broke"),
    (503, false, "overloaded"),
    (504, false, "no answer in time"),
];

fn verdict(meaning: Meaning) -> Verdict {
    match meaning {
        Meaning::Verdict(verdict) => verdict,
        Meaning::Refused | Meaning::Expired => REFUSED,
        Meaning::Mismatched => MISMATCHED,
    }
}

#[test]
fn the_readme_says_what_the_code_does() {
    let mut decisions = Vec::new();
    decisions.extend(ROWS.iter().map(|row| {
        let (place, code) = match row.said {
            Words::Errno(errno, "") => ("`errno`", errno.to_string()),
            Words::Errno(errno, part) => ("`errno`", format!("{errno}: …{part}")),
            Words::Reason(reason) => ("`reason`", reason.to_owned()),
            Words::Text(status, part) => {
                return DecisionRow::new(
                    status.to_string(),
                    format!("…{part}…"),
                    verdict(row.meaning),
                    row.words,
                );
            }
        };
        DecisionRow::new(place, code, verdict(row.meaning), row.words)
    }));
    decisions.extend(STATUSES.iter().map(|(status, meaning, words)| {
        DecisionRow::new(status.to_string(), "", verdict(*meaning), *words)
    }));
    decisions.extend(OTHERS.map(|(status, spoken, words)| {
        let (meaning, _) = by_status(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new(status.to_string(), "", verdict(meaning), words)
    }));
    let urgencies = URGENCIES.iter().map(|(priority, urgency)| {
        let name = serde_json::to_value(priority).unwrap();
        [
            format!("`{}`", name.as_str().unwrap()),
            format!("`{}`", urgency.as_str()),
        ]
    });
    let sections = [
        ("capability", capability_table(&capability())),
        ("urgencies", table(["priority", "`Urgency`"], urgencies)),
        ("decisions", decision_table(decisions)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
