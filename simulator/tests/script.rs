//! The file format of fault scripts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use zpns_simulator::FaultScript;
use zpns_simulator::faults::{Fault, RetryAfter, Target};

/// The fenced blocks of the README in these languages.
fn examples() -> Vec<&'static str> {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```").skip(1).step_by(2);
    blocks
        .filter_map(|b| {
            b.strip_prefix("toml\n")
                .or_else(|| b.strip_prefix("json\n"))
        })
        .collect()
}

#[test]
fn every_example_of_the_readme_parses_and_every_kind_has_one() {
    let mut kinds = std::collections::BTreeSet::new();
    for example in examples() {
        let script = FaultScript::parse(example).unwrap_or_else(|e| panic!("{e}\n{example}"));
        kinds.extend(script.rules.iter().map(|rule| rule.fault.kind()));
        let json = serde_json::to_string(&script).unwrap();
        assert_eq!(
            FaultScript::parse(&json).unwrap(),
            script,
            "JSON says the same"
        );
    }
    let all = [
        "delay",
        "drip",
        "expired_auth",
        "flaky",
        "goaway",
        "html",
        "malformed_body",
        "reset",
        "stall",
        "status",
        "stream_limit",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn a_rule_says_what_it_hits() {
    let script = FaultScript::parse(
        r#"
        seed = 3
        [[rules]]
        vendor = "fcm"
        target = "auth"
        token = "t"
        after = 1
        count = 2
        share = 0.5
        fault = { kind = "status", status = 429, retry_after = 5 }
        "#,
    )
    .unwrap();
    let rule = &script.rules[0];
    assert_eq!(script.seed, Some(3));
    assert_eq!(rule.provider.as_deref(), Some("fcm"));
    assert_eq!(
        (rule.target, rule.after, rule.count),
        (Target::Auth, 1, Some(2))
    );
    assert_eq!((rule.token.as_deref(), rule.share), (Some("t"), Some(0.5)));
    let Fault::Status {
        status: 429,
        retry_after,
        ..
    } = &rule.fault
    else {
        panic!("{rule:?}")
    };
    assert_eq!(*retry_after, Some(RetryAfter::Seconds(5)));
}

#[test]
fn a_mistake_is_named() {
    let cases = [
        ("fault = { kind = \"html\" }", "unknown field `fault`"),
        (
            "rules = [{ fault = { kind = \"html\" }, counts = 1 }]",
            "counts",
        ),
        ("rules = [{ fault = { kind = \"htm\" } }]", "htm"),
        ("rules = [{ fault = { kind = \"html\", ms = 3 } }]", "ms"),
        (
            "rules = [{ fault = { kind = \"expired_auth\", ms = 3 } }]",
            "ms",
        ),
        ("rules = [{ count = 1 }]", "fault"),
        (
            "rules = [{ share = 1.5, fault = { kind = \"html\" } }]",
            "rule 1: `share`",
        ),
        (
            "rules = [{ provider = \"apple\", fault = { kind = \"html\" } }]",
            "no provider `apple`",
        ),
        (
            "rules = [{ fault = { kind = \"status\", status = 99 } }]",
            "rule 1: `status`",
        ),
        (
            "rules = [{ token = \"a\", token_prefix = \"b\", fault = { kind = \"html\" } }]",
            "exclude",
        ),
        (
            "rules = [{ target = \"pull\", fault = { kind = \"html\" } }]",
            "pull",
        ),
        ("{ \"rules\": [{}] }", "fault"),
    ];
    for (text, part) in cases {
        let error = FaultScript::parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}\n{error}");
    }
}
