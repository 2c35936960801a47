//! The README's tables, generated.

use std::path::Path;

use zpns_kit::docs::{self, DecisionRow};
use zpns_kit::{RetryClass, Verdict};

use crate::message::{LEVELS, ROWS};
use crate::{provider, response};

#[test]
fn the_readme_holds_what_the_code_says() {
    let decisions = response::ROWS
        .iter()
        .map(|row| DecisionRow::new(row.status.to_string(), row.reason, row.verdict, row.meaning));
    let sections = [
        (
            "capability",
            docs::capability_table(&provider::capability()),
        ),
        ("push-types", push_types()),
        ("categories", categories()),
        ("decisions", docs::decision_table(decisions)),
    ];
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    docs::check_readme(&readme, &sections).unwrap();
}

#[test]
fn whatever_is_tried_again_is_a_failure_and_not_a_verdict() {
    for row in &response::ROWS {
        let Verdict { kind, retry, .. } = row.verdict;
        assert_eq!(
            retry == RetryClass::Backoff,
            !kind.is_verdict(),
            "{}",
            row.reason
        );
    }
}

fn push_types() -> String {
    let or_apple = |value: Option<String>| value.unwrap_or_else(|| "Apple's".into());
    let rows = ROWS.iter().map(|row| {
        let legal: Vec<String> = row.priorities.iter().map(u8::to_string).collect();
        [
            format!("`{}`", row.name),
            if row.suffix.is_empty() {
                String::new()
            } else {
                format!("`{}`", row.suffix)
            },
            legal.join(", "),
            or_apple(row.priority.map(|priority| priority.to_string())),
            or_apple(row.expiration.map(|seconds| seconds.to_string())),
            row.limit.to_string(),
        ]
    });
    docs::table(
        [
            "push type",
            "topic suffix",
            "priorities",
            "default",
            "default expiration",
            "bytes",
        ],
        rows,
    )
}

fn categories() -> String {
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows = LEVELS.iter().map(|(category, level)| {
        let level = level.map(|level| format!("`{}`", name(serde_json::to_value(level).unwrap())));
        [
            format!("`{}`", name(serde_json::to_value(category).unwrap())),
            level.unwrap_or_else(|| "left out (`active`)".into()),
        ]
    });
    docs::table(["category", "`interruption-level`"], rows)
}
