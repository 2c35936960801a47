use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, ErrorKind, Kind, LimitPolicy, Notification, OnClick, Priority, Rejection,
};

use super::{Encoded, Options, encode};
use crate::ece::PLAINTEXT_LIMIT;
use crate::endpoint::Service;

fn encoded(message: &Notification) -> Result<Encoded, Rejection> {
    encode(message, LimitPolicy::default()).map(|(encoded, _)| encoded)
}

fn json_of(message: &Notification) -> Value {
    serde_json::from_slice(&encoded(message).unwrap().plaintext).unwrap()
}

fn header(message: &Notification, name: &str) -> Option<String> {
    header_at(message, name, Service::Other)
}

fn header_at(message: &Notification, name: &str, service: Service) -> Option<String> {
    let headers = encoded(message).unwrap().headers(service);
    headers
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
}

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

fn with(mut message: Notification, options: Value) -> Notification {
    let options: Options = serde_json::from_value(options).unwrap();
    message.vendor.set(&options).unwrap();
    message
}

/// The field that a refusal names.
fn refused(message: &Notification) -> String {
    let rejection = encoded(message).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
    let (field, _) = rejection.reason.split_once(": ").unwrap();
    field.to_owned()
}

#[test]
fn a_notification_is_what_show_notification_takes() {
    let mut message = hello()
        .with_payload("opaque")
        .with_data("room", "7")
        .with_badge(Badge::Set(3))
        .with_collapse_key("room-7")
        .with_on_click(OnClick::Url("https://example.com/7".into()));
    message.image = Some("https://example.com/a.png".into());
    let id = message.id.to_string();
    assert_eq!(
        json_of(&message),
        json!({
            "notification": {
                "title": "Alice", "body": "Lunch?", "navigate": "https://example.com/7",
                "image": "https://example.com/a.png", "tag": "room-7",
                "data": {
                    "message_id": id, "payload": "opaque", "room": "7",
                    "on_click": {"url": "https://example.com/7"},
                },
            },
            "app_badge": 3,
        })
    );
}

#[test]
fn options_beat_the_notification_and_the_raw_merge_beats_both() {
    let message = with(
        hello().with_collapse_key("key"),
        json!({"notification": {
            "tag": "own", "icon": "/i.png", "badge": "/b.png", "renotify": true, "silent": true,
            "require_interaction": true, "lang": "en", "dir": "ltr", "timestamp": 5,
            "actions": [{"action": "a", "title": "A"}], "navigate": "/x",
        }}),
    );
    let mut merged = message.clone();
    let raw = json!({"notification": {"icon": null, "extra": 1}, "top": [1]});
    merged.vendor.set_raw("webpush", raw);
    let shown = &json_of(&message)["notification"];
    for (name, value) in [
        ("tag", json!("own")),
        ("icon", json!("/i.png")),
        ("badge", json!("/b.png")),
        ("renotify", json!(true)),
        ("silent", json!(true)),
        ("requireInteraction", json!(true)),
        ("lang", json!("en")),
        ("dir", json!("ltr")),
        ("timestamp", json!(5)),
        ("navigate", json!("/x")),
        ("actions", json!([{"action": "a", "title": "A"}])),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let merged = json_of(&merged);
    assert_eq!(merged["notification"]["extra"], 1);
    assert_eq!(merged["notification"].get("icon"), None);
    assert_eq!(merged["top"], json!([1]));
}

#[test]
fn a_declarative_message_is_one_that_a_browser_shows_by_itself() {
    let message = with(
        hello()
            .with_badge(Badge::Clear)
            .with_on_click(OnClick::DeepLink("/chat/7".into())),
        json!({"declarative": true, "mutable": true}),
    );
    let body = json_of(&message);
    assert_eq!(body["web_push"], 8030);
    assert_eq!(body["notification"]["title"], "Alice");
    assert_eq!(body["notification"]["navigate"], "/chat/7");
    assert_eq!(
        (&body["app_badge"], &body["mutable"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(json_of(&hello()).get("web_push"), None);

    assert_eq!(
        refused(&with(hello(), json!({"declarative": true}))),
        "vendor.webpush.declarative"
    );
    let mut untitled = message.clone();
    untitled.title = None;
    assert_eq!(refused(&untitled), "title");
    assert_eq!(
        refused(&with(hello(), json!({"mutable": true}))),
        "vendor.webpush.mutable"
    );
    let button = json!({"declarative": true, "notification": {
        "navigate": "/", "actions": [{"action": "a", "title": "A"}],
    }});
    assert_eq!(
        refused(&with(hello(), button)),
        "vendor.webpush.notification.actions.navigate"
    );
}

#[test]
fn a_silent_push_carries_data_and_shows_nothing() {
    let mut message = Notification::silent().with_data("sync", "inbox");
    let id = message.id.to_string();
    assert_eq!(
        json_of(&message),
        json!({"data": {"message_id": id, "sync": "inbox"}})
    );
    assert!(encoded(&message).unwrap().is_silent);
    assert_eq!(header(&message, "urgency").unwrap(), "normal");
    message.title = Some("T".into());
    assert_eq!(refused(&message), "title or body");
    let shown = with(
        Notification::silent(),
        json!({"notification": {"icon": "/i"}}),
    );
    assert_eq!(refused(&shown), "vendor.webpush.notification");
}

#[test]
fn an_empty_push_has_no_body_and_says_so_in_no_header() {
    let message = with(Notification::silent(), json!({"empty": true}));
    let encoded = encoded(&message).unwrap();
    assert!(encoded.plaintext.is_empty());
    let headers = encoded.headers(Service::Other);
    let names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["ttl", "urgency"]);
    let spoken = with(
        Notification::silent().with_payload("p"),
        json!({"empty": true}),
    );
    assert_eq!(refused(&spoken), "payload");
    assert_eq!(
        refused(&with(hello(), json!({"empty": true}))),
        "title or body"
    );
}

#[test]
fn a_call_says_what_happened_to_it_and_rings_no_longer_than_it_rings() {
    let mut call = Notification::call(CallEvent::Invite);
    let body = json_of(&call);
    assert_eq!(body["data"]["call"], "invite");
    assert_eq!(body.get("notification"), None);
    assert_eq!(header(&call, "ttl").unwrap(), "60");
    assert_eq!(header(&call, "urgency").unwrap(), "high");
    call.title = Some("Bob calls".into());
    assert_eq!(
        json_of(&call)["notification"]["data"]["call"],
        json!("invite")
    );
    call.kind = Kind::Call(CallEvent::Missed);
    assert_eq!(header(&call, "ttl").unwrap(), "2419200");
}

#[test]
fn the_headers_are_those_of_rfc_8030() {
    let rows = [
        (hello(), "ttl", Some("2419200")),
        (hello().with_ttl(Duration::from_secs(90)), "ttl", Some("90")),
        (hello().with_ttl(Duration::from_millis(1)), "ttl", Some("1")),
        (hello().with_ttl(Duration::ZERO), "ttl", Some("0")),
        (hello(), "urgency", Some("high")),
        (hello().with_priority(Priority::Low), "urgency", Some("low")),
        (
            hello().with_priority(Priority::Normal),
            "urgency",
            Some("normal"),
        ),
        (
            hello().with_priority(Priority::High),
            "urgency",
            Some("high"),
        ),
        (
            with(hello(), json!({"urgency": "very_low"})),
            "urgency",
            Some("very-low"),
        ),
        (hello(), "topic", None),
        (
            hello().with_collapse_key("room-7_A"),
            "topic",
            Some("room-7_A"),
        ),
        (
            with(hello().with_collapse_key("k"), json!({"topic": "own"})),
            "topic",
            Some("own"),
        ),
        (hello(), "content-encoding", Some("aes128gcm")),
        (hello(), "content-type", Some("application/octet-stream")),
        (hello(), "x-wns-cache-policy", None),
    ];
    for (message, name, wanted) in rows {
        assert_eq!(header(&message, name).as_deref(), wanted, "{name}");
    }
}

#[test]
fn a_key_that_is_no_topic_becomes_one_and_always_the_same() {
    let topic = |key: &str| header(&hello().with_collapse_key(key), "topic").unwrap();
    for key in ["", "room 7", "ümlaut", &"x".repeat(33)] {
        let made = topic(key);
        assert_eq!(made.len(), 32, "{key}");
        assert!(zpns_kit::config::is_made_of(&made, b"-_"), "{made}");
        assert_eq!(made, topic(key));
    }
    assert_ne!(topic("room 7"), topic("room 8"));
    assert_eq!(topic(&"x".repeat(32)), "x".repeat(32));
    for wrong in ["", "a b", &"x".repeat(33)] {
        let message = with(hello(), json!({"topic": wrong}));
        assert_eq!(refused(&message), "vendor.webpush.topic");
    }
}

#[test]
fn services_with_rules_of_their_own_get_their_headers() {
    let now = hello().with_ttl(Duration::ZERO);
    let rows = [
        (&now, "ttl", Service::Apple, Some("1")),
        (&hello(), "ttl", Service::Apple, Some("2419200")),
        (&now, "ttl", Service::Windows, Some("0")),
        (
            &now,
            "x-wns-cache-policy",
            Service::Windows,
            Some("no-cache"),
        ),
        (
            &hello(),
            "x-wns-cache-policy",
            Service::Windows,
            Some("cache"),
        ),
        (&hello(), "x-wns-cache-policy", Service::Apple, None),
    ];
    for (message, name, service, wanted) in rows {
        let value = header_at(message, name, service);
        assert_eq!(value.as_deref(), wanted, "{name} {service:?}");
    }
}

#[test]
fn the_plaintext_is_held_to_what_every_service_takes() {
    let long = Notification::alert("T", "é".repeat(4_000));
    let (cut, notes) = encode(&long, LimitPolicy::Truncate).unwrap();
    assert!((PLAINTEXT_LIMIT - 1..=PLAINTEXT_LIMIT).contains(&cut.plaintext.len()));
    assert_eq!(notes.truncated, ["body"]);
    let refusals = [
        encode(&long, LimitPolicy::Reject),
        encode(
            &hello().with_payload("x".repeat(4_000)),
            LimitPolicy::Truncate,
        ),
        encode(
            &with(hello(), json!({"body": "x".repeat(3_992)})),
            LimitPolicy::Truncate,
        ),
    ];
    for refusal in refusals {
        assert_eq!(refusal.unwrap_err().kind, ErrorKind::PayloadTooLarge);
    }
    let most = with(hello(), json!({"body": "x".repeat(3_991)}));
    assert_eq!(encoded(&most).unwrap().plaintext.len(), PLAINTEXT_LIMIT);
}

#[test]
fn padding_hides_the_length_and_never_breaks_the_limit() {
    let rows = [
        (20, 128, 128),
        (128, 128, 128),
        (3_950, 128, 3_968),
        (3_980, 128, 3_993),
    ];
    for (length, step, whole) in rows {
        let body = json!("x".repeat(length - 2));
        let message = with(hello(), json!({"body": body, "pad_to": step}));
        let encoded = encoded(&message).unwrap();
        assert_eq!(encoded.plaintext.len(), length);
        assert_eq!(encoded.plaintext.len() + encoded.padding, whole);
    }
    assert_eq!(encoded(&hello()).unwrap().padding, 0);
    for wrong in [0, 3_994] {
        let message = with(hello(), json!({"pad_to": wrong}));
        assert_eq!(refused(&message), "vendor.webpush.pad_to");
    }
}

#[test]
fn what_would_not_be_shown_is_refused_by_field() {
    let nothing = Notification::default();
    assert_eq!(refused(&nothing), "title or body");
    for key in ["message_id", "on_click", "payload"] {
        let message = hello()
            .with_payload("p")
            .with_on_click(OnClick::Url("https://a".into()))
            .with_data(key, "x");
        assert_eq!(refused(&message), format!("data.{key}"));
    }
    assert!(encoded(&hello().with_data("payload", "x")).is_ok());
    let blank = hello().with_on_click(OnClick::Url("a b".into()));
    assert_eq!(refused(&blank), "on_click");
    let again = with(hello(), json!({"notification": {"renotify": true}}));
    assert_eq!(refused(&again), "vendor.webpush.notification.renotify");
    let shakes = json!({"notification": {"silent": true, "vibrate": [1]}});
    assert_eq!(
        refused(&with(hello(), shakes)),
        "vendor.webpush.notification.vibrate"
    );
    let nameless = json!({"notification": {"actions": [{"action": "a"}]}});
    assert_eq!(
        refused(&with(hello(), nameless)),
        "vendor.webpush.notification.actions.title"
    );
    for click in [
        OnClick::Activity("a".into()),
        OnClick::Intent("intent:#end".into()),
    ] {
        let rejection = encoded(&hello().with_on_click(click)).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::Unsupported);
    }
}

#[test]
fn a_body_of_the_hosts_own_goes_out_as_it_is() {
    let mut message = with(Notification::default(), json!({"body": {"a": [1, "ü"]}}));
    assert_eq!(json_of(&message), json!({"a": [1, "ü"]}));
    message.vendor.set_raw("webpush", json!({"b": 2}));
    assert_eq!(json_of(&message), json!({"a": [1, "ü"], "b": 2}));
}
