//! What a look at a message tells of HONOR (`reference/honor.md` §5).

use zpns_core::Kind;
use zpns_core::preflight::{CHINA, Facts, Rule};

use crate::message::{Importance, Options};

/// Rules of HONOR.
pub(crate) static RULES: &[Rule] = &[
    Rule::warning(
        "honor.category_missing",
        "an alert says nothing of its category: HONOR takes it for marketing, which comes without \
         a sound and twice a day and device at the most",
        |facts| {
            facts.notification.kind == Kind::Alert
                && facts.notification.category.is_none()
                && importance(facts).is_none()
        },
    ),
    Rule::warning(
        "honor.test_message",
        "this is a test message: HONOR sends a thousand a day of them for an app",
        |facts| {
            let android = facts.options::<Options>().android;
            android.is_some_and(|android| android.target_user_type == Some(1))
        },
    ),
    Rule::warning(
        "honor.marketing_at_night",
        "marketing between midnight and 6 in China: HONOR holds it back until the morning",
        |facts| {
            let marketing = facts.is_marketing() || importance(facts) == Some(Importance::Low);
            facts.notification.kind == Kind::Alert && marketing && facts.hour(CHINA) < 6
        },
    ),
];

/// The class that the message names itself.
fn importance(facts: &Facts<'_>) -> Option<Importance> {
    facts.options::<Options>().android?.notification?.importance
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use zpns_kit::testing::walk_rules;

    /// With an importance of its own.
    fn class(importance: &str) -> Value {
        json!({"body": "b", "vendor": {"honor": {"android": {"notification": {
            "importance": importance}}}}})
    }

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let of = |category: &str| json!({"body": "b", "category": category});
        let test = |user: u8| {
            json!({"body": "b", "vendor": {"honor": {"android": {
            "target_user_type": user}}}})
        };
        walk_rules(
            "honor",
            super::RULES,
            &[
                ("honor.category_missing", 0, plain(), of("instant_message")),
                ("honor.category_missing", 0, plain(), class("normal")),
                (
                    "honor.category_missing",
                    0,
                    plain(),
                    json!({"kind": "silent"}),
                ),
                ("honor.test_message", 0, test(1), test(0)),
                ("honor.marketing_at_night", 5, of("marketing"), of("order")),
                ("honor.marketing_at_night", 0, class("low"), class("normal")),
            ],
        );
        let by_day = walk_rules_at_noon(of("marketing"));
        assert!(!by_day.contains(&"honor.marketing_at_night"), "{by_day:?}");
    }

    fn walk_rules_at_noon(message: Value) -> Vec<&'static str> {
        zpns_kit::testing::rules_that_hold(super::RULES, 12, message)
    }
}
