//! What a look at a message tells of Xiaomi (`reference/xiaomi.md` §5).

use zpns_core::preflight::Rule;

use crate::message::{Options, channel};

/// Rules of Xiaomi.
pub(crate) static RULES: &[Rule] = &[Rule::warning(
    "xiaomi.channel_missing",
    "the message has no channel: Xiaomi sends one a day and device of those, and refuses them for \
     apps under its new rules",
    |facts| {
        let (message, options) = (facts.notification, facts.options::<Options>());
        facts.is_shown() && channel(message, message.category, &options).is_none()
    },
)];

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
        let cases = cases.map(|quiet| ("xiaomi.channel_missing", 0, plain(), quiet));
        walk_rules("xiaomi", super::RULES, &cases);
        let other_class = json!({"body": "b", "category": "news",
            "vendor": {"xiaomi": {"private_channel_id": "1001"}}});
        let holding = zpns_kit::testing::rules_that_hold(super::RULES, 0, other_class);
        assert_eq!(holding, ["xiaomi.channel_missing"]);
    }
}
