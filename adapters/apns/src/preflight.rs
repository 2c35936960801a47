//! What a look at a message tells of APNs (`reference/apns.md` §2.2).

use zpns_core::Priority;
use zpns_core::preflight::{Facts, Rule};

use crate::auth::Auth;
use crate::message::{Options, PushType, push_type_of};

/// What ends the topic of VoIP pushes, and of no others.
const VOIP: &str = ".voip";

/// Rules of APNs with a key.
static OF_KEY: &[Rule] = &[VOIP_TOPIC, TOPIC_OF_VOIP, URGENT_LIVE_ACTIVITY];
/// The same with a certificate, which may do less.
static OF_CERTIFICATE: &[Rule] = &[
    VOIP_TOPIC,
    TOPIC_OF_VOIP,
    URGENT_LIVE_ACTIVITY,
    LOCATION_BY_CERTIFICATE,
];

/// Rules of APNs for a provider with this proof of who it is.
pub(crate) fn rules(auth: &Auth) -> &'static [Rule] {
    match auth {
        Auth::Key(_) => OF_KEY,
        Auth::Certificate => OF_CERTIFICATE,
    }
}

const VOIP_TOPIC: Rule = Rule::error(
    "apns.voip_topic",
    "a VoIP push has a topic that does not end in `.voip`: Apple refuses it",
    |facts| {
        let (push_type, topic) = sent_as(facts);
        push_type == PushType::Voip && topic.is_some_and(|topic| !topic.ends_with(VOIP))
    },
);

const TOPIC_OF_VOIP: Rule = Rule::error(
    "apns.topic_of_voip",
    "a push that is not VoIP has a topic that ends in `.voip`: Apple refuses it",
    |facts| {
        let (push_type, topic) = sent_as(facts);
        push_type != PushType::Voip && topic.is_some_and(|topic| topic.ends_with(VOIP))
    },
);

const URGENT_LIVE_ACTIVITY: Rule = Rule::warning(
    "apns.urgent_live_activity",
    "an update of a live activity is urgent (priority 10): those count towards an hourly budget, \
     beyond which the device shows none; those of priority 5 do not",
    |facts| {
        let (push_type, _) = sent_as(facts);
        let asked = facts.notification.priority == Some(Priority::High);
        let own = facts.options::<Options>().priority;
        push_type == PushType::LiveActivity && own.map_or(asked, |priority| priority == 10)
    },
);

const LOCATION_BY_CERTIFICATE: Rule = Rule::error(
    "apns.location_by_certificate",
    "a push that asks for the user's location goes by a certificate: Apple takes those by a key \
     only",
    |facts| sent_as(facts).0 == PushType::Location,
);

/// The push type, and the topic if the message says one itself.
fn sent_as(facts: &Facts<'_>) -> (PushType, Option<String>) {
    let options: Options = facts.options();
    let of_kind = || push_type_of(&facts.notification.kind);
    (options.push_type.unwrap_or_else(of_kind), options.topic)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::preflight::Rule;
    use zpns_kit::testing::walk_rules;

    use crate::auth::Auth;

    #[test]
    fn a_key_may_ask_for_the_location_and_all_else_is_the_same() {
        let names = |rules: &'static [Rule]| rules.iter().map(|rule| rule.name);
        let mut of_certificate: Vec<_> = names(super::OF_CERTIFICATE).collect();
        of_certificate.retain(|name| *name != "apns.location_by_certificate");
        assert!(names(super::OF_KEY).eq(of_certificate));
        assert!(std::ptr::eq(
            super::rules(&Auth::Certificate),
            super::OF_CERTIFICATE
        ));
    }

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let invite = |topic: &str| {
            json!({"kind": {"call": "invite"}, "ttl_ms": 30_000,
            "vendor": {"apns": {"topic": topic}}})
        };
        let alert = |topic: &str| json!({"body": "b", "vendor": {"apns": {"topic": topic}}});
        let activity = |priority: &str| json!({"kind": "live_activity", "priority": priority});
        let with = |options| json!({"body": "b", "vendor": {"apns": options}});
        walk_rules(
            "apns",
            super::OF_CERTIFICATE,
            &[
                (
                    "apns.urgent_live_activity",
                    0,
                    activity("high"),
                    activity("normal"),
                ),
                (
                    "apns.urgent_live_activity",
                    0,
                    with(json!({"push_type": "liveactivity", "priority": 10})),
                    with(json!({"push_type": "liveactivity", "priority": 5})),
                ),
                (
                    "apns.location_by_certificate",
                    0,
                    with(json!({"push_type": "location"})),
                    with(json!({"push_type": "alert"})),
                ),
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
