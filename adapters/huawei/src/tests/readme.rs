//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table, table};

use crate::message::class::CLASSES;
use crate::message::harmony::NAMES;
use crate::provider::{harmony_capability, hms_capability};
use crate::response::{GATEWAY, REASONS, ROWS, Row, STATUSES};

/// Statuses that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 9] = [
    (400, true, "any other refusal"),
    (403, false, "not Huawei's own refusal"),
    (429, false, "too many requests"),
    (500, false, "not Huawei's own answer"),
    (502, true, "the way to Huawei broke"),
    (503, false, "the flow is controlled"),
    (504, true, "no answer in time"),
    (200, true, "a code that nobody has documented"),
    (200, false, "a success that cannot be read"),
];

fn rows(place: &str, rows: &[Row]) -> Vec<DecisionRow> {
    rows.iter()
        .map(|row| DecisionRow::new(place, row.code, row.verdict, row.meaning))
        .collect()
}

#[test]
fn the_readme_says_what_the_code_does() {
    let mut decisions = rows("`code`", ROWS);
    decisions.extend(rows("`NSP_STATUS`", GATEWAY));
    decisions.extend(rows("HTTP", STATUSES));
    decisions.extend(BY_STATUS.map(|(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    }));
    let classes = CLASSES.map(|(category, class)| {
        let name = serde_json::to_value(category).unwrap();
        [
            format!("`{}`", name.as_str().unwrap()),
            format!("`{class}`"),
        ]
    });
    let types = NAMES.map(|(name, _, number)| [format!("`{name}`"), number.to_owned()]);
    let sections = [
        ("capability huawei", capability_table(&hms_capability())),
        (
            "capability harmony",
            capability_table(&harmony_capability()),
        ),
        ("decisions", decision_table(decisions)),
        (
            "reasons",
            decision_table(rows("80100000, 80300007", REASONS)),
        ),
        ("classes", table(["category", "class"], classes)),
        (
            "push types",
            table(["`{\"other\": …}`", "`push-type`"], types),
        ),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
