//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table};

use crate::Region;
use crate::provider::capability;
use crate::response::{BAD_TARGET, BAD_TARGET_CODE, BAD_TARGET_MEANING, ROWS};

/// Answers that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 11] = [
    (200, true, "a code that is not documented"),
    (200, false, "a success that cannot be read"),
    (400, false, "any other refusal"),
    (401, false, "not Xiaomi's own refusal"),
    (403, false, "not Xiaomi's own refusal"),
    (413, false, "too large"),
    (429, false, "too many requests"),
    (
        500,
        true,
        "an error of Xiaomi's with a code that is not documented",
    ),
    (500, false, "not Xiaomi's own answer"),
    (502, false, "the way to Xiaomi broke (504 too)"),
    (503, false, "overloaded"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    let partial = DecisionRow::new("`data`", BAD_TARGET_CODE, BAD_TARGET, BAD_TARGET_MEANING);
    let coded = ROWS
        .iter()
        .map(|row| DecisionRow::new("`code`", row.code.to_string(), row.verdict, row.meaning));
    let bare = BY_STATUS.iter().map(|&(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    });
    let rows = std::iter::once(partial).chain(coded).chain(bare);
    let sections = [
        ("capability", capability_table(&capability(Region::China))),
        ("decisions", decision_table(rows)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
