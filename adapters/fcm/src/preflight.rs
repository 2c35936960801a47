//! What a look at a message tells of FCM (`reference/fcm.md` §6).

use zpns_core::preflight::Rule;
use zpns_core::{Kind, Priority};

/// Rules of FCM.
pub(crate) static RULES: &[Rule] = &[Rule::warning(
    "fcm.urgent_silent",
    "a silent push is urgent: Android lets few of those through to an app that shows nothing for \
     them, and lowers the rest",
    |facts| {
        let message = facts.notification;
        message.kind == Kind::Silent && message.priority == Some(Priority::High)
    },
)];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        walk_rules(
            "fcm",
            super::RULES,
            &[
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
