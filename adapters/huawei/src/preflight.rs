//! What a look at a message tells of Huawei (`reference/huawei.md` §5).

use zpns_core::preflight::{CHINA, Facts, Rule};
use zpns_core::{Kind, Priority};

use crate::message::{harmony, hms};

/// Rules of HMS.
pub(crate) static HUAWEI_RULES: &[Rule] = &[
    Rule::warning(
        "huawei.category_missing",
        "an alert says nothing of its category: Huawei takes it for marketing, which comes \
         without a sound, and two (news apps: five) a day and device at the most",
        |facts| is_unclassified(facts) && android(facts).category.is_none(),
    ),
    Rule::warning(
        "huawei.test_message",
        "this is a test message: Huawei sends 500 a day of them for an app",
        |facts| android(facts).target_user_type == Some(1),
    ),
    Rule::warning(
        "huawei.validate_only",
        "Huawei only checks the message, and delivers nothing",
        |facts| facts.options::<hms::Options>().validate_only == Some(true),
    ),
    Rule::warning(
        "huawei.high_importance",
        "the message asks for high importance: Huawei refuses it to apps that lack the permission",
        |facts| {
            let look = android(facts).notification.unwrap_or_default();
            look.importance == Some(hms::Importance::High)
        },
    ),
    Rule::warning(
        "huawei.urgent_silent",
        "a silent push is urgent: starting the app for it needs a permission that Huawei gives to \
         few",
        |facts| {
            let message = facts.notification;
            let asked = message.priority == Some(Priority::High);
            let own = android(facts).urgency;
            message.kind == Kind::Silent && own.map_or(asked, |own| own == hms::Urgency::High)
        },
    ),
    Rule::warning(
        "huawei.marketing_at_night",
        "marketing between midnight and 6 in China: a phone that lies still shows it in the \
         morning",
        is_marketing_at_night,
    ),
];

/// Rules of HarmonyOS.
pub(crate) static HARMONY_RULES: &[Rule] = &[
    Rule::warning(
        "harmony.category_missing",
        "an alert says nothing of its category: it goes out as marketing, which comes without a \
         sound, and two (some apps: five) a day and device at the most",
        |facts| {
            let notification = facts.options::<harmony::Options>().notification;
            is_unclassified(facts) && notification.is_none_or(|look| look.category.is_none())
        },
    ),
    Rule::warning(
        "harmony.test_message",
        "this is a test message: Huawei takes a thousand requests a day of them for a project, of \
         ten devices each",
        |facts| {
            let how = facts.options::<harmony::Options>().push_options;
            how.is_some_and(|how| how.test_message == Some(true))
        },
    ),
    Rule::warning(
        "harmony.picture_not_checked",
        "the picture's address has no `verifyKey`: Huawei refuses a picture that has not passed \
         its check (`images:verify`), which hands out the address to use",
        |facts| {
            let look = facts.options::<harmony::Options>().notification;
            let own = look.and_then(|look| look.image);
            let image = own.as_ref().or(facts.notification.image.as_ref());
            facts.notification.kind == Kind::Alert
                && image.is_some_and(|image| !image.contains("verifyKey"))
        },
    ),
    Rule::warning(
        "harmony.marketing_at_night",
        "marketing between midnight and 6 in China: a phone shows it when its user gets up",
        is_marketing_at_night,
    ),
];

fn android(facts: &Facts<'_>) -> hms::AndroidConfig {
    let options: hms::Options = facts.options();
    options.android.unwrap_or_default()
}

fn is_unclassified(facts: &Facts<'_>) -> bool {
    facts.notification.kind == Kind::Alert && facts.notification.category.is_none()
}

fn is_marketing_at_night(facts: &Facts<'_>) -> bool {
    facts.notification.kind == Kind::Alert && facts.is_marketing() && facts.hour(CHINA) < 6
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::{rules_that_hold, walk_rules};

    #[test]
    fn every_rule_of_hms_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let of = |category: &str| json!({"body": "b", "category": category});
        let with = |options| json!({"body": "b", "vendor": {"huawei": options}});
        let test = |user: u8| with(json!({"android": {"target_user_type": user}}));
        let named = with(json!({"android": {"category": "IM"}}));
        let urgent = |urgency: &str| {
            json!({"kind": "silent", "priority": "high",
                "vendor": {"huawei": {"android": {"urgency": urgency}}}})
        };
        walk_rules(
            "huawei",
            super::HUAWEI_RULES,
            &[
                ("huawei.category_missing", 0, plain(), of("instant_message")),
                ("huawei.category_missing", 0, plain(), named),
                ("huawei.test_message", 0, test(1), test(0)),
                (
                    "huawei.validate_only",
                    0,
                    with(json!({"validate_only": true})),
                    with(json!({"validate_only": false})),
                ),
                (
                    "huawei.high_importance",
                    0,
                    with(json!({"android": {"notification": {"importance": "high"}}})),
                    with(json!({"android": {"notification": {"importance": "normal"}}})),
                ),
                (
                    "huawei.urgent_silent",
                    0,
                    json!({"kind": "silent", "priority": "high"}),
                    json!({"kind": "silent"}),
                ),
                ("huawei.urgent_silent", 0, urgent("high"), urgent("normal")),
                ("huawei.marketing_at_night", 5, of("news"), of("order")),
            ],
        );
        let by_day = rules_that_hold(super::HUAWEI_RULES, 6, of("marketing"));
        assert!(by_day.is_empty(), "{by_day:?}");
    }

    #[test]
    fn every_rule_of_harmony_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let of = |category: &str| json!({"body": "b", "category": category});
        let with = |options| json!({"body": "b", "vendor": {"harmony": options}});
        let test = |test: bool| with(json!({"push_options": {"test_message": test}}));
        let named = with(json!({"notification": {"category": "IM"}}));
        let pictured = |image: &str| json!({"body": "b", "image": image});
        walk_rules(
            "harmony",
            super::HARMONY_RULES,
            &[
                (
                    "harmony.category_missing",
                    0,
                    plain(),
                    of("instant_message"),
                ),
                ("harmony.category_missing", 0, plain(), named),
                ("harmony.test_message", 0, test(true), test(false)),
                (
                    "harmony.picture_not_checked",
                    0,
                    pictured("https://example.com/a.png"),
                    pictured("https://example.com/a.png?verifyKey=1"),
                ),
                (
                    "harmony.picture_not_checked",
                    0,
                    with(json!({"notification": {"image": "https://example.com/a.png"}})),
                    plain(),
                ),
                ("harmony.marketing_at_night", 0, of("marketing"), of("mail")),
            ],
        );
        let by_day = rules_that_hold(super::HARMONY_RULES, 23, of("marketing"));
        assert!(by_day.is_empty(), "{by_day:?}");
    }
}
