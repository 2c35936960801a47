//! What a look at a message tells of APNs (`reference/apns.md` §2.2).

use zpns_core::preflight::{Facts, Rule};

use crate::message::{Options, PushType, push_type_of};

/// What ends the topic of VoIP pushes, and of no others.
const VOIP: &str = ".voip";

/// Rules of APNs.
pub(crate) static RULES: &[Rule] = &[
    Rule::error(
        "apns.voip_topic",
        "a VoIP push has a topic that does not end in `.voip`: Apple refuses it",
        |facts| {
            let (push_type, topic) = sent_as(facts);
            push_type == PushType::Voip && topic.is_some_and(|topic| !topic.ends_with(VOIP))
        },
    ),
    Rule::error(
        "apns.topic_of_voip",
        "a push that is not VoIP has a topic that ends in `.voip`: Apple refuses it",
        |facts| {
            let (push_type, topic) = sent_as(facts);
            push_type != PushType::Voip && topic.is_some_and(|topic| topic.ends_with(VOIP))
        },
    ),
];

/// The push type, and the topic if the message says one itself.
fn sent_as(facts: &Facts<'_>) -> (PushType, Option<String>) {
    let options: Options = facts.options();
    let of_kind = || push_type_of(&facts.notification.kind);
    (options.push_type.unwrap_or_else(of_kind), options.topic)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_kit::testing::walk_rules;

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let invite = |topic: &str| {
            json!({"kind": {"call": "invite"}, "ttl_ms": 30_000,
            "vendor": {"apns": {"topic": topic}}})
        };
        let alert = |topic: &str| json!({"body": "b", "vendor": {"apns": {"topic": topic}}});
        walk_rules(
            "apns",
            super::RULES,
            &[
                (
                    "apns.voip_topic",
                    0,
                    invite("com.example"),
                    invite("com.example.voip"),
                ),
                (
                    "apns.voip_topic",
                    0,
                    json!({"vendor": {"apns": {"push_type": "voip",
                    "topic": "com.example"}}}),
                    json!({"kind": {"call": "invite"}}),
                ),
                (
                    "apns.topic_of_voip",
                    0,
                    alert("com.example.voip"),
                    alert("com.example"),
                ),
                (
                    "apns.topic_of_voip",
                    0,
                    alert("com.example.voip"),
                    invite("com.example.voip"),
                ),
            ],
        );
    }
}
