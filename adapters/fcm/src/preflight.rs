//! What a look at a message tells of FCM (`reference/fcm.md` §6).

use zpns_core::preflight::Rule;
use zpns_core::{Kind, Priority};

use crate::message::Options;

/// Rules of FCM.
pub(crate) static RULES: &[Rule] = &[
    Rule::warning(
        "fcm.urgent_silent",
        "a silent push is urgent: Android lets few of those through to an app that shows nothing \
         for them, and lowers the rest",
        |facts| {
            let message = facts.notification;
            message.kind == Kind::Silent && message.priority == Some(Priority::High)
        },
    ),
    Rule::warning(
        "fcm.silent_web",
        "a silent push has options for browsers: they expect every push to show something, and \
         Safari withdraws the permission of a site whose pushes do not",
        |facts| {
            let for_the_web = facts.options::<Options>().webpush.is_some();
            facts.notification.kind == Kind::Silent && for_the_web
        },
    ),
    Rule::warning(
        "fcm.validate_only",
        "FCM only checks the message, and delivers nothing",
        |facts| facts.options::<Options>().validate_only == Some(true),
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let web = |kind: &str| {
            json!({"kind": kind, "body": (kind == "alert").then_some("b"),
                "vendor": {"fcm": {"webpush": {"data": {"a": "b"}}}}})
        };
        let only = |only: bool| json!({"vendor": {"fcm": {"validate_only": only}}});
        walk_rules(
            "fcm",
            super::RULES,
            &[
                ("fcm.silent_web", 0, web("silent"), web("alert")),
                (
                    "fcm.silent_web",
                    0,
                    web("silent"),
                    json!({"kind": "silent"}),
                ),
                ("fcm.validate_only", 0, only(true), only(false)),
                (
                    "fcm.urgent_silent",
                    0,
                    json!({"kind": "silent", "priority": "high"}),
                    json!({"kind": "silent", "priority": "normal"}),
                ),
                (
                    "fcm.urgent_silent",
                    0,
                    json!({"kind": "silent", "priority": "high"}),
                    json!({"body": "b", "priority": "high"}),
                ),
            ],
        );
    }
}
