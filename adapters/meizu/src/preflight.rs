//! What a look at a message tells of Meizu (`reference/meizu.md` §5).

use zpns_core::preflight::Rule;

use crate::message::Options;

/// Rules of Meizu.
pub(crate) static RULES: &[Rule] = &[Rule::warning(
    "meizu.category_missing",
    "the message says nothing of its category: Meizu takes it for a public one, of which a device \
     gets three (of news apps: five) a day",
    |facts| {
        let bar = facts.options::<Options>().notice_bar_info;
        facts.is_shown() && facts.notification.category.is_none() && bar.notice_msg_type.is_none()
    },
)];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let private = json!({"body": "b",
            "vendor": {"meizu": {"notice_bar_info": {"notice_msg_type": "private"}}}});
        walk_rules(
            "meizu",
            super::RULES,
            &[
                (
                    "meizu.category_missing",
                    0,
                    plain(),
                    json!({"body": "b", "category": "order"}),
                ),
                ("meizu.category_missing", 0, plain(), private),
            ],
        );
    }
}
