//! What a look at a message tells of Web Push (`reference/webpush.md` §5, §6).

use zpns_core::Kind;
use zpns_core::preflight::Rule;

/// Rules of Web Push.
pub(crate) static RULES: &[Rule] = &[
    Rule::warning(
        "webpush.silent",
        "browsers expect every push to show something: this one is refused for Apple's, which \
         withdraw the permission of a site whose pushes do not",
        |facts| facts.notification.kind == Kind::Silent,
    ),
    // Apple's words allow both readings.
    Rule::off(
        "webpush.now_or_never",
        "the time to live is zero: Apple may refuse it, because it asks for one that is positive",
        |facts| facts.notification.ttl.is_some_and(|ttl| ttl.is_zero()),
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let lives = |ttl: u64| json!({"body": "b", "ttl_ms": ttl});
        walk_rules(
            "webpush",
            super::RULES,
            &[
                (
                    "webpush.silent",
                    0,
                    json!({"kind": "silent"}),
                    json!({"body": "b"}),
                ),
                ("webpush.now_or_never", 0, lives(0), lives(1_000)),
                ("webpush.now_or_never", 0, lives(0), json!({"body": "b"})),
            ],
        );
    }
}
