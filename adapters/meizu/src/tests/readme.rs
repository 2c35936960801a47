//! The generated tables of the README.

use std::path::Path;

use http::StatusCode;
use zpns_kit::Verdict;
use zpns_kit::docs::{DecisionRow, capability_table, check_readme, decision_table};

use crate::provider::capability;
use crate::response::{Place, ROWS, UNDOCUMENTED, undocumented};

/// Answers that no row of the table speaks of.
const BY_STATUS: [(u16, bool, &str); 11] = [
    (200, true, "a code that is not documented"),
    (
        200,
        false,
        "a success that cannot be read, or its `value` cannot",
    ),
    (400, false, "any other refusal"),
    (401, false, "not Meizu's own refusal"),
    (403, false, "not Meizu's own refusal"),
    (413, false, "too large"),
    (429, false, "too many requests"),
    (
        500,
        true,
        "an error of Meizu's with a code that is not documented",
    ),
    (500, false, "not Meizu's own answer"),
    (502, false, "the way to Meizu broke (504 too)"),
    (503, false, "overloaded"),
];

#[test]
fn the_readme_says_what_the_code_does() {
    let coded = ROWS.iter().map(|row| {
        let place = match row.place {
            Place::Value => "`value`",
            Place::Request | Place::Targets => "`code`",
        };
        DecisionRow::new(place, row.code, row.verdict, row.meaning)
    });
    let unknown = DecisionRow::new("`value`", "any other", undocumented(1), UNDOCUMENTED);
    let bare = BY_STATUS.iter().map(|&(status, spoken, meaning)| {
        let verdict = Verdict::unlisted(StatusCode::from_u16(status).unwrap(), spoken);
        DecisionRow::new("HTTP", status.to_string(), verdict, meaning)
    });
    let rows = coded.chain([unknown]).chain(bare);
    let sections = [
        ("capability", capability_table(&capability())),
        ("decisions", decision_table(rows)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    check_readme(&readme, &sections).unwrap();
}
