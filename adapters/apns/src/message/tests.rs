use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick,
    Priority, Rejection, Sender, Sound, Timestamp,
};

use super::*;

mod limits;

const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_500);

fn try_encode(message: &Notification) -> Result<(Encoded, Notes), Rejection> {
    encode(message, LimitPolicy::Truncate, "com.example", NOW)
}

fn body(message: &Notification) -> String {
    let (encoded, _) = try_encode(message).unwrap();
    String::from_utf8(encoded.body.to_vec()).unwrap()
}

fn header(message: &Notification, name: &str) -> Option<String> {
    let (encoded, _) = try_encode(message).unwrap();
    let value = encoded.headers.get(name)?;
    Some(String::from_utf8(value.as_bytes().to_vec()).unwrap())
}

fn refusal(message: &Notification) -> String {
    let rejection = try_encode(message).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{rejection:?}");
    rejection.reason.into_owned()
}

fn with_options(mut message: Notification, options: Value) -> Notification {
    let options: Options = serde_json::from_value(options).unwrap();
    message.vendor.set(&options).unwrap();
    message
}

fn of_kind(kind: Kind) -> Notification {
    let mut message = Notification::default();
    message.kind = kind;
    message
}

/// A notification that uses all that APNs honours.
fn full() -> Notification {
    let mut message = Notification::alert("T", "B")
        .with_payload("not \"json\"")
        .with_data("k", "v")
        .with_on_click(OnClick::DeepLink("${package}://chat".into()))
        .with_sound(Sound::Critical {
            name: "a.caf".into(),
            volume: 0.5,
        })
        .with_badge(Badge::Set(3))
        .with_category(Category::Marketing)
        .with_priority(Priority::Normal)
        .with_ttl(Duration::from_millis(1_200))
        .with_collapse_key("c");
    message.subtitle = Some("S".into());
    message.image = Some("https://example.com/a.png".into());
    message.title_loc_key = Some("TK".into());
    message.title_loc_args = vec!["1".into()];
    message.subtitle_loc_key = Some("SK".into());
    message.subtitle_loc_args = vec!["2".into()];
    message.body_loc_key = Some("BK".into());
    message.body_loc_args = vec!["3".into()];
    message.thread = Some("th".into());
    message
}

#[test]
fn an_alert_has_these_bytes() {
    let message = Notification::alert("Alice", "Lunch?");
    assert_eq!(
        body(&message),
        r#"{"aps":{"alert":{"title":"Alice","body":"Lunch?"},"sound":"default"}}"#
    );
}

#[test]
fn every_field_of_an_alert_has_its_place() {
    let message = full();
    assert_eq!(
        body(&message),
        concat!(
            r#"{"aps":{"alert":{"title":"T","subtitle":"S","body":"B","title-loc-key":"TK","#,
            r#""title-loc-args":["1"],"subtitle-loc-key":"SK","subtitle-loc-args":["2"],"#,
            r#""loc-key":"BK","loc-args":["3"]},"badge":3,"#,
            r#""sound":{"critical":1,"name":"a.caf","volume":0.5},"thread-id":"th","#,
            r#""mutable-content":1,"interruption-level":"passive"},"#,
            r#""payload":"not \"json\"","image":"https://example.com/a.png","#,
            r#""on_click":{"deep_link":"com.example://chat"},"k":"v"}"#,
        )
    );
    let (encoded, notes) = try_encode(&message).unwrap();
    assert!(notes.is_empty());
    let mut headers: Vec<(String, String, bool)> = encoded
        .headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8(value.as_bytes().to_vec()).unwrap();
            (name.to_string(), text, value.is_sensitive())
        })
        .collect();
    headers.sort();
    let wanted = [
        ("apns-collapse-id", "c", true),
        ("apns-expiration", "1764000002", true),
        ("apns-priority", "5", false),
        ("apns-push-type", "alert", false),
        ("apns-topic", "com.example", false),
    ];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(a, b, c)| (a.to_string(), b.to_string(), *c))
        .collect();
    assert_eq!(headers, wanted);
}

#[test]
fn every_category_has_its_interruption_level() {
    for (category, level) in LEVELS {
        let json: Value = serde_json::from_str(&body(
            &Notification::alert("t", "b").with_category(category),
        ))
        .unwrap();
        let wanted = serde_json::to_value(level).unwrap();
        let found = json["aps"].get("interruption-level").cloned();
        assert_eq!(found.unwrap_or(Value::Null), wanted, "{category:?}");
    }
}

#[test]
fn an_empty_title_is_the_senders_name() {
    let mut message = Notification::alert("", "Hi");
    message.sender = Some(Sender::new("u1").with_nickname("Al"));
    assert!(body(&message).contains(r#""title":"Al""#));
}

#[test]
fn a_bare_badge_makes_no_noise_and_zero_clears_it() {
    let mut message = Notification::default();
    message.badge = Badge::Clear;
    assert_eq!(body(&message), r#"{"aps":{"badge":0}}"#);
    let quiet = Notification::alert("t", "b").with_sound(Sound::None);
    assert_eq!(
        body(&quiet),
        r#"{"aps":{"alert":{"title":"t","body":"b"}}}"#
    );
    let named = Notification::alert("t", "b").with_sound(Sound::Named("x.caf".into()));
    assert!(body(&named).contains(r#""sound":"x.caf""#));
}

#[test]
fn an_alert_that_says_nothing_is_refused() {
    assert!(refusal(&Notification::default()).starts_with("an alert needs"));
    assert!(refusal(&Notification::alert("", "")).starts_with("an alert needs"));
}

#[test]
fn a_silent_push_wakes_the_app_and_shows_nothing() {
    let message = Notification::silent()
        .with_data("sync", "7")
        .with_payload("p");
    assert_eq!(
        body(&message),
        r#"{"aps":{"content-available":1},"payload":"p","sync":"7"}"#
    );
    let headers =
        ["apns-push-type", "apns-priority", "apns-topic"].map(|name| header(&message, name));
    let wanted = ["background", "5", "com.example"].map(|text| Some(text.to_owned()));
    assert_eq!(headers, wanted);
}

#[test]
fn whatever_a_silent_push_would_show_is_refused_by_name() {
    let silent = Notification::silent;
    let change = |change: fn(&mut Notification)| {
        let mut message = silent();
        change(&mut message);
        refusal(&message)
    };
    let rows = [
        (
            change(|message| message.title = Some("t".into())),
            "title or body",
        ),
        (
            change(|message| message.body = Some("b".into())),
            "title or body",
        ),
        (
            change(|message| message.subtitle = Some("s".into())),
            "title or body",
        ),
        (
            change(|message| message.body_loc_key = Some("k".into())),
            "title or body",
        ),
        (
            change(|message| message.sender = Some(Sender::new("u"))),
            "title or body",
        ),
        (
            change(|message| message.image = Some("https://x".into())),
            "image",
        ),
        (
            change(|message| message.sound = Sound::Named("a".into())),
            "sound",
        ),
        (change(|message| message.badge = Badge::Set(1)), "badge"),
        (
            refusal(&with_options(silent(), json!({"badge": 1}))),
            "badge",
        ),
        (
            refusal(&with_options(
                silent(),
                json!({"alert": {"launch_image": "i"}}),
            )),
            "vendor.apns.alert",
        ),
    ];
    for (reason, field) in rows {
        assert!(reason.starts_with(field), "{reason}");
    }
}

#[test]
fn a_call_goes_to_the_voip_topic_and_is_not_stored() {
    let mut message = Notification::call(CallEvent::Invite).with_payload("room");
    message.title = Some("Alice".into());
    assert_eq!(
        body(&message),
        r#"{"aps":{"alert":{"title":"Alice"}},"call":"invite","payload":"room"}"#
    );
    let headers = [
        "apns-push-type",
        "apns-priority",
        "apns-topic",
        "apns-expiration",
    ]
    .map(|name| header(&message, name));
    let wanted = ["voip", "10", "com.example.voip", "0"].map(|text| Some(text.to_owned()));
    assert_eq!(headers, wanted);
    let ringing = message.with_ttl(Duration::from_secs(30));
    assert_eq!(header(&ringing, "apns-expiration").unwrap(), "1764000031");
}

#[test]
fn every_event_of_a_call_has_its_name() {
    let rows = [
        (CallEvent::Invite, "invite"),
        (CallEvent::Cancel, "cancel"),
        (CallEvent::Answered, "answered"),
        (CallEvent::Declined, "declined"),
        (CallEvent::Missed, "missed"),
    ];
    for (event, name) in rows {
        let wanted = format!(r#"{{"aps":{{}},"call":"{name}"}}"#);
        assert_eq!(body(&Notification::call(event)), wanted);
    }
}

#[test]
fn a_live_activity_starts_with_all_that_it_needs() {
    let mut message = of_kind(Kind::LiveActivity);
    message.title_loc_key = Some("TK".into());
    message.title_loc_args = vec!["1".into()];
    message.body = Some("B".into());
    let message = with_options(
        message,
        json!({
            "event": "start", "attributes_type": "Order", "attributes": {"id": 7},
            "content_state": {"eta": 5}, "input_push_token": true, "stale_date": 9,
            "relevance_score": 100.0,
        }),
    );
    assert_eq!(
        body(&message),
        concat!(
            r#"{"aps":{"alert":{"title":{"loc-key":"TK","loc-args":["1"]},"body":"B","#,
            r#""sound":"default"},"relevance-score":100.0,"timestamp":1764000000,"#,
            r#""event":"start","content-state":{"eta":5},"stale-date":9,"#,
            r#""attributes-type":"Order","attributes":{"id":7},"input-push-token":1}}"#,
        )
    );
    assert_eq!(
        header(&message, "apns-topic").unwrap(),
        "com.example.push-type.liveactivity"
    );
}

#[test]
fn a_live_activity_is_updated_and_ended() {
    let update = with_options(
        of_kind(Kind::LiveActivity),
        json!({"event": "update", "content_state": {"eta": 4}, "timestamp": 5, "priority": 5}),
    );
    assert_eq!(
        body(&update),
        r#"{"aps":{"timestamp":5,"event":"update","content-state":{"eta":4}}}"#
    );
    assert_eq!(header(&update, "apns-priority").unwrap(), "5");
    let end = with_options(
        of_kind(Kind::LiveActivity),
        json!({"event": "end", "content_state": {}, "timestamp": 5, "dismissal_date": 6}),
    );
    assert_eq!(
        body(&end),
        r#"{"aps":{"timestamp":5,"event":"end","content-state":{},"dismissal-date":6}}"#
    );
}

#[test]
fn a_live_activity_without_what_it_needs_is_refused_by_name() {
    let start = json!({
        "event": "start", "attributes_type": "A", "attributes": {}, "content_state": {},
    });
    let without = |key: &str| {
        let mut options = start.clone();
        options.as_object_mut().unwrap().remove(key);
        let mut message = of_kind(Kind::LiveActivity);
        message.title = Some("t".into());
        refusal(&with_options(message, options))
    };
    for key in ["event", "attributes_type", "attributes", "content_state"] {
        let reason = without(key);
        assert!(
            reason.starts_with(&format!("vendor.apns.{key} ")),
            "{reason}"
        );
    }
    let reason = refusal(&with_options(of_kind(Kind::LiveActivity), start.clone()));
    assert!(reason.starts_with("title or body"), "{reason}");
}

#[test]
fn what_a_push_type_has_no_place_for_is_noted() {
    let mut activity = with_options(
        of_kind(Kind::LiveActivity),
        json!({"event": "update", "content_state": {}, "timestamp": 5}),
    );
    activity.subtitle = Some("s".into());
    activity.image = Some("https://x".into());
    activity.badge = Badge::Set(1);
    activity.category = Some(Category::News);
    let (encoded, notes) = try_encode(&activity).unwrap();
    assert_eq!(notes.dropped, ["subtitle", "image", "badge", "category"]);
    let wanted: &[u8] = br#"{"aps":{"timestamp":5,"event":"update","content-state":{}}}"#;
    assert_eq!(encoded.body, wanted);

    let mut silent = Notification::silent().with_category(Category::News);
    silent.thread = Some("t".into());
    assert_eq!(
        try_encode(&silent).unwrap().1.dropped,
        ["category", "thread"]
    );
}

#[test]
fn every_other_push_type_has_its_payload() {
    let other = |name: &str| of_kind(Kind::Other(name.into()));
    let rows = [
        (other("widgets"), r#"{"aps":{"content-changed":true}}"#),
        (other("controls"), r#"{"aps":{"content-changed":true}}"#),
        (other("mdm").with_data("mdm", "MAGIC"), r#"{"mdm":"MAGIC"}"#),
        (
            other("fileprovider").with_data("container-identifier", "c"),
            r#"{"container-identifier":"c"}"#,
        ),
        (other("location"), r#"{"aps":{}}"#),
        (
            other("complication").with_data("k", "v"),
            r#"{"aps":{},"k":"v"}"#,
        ),
        (
            other("pushtotalk").with_data("k", "v"),
            r#"{"aps":{},"k":"v"}"#,
        ),
        (
            other("brandnew").with_data("k", "v"),
            r#"{"aps":{},"k":"v"}"#,
        ),
    ];
    for (message, wanted) in rows {
        assert_eq!(body(&message), wanted);
        let Kind::Other(name) = &message.kind else {
            panic!()
        };
        assert_eq!(header(&message, "apns-push-type").as_ref(), Some(name));
    }
    assert_eq!(header(&other("mdm"), "apns-priority"), None);
    assert_eq!(
        header(&other("pushtotalk"), "apns-expiration").unwrap(),
        "0"
    );
    let mut with_text = other("mdm");
    with_text.title = Some("t".into());
    assert!(refusal(&with_text).starts_with("title or body"));
}

#[test]
fn every_option_has_its_place() {
    let message = with_options(
        full(),
        json!({
            "push_type": "complication", "topic": "com.other", "priority": 1, "expiration": 0,
            "collapse_id": "own", "apns_id": "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10",
            "alert": {"title": "T2", "launch_image": "L", "loc_args": ["9"], "action": "View"},
            "badge": 0, "sound": {"name": "b.caf", "volume": 1.0}, "thread_id": "t2",
            "category": "CA", "content_available": true, "mutable_content": true,
            "target_content_id": "w", "interruption_level": "critical", "relevance_score": 0.25,
            "filter_criteria": "f", "content_changed": false, "url_args": ["u"],
            "input_push_channel": "ch", "input_push_token": false,
        }),
    );
    assert_eq!(
        body(&message),
        concat!(
            r#"{"aps":{"alert":{"title":"T2","subtitle":"S","body":"B","launch-image":"L","#,
            r#""title-loc-key":"TK","title-loc-args":["1"],"subtitle-loc-key":"SK","#,
            r#""subtitle-loc-args":["2"],"loc-key":"BK","loc-args":["9"],"action":"View"},"#,
            r#""badge":0,"sound":{"name":"b.caf","volume":1.0},"thread-id":"t2","#,
            r#""category":"CA","content-available":1,"mutable-content":1,"#,
            r#""target-content-id":"w","interruption-level":"critical","relevance-score":0.25,"#,
            r#""filter-criteria":"f","content-changed":false,"input-push-channel":"ch","#,
            r#""url-args":["u"]},"payload":"not \"json\"","image":"https://example.com/a.png","#,
            r#""on_click":{"deep_link":"com.example://chat"},"k":"v"}"#,
        )
    );
    let names = [
        "apns-push-type",
        "apns-topic",
        "apns-priority",
        "apns-expiration",
        "apns-collapse-id",
    ];
    let headers = names.map(|name| header(&message, name).unwrap());
    assert_eq!(headers, ["complication", "com.other", "1", "0", "own"]);
    let id = try_encode(&message).unwrap().0.apns_id.unwrap();
    assert_eq!(id.to_string(), "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10");
}

#[test]
fn a_payload_of_the_hosts_own_replaces_ours_and_the_raw_merge_comes_last() {
    let mut message = with_options(full(), json!({"payload": {"aps": {"alert": "x"}, "a": 1}}));
    message
        .vendor
        .set_raw("apns", json!({"a": null, "b": {"c": [1]}}));
    let found: Value = serde_json::from_str(&body(&message)).unwrap();
    assert_eq!(found, json!({"aps": {"alert": "x"}, "b": {"c": [1]}}));

    let mut message = Notification::alert("t", "b");
    message
        .vendor
        .set_raw("apns", json!({"aps": {"sound": null, "new-key": 1}}));
    let found: Value = serde_json::from_str(&body(&message)).unwrap();
    assert_eq!(
        found,
        json!({"aps": {"alert": {"title": "t", "body": "b"}, "new-key": 1}})
    );

    message.vendor.set_raw("apns", json!("text"));
    assert!(refusal(&message).contains("no JSON object"));
}

#[test]
fn data_that_would_take_the_place_of_something_else_is_refused_by_name() {
    for key in ["aps", "payload", "image", "on_click"] {
        let reason = refusal(&full().with_data(key, "v"));
        assert!(reason.starts_with(&format!("data.{key} ")), "{reason}");
    }
    let call = Notification::call(CallEvent::Cancel).with_data("call", "v");
    assert!(refusal(&call).starts_with("data.call "));
    // Where nothing else stands there, any key is free.
    let free = Notification::alert("t", "b")
        .with_data("payload", "v")
        .with_data("call", "w");
    assert!(body(&free).ends_with(r#","call":"w","payload":"v"}"#));
}

#[test]
fn a_priority_is_as_asked_for_as_far_as_the_push_type_allows() {
    let rows: [(Kind, Priority, &str, bool); 9] = [
        (Kind::Alert, Priority::Low, "1", false),
        (Kind::Alert, Priority::Normal, "5", false),
        (Kind::Alert, Priority::High, "10", false),
        (Kind::Silent, Priority::Low, "5", false),
        (Kind::Silent, Priority::Normal, "5", false),
        (Kind::Silent, Priority::High, "5", true),
        (
            Kind::Other("pushtotalk".into()),
            Priority::Normal,
            "10",
            true,
        ),
        (Kind::Other("location".into()), Priority::Low, "5", false),
        (Kind::Other("location".into()), Priority::High, "10", false),
    ];
    for (kind, priority, wanted, noted) in rows {
        let mut message = of_kind(kind.clone()).with_priority(priority);
        if kind == Kind::Alert {
            message.title = Some("t".into());
        }
        assert_eq!(
            header(&message, "apns-priority").unwrap(),
            wanted,
            "{kind:?} {priority:?}"
        );
        let notes = try_encode(&message).unwrap().1;
        assert_eq!(!notes.dropped.is_empty(), noted, "{kind:?} {priority:?}");
    }
    let wrong = with_options(Notification::silent(), json!({"priority": 10}));
    assert!(refusal(&wrong).starts_with("vendor.apns.priority is 10"));
}

#[test]
fn a_time_to_live_becomes_a_second_in_the_future_and_zero_stays_zero() {
    let rows = [
        (0, "0"),
        (1, "1764000001"),
        (500, "1764000001"),
        (60_000, "1764000061"),
    ];
    for (millis, wanted) in rows {
        let message = Notification::alert("t", "b").with_ttl(Duration::from_millis(millis));
        assert_eq!(header(&message, "apns-expiration").unwrap(), wanted);
    }
    assert_eq!(
        header(&Notification::alert("t", "b"), "apns-expiration"),
        None
    );
}

#[test]
fn a_collapse_key_that_apple_would_refuse_is_refused() {
    let of = |key: &str| Notification::alert("t", "b").with_collapse_key(key);
    assert_eq!(
        header(&of(&"é".repeat(32)), "apns-collapse-id").unwrap(),
        "é".repeat(32)
    );
    assert!(refusal(&of(&"é".repeat(33))).starts_with("collapse_key has 66 bytes"));
    assert!(refusal(&of("")).starts_with("collapse_key has 0 bytes"));
    assert!(refusal(&of("a\nb")).starts_with("collapse_key holds control characters"));
    let own = with_options(of("c"), json!({"collapse_id": "x".repeat(65)}));
    assert!(refusal(&own).starts_with("vendor.apns.collapse_id has 65 bytes"));
}

#[test]
fn a_header_that_could_not_be_sent_is_refused() {
    let alert = || Notification::alert("t", "b");
    for options in [
        json!({"topic": ""}),
        json!({"topic": "a b"}),
        json!({"topic": "a\nb"}),
    ] {
        assert!(refusal(&with_options(alert(), options)).starts_with("vendor.apns.topic"));
    }
    assert!(refusal(&of_kind(Kind::Other("a\r\nb".into()))).starts_with("vendor.apns.push_type"));
}

#[test]
fn a_number_out_of_range_is_refused_by_name() {
    let alert = || Notification::alert("t", "b");
    let loud = |volume| {
        alert().with_sound(Sound::Critical {
            name: "a".into(),
            volume,
        })
    };
    for volume in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(refusal(&loud(volume)).starts_with("sound.critical.volume"));
    }
    let score = with_options(alert(), json!({"relevance_score": 2}));
    assert!(refusal(&score).starts_with("vendor.apns.relevance_score"));
    let volume = with_options(alert(), json!({"sound": {"name": "a", "volume": 2}}));
    assert!(refusal(&volume).starts_with("vendor.apns.sound.volume"));
}

#[test]
fn a_misspelt_option_is_refused_by_name() {
    let message: Notification =
        serde_json::from_value(json!({"title": "t", "vendor": {"apns": {"bagde": 1}}})).unwrap();
    assert!(refusal(&message).contains("bagde"));
}
