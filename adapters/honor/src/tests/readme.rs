//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table, table};

use crate::auth::DENIALS;
use crate::message::CLASSES;
use crate::provider::capability;
use crate::receipt::STATUSES as RECEIPTS;
use crate::response::{FAMILIES, ROWS, STATUSES, TARGETS};

/// Answers that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 11] = [
    (200, true, "a code that nobody has documented"),
    (
        200,
        false,
        "a success that cannot be read, or has no `sendResult`",
    ),
    (400, false, "any other refusal"),
    (403, false, "not HONOR's own refusal"),
    (413, false, "too large"),
    (429, false, "too many requests"),
    (
        500,
        true,
        "an error of HONOR's with a code that nobody has documented",
    ),
    (500, false, "not HONOR's own answer"),
    (502, true, "the way to HONOR broke"),
    (503, false, "overloaded"),
    (504, true, "no answer in time"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    let mut decisions = Vec::new();
    let of_targets = TARGETS.map(|row| *row);
    let groups = [
        ("`data`", &of_targets[..]),
        ("`code`", ROWS),
        ("`code`, unknown", FAMILIES),
        ("HTTP", STATUSES),
    ];
    for (place, rows) in groups {
        decisions.extend(rows.iter().map(|row| {
            let code = match place {
                "`code`, unknown" => format!("{}…", row.code),
                _ => row.code.to_owned(),
            };
            DecisionRow::new(place, code, row.verdict, row.meaning)
        }));
    }
    decisions.extend(BY_STATUS.map(|(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    }));
    let classes = CLASSES.map(|(category, class)| {
        let name = serde_json::to_value(category).unwrap();
        [
            format!("`{}`", name.as_str().unwrap()),
            format!("`{}`", class.wire()),
        ]
    });
    let denials = DENIALS
        .iter()
        .map(|(code, meaning)| [format!("`{code}`"), (*meaning).to_owned()]);
    let receipts = RECEIPTS.iter().map(|(status, event, meaning)| {
        [
            status.to_string(),
            format!("{event:?}"),
            (*meaning).to_owned(),
        ]
    });
    let sections = [
        ("capability", capability_table(&capability(true))),
        ("classes", table(["category", "importance"], classes)),
        ("decisions", decision_table(decisions)),
        ("denials", table(["`error`", "meaning"], denials)),
        ("receipts", table(["status", "event", "meaning"], receipts)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
