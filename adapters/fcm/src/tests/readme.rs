//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table};

use crate::provider::capability;
use crate::response::ROWS;

/// Statuses that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 9] = [
    (400, true, "any other refusal"),
    (403, false, "not FCM's own refusal"),
    (413, false, "too large"),
    (500, true, "an error of FCM's without a known code"),
    (500, false, "not FCM's own answer"),
    (502, false, "the way to FCM broke"),
    (503, false, "overloaded"),
    (504, false, "no answer in time"),
    (200, false, "a success that names no message"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    let coded = ROWS.iter().map(|row| {
        DecisionRow::new(
            row.evidence.place(),
            row.evidence.values(),
            row.verdict,
            row.meaning,
        )
    });
    let bare = BY_STATUS.iter().map(|&(status, spoken, meaning)| {
        let verdict = Verdict::of_status(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    });
    let sections = [
        ("capability", capability_table(&capability())),
        ("decisions", decision_table(coded.chain(bare))),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
