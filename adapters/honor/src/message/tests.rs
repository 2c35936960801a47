//! What a notification becomes on the wire, byte by byte and field by field.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick,
    Rejection, Sender, Sound,
};

use super::class::CLASSES;
use super::encode::notify_id;
use super::{BODY_LIMIT, Importance, encode};

const ID: &str = "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10";

fn hello() -> Notification {
    with_id(Notification::alert("T", "B"))
}

fn with_id(mut message: Notification) -> Notification {
    message.id = serde_json::from_value(json!(ID)).unwrap();
    message
}

fn options(options: Value) -> Notification {
    with_options(hello(), options)
}

fn with_options(mut message: Notification, options: Value) -> Notification {
    message.vendor = serde_json::from_value(json!({"honor": options})).unwrap();
    message
}

fn look_options(look: Value) -> Notification {
    options(json!({"android": {"notification": look}}))
}

const LAUNCHER: &str = "com.example.Main";

fn body(message: &Notification) -> Value {
    let (template, _) = encode(message, LimitPolicy::Truncate, Some(LAUNCHER)).unwrap();
    serde_json::from_slice(&template.body(&["t1"])).unwrap()
}

fn android(message: &Notification) -> Value {
    body(message)["android"].clone()
}

fn look(message: &Notification) -> Value {
    android(message)["notification"].clone()
}

fn notes(message: &Notification) -> Notes {
    encode(message, LimitPolicy::Truncate, None).unwrap().1
}

fn refusal(message: &Notification) -> Rejection {
    encode(message, LimitPolicy::Truncate, None).unwrap_err()
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

/// The sample of `reference/honor.md` §3.5, with the number that we add.
#[test]
fn a_notification_is_as_the_reference_has_it() {
    let message = with_options(
        hello()
            .with_category(Category::InstantMessage)
            .with_badge(Badge::Add(1))
            .with_data("k", "v")
            .with_ttl(Duration::from_secs(86_400)),
        json!({"android": {"bi_tag": "b1", "target_user_type": 0}}),
    );
    let (template, notes) = encode(&message, LimitPolicy::Reject, Some(LAUNCHER)).unwrap();
    assert!(notes.is_empty());
    let id = notify_id(&message);
    let wanted = format!(
        r#"{{"android":{{"biTag":"b1","notification":{{"badge":{{"addNum":1,"badgeClass":"com.example.Main"}},"body":"B","clickAction":{{"type":3}},"importance":"NORMAL","notifyId":{id},"title":"T"}},"targetUserType":0,"ttl":"86400s"}},"data":"{{\"k\":\"v\"}}","notification":{{"body":"B","title":"T"}},"token":["t1","t\"2"]}}"#
    );
    let body = template.body(&["t1", "t\"2"]);
    assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
}

#[test]
fn a_data_message_has_data_and_nothing_to_show() {
    let silent = with_id(Notification::silent()).with_payload("no JSON \u{1f600}");
    let (template, _) = encode(&silent, LimitPolicy::Reject, Some("a.Main")).unwrap();
    let wanted = format!(
        r#"{{"android":{{"biTag":"{ID}"}},"data":"{{\"payload\":\"no JSON 😀\"}}","token":["t1"]}}"#
    );
    assert_eq!(
        std::str::from_utf8(&template.body(&["t1"])).unwrap(),
        wanted
    );

    let bare = body(&Notification::silent());
    assert_eq!(bare["data"], "{}", "it is what makes it a data message");
    let any_text = with_options(Notification::silent(), json!({"data": "no JSON"}));
    assert_eq!(body(&any_text)["data"], "no JSON");

    let visible: [fn(&mut Notification); 7] = [
        |message| message.title = Some("t".into()),
        |message| message.body = Some("b".into()),
        |message| message.image = Some("https://example.com/a.png".into()),
        |message| message.badge = Badge::Set(0),
        |message| message.sound = Sound::Named("s".into()),
        |message| message.on_click = OnClick::Url("https://example.com".into()),
        |message| *message = with_options(message.clone(), json!({"notification": {}})),
    ];
    for change in visible {
        let mut message = silent.clone();
        change(&mut message);
        names(&refusal(&message), "would be shown");
    }
    let replaced = refusal(&silent.clone().with_collapse_key("room-7"));
    assert_eq!(replaced.kind, ErrorKind::Unsupported);
    assert!(replaced.reason.contains("collapse_key"));
    let mut hinted = silent.with_category(Category::Work);
    hinted.thread = Some("t".into());
    assert_eq!(notes(&hinted).dropped, ["category", "thread"]);
}

#[test]
fn every_category_has_its_class_and_the_hosts_own_beats_it() {
    assert_eq!(CLASSES.map(|(category, _)| category), Category::ALL);
    for (category, importance) in CLASSES {
        let wanted = match importance {
            Importance::Normal => "NORMAL",
            Importance::Low => "LOW",
        };
        let message = hello().with_category(category);
        assert_eq!(look(&message)["importance"], wanted, "{category:?}");
        for own in ["low", "normal"] {
            let message = look_options(json!({"importance": own})).with_category(category);
            assert_eq!(look(&message)["importance"], own.to_uppercase());
        }
    }
    assert_eq!(look(&hello()).get("importance"), None, "HONOR decides");
    let low: Vec<_> = CLASSES
        .into_iter()
        .filter(|(_, class)| *class == Importance::Low)
        .map(|(category, _)| category)
        .collect();
    let informational = [Category::Social, Category::News, Category::Marketing];
    assert_eq!(low, informational);
}

#[test]
fn a_call_is_a_service_message_and_without_a_text_it_only_tells_the_app() {
    let mut call = hello();
    call.kind = Kind::Call(CallEvent::Invite);
    let seen = body(&call);
    assert_eq!(seen["android"]["notification"]["importance"], "NORMAL");
    assert_eq!(seen["android"]["ttl"], "60s", "no longer than it rings");
    assert_eq!(seen["data"], r#"{"call":"invite"}"#);
    let longer = call.clone().with_ttl(Duration::from_secs(90));
    assert_eq!(android(&longer)["ttl"], "90s");

    call.kind = Kind::Call(CallEvent::Missed);
    assert_eq!(look(&call)["importance"], "NORMAL");
    assert_eq!(android(&call).get("ttl"), None);

    let bare = Notification::call(CallEvent::Cancel);
    let seen = body(&bare);
    assert_eq!(seen["data"], r#"{"call":"cancel"}"#);
    assert_eq!(seen.get("notification"), None);
    assert_eq!(seen["android"].get("notification"), None);
    let taken = call.with_data("call", "x");
    names(&refusal(&taken), "call");
}

#[test]
fn every_click_has_its_form() {
    let rows = [
        (OnClick::OpenApp, Some(json!({"type": 3}))),
        (
            OnClick::Url("https://example.com/7".into()),
            Some(json!({"type": 2, "url": "https://example.com/7"})),
        ),
        (OnClick::Url("http://example.com".into()), None),
        (OnClick::Url("https://exa mple.com".into()), None),
        (
            OnClick::Activity("com.example.CHAT".into()),
            Some(json!({"type": 1, "action": "com.example.CHAT"})),
        ),
        (
            OnClick::Activity("com.example.app/.Chat".into()),
            Some(json!({
                "type": 1, "intent": "intent:#Intent;component=com.example.app/.Chat;end",
            })),
        ),
        (OnClick::Activity(".Chat".into()), None),
        (OnClick::Activity("a;S.k=v".into()), None),
        (OnClick::Activity(String::new()), None),
        (OnClick::Activity("${package}.Chat".into()), None),
        (
            OnClick::Intent("intent://a/b?#Intent;scheme=x;end".into()),
            Some(json!({"type": 1, "intent": "intent://a/b?#Intent;scheme=x;end"})),
        ),
        (
            OnClick::DeepLink("my-app://chat/7?a=b".into()),
            Some(json!({
                "type": 1,
                "intent": "intent://chat/7?a=b#Intent;scheme=my-app;launchFlags=0x4000000;end",
            })),
        ),
        (OnClick::DeepLink("chat/7".into()), None),
        (OnClick::DeepLink("7://chat".into()), None),
    ];
    for (on_click, wanted) in rows {
        let message = hello().with_on_click(on_click);
        match wanted {
            Some(wanted) => assert_eq!(look(&message)["clickAction"], wanted),
            None => names(&refusal(&message), "on_click"),
        }
    }
    let own = json!({"click_action": {"type": 1, "action": "a.B"}});
    let message = look_options(own).with_on_click(OnClick::Url("https://example.com".into()));
    let wanted = json!({"type": 1, "action": "a.B"});
    assert_eq!(look(&message)["clickAction"], wanted);
}

#[test]
fn payload_and_data_come_back_as_they_were() {
    let payload = "no JSON: {\"a\" \\ \u{1f600}\n";
    let message = hello().with_payload(payload).with_data("room", "7");
    let wanted = json!({"payload": payload, "room": "7"});
    let seen = body(&message);
    let text = seen["data"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), wanted);
    assert_eq!(body(&hello()).get("data"), None);
    names(&refusal(&message.with_data("payload", "x")), "payload");
    let own = options(json!({"data": "[1]"})).with_payload("x");
    assert_eq!(body(&own)["data"], "[1]");
}

#[test]
fn badges_are_set_added_and_cleared_and_zero_survives() {
    let rows = [
        (Badge::Set(3), json!({"setNum": 3, "badgeClass": LAUNCHER})),
        (Badge::Set(0), json!({"setNum": 0, "badgeClass": LAUNCHER})),
        (Badge::Clear, json!({"setNum": 0, "badgeClass": LAUNCHER})),
        (Badge::Add(2), json!({"addNum": 2, "badgeClass": LAUNCHER})),
        (Badge::Unchanged, Value::Null),
        (Badge::Add(0), Value::Null),
        (
            Badge::Set(99),
            json!({"setNum": 99, "badgeClass": LAUNCHER}),
        ),
    ];
    for (badge, wanted) in rows {
        let message = hello().with_badge(badge);
        assert_eq!(look(&message)["badge"], wanted, "{badge:?}");
    }
    let own = json!({"badge": {"badge_class": "a.Own", "add_num": 1, "set_num": 0}});
    let message = look_options(own).with_badge(Badge::Set(7));
    let wanted = json!({"addNum": 1, "setNum": 0, "badgeClass": "a.Own"});
    assert_eq!(look(&message)["badge"], wanted);
    // HONOR finds the icon by the launcher's activity.
    let nameless = look_options(json!({"badge": {"set_num": 0}}));
    names(&refusal(&nameless), "badge_class");

    let crowded = hello().with_badge(Badge::Set(100));
    assert_eq!(look(&crowded).get("badge"), None);
    assert_eq!(notes(&crowded).dropped, ["badge"]);
    let refusal = encode(&crowded, LimitPolicy::Reject, None).unwrap_err();
    names(&refusal, "badge");
}

#[test]
fn the_zeros_of_the_options_survive() {
    let message = options(json!({"android": {
        "target_user_type": 0,
        "notification": {"notify_id": 0, "style": 0, "badge": {"set_num": 0}},
    }}));
    assert_eq!(android(&message)["targetUserType"], 0);
    let seen = look(&message);
    assert_eq!((&seen["notifyId"], &seen["style"]), (&json!(0), &json!(0)));
    assert_eq!(seen["badge"], json!({"setNum": 0, "badgeClass": LAUNCHER}));
}

#[test]
fn times_to_live_are_whole_seconds_and_at_most_fifteen_days() {
    let rows = [
        (0, "1s"),
        (1, "1s"),
        (1_500, "2s"),
        (3_600_000, "3600s"),
        (86_400_000, "86400s"),
        (1_296_000_000, "1296000s"),
    ];
    for (millis, wanted) in rows {
        let message = hello().with_ttl(Duration::from_millis(millis));
        assert_eq!(android(&message)["ttl"], wanted);
    }
    let long = hello().with_ttl(Duration::from_millis(1_296_000_001));
    names(&refusal(&long), "ttl_ms");
    assert_eq!(android(&hello()).get("ttl"), None);
}

#[test]
fn a_collapse_key_is_a_tag_and_every_other_message_has_a_number_of_its_own() {
    let named = look(&hello().with_collapse_key("room-7"));
    assert_eq!(named["tag"], "room-7");
    assert_eq!(named.get("notifyId"), None);
    let again = Notification::alert("x", "y").with_collapse_key("room-7");
    assert_eq!(look(&again)["tag"], named["tag"]);

    assert_eq!(look(&hello()), look(&hello()), "a repeat is the same push");
    assert_eq!(android(&hello())["biTag"], ID);
    let others = (0..100).map(|_| look(&Notification::alert("T", "B"))["notifyId"].as_i64());
    let others: std::collections::BTreeSet<_> = others.collect();
    assert_eq!(others.len(), 100);
    let own = look(&look_options(json!({"tag": "mine", "group": "g"})).with_collapse_key("k"));
    assert_eq!((&own["tag"], &own["group"]), (&json!("mine"), &json!("g")));
    assert_eq!(own.get("notifyId"), None);
    let mut threaded = hello();
    threaded.thread = Some("room".into());
    assert_eq!(look(&threaded)["group"], "room");
}

#[test]
fn a_picture_goes_with_service_messages_only() {
    let picture = "https://example.com/a.png";
    let with_picture = |category: Option<Category>| {
        let mut message = hello();
        (message.image, message.category) = (Some(picture.into()), category);
        message
    };
    for category in [None, Some(Category::InstantMessage)] {
        let message = with_picture(category);
        assert_eq!(look(&message)["image"], picture);
        assert!(notes(&message).is_empty());
    }
    let advert = with_picture(Some(Category::Marketing));
    assert_eq!(look(&advert).get("image"), None);
    assert_eq!(notes(&advert).dropped, ["image"]);
    let own = look_options(json!({"image": picture})).with_category(Category::Marketing);
    names(&refusal(&own), "image");
    let mut insecure = hello();
    insecure.image = Some("http://example.com/a.png".into());
    names(&refusal(&insecure), "image");
}

#[test]
fn the_one_text_that_there_is_stands_in_for_the_other() {
    let long = "ü".repeat(100);
    let rows = [
        (Notification::alert("", &*long), "ü".repeat(40), long),
        (Notification::alert("t", ""), "t".to_owned(), "t".to_owned()),
    ];
    for (message, title, text) in rows {
        let seen = body(&message);
        for level in [&seen["notification"], &seen["android"]["notification"]] {
            assert_eq!(level["title"], title);
            assert_eq!(level["body"], text);
        }
    }
    let mut from_somebody = Notification::alert("", "b");
    from_somebody.sender = Some(Sender::new("u1").with_nickname("Al"));
    assert_eq!(look(&from_somebody)["title"], "Al");
    names(&refusal(&Notification::default()), "title");
}

#[test]
fn texts_of_the_options_beat_the_notifications_and_each_other() {
    let both = options(json!({
        "notification": {"title": "root", "body": "root"},
        "android": {"notification": {"title": "android"}},
    }));
    let seen = body(&both);
    assert_eq!(
        seen["notification"],
        json!({"title": "root", "body": "root"})
    );
    let shown = &seen["android"]["notification"];
    assert_eq!(
        (&shown["title"], &shown["body"]),
        (&json!("android"), &json!("root"))
    );

    // What is not shown is not there to be cut, and none of it is noted.
    let mut message = options(json!({"notification": {"title": "root"}}));
    message.title = Some("x".repeat(5_000));
    assert!(notes(&message).is_empty());
    assert!(!body(&message).to_string().contains('x'));
}

/// Every field of the schema, with the name that it has on the wire.
#[test]
fn every_field_of_the_schema_can_be_set() {
    let message = options(json!({
        "data": "{\"k\":1}",
        "notification": {"title": "t", "body": "b", "image": "https://x/y"},
        "android": {
            "ttl": "1s", "bi_tag": "b", "data": "{}", "target_user_type": 1,
            "notification": {
                "title": "t", "body": "b",
                "click_action": {"type": 2, "intent": "i", "action": "a", "url": "https://x"},
                "importance": "normal", "image": "https://x", "style": 1, "big_title": "t",
                "big_body": "b", "when": "2014-10-02T15:01:23.045123456Z",
                "buttons": [
                    {"name": "n", "action_type": 0, "data": "{}"},
                    {"name": "n", "action_type": 1, "intent_type": 0, "intent": "i", "data": "{}"},
                    {"name": "n", "action_type": 2, "intent": "https://x", "data": "d"},
                ],
                "badge": {"add_num": 1, "set_num": 99, "badge_class": "a.Main"},
                "notify_id": -1, "tag": "t", "group": "g",
            },
        },
    }));
    let wanted = json!({
        "data": "{\"k\":1}",
        "notification": {"title": "t", "body": "b", "image": "https://x/y"},
        "android": {
            "ttl": "1s", "biTag": "b", "data": "{}", "targetUserType": 1,
            "notification": {
                "title": "t", "body": "b",
                "clickAction": {"type": 2, "intent": "i", "action": "a", "url": "https://x"},
                "importance": "NORMAL", "image": "https://x", "style": 1, "bigTitle": "t",
                "bigBody": "b", "when": "2014-10-02T15:01:23.045123456Z",
                "buttons": [
                    {"name": "n", "actionType": 0, "data": "{}"},
                    {"name": "n", "actionType": 1, "intentType": 0, "intent": "i", "data": "{}"},
                    {"name": "n", "actionType": 2, "intent": "https://x", "data": "d"},
                ],
                "badge": {"addNum": 1, "setNum": 99, "badgeClass": "a.Main"},
                "notifyId": -1, "tag": "t", "group": "g",
            },
        },
        "token": ["t1"],
    });
    assert_eq!(body(&message), wanted);
    let read: super::Options = message.vendor.get().unwrap();
    let mut again = hello();
    again.vendor.set(&read).unwrap();
    assert_eq!(again.vendor, message.vendor, "the options keep their names");
}

#[test]
fn every_limit_of_the_options_is_checked() {
    let look = |look: Value| json!({"android": {"notification": look}});
    let button = |button: Value| look(json!({"buttons": [button]}));
    let own_data = "x".repeat(1_025);
    #[rustfmt::skip]
    let rows = [
        (json!({"android": {"target_user_type": 2}}), "target_user_type"),
        (json!({"android": {"target_user_type": -1}}), "target_user_type"),
        (json!({"android": {"ttl": 86400}}), "invalid type"),
        (json!({"android": {"ttl": "86400"}}), "ttl"),
        (json!({"android": {"ttl": "1.5s"}}), "ttl"),
        (json!({"android": {"ttl": "0s"}}), "ttl"),
        (json!({"android": {"ttl": "1296001s"}}), "ttl"),
        (json!({"android": {"data": "no JSON"}}), "android.data"),
        (json!({"data": "no JSON"}), "vendor.honor.data"),
        (json!({"notification": {"image": "http://x"}}), "image"),
        (look(json!({"style": 2})), "style"),
        (look(json!({"style": 1, "big_title": "t"})), "big_body"),
        (look(json!({"style": 1, "big_body": "t"})), "big_title"),
        (look(json!({"notify_id": -2})), "notify_id"),
        (look(json!({"notify_id": 2_147_483_648_i64})), "notify_id"),
        (look(json!({"image": "http://x"})), "image"),
        (look(json!({"image": "https://x", "importance": "low"})), "image"),
        (look(json!({"importance": "high"})), "high"),
        (look(json!({"when": "2014-10-02 15:01:23Z"})), "when"),
        (look(json!({"when": "2014-10-02T15:01:23"})), "when"),
        (look(json!({"when": "2014-10-02T15:01:23.Z"})), "when"),
        (look(json!({"when": "2014-10-02T15:01:23.0123456789Z"})), "when"),
        (look(json!({"badge": {"add_num": 0}})), "add_num"),
        (look(json!({"badge": {"add_num": 100}})), "add_num"),
        (look(json!({"badge": {"set_num": -1}})), "set_num"),
        (look(json!({"badge": {"set_num": 100}})), "set_num"),
        (look(json!({"click_action": {}})), "type"),
        (look(json!({"click_action": {"type": 0}})), "type"),
        (look(json!({"click_action": {"type": 4}})), "type"),
        (look(json!({"click_action": {"type": 1}})), "intent"),
        (look(json!({"click_action": {"type": 2}})), "url"),
        (look(json!({"click_action": {"type": 2, "url": "http://x"}})), "url"),
        (look(json!({"buttons": [{}, {}, {}, {}]})), "buttons"),
        (button(json!({"action_type": 0})), "name"),
        (button(json!({"name": "x".repeat(41), "action_type": 0})), "name"),
        (button(json!({"name": "n"})), "action_type"),
        (button(json!({"name": "n", "action_type": 3})), "action_type"),
        (button(json!({"name": "n", "action_type": 1, "intent": "i"})), "intent_type"),
        (button(json!({"name": "n", "action_type": 1, "intent_type": 2, "intent": "i"})), "intent_type"),
        (button(json!({"name": "n", "action_type": 1, "intent_type": 0})), "intent"),
        (button(json!({"name": "n", "action_type": 2})), "intent"),
        (button(json!({"name": "n", "action_type": 2, "intent": "http://x"})), "intent"),
        (button(json!({"name": "n", "action_type": 0, "data": "[]"})), "data"),
        (button(json!({"name": "n", "action_type": 2, "intent": "https://x", "data": own_data})), "data"),
        (json!({"channel_id": "c"}), "channel_id"),
        (json!({"raw": {"token": ["x"]}}), "raw"),
        (json!({"raw": 7}), "raw"),
    ];
    for (given, field) in rows {
        names(&refusal(&options(given)), field);
    }
    let longest = json!({"name": "ü".repeat(40), "action_type": 0});
    assert!(encode(&options(button(longest)), LimitPolicy::Reject, None).is_ok());
}

#[test]
fn the_raw_merge_comes_last_and_reaches_everything() {
    let raw = json!({"raw": {
        "notification": null,
        "android": {"new": 1, "notification": {"title": null, "importance": "HIGH"}},
    }});
    let seen = body(&options(raw));
    assert_eq!(seen.get("notification"), None);
    assert_eq!(seen["android"]["new"], 1);
    let shown = &seen["android"]["notification"];
    assert_eq!(shown.get("title"), None);
    assert_eq!(shown["importance"], "HIGH");
    assert_eq!(seen["token"], json!(["t1"]));
}

#[test]
fn what_cannot_be_cut_is_too_large() {
    let message = hello().with_payload("x".repeat(5_000));
    assert_eq!(refusal(&message).kind, ErrorKind::PayloadTooLarge);
    let long = Notification::alert("t", "ü".repeat(3_000));
    let refusal = encode(&long, LimitPolicy::Reject, None).unwrap_err();
    assert_eq!(refusal.kind, ErrorKind::PayloadTooLarge);
}

proptest! {
    #[test]
    fn a_body_never_exceeds_the_limit_and_the_cut_is_noted(
        title in ".{0,200}", text in "[a\"\\\\ü👩🏽\n]{0,2500}", payload in ".{0,300}",
    ) {
        let message = Notification::alert(title, &*text).with_payload(payload);
        let Ok((template, notes)) = encode(&message, LimitPolicy::Truncate, None) else {
            prop_assert!(message.display_title().is_none() && text.is_empty());
            return Ok(());
        };
        let bytes = template.body(&[]);
        prop_assert!(bytes.len() <= BODY_LIMIT);
        let seen: Value = serde_json::from_slice(&bytes).unwrap();
        let shown = seen["android"]["notification"]["body"].as_str().unwrap();
        prop_assert_eq!(&seen["notification"]["body"], shown);
        if !text.is_empty() {
            prop_assert!(text.starts_with(shown));
            let cut = shown.len() < text.len();
            prop_assert_eq!(notes.truncated.contains(&"body".to_owned()), cut);
        }
    }

    #[test]
    fn any_payload_comes_back(payload in any::<String>(), key in "[a-z]{1,5}x", value in ".{0,50}") {
        let message = hello().with_payload(&*payload).with_data(&*key, &*value);
        let Ok((template, _)) = encode(&message, LimitPolicy::Reject, None) else {
            return Ok(());
        };
        let seen: Value = serde_json::from_slice(&template.body(&[])).unwrap();
        let data: Value = serde_json::from_str(seen["data"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&data["payload"], &*payload);
        prop_assert_eq!(&data[&key], &*value);
    }

    #[test]
    fn any_token_stands_in_the_body_as_it_is(tokens in prop::collection::vec(".{0,40}", 0..20)) {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let (template, _) = encode(&hello(), LimitPolicy::Reject, None).unwrap();
        let seen: Value = serde_json::from_slice(&template.body(&tokens)).unwrap();
        prop_assert_eq!(&seen["token"], &json!(tokens));
    }
}
