//! The notification that a notification becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, MessageId, Notes, Notification,
    OnClick, Rejection, Timestamp,
};

use super::class::CATEGORIES;
use super::text::CONTENT_LIMITS;
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

/// Body of a `unicast` to `r1`, as OPPO reads it.
fn envelope_of(encoded: &Encoded) -> Value {
    let body = encoded.unicast("tok", "r1");
    let mut pairs = url::form_urlencoded::parse(&body);
    let (_, message) = pairs.find(|(key, _)| key == "message").unwrap();
    serde_json::from_str(&message).unwrap()
}

fn encoded(message: &Notification, limits: LimitPolicy) -> Result<(Encoded, Notes), Rejection> {
    encode(message, limits, NOW)
}

fn envelope(message: &Notification) -> Value {
    let (encoded, _) = encoded(message, LimitPolicy::Truncate).unwrap();
    envelope_of(&encoded)
}

fn notification(message: &Notification) -> Value {
    envelope(message)["notification"].take()
}

fn notes(message: &Notification) -> Notes {
    encoded(message, LimitPolicy::Truncate).unwrap().1
}

fn route(message: &Notification) -> Route {
    encoded(message, LimitPolicy::Truncate).unwrap().0.route
}

#[track_caller]
fn refused_for(message: &Notification, part: &str) {
    let rejection = encoded(message, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{part}");
    assert!(rejection.reason.contains(part), "{}", rejection.reason);
}

fn hello() -> Notification {
    let mut message = Notification::alert("Alice", "Lunch?");
    let id: uuid::Uuid = "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10".parse().unwrap();
    message.id = MessageId::from(id);
    message
}

fn with(change: impl FnOnce(&mut Options)) -> Notification {
    let mut message = hello();
    let mut options = Options::default();
    change(&mut options);
    message.vendor.set(&options).unwrap();
    message
}

#[test]
fn a_plain_message_is_the_least_that_oppo_wants() {
    let mut wanted = json!({
        "target_type": 2, "target_value": "r1",
        "notification": {
            "title": "Alice", "content": "Lunch?", "style": 1, "click_action_type": 0,
            "off_line": true, "off_line_ttl": 3600,
        },
    });
    let mut sent = envelope(&hello());
    for id in ["app_message_id", "notify_id"] {
        wanted["notification"][id] = sent["notification"][id].take();
        sent["notification"][id] = wanted["notification"][id].clone();
    }
    assert_eq!(sent, wanted);
    let id = sent["notification"]["app_message_id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn every_option_has_its_place_on_the_wire() {
    let options = json!({
        "sub_title": "sub", "style": 2, "small_picture_url": "https://e.com/s.png",
        "buttons": [{"name": "b", "clickActionType": 0}], "option": [{"x": 1}],
        "app_message_id": "own-1",
        "click_action_type": 4, "click_action_activity": "com.example.Chat",
        "click_action_url": "unused", "action_parameters": {"k": 1},
        "show_start_time": 1, "show_end_time": 2, "off_line": false, "off_line_ttl": 7,
        "time_zone": "GMT+01:00", "network_type": 1,
        "call_back_url": "https://e.com/r", "call_back_parameter": "p",
        "channel_id": "chat", "show_ttl": 86400, "notify_id": 0,
        "category": "IM", "notify_level": 16,
        "private_msg_template_id": "t1",
        "private_title_parameters": {"a": "1"}, "private_content_parameters": {"b": "2"},
        "audit_response": {"ok": true},
        "intelligent_intent": {"i": 1}, "delete_intent_data": {"d": 1}, "intent_env": 1,
        "verify_registration_id": true,
    });
    let mut message = hello();
    message.vendor = serde_json::from_value(json!({"oppo": options})).unwrap();
    let mut sent = envelope(&message);
    assert_eq!(sent["verify_registration_id"], true);
    let sent = sent["notification"].take();
    let mut wanted = options;
    let renamed = [
        ("verify_registration_id", None),
        ("audit_response", Some("auditResponse")),
    ];
    for (name, wire) in renamed {
        let value = wanted.as_object_mut().unwrap().remove(name).unwrap();
        if let Some(wire) = wire {
            wanted[wire] = value;
        }
    }
    wanted["action_parameters"] = r#"{"k":1}"#.into();
    wanted["show_time_type"] = 1.into();
    wanted["title"] = "Alice".into();
    wanted["content"] = "Lunch?".into();
    assert_eq!(sent, wanted);
}

#[test]
fn options_of_a_broadcast_have_their_place_too() {
    let options = json!({
        "style": 1, "small_picture_id": "s1", "fix_speed": true, "fix_speed_rate": 1000,
        "category": "NEWS", "notify_level": 1, "show_ttl": 43200, "network_type": 0,
    });
    let mut message = hello();
    message.vendor = serde_json::from_value(json!({"oppo": options})).unwrap();
    let (encoded, _) = encoded(&message, LimitPolicy::Truncate).unwrap();
    assert_eq!(encoded.route, Route::BroadcastOnly);
    let saved = encoded.content().save("tok");
    let saved: BTreeMap<_, _> = url::form_urlencoded::parse(&saved).into_owned().collect();
    for (name, value) in options.as_object().unwrap() {
        let text = value.as_str().map_or(value.to_string(), str::to_owned);
        assert_eq!(saved[name], text, "{name}");
    }
    assert_eq!(
        saved["off_line"], "true",
        "numbers and truth values are text"
    );
    assert_eq!(saved["auth_token"], "tok");
    assert!(!saved.contains_key("notification"), "there is no wrapper");
    assert!(!saved.contains_key("target_value"));
}

#[test]
fn options_survive_their_json_form() {
    let message = with(|options| {
        options.style = Some(Style::BigPicture);
        options.click_action_type = Some(ClickActionType::IntentUri);
        options.notify_level = Some(NotifyLevel::Banner);
        options.category = Some(OppoCategory::DeviceReminder);
    });
    let json = serde_json::to_value(&message.vendor).unwrap();
    let wanted = json!({"style": 3, "click_action_type": 5, "notify_level": 16,
        "category": "DEVICE_REMINDER"});
    assert_eq!(json["oppo"], wanted);
    for (field, value) in [
        ("style", json!(5)),
        ("click_action_type", json!(3)),
        ("notify_level", json!(3)),
        ("category", json!("im")),
        ("catgory", json!("IM")),
        ("push_start_time", json!(1)),
    ] {
        let mut message = hello();
        message.vendor = serde_json::from_value(json!({"oppo": {field: value}})).unwrap();
        let rejection = encoded(&message, LimitPolicy::Truncate).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{field}");
    }
}

#[test]
fn texts_are_cut_by_character_and_noted() {
    let message = Notification::alert("字".repeat(51), "👍".repeat(51));
    let sent = notification(&message);
    assert_eq!(sent["title"], "字".repeat(50));
    assert_eq!(sent["content"], "👍".repeat(50));
    assert_eq!(notes(&message).truncated, ["title", "body"]);
    for (title, body, field) in [(51, 1, "title"), (1, 51, "body")] {
        let message = Notification::alert("t".repeat(title), "b".repeat(body));
        let rejection = encoded(&message, LimitPolicy::Reject).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        assert!(rejection.reason.contains(field), "{}", rejection.reason);
    }
    let fits = Notification::alert("t".repeat(50), "b".repeat(50));
    assert!(encoded(&fits, LimitPolicy::Reject).unwrap().1.is_empty());
}

#[test]
fn the_style_decides_how_much_text_there_is() {
    for (style, limit) in CONTENT_LIMITS {
        let mut message = with(|options| {
            options.style = Some(style);
            match style {
                Style::BigPicture => options.big_picture_id = Some("p".into()),
                Style::MediumPicture => {
                    options.medium_picture_url = Some("https://e.com/p.png".into());
                }
                _ => {}
            }
        });
        message.body = Some("b".repeat(300));
        let content = notification(&message)["content"].take();
        assert_eq!(content.as_str().unwrap().len(), limit, "{style:?}");
    }
    let mut older = with(|options| options.content_limit = Some(200));
    older.body = Some("b".repeat(300));
    let content = notification(&older)["content"].take();
    assert_eq!(content.as_str().unwrap().len(), 200);
}

#[test]
fn one_text_stands_in_for_the_other() {
    let mut message = hello();
    message.title = None;
    message.body = Some("b".repeat(60));
    let sent = notification(&message);
    assert_eq!(
        (&sent["title"], &sent["content"]),
        (&json!("b".repeat(50)), &json!("b".repeat(50)))
    );
    message.title = Some("only".into());
    message.body = None;
    let sent = notification(&message);
    assert_eq!(
        (&sent["title"], &sent["content"]),
        (&json!("only"), &json!("only"))
    );
    assert!(notes(&message).is_empty());
    message.title = Some(" ".into());
    refused_for(&message, "missing or blank");
}

#[test]
fn a_subtitle_that_does_not_fit_is_left_out_and_noted() {
    let mut message = hello();
    message.subtitle = Some("0123456789".into());
    assert_eq!(notification(&message)["sub_title"], "0123456789");
    message.subtitle = Some("0123456789a".into());
    assert_eq!(notification(&message).get("sub_title"), None);
    assert_eq!(notes(&message).dropped, ["subtitle"]);
}

#[test]
fn any_payload_comes_back_as_it_was() {
    for payload in [
        "plain",
        "",
        r#"{"chat":7}"#,
        "[1]",
        "\"q\"\n👍&+%",
        "null",
        "7",
    ] {
        let message = hello().with_payload(payload).with_data("k", "v");
        let sent = notification(&message)["action_parameters"].take();
        let object: Value = serde_json::from_str(sent.as_str().unwrap()).unwrap();
        assert_eq!(object, json!({"payload": payload, "k": "v"}));
    }
    assert_eq!(notification(&hello()).get("action_parameters"), None);
}

#[test]
fn a_key_of_ours_is_not_the_apps() {
    refused_for(
        &hello().with_payload("p").with_data("payload", "x"),
        "payload",
    );
    let mut call = hello().with_data("call", "x");
    call.kind = Kind::Call(CallEvent::Invite);
    refused_for(&call, "call");
    let data = notification(&hello().with_data("payload", "x"))["action_parameters"].take();
    assert_eq!(data, r#"{"payload":"x"}"#, "nobody else wants it");
}

#[test]
fn payload_and_data_are_4000_characters_of_json_at_the_most() {
    // {"payload":"…"} is 14 characters without the text, and a quote takes two.
    for (fits, length) in [(true, 3_986), (false, 3_987)] {
        let message = hello().with_payload("字".repeat(length));
        match encoded(&message, LimitPolicy::Truncate) {
            Ok(_) => assert!(fits),
            Err(rejection) => {
                assert!(!fits);
                assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
            }
        }
    }
}

#[test]
fn a_web_page_gets_nothing_that_is_meant_for_the_app() {
    let page = OnClick::Url("https://e.com/a".into());
    let message = hello()
        .with_payload("secret")
        .with_data("k", "v")
        .with_on_click(page);
    let sent = notification(&message);
    assert_eq!(sent["click_action_type"], 2);
    assert_eq!(sent["click_action_url"], "https://e.com/a");
    assert_eq!(sent.get("action_parameters"), None);
    assert_eq!(notes(&message).dropped, ["payload", "data"]);
}

#[test]
fn times_are_said_in_full() {
    let ttl = |millis| {
        let sent = notification(&hello().with_ttl(Duration::from_millis(millis)));
        (
            sent["off_line"].as_bool().unwrap(),
            sent["off_line_ttl"].as_u64().unwrap(),
        )
    };
    assert_eq!(ttl(0), (false, 3_600));
    assert_eq!(ttl(1), (true, 1));
    assert_eq!(ttl(1_001), (true, 2));
    assert_eq!(ttl(864_000_000), (true, 864_000));
    refused_for(
        &hello().with_ttl(Duration::from_millis(864_000_001)),
        "ttl_ms",
    );
    let mut invite = hello();
    invite.kind = Kind::Call(CallEvent::Invite);
    assert_eq!(
        notification(&invite)["off_line_ttl"],
        60,
        "as long as it rings"
    );
    let sent = notification(&with(|options| options.off_line_ttl = Some(864_000)));
    assert_eq!(sent["off_line_ttl"], 864_000);
}

#[test]
fn not_before_opens_a_window_unless_it_is_past() {
    let mut message = hello().with_ttl(Duration::from_secs(7_200));
    message.not_before = Some(NOW + Duration::from_secs(60));
    let sent = notification(&message);
    assert_eq!(sent["show_time_type"], 1);
    assert_eq!(sent["show_start_time"], 1_764_000_060_000_u64);
    assert_eq!(sent["show_end_time"], 1_764_007_260_000_u64);
    message.not_before = Some(NOW);
    assert_eq!(notification(&message).get("show_time_type"), None);
    message.not_before = Some(NOW + MAX_TTL);
    assert_eq!(notification(&message)["show_time_type"], 1);
    message.not_before = Some(NOW + MAX_TTL + Duration::from_millis(1));
    let rejection = encoded(&message, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::Unsupported);
}

#[test]
fn every_category_becomes_oppos_or_is_noted() {
    for (ours, theirs) in CATEGORIES {
        let message = hello().with_category(ours);
        let sent = notification(&message);
        match theirs {
            Some(theirs) => {
                assert_eq!(sent["category"], theirs.name());
                assert!(notes(&message).is_empty());
            }
            None => {
                assert_eq!(sent.get("category"), None);
                assert_eq!(notes(&message).dropped, ["category"]);
            }
        }
    }
    let mut own = with(|options| options.category = Some(OppoCategory::Subscription));
    own.category = Some(Category::News);
    assert_eq!(notification(&own)["category"], "SUBSCRIPTION");
    assert_eq!(
        notification(&hello()).get("category"),
        None,
        "never a silent default"
    );
}

#[test]
fn the_class_decides_the_call() {
    assert_eq!(
        route(&hello()),
        Route::Unicast,
        "what has no class may be private"
    );
    assert_eq!(
        route(&hello().with_category(Category::News)),
        Route::Broadcast
    );
    let chat = hello().with_category(Category::InstantMessage);
    assert_eq!(route(&chat), Route::Unicast);
    let plain = |broadcast| with(move |options| options.broadcast = Some(broadcast));
    assert_eq!(route(&plain(true)), Route::Broadcast);
    let news = |change: fn(&mut Options)| with(change).with_category(Category::News);
    assert_eq!(route(&news(|o| o.broadcast = Some(false))), Route::Unicast);
    assert_eq!(
        route(&news(|o| o.verify_registration_id = Some(true))),
        Route::Unicast
    );
    assert_eq!(
        route(&news(|o| o.verify_registration_id = Some(false))),
        Route::Broadcast
    );
    assert_eq!(
        route(&news(|o| o.private_msg_template_id = Some("t".into()))),
        Route::Unicast
    );
    assert_eq!(
        route(&news(|o| o.small_picture_id = Some("p".into()))),
        Route::BroadcastOnly
    );
    assert_eq!(
        route(&news(|o| o.fix_speed = Some(false))),
        Route::Broadcast
    );
    assert_eq!(
        route(&news(|o| o.fix_speed = Some(true))),
        Route::BroadcastOnly
    );
    let picture: fn(&mut Options) = |options| {
        options.style = Some(Style::BigPicture);
        options.big_picture_url = Some("https://e.com/p.png".into());
    };
    assert_eq!(route(&with(picture)), Route::BroadcastOnly);
    refused_for(
        &with(picture).with_category(Category::Order),
        "by broadcast only",
    );
    let contradictions: [fn(&mut Options); 3] = [
        |options| {
            options.small_picture_id = Some("p".into());
            options.broadcast = Some(false);
        },
        |options| {
            options.category = Some(OppoCategory::Im);
            options.broadcast = Some(true);
        },
        |options| {
            options.small_picture_id = Some("p".into());
            options.private_msg_template_id = Some("t".into());
        },
    ];
    for change in contradictions {
        refused_for(&with(change), "broadcast");
    }
}

#[test]
fn a_level_needs_a_category_and_more_of_it_a_service() {
    let level = |level, category: Option<Category>| {
        let mut message = with(move |options| options.notify_level = Some(level));
        message.category = category;
        message
    };
    refused_for(
        &level(NotifyLevel::Shade, None),
        "notify_level` needs a category",
    );
    refused_for(
        &level(NotifyLevel::Shade, Some(Category::Health)),
        "notify_level",
    );
    let loud = level(NotifyLevel::LockScreen, Some(Category::Marketing));
    refused_for(&loud, "notify_level");
    let quiet = level(NotifyLevel::Shade, Some(Category::Marketing));
    assert_eq!(notification(&quiet)["notify_level"], 1);
    let banner = level(NotifyLevel::Banner, Some(Category::InstantMessage));
    assert_eq!(notification(&banner)["notify_level"], 16);
}

#[test]
fn a_call_is_a_message_between_people_and_says_what_happened() {
    for (event, name) in [
        (CallEvent::Invite, "invite"),
        (CallEvent::Cancel, "cancel"),
        (CallEvent::Missed, "missed"),
    ] {
        let mut call = hello();
        call.kind = Kind::Call(event);
        let sent = notification(&call);
        assert_eq!(sent["category"], "IM");
        assert_eq!(sent["action_parameters"], json!({"call": name}).to_string());
    }
    let silent = Notification::call(CallEvent::Cancel);
    let rejection = encoded(&silent, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::Unsupported);
}

#[test]
fn ids_are_the_messages_and_its_contents() {
    let id = |message: &Notification| notification(message)["app_message_id"].take();
    assert_eq!(id(&hello()), id(&hello()), "a repeat has the same");
    let mut other = hello();
    other.body = Some("Dinner?".into());
    assert_ne!(id(&hello()), id(&other), "another form of it has its own");
    let mut next = hello();
    next.id = MessageId::new();
    assert_ne!(id(&hello()), id(&next));
    let mut raw = hello();
    raw.vendor
        .set_raw("oppo", json!({"notification": {"new": 1}}));
    assert_ne!(id(&hello()), id(&raw));
    assert_eq!(id(&with(|o| o.app_message_id = Some("own".into()))), "own");

    let number = |message: &Notification| notification(message)["notify_id"].as_u64().unwrap();
    assert_eq!(number(&hello()), number(&other), "a repeat replaces itself");
    assert_ne!(number(&hello()), number(&next));
    let key = |message: &Notification| number(&message.clone().with_collapse_key("chat-7"));
    assert_eq!(key(&hello()), key(&next), "one key, one place");
    assert_ne!(key(&hello()), number(&hello()));
    assert_eq!(number(&with(|options| options.notify_id = Some(0))), 0);
}

#[test]
fn what_is_out_of_bounds_is_refused_by_name() {
    type Change = fn(&mut Options);
    let rows: [(&str, Change); 25] = [
        ("sub_title", |o| o.sub_title = Some("x".repeat(11))),
        ("content_limit", |o| o.content_limit = Some(0)),
        ("content_limit", |o| o.content_limit = Some(201)),
        ("content_limit", |o| {
            o.content_limit = Some(100);
            o.style = Some(Style::LongText);
        }),
        ("small_picture_url", |o| {
            o.small_picture_url = Some(format!("https://e.com/{}", "x".repeat(287)));
        }),
        ("small_picture_url", |o| {
            o.small_picture_url = Some("e.com".into())
        }),
        ("style", |o| o.style = Some(Style::BigPicture)),
        ("style", |o| o.style = Some(Style::MediumPicture)),
        ("style", |o| o.big_picture_id = Some("p".into())),
        ("style", |o| {
            o.big_picture_url = Some("https://e.com/p".into())
        }),
        ("style", |o| {
            o.medium_picture_url = Some("https://e.com/p".into())
        }),
        ("show_start_time", |o| o.show_start_time = Some(1)),
        ("show_start_time", |o| o.show_end_time = Some(1)),
        ("show_start_time", |o| {
            o.show_start_time = Some(2);
            o.show_end_time = Some(2);
        }),
        ("off_line_ttl", |o| o.off_line_ttl = Some(864_001)),
        ("fix_speed_rate", |o| {
            o.fix_speed = Some(true);
            o.fix_speed_rate = Some(999);
        }),
        ("fix_speed_rate", |o| o.fix_speed_rate = Some(1_000)),
        ("fix_speed", |o| {
            o.fix_speed = Some(true);
            o.style = Some(Style::BigPicture);
            o.big_picture_id = Some("p".into());
        }),
        ("call_back_url", |o| {
            o.call_back_url = Some(format!("https://e.com/{}", "x".repeat(187)));
        }),
        ("call_back_parameter", |o| {
            o.call_back_parameter = Some("p".into())
        }),
        ("call_back_parameter", |o| {
            o.call_back_url = Some("https://e.com/".into());
            o.call_back_parameter = Some("x".repeat(101));
        }),
        ("show_ttl", |o| o.show_ttl = Some(86_401)),
        ("notify_id", |o| o.notify_id = Some(1 << 31)),
        ("app_message_id", |o| o.app_message_id = Some(String::new())),
        ("private_msg_template_id", |o| {
            o.private_title_parameters = Some(BTreeMap::new());
        }),
    ];
    for (field, change) in rows {
        refused_for(&with(change), field);
    }
    let content = with(|options| options.show_ttl = Some(43_201)).with_category(Category::News);
    refused_for(&content, "show_ttl");
}

#[test]
fn the_raw_merge_comes_last_and_names_no_target() {
    let mut message = hello();
    let patch = json!({
        "verify_registration_id": true,
        "notification": {"content": "raw", "off_line_ttl": null, "new_field": {"x": 0}},
    });
    message.vendor.set_raw("oppo", patch);
    let sent = envelope(&message);
    assert_eq!(sent["verify_registration_id"], true);
    assert_eq!(sent["target_value"], "r1");
    let sent = &sent["notification"];
    assert_eq!(sent["content"], "raw");
    assert_eq!(sent.get("off_line_ttl"), None);
    assert_eq!(sent["new_field"], json!({"x": 0}));
    for patch in [
        json!("x"),
        json!([]),
        json!({"target_value": "r2"}),
        json!({"target_type": 5}),
        json!({"notification": null}),
        json!({"notification": 7}),
    ] {
        message.vendor.set_raw("oppo", patch.clone());
        refused_for(&message, "vendor.oppo.raw");
    }
}

#[test]
fn what_the_raw_merge_says_decides_the_call_too() {
    let raw = |patch| {
        let mut message = hello();
        message.vendor.set_raw("oppo", patch);
        message
    };
    assert_eq!(
        route(&raw(json!({"notification": {"category": "NEWS"}}))),
        Route::Broadcast
    );
    assert_eq!(
        route(&raw(json!({"notification": {"style": 3}}))),
        Route::BroadcastOnly
    );
    let news = json!({"notification": {"category": "NEWS"}, "new_member": 1});
    assert_eq!(
        route(&raw(news)),
        Route::Unicast,
        "a broadcast has no envelope"
    );
}

#[test]
fn a_badge_is_nothing_that_oppo_has() {
    let message = hello().with_badge(Badge::Set(1));
    let capability = crate::provider::capability();
    let variant = zpns_core::Variant::new(&message, &capability, None, LimitPolicy::Truncate);
    let dropped = variant.unwrap().notes().unwrap().dropped.clone();
    assert_eq!(dropped, ["badge"]);
    let silent = Notification::silent();
    let refused = zpns_core::Variant::new(&silent, &capability, None, LimitPolicy::Truncate);
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Unsupported);
}

proptest! {
    #[test]
    fn any_text_fits_or_is_refused_and_any_payload_comes_back(
        title in any::<String>(),
        body in "\\PC{0,120}",
        payload in any::<String>(),
    ) {
        let message = Notification::alert(&*title, &*body).with_payload(&*payload);
        match encoded(&message, LimitPolicy::Truncate) {
            Ok((encoded, notes)) => {
                let sent = envelope_of(&encoded)["notification"].take();
                let text = |name: &str| sent[name].as_str().unwrap().to_owned();
                prop_assert!(text("title").chars().count() <= 50);
                prop_assert!(text("content").chars().count() <= 50);
                if !title.trim().is_empty() && !body.trim().is_empty() {
                    prop_assert!(title.starts_with(&text("title")));
                    prop_assert!(body.starts_with(&text("content")));
                    let cut = text("content").len() < body.len();
                    prop_assert_eq!(notes.truncated.contains(&"body".to_owned()), cut);
                }
                let parameters: Value = serde_json::from_str(&text("action_parameters")).unwrap();
                prop_assert_eq!(&parameters["payload"], &payload);
            }
            Err(rejection) => prop_assert_eq!(rejection.kind, ErrorKind::MessageInvalid),
        }
    }
}
