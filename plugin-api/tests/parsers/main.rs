//! The parsers of what a plugin hands over, under inputs that nobody thought of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod properties;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value, json};
use zpns_plugin_api::json::{Descriptor, decode_report};

/// Words that mean something somewhere, and some that do not.
const WORDS: &[&str] = &[
    "id",
    "provider",
    "capability",
    "batch",
    "batch_min",
    "in_flight",
    "kinds",
    "fields",
    "secrets",
    "requires",
    "abi",
    "major",
    "minor",
    "rest",
    "outcomes",
    "notes",
    "i",
    "outcome",
    "accepted",
    "rejected",
    "failed",
    "kind",
    "token",
    "keep",
    "drop",
    "replace",
    "mute",
    "since",
    "until",
    "vendor",
    "code",
    "reason",
    "http_status",
    "message",
    "retry",
    "mode",
    "never",
    "after",
    "after_ms",
    "backoff",
    "sent",
    "no",
    "maybe",
    "scope",
    "target",
    "provider",
    "context",
    "token_invalid",
    "muted",
    "timeout",
    "unavailable",
    "protocol",
    "payload_too_large",
    "alert",
    "title",
    "x",
    "",
    "\u{0}",
    "ü\"\\",
    "max_ttl_ms",
    "quota_day",
];

/// JSON of those words: nearer to what is read than chance would come.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0u64..4).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::from)),
        select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let members = vec((select(WORDS), inner.clone()), 0..8);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// A good one, of which some members are replaced by anything.
fn changed(good: Value) -> impl Strategy<Value = Value> {
    vec((any::<prop::sample::Index>(), value()), 0..4).prop_map(move |changes| {
        let mut changed = good.clone();
        for (at, with) in changes {
            let mut pointers = Vec::new();
            collect(&changed, String::new(), &mut pointers);
            let pointer = at.get(&pointers);
            *changed.pointer_mut(pointer).unwrap() = with;
        }
        changed
    })
}

/// The pointers to everything in a value.
fn collect(value: &Value, here: String, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            collect(member, format!("{here}/{key}"), into);
        }),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, member)| {
            collect(member, format!("{here}/{at}"), into);
        }),
        _ => {}
    }
    into.push(here);
}

/// The bytes of a value, some of which are other ones, and cut off somewhere.
fn damaged(json: Value) -> impl Strategy<Value = Vec<u8>> {
    let bytes = json.to_string().into_bytes();
    let damage = vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (damage, any::<prop::sample::Index>(), any::<bool>()).prop_map(move |(damage, end, cut)| {
        let mut bytes = bytes.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes
    })
}

/// All of that.
fn input(good: Value) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => vec(any::<u8>(), 0..64),
        2 => value().prop_map(|value| value.to_string().into_bytes()),
        6 => changed(good.clone()).prop_map(|value| value.to_string().into_bytes()),
        3 => damaged(good),
    ]
}

fn good_descriptor() -> Value {
    json!({
        "id": "com.example.car", "provider": "car", "abi": {"major": 0, "minor": 1},
        "requires": ["zpns.host.http/1"], "secrets": ["/key"], "config_schema": {"type": "object"},
        "capability": {"batch": 100, "batch_min": 2, "in_flight": 8, "kinds": ["alert"],
            "fields": ["title", "body"], "max_ttl_ms": 1000, "deduplicates": true},
    })
}

fn good_report() -> Value {
    json!({"rest": {"outcome": "accepted", "vendor_id": "m"}, "outcomes": [
        {"i": 0, "outcome": "rejected", "kind": "token_invalid", "token": {"drop": {"since": 5}},
         "vendor": {"code": "410", "reason": "gone", "http_status": 410}, "reason": "gone"},
        {"i": 1, "outcome": "failed", "kind": "unavailable", "message": "busy", "sent": "no",
         "retry": {"mode": "after", "after_ms": 1500}, "context": [["k", "v"]], "scope": "target"},
    ], "notes": {"truncated": ["body"]}})
}

fn good_error() -> Value {
    json!({"kind": "rate_limited", "message": "slow", "retry": {"mode": "after", "after_ms": 9},
        "sent": "maybe", "scope": "class", "vendor": {"code": "7"}, "context": [["k", "v"]]})
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 8 } else { 1_500 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_descriptor_is_read_or_refused(json in input(good_descriptor())) {
        properties::descriptor(&json);
    }

    #[test]
    fn a_report_speaks_for_every_target_or_is_refused(
        json in input(good_report()), targets in 0usize..5,
    ) {
        properties::report(&json, targets);
    }

    #[test]
    fn an_error_is_read_or_refused(json in input(good_error())) {
        properties::error(&json);
    }
}

#[test]
fn the_good_ones_are_read() {
    let report = decode_report(good_report().to_string().as_bytes(), 3);
    assert_eq!(report.unwrap().report.accepted(), 1);
    let descriptor: Result<Descriptor, _> = serde_json::from_value(good_descriptor());
    assert_eq!(descriptor.unwrap().provider, "car");
    let error: Result<zpns_core::Error, _> = serde_json::from_value(good_error());
    assert!(error.is_ok());
}
