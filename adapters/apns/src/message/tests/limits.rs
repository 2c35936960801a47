//! Payloads that are too long.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn encode_as(message: &Notification, limits: LimitPolicy) -> Result<(Encoded, Notes), Rejection> {
    encode(message, limits, "com.example", NOW)
}

#[test]
fn a_payload_of_exactly_the_limit_is_sent_and_one_byte_more_is_refused() {
    for (message, limit) in [
        (Notification::alert("t", "b"), PAYLOAD_LIMIT),
        (Notification::call(CallEvent::Invite), VOIP_PAYLOAD_LIMIT),
    ] {
        let bare = body(&message.clone().with_payload("")).len();
        let fits = message.clone().with_payload("x".repeat(limit - bare));
        assert_eq!(body(&fits).len(), limit);
        let over = message.with_payload("x".repeat(limit - bare + 1));
        let rejection = encode_as(&over, LimitPolicy::Truncate).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
        let wanted = format!("the message has {} bytes, {limit} are allowed", limit + 1);
        assert_eq!(rejection.reason, wanted);
    }
}

#[test]
fn a_long_body_is_cut_and_noted_or_refused_as_the_policy_says() {
    let message = Notification::alert("Alice", "x".repeat(5_000));
    let (encoded, notes) = encode_as(&message, LimitPolicy::Truncate).unwrap();
    assert_eq!(encoded.body.len(), PAYLOAD_LIMIT);
    assert_eq!(notes.truncated, ["body"]);
    let rejection = encode_as(&message, LimitPolicy::Reject).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
}

#[test]
fn a_payload_of_the_hosts_own_is_never_cut() {
    let own = json!({"payload": {"aps": {"alert": "x".repeat(5_000)}}});
    let message = with_options(Notification::alert("t", "b"), own);
    let rejection = encode_as(&message, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
}

#[test]
fn what_the_raw_merge_adds_counts_towards_the_limit() {
    let mut message = Notification::alert("t", "b".repeat(3_000));
    message
        .vendor
        .set_raw("apns", json!({"more": "m".repeat(2_000)}));
    let (encoded, notes) = encode_as(&message, LimitPolicy::Truncate).unwrap();
    assert_eq!(encoded.body.len(), PAYLOAD_LIMIT);
    assert_eq!(notes.truncated, ["body"]);
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z ]{1,40}",
        Just("\"\\\n\u{1}".repeat(9)),
        Just("👨‍👩‍👧‍👦e\u{301}".repeat(9)),
        any::<String>(),
    ];
    prop::collection::vec(part, 0..120).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_is_json_within_the_limit_and_only_texts_are_cut(
        title in text(), body in text(), payload in text(),
    ) {
        let message = Notification::alert(title.clone(), body.clone()).with_payload(payload.clone());
        match encode_as(&message, LimitPolicy::Truncate) {
            Ok((encoded, notes)) => {
                prop_assert!(encoded.body.len() <= PAYLOAD_LIMIT);
                let json: Value = serde_json::from_slice(&encoded.body).unwrap();
                prop_assert_eq!(json["payload"].as_str(), Some(&*payload));
                let said = |key: &str| json["aps"]["alert"][key].as_str().unwrap_or_default().to_owned();
                prop_assert!(title.starts_with(&said("title")) && body.starts_with(&said("body")));
                let cut = said("title") != title || said("body") != body;
                prop_assert_eq!(cut, !notes.truncated.is_empty());
            }
            Err(rejection) => prop_assert!(matches!(
                rejection.kind, ErrorKind::PayloadTooLarge | ErrorKind::MessageInvalid
            )),
        }
    }

    #[test]
    fn no_option_that_parses_makes_encoding_panic(
        badge in any::<u32>(), thread in any::<String>(), topic in any::<String>(),
        collapse in any::<String>(), score in any::<f64>(), push_type in any::<String>(),
    ) {
        let options = json!({
            "badge": badge, "thread_id": thread, "topic": topic, "collapse_id": collapse,
            "relevance_score": score, "push_type": push_type,
        });
        let _ = encode_as(&with_options(Notification::alert("t", "b"), options), LimitPolicy::Reject);
    }
}
