//! What a look at a message tells of OPPO (`reference/oppo.md` §3.3, §5).

use zpns_core::preflight::Rule;

use crate::message::{Options, SERVICE, quota_class};

/// Rules of OPPO.
pub(crate) static RULES: &[Rule] = &[
    Rule::warning(
        "oppo.channel_missing",
        "the message names no channel: on Android 8 and later it is shown in OPPO's default \
         channel, without the sound and the importance of the app's own",
        |facts| {
            let own = facts.options::<Options>().channel_id;
            facts.is_shown() && facts.notification.channel.is_none() && own.is_none()
        },
    ),
    Rule::warning(
        "oppo.category_missing",
        "the message says nothing of its category: OPPO takes it for content, of which a device \
         gets two (of news apps: five) a day, in the shade only",
        |facts| {
            let own = facts.options::<Options>().category;
            facts.is_shown() && facts.notification.category.is_none() && own.is_none()
        },
    ),
    // Which apps have to is between them and OPPO.
    Rule::off(
        "oppo.template_missing",
        "a service message has no template (`private_msg_template_id`): OPPO refuses it to apps \
         that have to use one",
        |facts| {
            let template = facts.options::<Options>().private_msg_template_id;
            facts.is_shown() && quota_class(facts.notification) == SERVICE && template.is_none()
        },
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let with = |options| json!({"body": "b", "vendor": {"oppo": options}});
        let channel = json!({"body": "b", "channel": "chat"});
        let category = json!({"body": "b", "category": "instant_message"});
        walk_rules(
            "oppo",
            super::RULES,
            &[
                (
                    "oppo.template_missing",
                    0,
                    json!({"body": "b", "category": "order"}),
                    json!({"body": "b", "category": "order",
                        "vendor": {"oppo": {"private_msg_template_id": "t"}}}),
                ),
                (
                    "oppo.template_missing",
                    0,
                    with(json!({"category": "IM"})),
                    with(json!({"category": "NEWS"})),
                ),
                ("oppo.channel_missing", 0, plain(), channel),
                (
                    "oppo.channel_missing",
                    0,
                    plain(),
                    with(json!({"channel_id": "chat"})),
                ),
                ("oppo.category_missing", 0, plain(), category),
                (
                    "oppo.category_missing",
                    0,
                    plain(),
                    with(json!({"category": "IM"})),
                ),
            ],
        );
    }
}
