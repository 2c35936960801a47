//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table};

use crate::provider::capability;
use crate::response::{BUSINESS, BUSINESS_CODES, BUSINESS_MEANING, NAMED, ROWS, Rule};

/// Answers that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 11] = [
    (200, true, "a code that is not documented"),
    (
        200,
        false,
        "a success that cannot be read, or a target that a batch leaves out",
    ),
    (400, false, "any other refusal"),
    (401, false, "not OPPO's own refusal"),
    (403, false, "not OPPO's own refusal"),
    (413, false, "too large"),
    (429, false, "too many requests"),
    (
        500,
        true,
        "an error of OPPO's with a code that is not documented",
    ),
    (500, false, "not OPPO's own answer"),
    (502, false, "the way to OPPO broke (504 too)"),
    (503, false, "overloaded"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    // 32 is no error at all: what OPPO has already, it has taken.
    let coded = ROWS.iter().filter(|row| row.rule != Rule::Repeat);
    let coded =
        coded.map(|row| DecisionRow::new("`code`", row.code.to_string(), row.verdict, row.meaning));
    let named = DecisionRow::new(
        "`code`",
        "41",
        NAMED,
        "the same, with a sentence about the registration id",
    );
    let business = format!("{}…{}", BUSINESS_CODES.start(), BUSINESS_CODES.end());
    let business = DecisionRow::new("`code`", business, BUSINESS, BUSINESS_MEANING);
    let bare = BY_STATUS.iter().map(|&(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    });
    let rows = coded.chain([named, business]).chain(bare);
    let sections = [
        ("capability", capability_table(&capability())),
        ("decisions", decision_table(rows)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
