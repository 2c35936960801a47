//! What a look at a message tells of Xiaomi (`reference/xiaomi.md` §5).

use std::time::Duration;

use zpns_core::Kind;
use zpns_core::preflight::Rule;

use crate::message::{Options, channel};

/// How long a message of the public class is kept at the most.
const PUBLIC_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Rules of Xiaomi.
pub(crate) static RULES: &[Rule] = &[
    Rule::warning(
        "xiaomi.channel_missing",
        "the message has no channel: Xiaomi sends one a day and device of those, and refuses them \
         for apps under its new rules",
        |facts| {
            let (message, options) = (facts.notification, facts.options::<Options>());
            facts.is_shown() && channel(message, message.category, &options).is_none()
        },
    ),
    Rule::warning(
        "xiaomi.template_missing",
        "a message in the private channel has no template: Xiaomi refuses those to apps under its \
         rules of 2026",
        |facts| {
            let (message, options) = (facts.notification, facts.options::<Options>());
            let private = &options.private_channel_id;
            facts.is_shown()
                && private.is_some()
                && channel(message, message.category, &options) == private.as_deref()
                && options.template_id.is_none()
        },
    ),
    Rule::warning(
        "xiaomi.long_public_ttl",
        "news or advertising is to be kept for over a day: Xiaomi keeps what is public for a day \
         at the most",
        |facts| {
            let own = facts.options::<Options>().time_to_live;
            let ttl = own.map(Duration::from_millis).or(facts.notification.ttl);
            facts.is_shown() && facts.is_marketing() && ttl.is_some_and(|ttl| ttl > PUBLIC_TTL)
        },
    ),
    Rule::warning(
        "xiaomi.silent",
        "Xiaomi has ended silent pushes (pass-through) and keeps them for old apps only: this one \
         may be refused",
        |facts| facts.notification.kind == Kind::Silent,
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let of_class = json!({"body": "b", "category": "order",
            "vendor": {"xiaomi": {"private_channel_id": "1001"}}});
        let cases = [
            json!({"body": "b", "channel": "1001"}),
            json!({"body": "b", "vendor": {"xiaomi": {"channel_id": "1001"}}}),
            of_class,
            json!({"kind": "silent"}),
        ];
        let mut cases = Vec::from(cases.map(|quiet| ("xiaomi.channel_missing", 0, plain(), quiet)));
        let private = |category: &str, template: Option<&str>| {
            json!({"body": "b", "category": category,
            "vendor": {"xiaomi": {"private_channel_id": "1", "template_id": template}}})
        };
        let kept = |category: &str, hours: u64| json!({"body": "b", "category": category, "ttl_ms": hours * 3_600_000});
        let long = json!({"body": "b", "category": "news",
            "vendor": {"xiaomi": {"time_to_live": 90_000_000}}});
        let no_template = || private("order", None);
        cases.extend([
            (
                "xiaomi.template_missing",
                0,
                no_template(),
                private("order", Some("M1")),
            ),
            (
                "xiaomi.template_missing",
                0,
                no_template(),
                private("news", None),
            ),
            (
                "xiaomi.long_public_ttl",
                0,
                kept("news", 25),
                kept("news", 24),
            ),
            ("xiaomi.long_public_ttl", 0, long, kept("order", 25)),
            ("xiaomi.silent", 0, json!({"kind": "silent"}), plain()),
        ]);
        walk_rules("xiaomi", super::RULES, &cases);
        let other_class = json!({"body": "b", "category": "news",
            "vendor": {"xiaomi": {"private_channel_id": "1001"}}});
        let holding = zpns_kit::testing::rules_that_hold(super::RULES, 0, other_class);
        assert_eq!(holding, ["xiaomi.channel_missing"]);
    }
}
