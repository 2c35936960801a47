//! Goldens: what every field becomes on the wire.

use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick,
    Priority, Rejection, Sender, Sound, Timestamp,
};

use super::super::target::TargetRef;
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn encoded(message: &Notification) -> Result<(Encoded, Notes), Rejection> {
    encode(message, LimitPolicy::Truncate, NOW)
}

/// The body for the token `T`, without the token.
fn body(message: &Notification) -> Value {
    let (encoded, _) = encoded(message).unwrap();
    let target = TargetRef::parse("T").unwrap();
    let mut body: Value = serde_json::from_slice(&encoded.template.body(target)).unwrap();
    let token = body["message"].as_object_mut().unwrap().remove("token");
    assert_eq!(token, Some(json!("T")));
    body
}

fn message(message: &Notification) -> Value {
    body(message)["message"].take()
}

fn refusal(message: &Notification) -> Rejection {
    encoded(message).err().expect("it was not refused")
}

fn with_options(mut message: Notification, options: Value) -> Notification {
    let options: Options = serde_json::from_value(options).unwrap();
    message.vendor.set(&options).unwrap();
    message
}

fn notes(message: &Notification) -> Notes {
    encoded(message).unwrap().1
}

#[test]
fn a_plain_alert() {
    assert_eq!(
        body(&Notification::alert("Alice", "Lunch?")),
        json!({"message": {
            "notification": {"title": "Alice", "body": "Lunch?"},
            "android": {"notification": {"sound": "default"}},
            "apns": {"headers": {"apns-push-type": "alert"}, "payload": {"aps": {"sound": "default"}}},
        }})
    );
}

#[test]
fn every_field_of_an_alert_reaches_all_three_platforms() {
    let mut full = Notification::alert("t", "b")
        .with_payload(r#"{"chat":7}"#)
        .with_data("k", "v")
        .with_on_click(OnClick::Url("https://example.com/7".into()))
        .with_sound(Sound::Named("ding.caf".into()))
        .with_badge(Badge::Set(3))
        .with_category(Category::Marketing)
        .with_priority(Priority::High)
        .with_ttl(Duration::from_millis(90_500))
        .with_collapse_key("chat-7");
    full.subtitle = Some("s".into());
    full.image = Some("https://example.com/a.png".into());
    full.title_loc_key = Some("TK".into());
    full.title_loc_args = vec!["1".into()];
    full.subtitle_loc_key = Some("SK".into());
    full.subtitle_loc_args = vec!["2".into()];
    full.body_loc_key = Some("BK".into());
    full.body_loc_args = vec!["3".into()];
    full.channel = Some("chat".into());
    full.thread = Some("th".into());
    let expected = json!({
        "data": {
            "k": "v", "payload": r#"{"chat":7}"#,
            "on_click": r#"{"url":"https://example.com/7"}"#,
        },
        "notification": {"title": "t", "body": "b", "image": "https://example.com/a.png"},
        "android": {
            "collapse_key": "chat-7", "priority": "HIGH", "ttl": "90.5s",
            "notification": {
                "sound": "ding.caf", "tag": "chat-7", "channel_id": "chat", "notification_count": 3,
                "title_loc_key": "TK", "title_loc_args": ["1"],
                "body_loc_key": "BK", "body_loc_args": ["3"],
            },
        },
        "apns": {
            "headers": {
                "apns-push-type": "alert", "apns-priority": "10",
                "apns-expiration": "1764000090", "apns-collapse-id": "chat-7",
            },
            "payload": {"aps": {
                "alert": {
                    "title": "t", "subtitle": "s", "body": "b",
                    "title-loc-key": "TK", "title-loc-args": ["1"],
                    "subtitle-loc-key": "SK", "subtitle-loc-args": ["2"],
                    "loc-key": "BK", "loc-args": ["3"],
                },
                "badge": 3, "sound": "ding.caf", "thread-id": "th",
                "interruption-level": "passive", "mutable-content": 1,
            }},
        },
        "webpush": {
            "headers": {"TTL": "90", "Urgency": "high", "Topic": "chat-7"},
            "notification": {"tag": "chat-7"},
            "fcm_options": {"link": "https://example.com/7"},
        },
    });
    assert_eq!(message(&full), expected);
    assert!(notes(&full).is_empty());
}

#[test]
fn the_options_are_the_whole_v1_message_and_beat_the_notification() {
    let options = json!({
        "android": {
            "collapse_key": "own", "priority": "NORMAL", "ttl": "3.5s",
            "restricted_package_name": "com.example", "data": {"a": "1"},
            "notification": {
                "title": "at", "body": "ab", "icon": "ic", "color": "#336699", "sound": "boing",
                "tag": "tag", "click_action": "OPEN", "body_loc_key": "bk", "body_loc_args": ["x"],
                "title_loc_key": "tk", "title_loc_args": ["y"], "channel_id": "ch", "ticker": "tick",
                "sticky": true, "event_time": "2026-11-23T10:00:00Z", "local_only": true,
                "notification_priority": "PRIORITY_MAX", "default_sound": false,
                "default_vibrate_timings": false, "vibrate_timings": ["0s", "0.2s"],
                "default_light_settings": false,
                "light_settings": {
                    "color": {"red": 0.2, "green": 0.4, "blue": 0.6, "alpha": 1.0},
                    "light_on_duration": "1s", "light_off_duration": "0.5s",
                },
                "visibility": "SECRET", "notification_count": 9, "image": "https://example.com/i",
                "proxy": "DENY", "bypass_proxy_notification": true,
            },
            "fcm_options": {"analytics_label": "la"},
            "direct_boot_ok": true, "bandwidth_constrained_ok": true,
            "restricted_satellite_ok": true,
        },
        "apns": {
            "headers": {"apns-priority": "5", "apns-push-type": "alert", "apns-topic": "t"},
            "payload": {"aps": {"alert": "own", "sound": "x.caf", "mutable-content": 1}, "k": [1]},
            "fcm_options": {"analytics_label": "li", "image": "https://example.com/j"},
        },
        "webpush": {
            "headers": {"TTL": "1", "Urgency": "low", "Topic": "own"},
            "data": {"w": "1"},
            "notification": {"title": "wt", "requireInteraction": true, "tag": "own",
                "actions": [{"action": "a"}]},
            "fcm_options": {"analytics_label": "lw", "link": "https://example.com/own"},
        },
        "fcm_options": {"analytics_label": "l"},
    });
    let mut full = Notification::alert("t", "b")
        .with_priority(Priority::High)
        .with_collapse_key("theirs")
        .with_badge(Badge::Set(1));
    full.title_loc_key = Some("theirs".into());
    full.title_loc_args = vec!["theirs".into()];
    full.channel = Some("theirs".into());
    let mut expected = options.clone();
    expected["notification"] = json!({"title": "t", "body": "b"});
    expected["apns"]["headers"]["apns-collapse-id"] = json!("theirs");
    expected["apns"]["payload"]["aps"]["badge"] = json!(1);
    assert_eq!(message(&with_options(full, options)), expected);
}

#[test]
fn the_enums_are_spelt_as_google_spells_them() {
    let rows = [
        (
            "notification_priority",
            "PRIORITY_UNSPECIFIED PRIORITY_MIN PRIORITY_LOW PRIORITY_DEFAULT PRIORITY_HIGH PRIORITY_MAX",
        ),
        ("visibility", "VISIBILITY_UNSPECIFIED PRIVATE PUBLIC SECRET"),
        ("proxy", "PROXY_UNSPECIFIED ALLOW DENY IF_PRIORITY_LOWERED"),
    ];
    for (field, values) in rows {
        for value in values.split(' ') {
            let options = json!({"android": {"notification": {field: value}}});
            let sent = message(&with_options(Notification::alert("t", "b"), options));
            assert_eq!(sent["android"]["notification"][field], value);
        }
    }
    let lower = json!({"android": {"priority": "high"}});
    let sent = message(&with_options(Notification::alert("t", "b"), lower));
    assert_eq!(sent["android"]["priority"], "HIGH");
}

#[test]
fn a_silent_push_is_data_only_on_every_platform() {
    let silent = Notification::silent().with_data("k", "v");
    let expected = json!({
        "data": {"k": "v"},
        "android": {"priority": "NORMAL"},
        "apns": {
            "headers": {"apns-push-type": "background", "apns-priority": "5"},
            "payload": {"aps": {"content-available": 1}},
        },
        "webpush": {"headers": {"Urgency": "normal"}},
    });
    assert_eq!(message(&silent), expected);
    let urgent = message(&silent.with_priority(Priority::High));
    assert_eq!(urgent["android"]["priority"], "HIGH");
    assert_eq!(urgent["apns"]["headers"]["apns-priority"], "5");
    assert_eq!(urgent["webpush"]["headers"]["Urgency"], "high");
}

#[test]
fn a_silent_push_that_shows_something_is_refused() {
    let set = |change: fn(&mut Notification)| {
        let mut message = Notification::silent();
        change(&mut message);
        message
    };
    let rows = [
        ("title", set(|message| message.title = Some("t".into()))),
        ("body", set(|message| message.body = Some(String::new()))),
        (
            "subtitle",
            set(|message| message.subtitle = Some("s".into())),
        ),
        (
            "image",
            set(|message| message.image = Some("https://e.com".into())),
        ),
        (
            "title_loc_key",
            set(|message| message.title_loc_key = Some("k".into())),
        ),
        (
            "body_loc_key",
            set(|message| message.body_loc_key = Some("k".into())),
        ),
        (
            "sound",
            set(|message| message.sound = Sound::Named("a".into())),
        ),
        ("badge", set(|message| message.badge = Badge::Set(1))),
    ];
    for (field, message) in rows {
        let rejection = refusal(&message);
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{field}");
        assert!(
            rejection.reason.starts_with(field),
            "{field}: {}",
            rejection.reason
        );
    }
    let options = [
        json!({"android": {"notification": {"title": "t"}}}),
        json!({"android_v2": {"remote_notification": {"notification": {}}}}),
        json!({"apns": {"payload": {"aps": {"badge": 1}}}}),
        json!({"apns": {"headers": {"APNS-Priority": "10"}}}),
        json!({"webpush": {"notification": {"title": "t"}}}),
    ];
    for options in options {
        let rejection = refusal(&with_options(Notification::silent(), options.clone()));
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{options}");
    }
}

#[test]
fn hints_that_need_a_notification_are_noted_as_dropped() {
    let mut silent = Notification::silent().with_category(Category::News);
    silent.channel = Some("c".into());
    silent.thread = Some("t".into());
    assert_eq!(notes(&silent).dropped, ["category", "channel", "thread"]);
}

#[test]
fn an_invite_rings_urgently_and_no_longer_than_its_ring_time() {
    let mut invite = Notification::call(CallEvent::Invite);
    invite.title = Some("Bob".into());
    invite.priority = Some(Priority::Low);
    let sent = message(&invite);
    assert_eq!(sent["data"], json!({"call": "invite"}));
    assert_eq!(sent["android"]["priority"], "HIGH");
    assert_eq!(sent["android"]["ttl"], "60s");
    assert_eq!(sent["apns"]["headers"]["apns-priority"], "10");
    assert_eq!(sent["apns"]["headers"]["apns-expiration"], "1764000060");
    assert_eq!(
        sent["webpush"]["headers"],
        json!({"TTL": "60", "Urgency": "high"})
    );
    let shorter = message(&invite.with_ttl(Duration::from_secs(25)));
    assert_eq!(shorter["android"]["ttl"], "25s");
}

#[test]
fn a_cancelled_call_without_text_wakes_the_app_unseen() {
    let sent = message(&Notification::call(CallEvent::Cancel));
    let expected = json!({
        "data": {"call": "cancel"},
        "android": {"priority": "HIGH"},
        "apns": {
            "headers": {"apns-push-type": "background", "apns-priority": "5"},
            "payload": {"aps": {"content-available": 1}},
        },
        "webpush": {"headers": {"Urgency": "high"}},
    });
    assert_eq!(sent, expected);
}

#[test]
fn every_call_event_has_the_name_that_the_core_gives_it() {
    let events = [
        CallEvent::Invite,
        CallEvent::Cancel,
        CallEvent::Answered,
        CallEvent::Declined,
        CallEvent::Missed,
    ];
    for event in events {
        let sent = message(&Notification::call(event));
        assert_eq!(sent["data"]["call"], serde_json::to_value(event).unwrap());
    }
}

fn activity(event: &str) -> Value {
    json!({"apns": {
        "live_activity_token": "activity-token",
        "payload": {"aps": {"event": event, "content-state": {"score": 1}}},
    }})
}

#[test]
fn a_live_activity_goes_out_with_its_own_token() {
    let mut update = Notification::alert("Goal", "1:0");
    update.kind = Kind::LiveActivity;
    let update = with_options(update.with_priority(Priority::High), activity("update"));
    let expected = json!({
        "android": {"priority": "HIGH"},
        "apns": {
            "live_activity_token": "activity-token",
            "headers": {"apns-priority": "10"},
            "payload": {"aps": {
                "timestamp": 1_764_000_000, "event": "update", "content-state": {"score": 1},
                "alert": {"title": "Goal", "body": "1:0", "sound": "default"},
            }},
        },
        "webpush": {"headers": {"Urgency": "high"}},
    });
    assert_eq!(message(&update), expected);
    assert!(encoded(&update).unwrap().0.live_activity);
    assert!(
        !encoded(&Notification::alert("t", "b"))
            .unwrap()
            .0
            .live_activity
    );
}

#[test]
fn a_live_activity_without_what_it_needs_is_refused() {
    let mut bare = Notification::default();
    bare.kind = Kind::LiveActivity;
    let mut no_state = activity("update");
    no_state["apns"]["payload"]["aps"]["content-state"] = json!(1);
    let rows = [
        (bare.clone(), "live_activity_token"),
        (with_options(bare.clone(), activity("begin")), "event"),
        (with_options(bare, no_state), "content-state"),
    ];
    for (message, field) in rows {
        let rejection = refusal(&message);
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        assert!(rejection.reason.contains(field), "{}", rejection.reason);
    }
}

#[test]
fn click_actions_are_handed_to_the_app_in_their_json_form() {
    let android = json!({"android": {"restricted_package_name": "com.example"}});
    let rows = [
        (
            OnClick::Url("http://e.com".into()),
            r#"{"url":"http://e.com"}"#,
        ),
        (
            OnClick::Activity("${package}.Chat".into()),
            r#"{"activity":"com.example.Chat"}"#,
        ),
        (
            OnClick::Intent("intent:#Intent;end".into()),
            r#"{"intent":"intent:#Intent;end"}"#,
        ),
        (
            OnClick::DeepLink("app://7".into()),
            r#"{"deep_link":"app://7"}"#,
        ),
    ];
    for (action, json) in rows {
        let alert = Notification::alert("t", "b").with_on_click(action);
        let sent = message(&with_options(alert, android.clone()));
        assert_eq!(sent["data"]["on_click"], json);
        // Only https links may be opened by FCM itself.
        assert_eq!(sent["webpush"], Value::Null);
    }
    let activity = Notification::alert("t", "b").with_on_click(OnClick::Activity("A".into()));
    assert_eq!(
        message(&activity)["android"]["notification"]["click_action"],
        "A"
    );
    let unknown = OnClick::Activity("${package}.A".into());
    let rejection = refusal(&Notification::alert("t", "b").with_on_click(unknown));
    assert!(
        rejection.reason.contains("restricted_package_name"),
        "{}",
        rejection.reason
    );
}

#[test]
fn sounds_and_badges_of_every_sort() {
    let alert = || Notification::alert("t", "b");
    let none = message(&alert().with_sound(Sound::None).with_badge(Badge::Clear));
    assert_eq!(none["android"], Value::Null);
    assert_eq!(none["apns"]["payload"]["aps"], json!({"badge": 0}));
    assert_eq!(none["webpush"], json!({"notification": {"silent": true}}));
    let critical = Sound::Critical {
        name: "alarm.caf".into(),
        volume: 0.5,
    };
    let loud = message(&alert().with_sound(critical));
    assert_eq!(loud["android"]["notification"]["sound"], "alarm.caf");
    let sound = json!({"critical": 1, "name": "alarm.caf", "volume": 0.5});
    assert_eq!(loud["apns"]["payload"]["aps"]["sound"], sound);
}

#[test]
fn a_category_interrupts_apple_devices_as_much_as_it_may() {
    for category in Category::ALL {
        let sent = message(&Notification::alert("t", "b").with_category(category));
        let level = match category {
            Category::Call | Category::DeviceReminder => json!("time-sensitive"),
            Category::News | Category::Marketing => json!("passive"),
            _ => Value::Null,
        };
        assert_eq!(
            sent["apns"]["payload"]["aps"]["interruption-level"], level,
            "{category:?}"
        );
    }
}

#[test]
fn an_empty_title_falls_back_to_the_sender() {
    let mut alert = Notification::alert("", "b");
    alert.sender = Some(Sender::new("u7").with_nickname("Bob"));
    assert_eq!(message(&alert)["notification"]["title"], "Bob");
}

#[test]
fn a_collapse_key_that_is_no_web_topic_still_replaces_by_its_tag() {
    let long = "k".repeat(33);
    for key in ["chat 7", "a.b", &long] {
        let sent = message(&Notification::alert("t", "b").with_collapse_key(key));
        assert_eq!(sent["webpush"], json!({"notification": {"tag": key}}));
        assert_eq!(sent["android"]["collapse_key"], key);
    }
}

#[test]
fn a_ttl_of_zero_is_now_or_never() {
    let sent = message(&Notification::alert("t", "b").with_ttl(Duration::ZERO));
    assert_eq!(sent["android"]["ttl"], "0s");
    assert_eq!(sent["apns"]["headers"]["apns-expiration"], "0");
    assert_eq!(sent["webpush"]["headers"]["TTL"], "0");
}

#[test]
fn apns_flags_are_sent_as_the_number_one_or_not_at_all() {
    let rows = [
        (json!(true), Some(json!(1))),
        (json!(1), Some(json!(1))),
        (json!(false), None),
        (json!(0), None),
    ];
    for (written, sent) in rows {
        for flag in ["content-available", "mutable-content"] {
            let options = json!({"apns": {"payload": {"aps": {flag: written}}}});
            let message = message(&with_options(Notification::alert("t", "b"), options));
            assert_eq!(message["apns"]["payload"]["aps"].get(flag), sent.as_ref());
        }
    }
}

#[test]
fn the_second_android_version_is_the_hosts_own() {
    let v2 = json!({"android_v2": {"remote_notification": {"notification": {"id": 7}}}});
    let mut alert = Notification::alert("t", "b")
        .with_ttl(Duration::from_secs(3))
        .with_collapse_key("c");
    alert.channel = Some("chat".into());
    let alert = with_options(alert, v2);
    let sent = message(&alert);
    assert_eq!(sent["android"], Value::Null);
    let expected = json!({"remote_notification": {"notification": {"id": 7}},
        "ttl": "3s", "collapse_key": "c"});
    assert_eq!(sent["android_v2"], expected);
    assert_eq!(notes(&alert).dropped, ["channel"]);
}

#[test]
fn validate_only_stands_beside_the_message() {
    let sent = body(&with_options(
        Notification::alert("t", "b"),
        json!({"validate_only": true}),
    ));
    assert_eq!(sent["validate_only"], true);
    assert_eq!(sent["message"]["notification"]["title"], "t");
}

#[test]
fn the_raw_merge_comes_last_and_reaches_the_whole_body() {
    let mut alert = with_options(
        Notification::alert("t", "b"),
        json!({"validate_only": true}),
    );
    alert.vendor.set_raw(
        "fcm",
        json!({
            "message": {"notification": {"title": null}, "new_field": {"x": 1}, "apns": null},
            "another": true,
        }),
    );
    let expected = json!({
        "message": {
            "notification": {"body": "b"},
            "android": {"notification": {"sound": "default"}},
            "new_field": {"x": 1},
        },
        "validate_only": true, "another": true,
    });
    assert_eq!(body(&alert), expected);
}

#[test]
fn a_raw_merge_cannot_take_the_target_or_the_message_away() {
    for raw in [
        json!({"message": {"token": "other"}}),
        json!({"message": {"topic": "all"}}),
        json!({"message": null}),
        json!({"message": 1}),
        json!([]),
    ] {
        let mut alert = Notification::alert("t", "b");
        alert.vendor.set_raw("fcm", raw.clone());
        assert_eq!(refusal(&alert).kind, ErrorKind::MessageInvalid, "{raw}");
    }
}

#[test]
fn a_field_over_its_limit_is_refused_by_name() {
    let alert = || Notification::alert("t", "b");
    let with = |change: fn(&mut Notification)| {
        let mut message = alert();
        change(&mut message);
        message
    };
    let rows = [
        ("ttl_ms", alert().with_ttl(Duration::from_secs(2_419_201))),
        ("collapse_key", alert().with_collapse_key("k".repeat(65))),
        ("collapse_key", alert().with_collapse_key("ключ")),
        ("data", alert().with_data("from", "x")),
        ("data", alert().with_data("message_type", "x")),
        ("data", alert().with_data("google.c", "x")),
        ("data", alert().with_data("gcm.notification.x", "x")),
        ("data", alert().with_data("payload", "x").with_payload("p")),
        ("badge", alert().with_badge(Badge::Set(u32::MAX))),
        (
            "sound",
            alert().with_sound(Sound::Critical {
                name: "a".into(),
                volume: 1.5,
            }),
        ),
        (
            "image",
            with(|message| message.image = Some("http://e.com/a.png".into())),
        ),
        (
            "title_loc_args",
            with(|message| message.title_loc_args = vec!["a".into()]),
        ),
        (
            "body_loc_args",
            with(|message| message.body_loc_args = vec!["a".into()]),
        ),
        ("body", Notification::default()),
    ];
    for (field, message) in rows {
        let rejection = refusal(&message);
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{field}");
        assert!(
            rejection.reason.starts_with(field),
            "{field}: {}",
            rejection.reason
        );
    }
}

#[test]
fn a_data_key_that_fcm_overwrites_is_noted() {
    let alert = Notification::alert("t", "b").with_data("collapse_key", "x");
    assert_eq!(notes(&alert).dropped, ["data.collapse_key"]);
}

#[test]
fn a_misspelt_option_is_refused_by_name() {
    let alert: Notification =
        serde_json::from_value(json!({"title": "t", "vendor": {"fcm": {"androd": {}}}})).unwrap();
    let rejection = refusal(&alert);
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
    assert!(rejection.reason.contains("androd"), "{}", rejection.reason);
}

#[test]
fn a_body_that_is_too_long_is_cut_between_graphemes_and_noted() {
    let long = Notification::alert("title", "ä".repeat(5_000)).with_payload("p".repeat(1_000));
    let sent = message(&long);
    let body = sent["notification"]["body"].as_str().unwrap();
    assert!(body.len() < 4096 && body.len() > 2_800, "{}", body.len());
    assert_eq!(sent["notification"]["title"], "title");
    assert_eq!(notes(&long).truncated, ["body"]);
}

#[test]
fn texts_repeated_for_apple_devices_are_cut_in_both_places() {
    let mut long = Notification::alert("t", "b".repeat(5_000));
    long.subtitle = Some("s".into());
    let sent = message(&long);
    assert_eq!(
        sent["notification"]["body"],
        sent["apns"]["payload"]["aps"]["alert"]["body"]
    );
    let payload = serde_json::to_vec(&sent["apns"]["payload"]).unwrap();
    assert!(payload.len() <= 4096, "{}", payload.len());
}

#[test]
fn a_long_title_is_cut_when_it_is_the_longer_one() {
    let long = Notification::alert("t".repeat(5_000), "body");
    assert_eq!(message(&long)["notification"]["body"], "body");
    assert_eq!(notes(&long).truncated, ["title"]);
}

#[test]
fn what_is_too_long_is_refused_where_nothing_may_be_cut() {
    let long = Notification::alert("t", "b".repeat(5_000));
    let rejection = encode(&long, LimitPolicy::Reject, NOW).err().unwrap();
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
}

#[test]
fn data_is_never_cut() {
    let rows = [
        Notification::alert("t", "b").with_data("k", "v".repeat(4_096)),
        Notification::silent().with_payload("p".repeat(4_096)),
        with_options(
            Notification::alert("t", "b"),
            json!({"android": {"data": {"k": "v".repeat(4_096)}}}),
        ),
        with_options(
            Notification::alert("t", "b"),
            json!({"webpush": {"data": {"k": "v".repeat(4_096)}}}),
        ),
        with_options(
            Notification::alert("t", "b"),
            json!({"apns": {"payload": {"k": "v".repeat(4_096)}}}),
        ),
    ];
    for message in rows {
        assert_eq!(refusal(&message).kind, ErrorKind::PayloadTooLarge);
    }
    let just = Notification::silent().with_payload("p".repeat(4_000));
    assert!(notes(&just).is_empty());
}
