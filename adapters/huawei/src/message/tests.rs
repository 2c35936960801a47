//! What a notification becomes on the wire, byte by byte and field by field.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, MessageId, Notes, Notification,
    OnClick, Priority, Rejection, Sound,
};

use super::class::{CLASSES, class};
use super::harmony::NAMES;
use super::{BODY_LIMIT, harmony, hms, ids};
use crate::{HARMONY, HUAWEI};

const ID: &str = "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10";

fn hello() -> Notification {
    with_id(Notification::alert("T", "B"))
}

fn with_id(mut message: Notification) -> Notification {
    message.id = MessageId::from(ID.parse::<uuid::Uuid>().unwrap());
    message
}

fn options(vendor: &str, options: Value) -> Notification {
    with_options(hello(), vendor, options)
}

fn with_options(mut message: Notification, vendor: &str, options: Value) -> Notification {
    message.vendor = serde_json::from_value(json!({ vendor: options })).unwrap();
    message
}

fn hms_body(message: &Notification) -> Value {
    let (template, _) = hms::encode(message, LimitPolicy::Truncate).unwrap();
    serde_json::from_slice(&template.body(&["t1"])).unwrap()
}

fn harmony_body(message: &Notification) -> Value {
    let (encoded, _) = harmony::encode(message, LimitPolicy::Truncate).unwrap();
    serde_json::from_slice(&encoded.template.body(&["t1"])).unwrap()
}

fn android(message: &Notification) -> Value {
    hms_body(message)["message"]["android"].clone()
}

fn look(message: &Notification) -> Value {
    android(message)["notification"].clone()
}

fn alert(message: &Notification) -> Value {
    harmony_body(message)["payload"]["notification"].clone()
}

fn hms_notes(message: &Notification) -> Notes {
    hms::encode(message, LimitPolicy::Truncate).unwrap().1
}

fn harmony_notes(message: &Notification) -> Notes {
    harmony::encode(message, LimitPolicy::Truncate).unwrap().1
}

fn hms_refusal(message: &Notification) -> Rejection {
    hms::encode(message, LimitPolicy::Truncate).unwrap_err()
}

fn harmony_refusal(message: &Notification) -> Rejection {
    harmony::encode(message, LimitPolicy::Truncate).unwrap_err()
}

#[track_caller]
fn names(refusal: &Rejection, field: &str) {
    assert_eq!(
        refusal.kind,
        ErrorKind::MessageInvalid,
        "{}",
        refusal.reason
    );
    assert!(
        refusal.reason.contains(field),
        "{} names no {field}",
        refusal.reason
    );
}

/// The sample of `reference/huawei.md` §2.1, with the ids that we add.
#[test]
fn an_android_message_is_as_the_reference_has_it() {
    let message = with_options(
        hello()
            .with_category(Category::InstantMessage)
            .with_ttl(Duration::from_secs(86_400)),
        HUAWEI,
        json!({
            "validate_only": false,
            "android": {"bi_tag": "b1", "notification": {"importance": "normal"}},
        }),
    );
    let (template, notes) = hms::encode(&message, LimitPolicy::Reject).unwrap();
    assert!(notes.is_empty());
    let id = ids::notify_id(message.id);
    let wanted = format!(
        r#"{{"validate_only":false,"message":{{"android":{{"bi_tag":"b1","category":"IM","notification":{{"body":"B","click_action":{{"type":3}},"importance":"NORMAL","notify_id":{id},"title":"T"}},"ttl":"86400s"}},"token":["t1","t\"2"]}}}}"#
    );
    let body = template.body(&["t1", "t\"2"]);
    assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
}

/// The sample of `reference/huawei.md` §3.1, with the ids that we add.
#[test]
fn a_harmony_message_is_as_the_reference_has_it() {
    let message = with_options(
        hello()
            .with_category(Category::InstantMessage)
            .with_badge(Badge::Add(1))
            .with_ttl(Duration::from_secs(3_600)),
        HARMONY,
        json!({"notification": {"notify_id": 12345}, "push_options": {"bi_tag": "b1"}}),
    );
    let (encoded, notes) = harmony::encode(&message, LimitPolicy::Reject).unwrap();
    assert!(notes.is_empty());
    let wanted = format!(
        r#"{{"payload":{{"notification":{{"appMessageId":"{ID}","badge":{{"addNum":1}},"body":"B","category":"IM","clickAction":{{"actionType":0}},"notifyId":12345,"title":"T"}}}},"pushOptions":{{"biTag":"b1","ttl":3600}},"target":{{"token":["t1"]}}}}"#
    );
    let body = encoded.template.body(&["t1"]);
    assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
    assert_eq!(encoded.push_type.wire(), "0");
}

#[test]
fn every_category_has_its_class_and_the_hosts_own_beats_it() {
    assert_eq!(CLASSES.map(|(category, _)| category), Category::ALL);
    for (category, name) in CLASSES {
        assert_eq!(class(category), name);
        let message = hello().with_category(category);
        assert_eq!(android(&message)["category"], name);
        assert_eq!(alert(&message)["category"], name);
    }
    assert_eq!(android(&hello()).get("category"), None);
    assert_eq!(alert(&hello())["category"], "MARKETING", "v3 wants one");
    let own = json!({"android": {"category": "SUBSCRIPTION"}});
    assert_eq!(android(&options(HUAWEI, own))["category"], "SUBSCRIPTION");
    let own = json!({"notification": {"category": "SUBSCRIPTION"}});
    assert_eq!(alert(&options(HARMONY, own))["category"], "SUBSCRIPTION");
}

#[test]
fn every_click_has_its_form() {
    let rows = [
        (
            OnClick::OpenApp,
            Some(json!({"type": 3})),
            Some(json!({"actionType": 0})),
        ),
        (
            OnClick::Url("https://example.com/7".into()),
            Some(json!({"type": 2, "url": "https://example.com/7"})),
            Some(json!({"actionType": 1, "uri": "https://example.com/7"})),
        ),
        (OnClick::Url("http://example.com".into()), None, None),
        (
            OnClick::Activity("com.example.CHAT".into()),
            Some(json!({"type": 1, "action": "com.example.CHAT"})),
            Some(json!({"actionType": 1, "action": "com.example.CHAT"})),
        ),
        (
            OnClick::Intent("intent://a/b?#Intent;scheme=x;end".into()),
            Some(json!({"type": 1, "intent": "intent://a/b?#Intent;scheme=x;end"})),
            None,
        ),
        (
            OnClick::DeepLink("my-app://chat/7?a=b".into()),
            Some(json!({
                "type": 1,
                "intent": "intent://chat/7?a=b#Intent;scheme=my-app;launchFlags=0x4000000;end",
            })),
            Some(json!({"actionType": 1, "uri": "my-app://chat/7?a=b"})),
        ),
        (OnClick::Activity("${package}.Chat".into()), None, None),
    ];
    for (on_click, huawei, harmony_action) in rows {
        let message = hello().with_on_click(on_click.clone());
        match huawei {
            Some(wanted) => assert_eq!(look(&message)["click_action"], wanted),
            None => names(&hms_refusal(&message), "on_click"),
        }
        match harmony_action {
            Some(wanted) => assert_eq!(alert(&message)["clickAction"], wanted),
            None if matches!(on_click, OnClick::Intent(_)) => {
                assert_eq!(harmony_refusal(&message).kind, ErrorKind::Unsupported);
            }
            None => names(&harmony_refusal(&message), "on_click"),
        }
    }
}

#[test]
fn payload_and_data_come_back_as_they_were() {
    let payload = "no JSON: {\"a\" \\ \u{1f600}\n";
    let message = hello().with_payload(payload).with_data("room", "7");
    let wanted = json!({"payload": payload, "room": "7"});
    let text = hms_body(&message)["message"]["data"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wanted);
    assert_eq!(alert(&message)["clickAction"]["data"], wanted);

    let mut silent = message.clone();
    silent.kind = Kind::Silent;
    (silent.title, silent.body) = (None, None);
    let body = hms_body(&silent);
    let data = body["message"]["data"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), wanted);
    assert_eq!(body["message"]["android"].get("notification"), None);
    let body = harmony_body(&silent);
    let data = body["payload"]["extraData"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), wanted);

    assert_eq!(hms_body(&hello())["message"].get("data"), None);
    let taken = message.with_data("payload", "x");
    names(&hms_refusal(&taken), "payload");
    names(&harmony_refusal(&taken), "payload");
}

#[test]
fn a_silent_push_has_data_and_nothing_to_show() {
    let silent = Notification::silent();
    assert_eq!(
        hms_body(&silent)["message"]["data"],
        "{}",
        "it makes it a data message"
    );
    let (encoded, _) = harmony::encode(&silent, LimitPolicy::Reject).unwrap();
    assert_eq!(encoded.push_type.wire(), "6");
    let visible: [fn(&mut Notification); 5] = [
        |message| message.title = Some("t".into()),
        |message| message.body = Some("b".into()),
        |message| message.badge = Badge::Set(1),
        |message| message.sound = Sound::Named("s".into()),
        |message| message.on_click = OnClick::Url("https://example.com".into()),
    ];
    for change in visible {
        let mut message = silent.clone();
        change(&mut message);
        assert_eq!(hms_refusal(&message).kind, ErrorKind::MessageInvalid);
        assert_eq!(harmony_refusal(&message).kind, ErrorKind::MessageInvalid);
    }
    let urgent = silent.clone().with_priority(Priority::High);
    assert_eq!(android(&urgent)["urgency"], "HIGH");
    assert_eq!(android(&silent).get("urgency"), None);
    let grouped = silent.clone().with_collapse_key("7");
    assert_eq!(android(&grouped)["collapse_key"], 7);
    names(
        &hms_refusal(&silent.clone().with_collapse_key("room-7")),
        "collapse_key",
    );
    names(
        &harmony_refusal(&silent.clone().with_collapse_key("7")),
        "collapse_key",
    );
    let mut hinted = silent;
    hinted.category = Some(Category::Work);
    hinted.channel = Some("c".into());
    hinted.thread = Some("t".into());
    assert_eq!(
        hms_notes(&hinted).dropped,
        ["category", "channel", "thread"]
    );
    assert_eq!(harmony_notes(&hinted).dropped, ["category"]);
}

#[test]
fn a_call_is_an_alert_of_its_class_and_without_a_text_it_only_tells_the_app() {
    let mut call = hello();
    call.kind = Kind::Call(CallEvent::Invite);
    let own = android(&call);
    assert_eq!(
        (&own["category"], &own["ttl"]),
        (&json!("VOIP"), &json!("60s"))
    );
    assert_eq!(own["notification"]["importance"], "NORMAL");
    let body = hms_body(&call);
    assert!(
        body["message"]["data"]
            .as_str()
            .unwrap()
            .contains(r#""call":"invite""#)
    );
    let body = harmony_body(&call);
    assert_eq!(body["payload"]["notification"]["category"], "VOIP");
    assert_eq!(
        body["payload"]["notification"]["clickAction"]["data"]["call"],
        "invite"
    );
    assert_eq!(body["pushOptions"]["ttl"], 60);

    call.kind = Kind::Call(CallEvent::Missed);
    assert_eq!(alert(&call)["category"], "MISS_CALL");
    assert_eq!(harmony_body(&call)["pushOptions"].get("ttl"), None);

    let mut bare = Notification::call(CallEvent::Invite);
    let own = android(&bare);
    assert_eq!(
        (&own["urgency"], &own["category"]),
        (&json!("HIGH"), &json!("VOIP"))
    );
    assert_eq!(own.get("notification"), None);
    let (encoded, _) = harmony::encode(&bare, LimitPolicy::Reject).unwrap();
    assert_eq!(encoded.push_type.wire(), "6");

    bare = with_options(bare, HARMONY, json!({"voip": {}}));
    let (encoded, _) = harmony::encode(&bare, LimitPolicy::Reject).unwrap();
    assert_eq!(encoded.push_type.wire(), "10");
    assert_eq!(
        harmony_body(&bare)["payload"],
        json!({"extraData": r#"{"call":"invite"}"#})
    );
}

#[test]
fn badges_are_set_added_and_cleared_and_zero_survives() {
    let rows = [
        (Badge::Set(3), json!({"set_num": 3}), json!({"setNum": 3})),
        (Badge::Clear, json!({"set_num": 0}), json!({"setNum": 0})),
        (Badge::Add(2), json!({"add_num": 2}), json!({"addNum": 2})),
        (Badge::Unchanged, Value::Null, Value::Null),
        (Badge::Add(0), Value::Null, Value::Null),
        (
            Badge::Set(99),
            json!({"set_num": 99}),
            json!({"setNum": 99}),
        ),
    ];
    for (badge, huawei, harmony_badge) in rows {
        let message = hello().with_badge(badge);
        assert_eq!(look(&message)["badge"], huawei, "{badge:?}");
        assert_eq!(alert(&message)["badge"], harmony_badge, "{badge:?}");
    }
    let class = json!({"android": {"notification": {"badge": {"class": "a.Main"}}}});
    let message = options(HUAWEI, class).with_badge(Badge::Set(0));
    assert_eq!(
        look(&message)["badge"],
        json!({"class": "a.Main", "set_num": 0})
    );

    let crowded = hello().with_badge(Badge::Set(100));
    assert_eq!(look(&crowded).get("badge"), None);
    assert_eq!(hms_notes(&crowded).dropped, ["badge"]);
    assert_eq!(harmony_notes(&crowded).dropped, ["badge"]);
    let refusal = hms::encode(&crowded, LimitPolicy::Reject).unwrap_err();
    names(&refusal, "badge");
}

#[test]
fn false_and_zero_survive() {
    let message = options(
        HUAWEI,
        json!({"android": {
            "collapse_key": 0, "target_user_type": 0,
            "notification": {
                "notify_id": 0, "foreground_show": false, "auto_cancel": false, "style": 0,
                "default_sound": false, "sound": "/raw/a", "use_default_vibrate": false,
            },
        }}),
    );
    let android = android(&message);
    assert_eq!(
        (&android["collapse_key"], &android["target_user_type"]),
        (&json!(0), &json!(0))
    );
    let look = &android["notification"];
    assert_eq!((&look["notify_id"], &look["style"]), (&json!(0), &json!(0)));
    for field in [
        "foreground_show",
        "auto_cancel",
        "default_sound",
        "use_default_vibrate",
    ] {
        assert_eq!(look[field], false, "{field}");
    }
    let message = options(
        HARMONY,
        json!({
            "notification": {"notify_id": 0, "foreground_show": false, "style": 0},
            "push_options": {"test_message": false, "collapse_key": 0},
        }),
    );
    let body = harmony_body(&message);
    let look = &body["payload"]["notification"];
    assert_eq!(
        (&look["notifyId"], &look["foregroundShow"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(body["pushOptions"]["testMessage"], false);
    assert_eq!(body["pushOptions"]["collapseKey"], 0);
}

#[test]
fn sounds_channels_threads_and_priorities_have_their_places() {
    let mut message = hello().with_sound(Sound::Named("ping.caf".into()));
    message.channel = Some("chat".into());
    message.thread = Some("room".into());
    message.image = Some("https://example.com/a.png".into());
    let seen = look(&message);
    assert_eq!(
        (&seen["sound"], &seen["default_sound"]),
        (&json!("/raw/ping"), &json!(false))
    );
    assert_eq!(
        (&seen["channel_id"], &seen["group"]),
        (&json!("chat"), &json!("room"))
    );
    assert_eq!(seen["image"], "https://example.com/a.png");
    assert_eq!(
        alert(&hello().with_sound(Sound::Named("ping.mp3".into())))["sound"],
        "ping.mp3"
    );

    let quiet = hello().with_sound(Sound::None);
    assert_eq!(look(&quiet)["importance"], "LOW");
    assert_eq!(harmony_notes(&quiet).dropped, ["sound"]);
    assert_eq!(
        look(&hello().with_priority(Priority::Low))["importance"],
        "LOW"
    );
    for priority in [Priority::Normal, Priority::High] {
        let seen = look(&hello().with_priority(priority));
        assert_eq!(seen["importance"], "NORMAL", "high needs a permission");
    }
    let loud = Sound::Critical {
        name: "ping".into(),
        volume: 1.0,
    };
    assert_eq!(hms_notes(&hello().with_sound(loud)).dropped, ["sound"]);
    names(
        &hms_refusal(&hello().with_sound(Sound::Named("a b".into()))),
        "sound",
    );
    let mut insecure = hello();
    insecure.image = Some("http://example.com/a.png".into());
    names(&hms_refusal(&insecure), "image");
    names(&harmony_refusal(&insecure), "image");
}

#[test]
fn times_to_live_are_seconds_and_at_most_fifteen_days() {
    let rows = [
        (0, "1s", 1),
        (1, "0.001s", 1),
        (1_500, "1.500s", 2),
        (3_600_000, "3600s", 3_600),
        (1_296_000_000, "1296000s", 1_296_000),
    ];
    for (millis, huawei, harmony_ttl) in rows {
        let message = hello().with_ttl(Duration::from_millis(millis));
        assert_eq!(android(&message)["ttl"], huawei);
        assert_eq!(harmony_body(&message)["pushOptions"]["ttl"], harmony_ttl);
    }
    let long = hello().with_ttl(Duration::from_millis(1_296_000_001));
    names(&hms_refusal(&long), "ttl_ms");
    names(&harmony_refusal(&long), "ttl_ms");
}

#[test]
fn a_collapse_key_replaces_and_only_a_small_number_is_a_group() {
    let named = hello().with_collapse_key("room-7");
    let seen = android(&named);
    assert_eq!(seen["notification"]["tag"], "room-7");
    assert_eq!(seen["notification"].get("notify_id"), None);
    assert_eq!(seen.get("collapse_key"), None);
    let number = alert(&named)["notifyId"].clone();
    let again = Notification::alert("x", "y").with_collapse_key("room-7");
    assert_eq!(alert(&again)["notifyId"], number);
    assert_ne!(
        alert(&hello().with_collapse_key("room-8"))["notifyId"],
        number
    );
    for (key, group) in [
        ("1", Some(1)),
        ("100", Some(100)),
        ("0", None),
        ("101", None),
        ("+7", None),
    ] {
        let message = hello().with_collapse_key(key);
        assert_eq!(
            android(&message).get("collapse_key"),
            group.map(|g| json!(g)).as_ref()
        );
        let how = harmony_body(&message)["pushOptions"].clone();
        assert_eq!(how.get("collapseKey"), group.map(|g| json!(g)).as_ref());
    }
}

#[test]
fn ids_stay_the_same_for_a_message_and_differ_between_messages() {
    let message = hello();
    assert_eq!(look(&message)["notify_id"], look(&message)["notify_id"]);
    assert_eq!(alert(&message)["appMessageId"], ID);
    assert_eq!(android(&message)["bi_tag"], ID);
    let other = Notification::alert("T", "B");
    assert_ne!(look(&message)["notify_id"], look(&other)["notify_id"]);
    assert_ne!(alert(&message)["notifyId"], alert(&other)["notifyId"]);
}

#[test]
fn the_one_text_that_there_is_stands_in_for_the_other() {
    let long = "ü".repeat(100);
    let rows = [
        (
            Notification::alert("", &*long),
            "ü".repeat(40),
            long.clone(),
        ),
        (Notification::alert("t", ""), "t".to_owned(), "t".to_owned()),
    ];
    for (message, title, body) in rows {
        for seen in [look(&message), alert(&message)] {
            assert_eq!(
                (&seen["title"], &seen["body"]),
                (&json!(title), &json!(body))
            );
        }
    }
    names(&hms_refusal(&Notification::default()), "title");
    names(&harmony_refusal(&Notification::default()), "title");
    let mut localized = Notification::default();
    localized.title_loc_key = Some("T".into());
    localized.body_loc_key = Some("B".into());
    localized.body_loc_args = vec!["x".into()];
    let seen = look(&localized);
    assert_eq!(
        (&seen["title_loc_key"], &seen["body_loc_args"]),
        (&json!("T"), &json!(["x"]))
    );
}

/// As [`json!`] would have it, were it not too long for that.
const EVERY_FIELD: &str = r##"{
        "validate_only": true,
        "review": [{"reviewer": "tuibian", "type": 0, "result": {"sign": "s"}}],
        "data": "{\"k\":1}",
        "notification": {"title": "t", "body": "b", "image": "https://x/y"},
        "android": {
            "collapse_key": -1, "urgency": "normal", "category": "IM", "ttl": "3.5s", "bi_tag": "b",
            "receipt_id": "r", "fast_app_target": 1, "target_user_type": 1, "data": "{}",
            "notification": {
                "title": "t", "body": "b", "icon": "/raw/i", "color": "#A0b0C0",
                "click_action": {"type": 4, "intent": "i", "action": "a", "url": "https://x",
                    "rich_resource": "https://x.zip"},
                "image": "https://x", "sound": "/raw/s", "default_sound": true,
                "importance": "high", "channel_id": "c", "style": 3, "big_title": "t",
                "big_body": "b", "inbox_content": ["1", "2"], "auto_clear": 1, "notify_id": -1,
                "tag": "t", "group": "g", "badge": {"add_num": 1, "set_num": 0, "class": "c"},
                "notify_summary": "s", "ticker": "t", "auto_cancel": false,
                "when": "2014-10-02T15:01:23.045123456Z", "use_default_vibrate": false,
                "use_default_light": false, "vibrate_config": ["3.5S", "60"],
                "light_settings": {
                    "color": {"alpha": 0.0, "red": 1.0, "green": 0.5, "blue": 0.25},
                    "light_on_duration": "1S", "light_off_duration": "3.5s"
                },
                "visibility": "secret", "foreground_show": false, "profile_id": "p",
                "title_loc_key": "k", "title_loc_args": ["1"], "body_loc_key": "k",
                "body_loc_args": ["2"], "multi_lang_key": {"k": {"de": "x", "en": "y"}},
                "buttons": [{"name": "n", "action_type": 1, "intent_type": 0, "intent": "i",
                    "data": "{\"a\":1}"}]
            }
        },
        "apns": {"headers": {"apns-id": "i"}, "payload": {"aps": {}},
            "hms_options": {"target_user_type": 3}},
        "webpush": {"headers": {"ttl": "1s", "topic": "t", "urgency": "very_low"},
            "notification": {"title": "t"}, "hms_options": {"link": "https://x"}}
    }"##;

/// Every field of the v1/v2 message, in the host's spelling and in Huawei's.
#[test]
fn every_field_of_the_android_message_is_within_reach() {
    let given: Value = serde_json::from_str(EVERY_FIELD).unwrap();
    let body = hms_body(&options(HUAWEI, given.clone()));
    let mut message = given.clone();
    let top = message.as_object_mut().unwrap();
    let (validate_only, review) = (top.remove("validate_only"), top.remove("review"));
    message["token"] = json!(["t1"]);
    message["android"]["urgency"] = "NORMAL".into();
    message["android"]["notification"]["importance"] = "HIGH".into();
    message["android"]["notification"]["visibility"] = "SECRET".into();
    message["webpush"]["headers"]["urgency"] = "very-low".into();
    assert_eq!(
        body,
        json!({"validate_only": validate_only, "review": review, "message": message})
    );
}

/// Every field of the v3 messages, in the host's spelling and in Huawei's.
#[test]
fn every_field_of_the_harmony_messages_is_within_reach() {
    let look = json!({
        "category": "IM", "title": "t", "body": "b", "image": "https://x", "style": 1,
        "click_action": {"action_type": 1, "action": "a", "uri": "u", "data": {"snake_key": 1}},
        "big_title": "t", "big_body": "b", "inbox_content": ["1"], "notify_id": 7,
        "app_message_id": "a+/=-_ 1", "profile_id": "p", "badge": {"add_num": 1, "set_num": 0},
        "sound": "s.mp3", "sound_duration": 60, "foreground_show": false,
    });
    let wire_look = json!({
        "category": "IM", "title": "t", "body": "b", "image": "https://x", "style": 1,
        "clickAction": {"actionType": 1, "action": "a", "uri": "u", "data": {"snake_key": 1}},
        "bigTitle": "t", "bigBody": "b", "inboxContent": ["1"], "notifyId": 7,
        "appMessageId": "a+/=-_ 1", "profileId": "p", "badge": {"addNum": 1, "setNum": 0},
        "sound": "s.mp3", "soundDuration": 60, "foregroundShow": false,
    });
    let how = json!({
        "test_message": true, "ttl": 1, "bi_tag": "b", "receipt_id": "r", "collapse_key": -1,
    });
    let wire_how = json!({
        "testMessage": true, "ttl": 1, "biTag": "b", "receiptId": "r", "collapseKey": -1,
    });
    let body = harmony_body(&options(
        HARMONY,
        json!({"notification": look, "push_options": how}),
    ));
    let wanted = json!({
        "payload": {"notification": wire_look}, "pushOptions": wire_how,
        "target": {"token": ["t1"]},
    });
    assert_eq!(body, wanted);

    let mut voice = look.clone();
    voice["category"] = "PLAY_VOICE".into();
    let mut wire_voice = wire_look;
    wire_voice["category"] = "PLAY_VOICE".into();
    #[rustfmt::skip]
    let rows = [
        ("extension", json!({"notification": voice, "extension": {"extra_data": "x"}}),
            json!({"notification": wire_voice, "extraData": "x"})),
        ("form", json!({"form": {
                "form_id": 1, "version": 2, "module_name": "m", "form_name": "f",
                "ability_name": "a", "form_data": {"snake_key": [1, "2", true]},
                "images": [{"key_name": "k", "url": "https://x", "require": 0}],
            }}),
            json!({
                "formId": 1, "version": 2, "moduleName": "m", "formName": "f",
                "abilityName": "a", "formData": {"snake_key": [1, "2", true]},
                "images": [{"keyName": "k", "url": "https://x", "require": 0}],
            })),
        ("background", json!({"background": {"extra_data": "x", "proxy_data": "enable"}, "push_options": {"background_mode": 1}}),
            json!({"extraData": "x", "proxyData": "ENABLE"})),
        ("live_view", json!({"live_view": {
                "activity_id": 1, "operation": 0, "event": "TAXI", "status": "s", "title": "t",
                "content": "c", "mute": false, "version": 3,
                "activity_data": {"notificationData": {"type": 3}},
            }}),
            json!({
                "activityId": 1, "operation": 0, "event": "TAXI", "status": "s", "title": "t",
                "content": "c", "mute": false, "version": 3,
                "activityData": {"notificationData": {"type": 3}},
            })),
        ("voip", json!({"voip": {"extra_data": "x"}}), json!({"extraData": "x"})),
        ("badge", json!({"notification": {"badge": {"set_num": 0}}}),
            json!({"notification": {"badge": {"setNum": 0}}})),
    ];
    for (kind, given, payload) in rows {
        let mut message = Notification::silent();
        message.kind = Kind::Other(kind.into());
        let message = with_options(message, HARMONY, given);
        let (encoded, _) = harmony::encode(&message, LimitPolicy::Reject).unwrap();
        let number = NAMES.iter().find(|(name, ..)| *name == kind).unwrap().2;
        assert_eq!(encoded.push_type.wire(), number, "{kind}");
        assert_eq!(harmony_body(&message)["payload"], payload, "{kind}");
        assert_eq!(encoded.targets, if kind == "form" { 1 } else { 1_000 });
    }
}

#[test]
fn a_live_view_takes_its_texts_from_the_notification() {
    let mut message = hello();
    message.kind = Kind::LiveActivity;
    let message = with_options(
        message,
        HARMONY,
        json!({"live_view": {"activity_id": 1, "operation": 1, "event": "QUEUE", "activity_data": {}}}),
    );
    let payload = harmony_body(&message)["payload"].clone();
    assert_eq!(
        (&payload["title"], &payload["content"]),
        (&json!("T"), &json!("B"))
    );
    names(
        &harmony_refusal(&message.clone().with_payload("x")),
        "payload",
    );
    names(
        &harmony_refusal(&message.with_badge(Badge::Set(1))),
        "badge",
    );
    let mut bare = hello();
    bare.kind = Kind::LiveActivity;
    names(&harmony_refusal(&bare), "live_view");
}

#[test]
fn an_unknown_push_type_is_unsupported_and_a_payload_of_another_one_is_refused() {
    let mut message = hello();
    message.kind = Kind::Other("hologram".into());
    assert_eq!(harmony_refusal(&message).kind, ErrorKind::Unsupported);
    for block in ["form", "extension", "background", "live_view", "voip"] {
        let message = options(HARMONY, json!({ block: {} }));
        names(&harmony_refusal(&message), block);
    }
}

#[test]
fn every_limit_of_the_android_options_is_checked() {
    let look = |look: Value| json!({"android": {"notification": look}});
    let button = |button: Value| json!({"android": {"notification": {"buttons": [button]}}});
    #[rustfmt::skip]
    let rows = [
        (json!({"android": {"collapse_key": 101}}), "collapse_key"),
        (json!({"android": {"collapse_key": -2}}), "collapse_key"),
        (json!({"android": {"fast_app_target": 3}}), "fast_app_target"),
        (json!({"android": {"target_user_type": 2}}), "target_user_type"),
        (json!({"android": {"ttl": "1m"}}), "ttl"),
        (json!({"android": {"ttl": "1296001s"}}), "ttl"),
        (json!({"android": {"ttl": "1.0123456789s"}}), "ttl"),
        (json!({"android": {"data": "no JSON"}}), "android.data"),
        (json!({"data": "[]"}), "vendor.huawei.data"),
        (json!({"apns": {"hms_options": {"target_user_type": 4}}}), "target_user_type"),
        (json!({"notification": {"image": "http://x"}}), "image"),
        (look(json!({"style": 2})), "style"),
        (look(json!({"style": 1, "big_title": "t"})), "big_body"),
        (look(json!({"style": 3})), "inbox_content"),
        (look(json!({"inbox_content": ["1", "2", "3", "4", "5", "6"]})), "inbox_content"),
        (look(json!({"inbox_content": ["x".repeat(1025)]})), "inbox_content"),
        (look(json!({"auto_clear": 0})), "auto_clear"),
        (look(json!({"notify_id": -2})), "notify_id"),
        (look(json!({"profile_id": "x".repeat(65)})), "profile_id"),
        (look(json!({"color": "red"})), "color"),
        (look(json!({"default_sound": false})), "sound"),
        (look(json!({"title_loc_args": ["x"]})), "title_loc_key"),
        (look(json!({"body_loc_args": ["x"]})), "body_loc_key"),
        (look(json!({"badge": {"add_num": 0}})), "add_num"),
        (look(json!({"badge": {"set_num": 100}})), "set_num"),
        (look(json!({"vibrate_config": ["0s"]})), "vibrate_config"),
        (look(json!({"vibrate_config": ["61s"]})), "vibrate_config"),
        (look(json!({"vibrate_config": ["1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1"]})), "vibrate_config"),
        (look(json!({"light_settings": {}})), "light"),
        (look(json!({"light_settings": {"light_on_duration": "1S", "light_off_duration": "1S", "color": {"alpha": 2.0, "red": 0.0, "green": 0.0, "blue": 0.0}}})), "color"),
        (look(json!({"multi_lang_key": {"k": {"a": "1", "b": "2", "c": "3", "d": "4"}}})), "multi_lang_key"),
        (look(json!({"click_action": {}})), "type"),
        (look(json!({"click_action": {"type": 5}})), "type"),
        (look(json!({"click_action": {"type": 1}})), "intent"),
        (look(json!({"click_action": {"type": 2}})), "url"),
        (look(json!({"click_action": {"type": 2, "url": "http://x"}})), "url"),
        (look(json!({"click_action": {"type": 4}})), "rich_resource"),
        (look(json!({"buttons": [{}, {}, {}, {}]})), "buttons"),
        (button(json!({"action_type": 0})), "name"),
        (button(json!({"name": "x".repeat(41), "action_type": 0})), "name"),
        (button(json!({"name": "n"})), "action_type"),
        (button(json!({"name": "n", "action_type": 5})), "action_type"),
        (button(json!({"name": "n", "action_type": 1, "intent": "i"})), "intent_type"),
        (button(json!({"name": "n", "action_type": 2, "intent": "http://x"})), "intent"),
        (button(json!({"name": "n", "action_type": 4})), "data"),
        (button(json!({"name": "n", "action_type": 0, "data": "x"})), "data"),
        (button(json!({"name": "n", "action_type": 3, "data": "x".repeat(1025)})), "data"),
        (json!({"interuption": 1}), "interuption"),
        (json!({"raw": {"message": {"token": ["x"]}}}), "raw"),
        (json!({"raw": {"message": {"topic": "x"}}}), "raw"),
        (json!({"raw": {"message": null}}), "raw"),
        (json!({"raw": 7}), "raw"),
    ];
    for (given, field) in rows {
        names(&hms_refusal(&options(HUAWEI, given)), field);
    }
}

#[test]
fn every_limit_of_the_harmony_options_is_checked() {
    let look = |look: Value| json!({ "notification": look });
    let how = |how: Value| json!({ "push_options": how });
    #[rustfmt::skip]
    let rows = [
        (look(json!({"style": 2})), "style"),
        (look(json!({"style": 1})), "big_title"),
        (look(json!({"style": 3})), "inbox_content"),
        (look(json!({"inbox_content": ["1", "2", "3", "4"]})), "inbox_content"),
        (look(json!({"image": "http://x"})), "image"),
        (look(json!({"notify_id": 2_147_483_648_i64})), "notify_id"),
        (look(json!({"app_message_id": "ü"})), "app_message_id"),
        (look(json!({"app_message_id": "x".repeat(65)})), "app_message_id"),
        (look(json!({"app_message_id": ""})), "app_message_id"),
        (look(json!({"profile_id": "x".repeat(65)})), "profile_id"),
        (look(json!({"sound_duration": 61})), "sound_duration"),
        (look(json!({"badge": {"add_num": 100}})), "add_num"),
        (look(json!({"click_action": {}})), "action_type"),
        (look(json!({"click_action": {"action_type": 5}})), "action_type"),
        (look(json!({"click_action": {"action_type": 1}})), "uri"),
        (look(json!({"click_action": {"action_type": 0, "data": "x"}})), "data"),
        (how(json!({"ttl": 0})), "ttl"),
        (how(json!({"ttl": 1_296_001})), "ttl"),
        (how(json!({"bi_tag": "x".repeat(65)})), "bi_tag"),
        (how(json!({"collapse_key": 101})), "collapse_key"),
        (how(json!({"background_mode": 1})), "background_mode"),
        (json!({"interuption": 1}), "interuption"),
        (json!({"raw": {"target": {"token": ["x"]}}}), "raw"),
        (json!({"raw": {"target": null}}), "raw"),
    ];
    for (given, field) in rows {
        names(&harmony_refusal(&options(HARMONY, given)), field);
    }
    let form = json!({
        "form_id": 1, "version": 1, "module_name": "m", "form_name": "f", "ability_name": "a",
        "form_data": {},
    });
    let view = json!({"activity_id": 1, "operation": 1, "event": "QUEUE", "activity_data": {}});
    #[rustfmt::skip]
    let rows = [
        ("form", &form, "form_id", Value::Null),
        ("form", &form, "version", json!(-1)),
        ("form", &form, "module_name", Value::Null),
        ("form", &form, "form_name", Value::Null),
        ("form", &form, "ability_name", Value::Null),
        ("form", &form, "form_data", Value::Null),
        ("form", &form, "form_data", json!({"a": [null]})),
        ("form", &form, "form_data", json!({"a": 9_007_199_254_740_993_i64})),
        ("form", &form, "images", json!([{}, {}])),
        ("form", &form, "images", json!([{"key_name": "k", "url": "http://x"}])),
        ("live_view", &view, "activity_id", json!(2_147_483_648_i64)),
        ("live_view", &view, "operation", json!(3)),
        ("live_view", &view, "event", json!("PARTY")),
        ("live_view", &view, "activity_data", json!([])),
    ];
    for (block, good, field, wrong) in rows {
        let mut given = good.clone();
        given[field] = wrong;
        let mut message = Notification::silent();
        message.kind = Kind::Other(block.into());
        let message = with_options(message, HARMONY, json!({ block: given }));
        names(&harmony_refusal(&message), field);
    }
    let mut created = view;
    created["operation"] = json!(0);
    let mut message = Notification::silent();
    message.kind = Kind::LiveActivity;
    let message = with_options(message, HARMONY, json!({"live_view": created}));
    names(&harmony_refusal(&message), "event");
}

#[test]
fn the_raw_merge_comes_last_and_reaches_everything() {
    let raw = json!({"raw": {
        "review": [], "message": {"android": {"new": 1, "notification": {"title": null}}},
    }});
    let body = hms_body(&options(HUAWEI, raw));
    assert_eq!(body["review"], json!([]));
    assert_eq!(body["message"]["android"]["new"], 1);
    assert_eq!(
        body["message"]["android"]["notification"].get("title"),
        None
    );
    assert_eq!(body["message"]["token"], json!(["t1"]));
    let raw = json!({"raw": {"pushOptions": {"new": 1}, "target": {"other": 2}}});
    let body = harmony_body(&options(HARMONY, raw));
    assert_eq!(body["pushOptions"]["new"], 1);
    assert_eq!(body["target"], json!({"other": 2, "token": ["t1"]}));
}

#[test]
fn what_cannot_be_cut_is_too_large() {
    let message = hello().with_payload("x".repeat(5_000));
    for refusal in [hms_refusal(&message), harmony_refusal(&message)] {
        assert_eq!(refusal.kind, ErrorKind::PayloadTooLarge);
    }
}

proptest! {
    #[test]
    fn a_body_never_exceeds_the_limit_and_the_cut_is_noted(
        title in ".{0,200}", body in "[a\"\\\\ü👩🏽\n]{0,2500}", payload in ".{0,300}",
    ) {
        let message = Notification::alert(title, &*body).with_payload(payload);
        for vendor in [HUAWEI, HARMONY] {
            let encoded = match vendor {
                HUAWEI => hms::encode(&message, LimitPolicy::Truncate)
                    .map(|(template, notes)| (template.body(&[]), notes)),
                _ => harmony::encode(&message, LimitPolicy::Truncate)
                    .map(|(encoded, notes)| (encoded.template.body(&[]), notes)),
            };
            let Ok((bytes, notes)) = encoded else {
                prop_assert!(message.display_title().is_none() && body.is_empty());
                continue;
            };
            prop_assert!(bytes.len() <= BODY_LIMIT);
            let json: Value = serde_json::from_slice(&bytes).unwrap();
            let seen = match vendor {
                HUAWEI => json["message"]["android"]["notification"]["body"].clone(),
                _ => json["payload"]["notification"]["body"].clone(),
            };
            let seen = seen.as_str().unwrap();
            if !body.is_empty() {
                prop_assert!(body.starts_with(seen));
                let cut = seen.len() < body.len();
                prop_assert_eq!(notes.truncated.contains(&"body".to_owned()), cut);
            }
        }
    }

    #[test]
    fn any_token_stands_in_the_body_as_it_is(tokens in prop::collection::vec(".{0,40}", 0..20)) {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let (template, _) = hms::encode(&hello(), LimitPolicy::Reject).unwrap();
        let body: Value = serde_json::from_slice(&template.body(&tokens)).unwrap();
        prop_assert_eq!(&body["message"]["token"], &json!(tokens));
    }
}
