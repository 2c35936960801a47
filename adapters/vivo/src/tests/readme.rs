//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table};

use crate::provider::capability;
use crate::response::{ROWS, STATUSES, UNKNOWN_STATUS};

/// Answers that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 11] = [
    (200, true, "a result that is not documented"),
    (200, false, "a success that cannot be read"),
    (400, false, "any other refusal"),
    (401, false, "not vivo's own refusal"),
    (403, false, "not vivo's own refusal"),
    (413, false, "too large"),
    (429, false, "too many requests"),
    (
        500,
        true,
        "an error of vivo's with a result that is not documented",
    ),
    (500, false, "not vivo's own answer"),
    (502, false, "the way to vivo broke (504 too)"),
    (503, false, "overloaded"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    let of_target = STATUSES.iter().map(|(status, verdict, meaning)| {
        DecisionRow::new("`status`", status.to_string(), *verdict, *meaning)
    });
    let odd = "any other, or none";
    let unknown = DecisionRow::new("`status`", "?", UNKNOWN_STATUS, odd);
    let coded = ROWS
        .iter()
        .map(|row| DecisionRow::new("`result`", row.code.to_string(), row.verdict, row.meaning));
    let bare = BY_STATUS.iter().map(|&(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    });
    let rows = of_target.chain([unknown]).chain(coded).chain(bare);
    let sections = [
        ("capability", capability_table(&capability())),
        ("decisions", decision_table(rows)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
