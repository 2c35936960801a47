//! The form that a notification becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use zpns_core::{
    CallEvent, Category, ErrorKind, Kind, LimitPolicy, MessageId, Notes, Notification, OnClick,
    Rejection,
};

use super::class::CLASSES;
use super::click::PARAMETERS_LIMIT;
use super::encode::encode;
use super::*;
use crate::MeizuConfig;
use crate::auth::Credentials;

const HOUR: Duration = Duration::from_secs(3_600);

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

fn body(template: &Template) -> String {
    let config = MeizuConfig::new("100999", "s3cr3t".to_owned());
    let body = template.body(&["ID_A"], &Credentials::new(config).unwrap());
    String::from_utf8(body.to_vec()).unwrap()
}

type Form = BTreeMap<String, String>;

fn encoded(message: &Notification, limits: LimitPolicy) -> Result<(Form, Notes), Rejection> {
    let (template, notes) = encode(message, limits, "100999")?;
    let body = body(&template);
    let pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned();
    Ok((pairs.collect(), notes))
}

/// The message on the wire, of which nothing was left out or cut.
#[track_caller]
fn json(message: &Notification) -> Value {
    let (form, notes) = encoded(message, LimitPolicy::Truncate).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    serde_json::from_str(&form["messageJson"]).unwrap()
}

fn with(options: Value) -> Notification {
    let mut message = hello();
    message.vendor = serde_json::from_value(json!({"meizu": options})).unwrap();
    message
}

#[track_caller]
fn refused(message: &Notification, field: &str) -> Rejection {
    let rejection = encoded(message, LimitPolicy::Truncate).unwrap_err();
    assert!(rejection.reason.contains(field), "{}", rejection.reason);
    assert_eq!(rejection.vendor, None, "it is ours");
    rejection
}

#[track_caller]
fn invalid(message: &Notification, field: &str) {
    let rejection = refused(message, field);
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{rejection:?}");
}

#[test]
fn an_alert_is_these_very_bytes() {
    let mut message = Notification::alert("Hé", "a=b&c").with_collapse_key("room-7");
    message.id = MessageId::from(uuid::Uuid::from_u128(7));
    let (template, notes) = encode(&message, LimitPolicy::Truncate, "100999").unwrap();
    assert!(notes.is_empty());
    let text = r#"{"advanceInfo":{"notifyKey":"KEY"},"clickTypeInfo":{"clickType":0},"noticeBarInfo":{"content":"a=b&c","title":"Hé"}}"#;
    let key = ids::of_collapse_key("room-7");
    let text = text.replace("KEY", &key);
    let mut signature = crate::auth::Signature::default();
    signature.text(&format!("appId=100999messageJson={text}pushIds=ID_A"));
    let config = MeizuConfig::new("100999", "s3cr3t".to_owned());
    let sign = Credentials::new(config).unwrap().sign(signature);
    let wanted = format!(
        "appId=100999&pushIds=ID_A&messageJson=%7B%22advanceInfo%22%3A%7B%22notifyKey%22%3A%22{key}\
         %22%7D%2C%22clickTypeInfo%22%3A%7B%22clickType%22%3A0%7D%2C%22noticeBarInfo%22%3A%7B\
         %22content%22%3A%22a%3Db%26c%22%2C%22title%22%3A%22H%C3%A9%22%7D%7D&sign={sign}"
    );
    assert_eq!(body(&template), wanted);
}

#[test]
fn texts_are_cut_between_graphemes_at_32_and_100_characters() {
    let grapheme = "e\u{301}";
    let long = grapheme.repeat(200);
    let message = Notification::alert(format!("x{long}"), format!("x{long}"));
    let (form, notes) = encoded(&message, LimitPolicy::Truncate).unwrap();
    assert_eq!(notes.truncated, ["title", "body"]);
    assert!(notes.dropped.is_empty());
    let bar: Value = serde_json::from_str(&form["messageJson"]).unwrap();
    let bar = &bar["noticeBarInfo"];
    assert_eq!(bar["title"], format!("x{}", grapheme.repeat(15)));
    assert_eq!(bar["content"], format!("x{}", grapheme.repeat(49)));

    let full = Notification::alert("你".repeat(32), "好".repeat(100));
    let bar = &json(&full)["noticeBarInfo"];
    assert_eq!(bar["title"], "你".repeat(32));
    assert_eq!(bar["content"], "好".repeat(100));

    for (title, body, field) in [(33, 1, "title"), (1, 101, "body")] {
        let message = Notification::alert("你".repeat(title), "好".repeat(body));
        let rejection = encoded(&message, LimitPolicy::Reject).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        assert!(rejection.reason.contains(field), "{}", rejection.reason);
    }
}

#[test]
fn one_text_stands_in_for_a_missing_other_and_none_is_refused() {
    let mut message = hello();
    message.title = None;
    assert_eq!(json(&message)["noticeBarInfo"]["title"], "Lunch?");
    message.body = Some("b".repeat(90));
    let bar = &json(&message)["noticeBarInfo"];
    assert_eq!(bar["title"], "b".repeat(32));
    assert_eq!(bar["content"], "b".repeat(90));
    let mut message = hello();
    message.body = Some(" \n".into());
    assert_eq!(json(&message)["noticeBarInfo"]["content"], "Alice");
    invalid(&Notification::alert("", " "), "title, body");
    let mut message = hello();
    message.title = Some(format!("{}x", " ".repeat(40)));
    invalid(&message, "blank");
}

#[test]
fn a_class_follows_from_the_category_and_the_options_beat_it() {
    assert_eq!(json(&hello())["noticeBarInfo"].get("noticeMsgType"), None);
    for (category, class) in CLASSES {
        let bar = &json(&hello().with_category(category))["noticeBarInfo"];
        assert_eq!(bar["noticeMsgType"], class.wire(), "{category:?}");
    }
    let own = with(
        json!({"notice_bar_info": {"notice_msg_type": "public", "notice_bar_type": "android"}}),
    );
    let bar = &json(&own.with_category(Category::Call))["noticeBarInfo"];
    assert_eq!(
        (&bar["noticeMsgType"], &bar["noticeBarType"]),
        (&json!(0), &json!(2))
    );
}

#[test]
fn a_tap_opens_the_app_an_activity_or_a_uri_and_never_what_meizu_has_stopped() {
    let rows = [
        (OnClick::OpenApp, json!({"clickType": 0})),
        (
            OnClick::Activity("com.example.app.Chat".into()),
            json!({"clickType": 1, "activity": "com.example.app.Chat"}),
        ),
        (
            OnClick::Url("HTTPS://example.com/?a=1&b=2".into()),
            json!({"clickType": 2, "url": "HTTPS://example.com/?a=1&b=2"}),
        ),
        (
            OnClick::DeepLink("myapp://chat/7".into()),
            json!({"clickType": 2, "url": "myapp://chat/7"}),
        ),
    ];
    for (click, wanted) in rows {
        assert_eq!(json(&hello().with_on_click(click))["clickTypeInfo"], wanted);
    }
    let wrong = [
        OnClick::Activity(".Chat".into()),
        OnClick::Activity("Chat".into()),
        OnClick::Activity("com.example/.Chat".into()),
        OnClick::Activity("${package}.Chat".into()),
        OnClick::Activity(format!("com.example.{}", "a".repeat(1_000))),
        OnClick::Url("myapp://chat/7".into()),
        OnClick::Url("https://example.com/a b".into()),
        OnClick::Url(format!("https://example.com/{}", "a".repeat(1_000))),
        OnClick::DeepLink("chat/7".into()),
        OnClick::DeepLink("1a:b".into()),
        OnClick::DeepLink("myapp://${package}".into()),
    ];
    for click in wrong {
        invalid(&hello().with_on_click(click), "on_click");
    }
    let lacking = [
        OnClick::Intent("intent:#Intent;end".into()),
        OnClick::Activity("com.example.OPEN_CHAT".into()),
    ];
    for click in lacking {
        let rejection = refused(&hello().with_on_click(click), "on_click");
        assert_eq!(rejection.kind, ErrorKind::Unsupported);
    }
}

#[test]
fn a_click_of_the_options_beats_the_notifications() {
    let clicks = [
        (json!({"click_type": "app"}), json!({"clickType": 0})),
        (
            json!({"activity": "a.B"}),
            json!({"clickType": 1, "activity": "a.B"}),
        ),
        (
            json!({"click_type": "activity", "activity": "a.B"}),
            json!({"clickType": 1, "activity": "a.B"}),
        ),
        (
            json!({"url": "app://x"}),
            json!({"clickType": 2, "url": "app://x"}),
        ),
    ];
    for (options, wanted) in clicks {
        let message = with(json!({"click_type_info": options}));
        let message = message.with_on_click(OnClick::Url("https://example.com".into()));
        assert_eq!(json(&message)["clickTypeInfo"], wanted);
    }
    let contradictions = [
        json!({"activity": "a.B", "url": "app://x"}),
        json!({"click_type": "app", "url": "app://x"}),
        json!({"click_type": "uri", "activity": "a.B"}),
        json!({"click_type": "activity"}),
        json!({"click_type": "uri"}),
    ];
    for options in contradictions {
        invalid(
            &with(json!({"click_type_info": options})),
            "click_type_info",
        );
    }
    let stopped = with(json!({"click_type_info": {"click_type": "custom"}}));
    invalid(&stopped, "custom");
}

#[test]
fn payload_and_data_are_handed_to_the_app_as_they_are() {
    let opaque = "no JSON: {\"a\" \\ %20 + & = \u{1f600}\n";
    let message = hello()
        .with_payload(opaque)
        .with_data("room", "7")
        .with_data("schlüssel", "a\"b");
    let wanted = json!({"payload": opaque, "room": "7", "schlüssel": "a\"b"});
    assert_eq!(json(&message)["clickTypeInfo"]["parameters"], wanted);
    assert_eq!(json(&hello())["clickTypeInfo"].get("parameters"), None);
    invalid(&message.clone().with_data("payload", "x"), "payload");

    let mut more = message;
    let options = json!({"meizu": {"click_type_info": {"parameters": {"room": 8, "x": [null]}}}});
    more.vendor = serde_json::from_value(options).unwrap();
    let wanted = json!({"payload": opaque, "room": 8, "schlüssel": "a\"b", "x": [null]});
    assert_eq!(json(&more)["clickTypeInfo"]["parameters"], wanted);
}

#[test]
fn what_the_app_is_handed_has_a_limit() {
    let frame = r#"{"payload":""}"#.len();
    json(&hello().with_payload("x".repeat(PARAMETERS_LIMIT - frame)));
    for payload in ["x".repeat(PARAMETERS_LIMIT - frame + 1), "ü".repeat(2_048)] {
        let rejection = refused(&hello().with_payload(payload), "payload");
        assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
    }
}

#[test]
fn a_time_to_live_is_whole_hours() {
    let times = |message: &Notification| json(message).get("pushTimeInfo").cloned();
    assert_eq!(times(&hello()), None);
    let rows = [
        (Duration::ZERO, json!({"offLine": 0})),
        (Duration::from_millis(1), json!({"validTime": 1})),
        (HOUR, json!({"validTime": 1})),
        (HOUR + Duration::from_millis(1), json!({"validTime": 2})),
        (71 * HOUR, json!({"validTime": 71})),
        (72 * HOUR, json!({"validTime": 72})),
    ];
    for (ttl, wanted) in rows {
        assert_eq!(times(&hello().with_ttl(ttl)), Some(wanted), "{ttl:?}");
    }
    invalid(
        &hello().with_ttl(72 * HOUR + Duration::from_millis(1)),
        "ttl_ms",
    );
    let own = with(json!({"push_time_info": {"valid_time": 5}})).with_ttl(HOUR);
    assert_eq!(times(&own), Some(json!({"validTime": 5})));
    let own = with(json!({"push_time_info": {"off_line": true}})).with_ttl(Duration::ZERO);
    assert_eq!(times(&own), Some(json!({"offLine": 1, "validTime": 1})));
    for hours in [0, 73] {
        let message = with(json!({"push_time_info": {"valid_time": hours}}));
        invalid(&message, "valid_time");
    }
}

#[test]
fn a_call_is_private_tells_its_event_and_rings_now_or_never() {
    let call = |event| {
        let mut message = hello();
        message.kind = Kind::Call(event);
        message
    };
    let events = [
        (CallEvent::Invite, "invite", Some(json!({"offLine": 0}))),
        (CallEvent::Cancel, "cancel", None),
        (CallEvent::Answered, "answered", None),
        (CallEvent::Declined, "declined", None),
        (CallEvent::Missed, "missed", None),
    ];
    for (event, name, times) in events {
        let json = json(&call(event));
        assert_eq!(json["clickTypeInfo"]["parameters"], json!({"call": name}));
        assert_eq!(json["noticeBarInfo"]["noticeMsgType"], 1);
        assert_eq!(json.get("pushTimeInfo"), times.as_ref(), "{name}");
    }
    let brief = call(CallEvent::Invite).with_ttl(Duration::from_secs(45));
    assert_eq!(json(&brief)["pushTimeInfo"], json!({"offLine": 0}));
    let patient = call(CallEvent::Invite).with_ttl(2 * HOUR);
    assert_eq!(json(&patient)["pushTimeInfo"], json!({"validTime": 2}));
    invalid(&call(CallEvent::Invite).with_data("call", "x"), "call");
}

#[test]
fn a_notify_key_comes_from_the_collapse_key_else_from_the_message() {
    let key = |message: &Notification| {
        let key = json(message)["advanceInfo"]["notifyKey"].clone();
        key.as_str().unwrap().to_owned()
    };
    let (one, other) = (hello(), hello());
    assert_eq!(key(&one), key(&one), "a repeat has the same one");
    assert_ne!(
        key(&one),
        key(&other),
        "nothing replaces what it should not"
    );
    let keyed = |message: &Notification, text: &str| key(&message.clone().with_collapse_key(text));
    assert_eq!(keyed(&one, "room-7"), keyed(&other, "room-7"));
    assert_ne!(keyed(&one, "room-7"), keyed(&one, "room-8"));
    for key in [key(&one), keyed(&one, "ключ, что длиннее восьми")] {
        assert_eq!(key.len(), 8);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        assert!(key.bytes().all(legal), "{key}");
    }
    let own = with(json!({"advance_info": {"notify_key": "own"}})).with_collapse_key("room-7");
    assert_eq!(key(&own), "own");
    let wrong = with(json!({"advance_info": {"notify_key": "ninechars"}}));
    invalid(&wrong, "notify_key");
}

#[test]
fn every_option_has_its_name_on_the_wire() {
    let options = json!({
        "notice_bar_info": {"notice_msg_type": "private", "notice_bar_type": "standard"},
        "notice_expand_info": {"notice_expand_content": "more"},
        "click_type_info": {"url": "app://x", "parameters": {"k": true}},
        "push_time_info": {"off_line": true, "valid_time": 3},
        "advance_info": {
            "suspend": false, "clear_notice_bar": false,
            "fix_display": {"start": "2025-11-25 08:00:00", "end": "2025-11-25 20:00:00"},
            "notification_type": {"sound": false}, "notify_key": "k-1",
        },
        "vip_info": {
            "subtitle": "sub", "pull_down_top": false, "time_top": 1800, "not_group": true,
            "title_color": "red", "small_icon_url": "https://m.cn/s.png",
            "big_icon_url": "https://m.cn/b.png",
        },
        "extra": {
            "callback": "https://e.com/r", "callback_param": "p", "callback_type": "clicked",
        },
        "restricted_package_names": ["com.a", "com.b"],
    });
    let message = with(options);
    let (form, notes) = encoded(&message, LimitPolicy::Truncate).unwrap();
    assert!(notes.is_empty());
    assert_eq!(form["restrictedPackageNames"], "com.a,com.b");
    let wanted = json!({
        "noticeBarInfo": {
            "noticeMsgType": 1, "noticeBarType": 0, "title": "Alice", "content": "Lunch?",
        },
        "noticeExpandInfo": {"noticeExpandType": 1, "noticeExpandContent": "more"},
        "clickTypeInfo": {"clickType": 2, "url": "app://x", "parameters": {"k": true}},
        "pushTimeInfo": {"offLine": 1, "validTime": 3},
        "advanceInfo": {
            "suspend": 0, "clearNoticeBar": 0, "fixDisplay": 1,
            "fixStartDisplayTime": "2025-11-25 08:00:00",
            "fixEndDisplayTime": "2025-11-25 20:00:00",
            "notificationType": {"vibrate": 1, "lights": 1, "sound": 0}, "notifyKey": "k-1",
        },
        "vipInfo": {
            "subtitle": "sub", "pullDownTop": 0, "timeTop": 1800, "notGroup": 1,
            "titleColor": "#E42D22", "smallIconUrl": "https://m.cn/s.png",
            "bigIconUrl": "https://m.cn/b.png",
        },
        "extra": {"callback": "https://e.com/r", "callback.param": "p", "callback.type": 2},
    });
    assert_eq!(json(&message), wanted);

    let others = with(json!({
        "notice_expand_info": {"notice_expand_img_url": "https://m.cn/p.png"},
        "vip_info": {"title_color": "blue", "pull_down_top": true},
        "extra": {"callback": "http://e.com/r", "callback_type": "both"},
    }));
    let others = json(&others);
    let picture = json!({"noticeExpandType": 2, "noticeExpandImgUrl": "https://m.cn/p.png"});
    assert_eq!(others["noticeExpandInfo"], picture);
    assert_eq!(
        others["vipInfo"],
        json!({"titleColor": "#206CFF", "pullDownTop": 1})
    );
    assert_eq!(
        others["extra"],
        json!({"callback": "http://e.com/r", "callback.type": 3})
    );
    let background = with(json!({"vip_info": {"background_img_url": "https://m.cn/bg.png"}}));
    let wanted = json!({"backgroundImgUrl": "https://m.cn/bg.png"});
    assert_eq!(json(&background)["vipInfo"], wanted);
}

#[test]
fn every_limit_of_the_options_is_kept() {
    let picture = "https://m.cn/p.png";
    let rows = [
        (
            json!({"advance_info": {"fix_display": {"start": "2025-11-25 08:00", "end": "2025-11-26 08:00:00"}}}),
            "fix_display",
        ),
        (
            json!({"advance_info": {"fix_display": {"start": "2025-13-25 08:00:00", "end": "2026-11-26 08:00:00"}}}),
            "fix_display",
        ),
        (
            json!({"advance_info": {"fix_display": {"start": "2025-11-25 08:00:00", "end": "2025-11-25 08:00:00"}}}),
            "fix_display",
        ),
        (
            json!({"notice_expand_info": {"notice_expand_type": "text"}}),
            "notice_expand_content",
        ),
        (
            json!({"notice_expand_info": {"notice_expand_type": "big_picture"}}),
            "notice_expand_img_url",
        ),
        (
            json!({"notice_expand_info": {"notice_expand_img_url": "p.png"}}),
            "notice_expand_img_url",
        ),
        (
            json!({"vip_info": {"subtitle": "你".repeat(17)}}),
            "subtitle",
        ),
        (json!({"vip_info": {"time_top": 1799}}), "time_top"),
        (json!({"vip_info": {"time_top": 7201}}), "time_top"),
        (
            json!({"vip_info": {"time_top": 1800, "pull_down_top": true}}),
            "pull_down_top",
        ),
        (
            json!({"vip_info": {"background_img_url": picture, "title_color": "red"}}),
            "background_img_url",
        ),
        (
            json!({"vip_info": {"background_img_url": picture, "big_icon_url": picture}}),
            "background_img_url",
        ),
        (
            json!({"vip_info": {"background_img_url": picture}, "notice_expand_info": {"notice_expand_img_url": picture}}),
            "background_img_url",
        ),
        (
            json!({"vip_info": {"small_icon_url": "s.png"}}),
            "small_icon_url",
        ),
        (json!({"extra": {"callback_param": "p"}}), "callback"),
        (
            json!({"extra": {"callback": format!("https://{}", "a".repeat(121))}}),
            "callback",
        ),
        (
            json!({"extra": {"callback": "https://e.com", "callback_param": "ü".repeat(33)}}),
            "callback_param",
        ),
        (
            json!({"restricted_package_names": []}),
            "restricted_package_names",
        ),
        (
            json!({"restricted_package_names": ["a,b"]}),
            "restricted_package_names",
        ),
        (json!({"interuption": 1}), "interuption"),
        (json!({"vip_info": {"sub_title": "x"}}), "sub_title"),
    ];
    for (options, field) in rows {
        invalid(&with(options), field);
    }
    let full = json!({
        "vip_info": {"subtitle": "你".repeat(16), "time_top": 7200},
        "extra": {
            "callback": format!("https://{}", "a".repeat(120)), "callback_param": "ü".repeat(32),
        },
    });
    json(&with(full));
}

#[test]
fn the_raw_merge_comes_last_and_is_signed() {
    let message = with(json!({
        "advance_info": {"suspend": true},
        "raw": {
            "messageJson": {
                "advanceInfo": {"suspend": 0, "newMember": {"a": [false]}, "notifyKey": null},
            },
            "aNewOne": 0, "zNewOne": "x y",
        },
    }));
    let (template, _) = encode(&message, LimitPolicy::Truncate, "100999").unwrap();
    let body = body(&template);
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let form: Form = pairs.iter().cloned().collect();
    assert_eq!((&*form["aNewOne"], &*form["zNewOne"]), ("0", "x y"));
    let text: Value = serde_json::from_str(&form["messageJson"]).unwrap();
    assert_eq!(
        text["advanceInfo"],
        json!({"suspend": 0, "newMember": {"a": [false]}})
    );

    let (_, sign) = pairs.pop().unwrap();
    pairs.sort();
    let mut signature = crate::auth::Signature::default();
    for (name, value) in &pairs {
        signature.parameter(name, value);
    }
    let config = MeizuConfig::new("100999", "s3cr3t".to_owned());
    assert_eq!(sign, Credentials::new(config).unwrap().sign(signature));
}

#[test]
fn the_raw_merge_names_neither_app_nor_target_and_leaves_a_message() {
    for raw in [
        json!({"appId": "1"}),
        json!({"pushIds": "x"}),
        json!({"alias": "x"}),
        json!({"sign": "x"}),
        json!({"messageJson": null}),
        json!({"messageJson": "{}"}),
        json!([]),
        json!("x"),
    ] {
        invalid(&with(json!({"raw": raw})), "vendor.meizu.raw");
    }
}

proptest! {
    #[test]
    fn every_message_that_is_taken_keeps_meizus_limits(
        title in any::<String>(), body in any::<String>(), payload in any::<String>(),
        key in any::<String>(), seconds in 0u64..400_000,
    ) {
        let message = Notification::alert(title, body)
            .with_payload(payload.clone())
            .with_collapse_key(key)
            .with_ttl(Duration::from_secs(seconds));
        let Ok((form, _)) = encoded(&message, LimitPolicy::Truncate) else {
            return Ok(());
        };
        let json: Value = serde_json::from_str(&form["messageJson"]).unwrap();
        let length = |name: &str| json["noticeBarInfo"][name].as_str().unwrap().chars().count();
        prop_assert!((1..=32).contains(&length("title")));
        prop_assert!((1..=100).contains(&length("content")));
        prop_assert_eq!(&json["clickTypeInfo"]["parameters"]["payload"], &payload);
        let hours = json["pushTimeInfo"]["validTime"].as_u64();
        prop_assert_eq!(hours.is_none(), seconds == 0);
        prop_assert!(hours.is_none_or(|hours| (1..=72).contains(&hours) && hours * 3_600 >= seconds));
    }
}
