//! The form that a notification becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, MessageId, Notes, Notification,
    OnClick, Rejection, Sound, Timestamp,
};

use super::encode::encode;
use super::extras::RESERVED;
use super::ids::{notify_id, notify_id_of_key};
use super::options::{Button, Callback, ReceiptKind, Style, StyleKind};
use super::{Network, NotifyEffect, Options};

const PACKAGE: &str = "com.example.app";
const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

type Form = BTreeMap<String, String>;
type Change = fn(&mut Options);

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

fn encoded(message: &Notification, limits: LimitPolicy) -> Result<(Form, Notes), Rejection> {
    let (encoded, notes) = encode(message, limits, PACKAGE, NOW)?;
    let body = encoded.template.body(&["r1"]);
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let form: Form = pairs.iter().cloned().collect();
    assert_eq!(form.len(), pairs.len(), "no key stands there twice");
    Ok((form, notes))
}

fn form(message: &Notification) -> Form {
    let (form, notes) = encoded(message, LimitPolicy::Truncate).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    form
}

fn with(change: impl FnOnce(&mut Options)) -> Notification {
    let mut options = Options::default();
    change(&mut options);
    let mut message = hello();
    message.vendor.set(&options).unwrap();
    message
}

fn refused(message: &Notification) -> Rejection {
    encoded(message, LimitPolicy::Truncate).unwrap_err()
}

#[track_caller]
fn refused_for(message: &Notification, field: &str) {
    let rejection = refused(message);
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{rejection:?}");
    assert!(rejection.reason.contains(field), "{}", rejection.reason);
    assert_eq!(rejection.vendor, None);
}

#[test]
fn an_alert_is_these_very_bytes() {
    let mut message = hello().with_payload("{\"chat\": 7} & +ü");
    message.id = MessageId::from(uuid::Uuid::from_u128(
        0x0190_b7a4_2b7e_7c3e_8f3e_3c1e_5b1e_9a10,
    ));
    let (encoded, _) = encode(&message, LimitPolicy::Truncate, PACKAGE, NOW).unwrap();
    let body = encoded.template.body(&["d//ig+wE=", "r2"]);
    let wanted = "restricted_package_name=com.example.app\
        &payload=%7B%22chat%22%3A+7%7D+%26+%2B%C3%BC\
        &title=Alice&description=Lunch%3F&notify_id=NUMBER&extra.notify_effect=1\
        &extra.jobkey=JOBKEY&registration_id=d%2F%2Fig%2BwE%3D%2Cr2"
        .replace("NUMBER", &notify_id(message.id).to_string())
        .replace("JOBKEY", &super::jobkey(message.id));
    assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
}

#[test]
fn a_notification_always_has_an_effect() {
    assert_eq!(form(&hello())["extra.notify_effect"], "1");
    let page = hello().with_on_click(OnClick::Url("https://e.com/?a=1&b=2".into()));
    let page = form(&page);
    assert_eq!(page["extra.notify_effect"], "3");
    assert_eq!(page["extra.web_uri"], "https://e.com/?a=1&b=2");
    let chat = hello().with_on_click(OnClick::Activity("${package}.Chat".into()));
    let chat = form(&chat);
    assert_eq!(chat["extra.notify_effect"], "2");
    assert_eq!(
        chat["extra.intent_uri"],
        "intent:#Intent;component=com.example.app/com.example.app.Chat;end"
    );
    assert_eq!(
        form(&with(|o| o.notify_effect = Some(NotifyEffect::Launcher)))["extra.notify_effect"],
        "1"
    );
}

#[test]
fn a_channel_is_named_or_follows_from_the_category() {
    let key = "extra.channel_id";
    assert!(!form(&hello()).contains_key(key));
    let mut named = hello();
    named.channel = Some("100001".into());
    assert_eq!(form(&named)[key], "100001");
    let by_class = |o: &mut Options| {
        o.private_channel_id = Some("private".into());
        o.public_channel_id = Some("public".into());
    };
    assert!(!form(&with(by_class)).contains_key(key));
    let about = |category| form(&with(by_class).with_category(category))[key].clone();
    assert_eq!(about(Category::InstantMessage), "private");
    assert_eq!(about(Category::Marketing), "public");
    let mut call = with(by_class);
    call.kind = Kind::Call(CallEvent::Invite);
    assert_eq!(
        form(&call)[key],
        "private",
        "a call has a category of its own"
    );
}

#[test]
fn a_template_goes_out_as_json_in_a_text() {
    let message = with(|o| {
        o.channel_id = Some("private".into());
        o.template_id = Some("M1".into());
        o.template_param = Some([("who".into(), "Ä \"B\"".into())].into());
    });
    let form_of = form(&message);
    assert_eq!(form_of["extra.template_id"], "M1");
    assert_eq!(form_of["extra.template_param"], r#"{"who":"Ä \"B\""}"#);
    let bare = form(&with(|o| o.template_id = Some("M1".into())));
    assert_eq!(bare["extra.template_param"], "{}");
}

#[test]
fn a_value_that_no_template_takes_is_refused() {
    let value = |value: &str| {
        let value = value.to_owned();
        with(move |o| {
            o.template_id = Some("M1".into());
            o.template_param = Some([("who".into(), value)].into());
        })
    };
    for wrong in ["", "  ", "a 👍", "©", "\u{e0080}", &"x".repeat(129)] {
        refused_for(&value(wrong), "template_param");
    }
    for right in ["x", "中文 1+1=2 €", &"ü".repeat(128)] {
        form(&value(right));
    }
    let many = |count: usize| {
        with(move |o| {
            o.template_id = Some("M1".into());
            o.template_param = Some((0..count).map(|n| (n.to_string(), "x".into())).collect());
        })
    };
    form(&many(9));
    refused_for(&many(10), "template_param");
    refused_for(
        &with(|o| o.template_param = Some(BTreeMap::new())),
        "template_id",
    );
}

#[test]
fn payload_and_data_go_out_as_they_are() {
    let opaque = "no JSON: {\"a\" \\ %20 + & = \u{1f600}\n";
    let message = hello()
        .with_payload(opaque)
        .with_data("room", "7")
        .with_data("schlüssel", "a\"b=&\u{1f600}");
    let form = form(&message);
    assert_eq!(form["payload"], opaque);
    assert_eq!(form["extra.room"], "7");
    assert_eq!(form["extra.schlüssel"], "a\"b=&\u{1f600}");
    assert_eq!(
        self::form(&hello())["payload"],
        "",
        "required, so it is there"
    );
}

#[test]
fn a_payload_over_four_kilobytes_is_too_large() {
    form(&hello().with_payload("x".repeat(4096)));
    let rejection = refused(&hello().with_payload("x".repeat(4097)));
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
    let rejection = refused(&hello().with_payload("ü".repeat(2049)));
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge, "bytes count");
}

#[test]
fn data_that_xiaomi_would_obey_is_refused() {
    for key in RESERVED {
        refused_for(&hello().with_data(key, "1"), key);
    }
    refused_for(&hello().with_data("notification_style_type", "2"), "data");
    refused_for(&hello().with_data("", "2"), "data");
    let mut call = hello().with_data("call", "x");
    form(&call);
    call.kind = Kind::Call(CallEvent::Missed);
    refused_for(&call, "call");
}

#[test]
fn data_has_ten_pairs_and_1024_characters_at_the_most() {
    let pairs = |count: usize| (0..count).fold(hello(), |m, n| m.with_data(n.to_string(), "x"));
    form(&pairs(10));
    refused_for(&pairs(11), "data");
    form(&hello().with_data("schl", "ü".repeat(1020)));
    refused_for(&hello().with_data("schlü", "ü".repeat(1020)), "data");
}

#[test]
fn title_and_text_count_characters_of_any_script() {
    let fits = Notification::alert("中".repeat(49), "中".repeat(127));
    let (form, notes) = encoded(&fits, LimitPolicy::Reject).unwrap();
    assert_eq!(form["title"].chars().count(), 49);
    assert_eq!(form["description"].chars().count(), 127);
    assert!(notes.is_empty());
    let long = Notification::alert("中".repeat(50), "中".repeat(128));
    let (form, notes) = encoded(&long, LimitPolicy::Truncate).unwrap();
    assert_eq!(form["title"], "中".repeat(49));
    assert_eq!(form["description"], "中".repeat(127));
    assert_eq!(notes.truncated, ["title", "body"]);
    let rejection = encoded(&long, LimitPolicy::Reject).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
}

#[test]
fn the_one_text_that_there_is_stands_in_for_the_other() {
    for blank in ["", " ", "\u{3000}\n"] {
        let form_of = form(&Notification::alert(blank, "b"));
        assert_eq!((&*form_of["title"], &*form_of["description"]), ("b", "b"));
        let form_of = form(&Notification::alert("t", blank));
        assert_eq!((&*form_of["title"], &*form_of["description"]), ("t", "t"));
        refused_for(&Notification::alert(blank, blank), "title");
    }
    refused_for(&Notification::default(), "body");
    let long = Notification::alert("", "x".repeat(127));
    let (form, notes) = encoded(&long, LimitPolicy::Reject).unwrap();
    assert_eq!(form["title"], "x".repeat(49));
    assert!(notes.is_empty(), "all of it stands below the title");
    let blank_once_cut = format!("{}b", " ".repeat(127));
    refused_for(&Notification::alert("t", blank_once_cut), "body");
}

#[test]
fn a_silent_push_is_a_pass_through_and_shows_nothing() {
    let silent = Notification::silent()
        .with_payload("p")
        .with_data("sync", "inbox");
    let keys: Vec<String> = form(&silent).into_keys().collect();
    let wanted = [
        "extra.jobkey",
        "extra.sync",
        "pass_through",
        "payload",
        "registration_id",
        "restricted_package_name",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(form(&silent)["pass_through"], "1");
    assert!(!form(&hello()).contains_key("pass_through"));
    let visible: [fn(&mut Notification); 6] = [
        |message| message.title = Some("t".into()),
        |message| message.body = Some("b".into()),
        |message| message.badge = Badge::Set(1),
        |message| message.sound = Sound::Named("x".into()),
        |message| message.on_click = OnClick::Url("https://e.com".into()),
        |message| {
            let options = Options {
                ticker: Some("t".into()),
                ..Options::default()
            };
            message.vendor.set(&options).unwrap();
        },
    ];
    for change in visible {
        let mut message = silent.clone();
        change(&mut message);
        refused_for(&message, "silent");
    }
}

#[test]
fn a_call_tells_its_event_and_an_invitation_ends_with_the_ringing() {
    let events = [
        (CallEvent::Invite, "invite", Some("60000")),
        (CallEvent::Cancel, "cancel", None),
        (CallEvent::Answered, "answered", None),
        (CallEvent::Declined, "declined", None),
        (CallEvent::Missed, "missed", None),
    ];
    for (event, name, ttl) in events {
        let mut message = hello();
        message.kind = Kind::Call(event);
        let shown = form(&message);
        assert_eq!(shown["extra.call"], name);
        assert_eq!(shown.get("time_to_live").map(String::as_str), ttl);
        assert_eq!(shown["title"], "Alice");
        assert!(!shown.contains_key("pass_through"));
        let bare = form(&Notification::call(event));
        assert_eq!(
            bare["pass_through"], "1",
            "without a text only the app is told"
        );
        assert_eq!(bare["extra.call"], name);
    }
    let mut brief = hello().with_ttl(Duration::from_secs(30));
    brief.kind = Kind::Call(CallEvent::Invite);
    assert_eq!(form(&brief)["time_to_live"], "30000");
}

#[test]
fn zero_and_false_go_out() {
    let form = form(
        &with(|o| {
            o.notify_foreground = Some(false);
            o.notify_id = Some(0);
            o.notify_type = Some(0);
            o.only_send_once = Some(false);
        })
        .with_badge(Badge::Set(0)),
    );
    for key in [
        "extra.notify_foreground",
        "notify_id",
        "notify_type",
        "extra.only_send_once",
        "extra.badge",
    ] {
        assert_eq!(form[key], "0", "{key}");
    }
}

#[test]
fn times_are_in_milliseconds_and_have_limits() {
    let message = hello().with_ttl(Duration::from_secs(3600));
    assert_eq!(form(&message)["time_to_live"], "3600000");
    assert_eq!(
        form(&hello().with_ttl(10 * DAY))["time_to_live"],
        "864000000"
    );
    refused_for(
        &hello().with_ttl(10 * DAY + Duration::from_millis(1)),
        "ttl",
    );
    let at_once = form(&hello().with_ttl(Duration::ZERO));
    assert_eq!(at_once["time_to_live"], "0");
    assert_eq!(at_once["extra.only_send_once"], "1");

    let at = |at: Timestamp| {
        let mut message = hello();
        message.not_before = Some(at);
        message
    };
    assert_eq!(form(&at(NOW + DAY))["time_to_send"], "1764086400000");
    assert!(!form(&at(NOW)).contains_key("time_to_send"), "it is due");
    form(&at(NOW + 7 * DAY));
    let too_late = refused(&at(NOW + 7 * DAY + Duration::from_millis(1)));
    assert_eq!(too_late.kind, ErrorKind::Unsupported);
    assert!(too_late.reason.contains("not_before_ms"));
    refused_for(
        &with(|o| o.time_to_live = Some(864_000_001)),
        "time_to_live",
    );
    let late = NOW + 8 * DAY;
    let too_late = refused(&with(|o| o.time_to_send = Some(late.as_millis())));
    assert_eq!(too_late.kind, ErrorKind::Unsupported);
    assert!(too_late.reason.contains("time_to_send"));
}

#[test]
fn a_message_has_a_number_of_its_own_unless_it_replaces_another() {
    let (one, other) = (form(&hello()), form(&hello()));
    assert_ne!(one["notify_id"], other["notify_id"]);
    assert_ne!(one["extra.jobkey"], other["extra.jobkey"]);
    let number = notify_id_of_key("chat-7").to_string();
    let (first, second) = (
        form(&hello().with_collapse_key("chat-7")),
        form(&hello().with_collapse_key("chat-7")),
    );
    assert_eq!(
        (&first["notify_id"], &second["notify_id"]),
        (&number, &number)
    );
    assert_ne!(
        first["extra.jobkey"], second["extra.jobkey"],
        "or it would not be shown"
    );
    let message = hello();
    assert_eq!(form(&message), form(&message), "a repeat is the same");
}

#[test]
fn sounds_and_badges() {
    let sound = |sound| form(&hello().with_sound(sound));
    let uri = |name: &str| sound(Sound::Named(name.into()))["extra.sound_uri"].clone();
    assert_eq!(
        uri("ping.caf"),
        "android.resource://com.example.app/raw/ping"
    );
    assert_eq!(uri("ping"), "android.resource://com.example.app/raw/ping");
    assert_eq!(
        uri("android.resource://x/raw/y"),
        "android.resource://x/raw/y"
    );
    assert!(!sound(Sound::Default).contains_key("extra.sound_uri"));
    assert_eq!(sound(Sound::None)["notify_type"], "6");
    for name in ["", ".mp3", "a/b", "a b"] {
        refused_for(&hello().with_sound(Sound::Named(name.into())), "sound");
    }
    let critical = |name: &str| {
        let sound = Sound::Critical {
            name: name.into(),
            volume: 1.0,
        };
        encoded(&hello().with_sound(sound), LimitPolicy::Truncate).unwrap()
    };
    let (form_of, notes) = critical("alarm");
    assert_eq!(
        form_of["extra.sound_uri"],
        "android.resource://com.example.app/raw/alarm"
    );
    assert_eq!(notes.dropped, ["sound"], "no louder than any other");
    assert!(!critical("default").0.contains_key("extra.sound_uri"));

    assert_eq!(form(&hello().with_badge(Badge::Set(3)))["extra.badge"], "3");
    assert_eq!(form(&hello().with_badge(Badge::Clear))["extra.badge"], "0");
    refused_for(&hello().with_badge(Badge::Set(1 << 31)), "badge");
}

/// Every option, and how it stands on the wire.
#[rustfmt::skip]
const OPTIONS: &[(&str, &str, &str)] = &[
    (r#"{"channel_id": "c"}"#, "extra.channel_id", "c"),
    (r#"{"channel_name": "n"}"#, "extra.channel_name", "n"),
    (r#"{"channel_description": "d"}"#, "extra.channel_description", "d"),
    (r#"{"template_id": "M1"}"#, "extra.template_id", "M1"),
    (r#"{"template_id": "M1", "template_param": {"a": "b"}}"#, "extra.template_param", r#"{"a":"b"}"#),
    (r#"{"notify_effect": "launcher"}"#, "extra.notify_effect", "1"),
    (r#"{"intent_uri": "intent:#Intent;component=${package}/.A;end"}"#, "extra.intent_uri", "intent:#Intent;component=com.example.app/.A;end"),
    (r#"{"web_uri": "https://e.com"}"#, "extra.web_uri", "https://e.com"),
    (r#"{"class_name": "com.e.A"}"#, "extra.class_name", "com.e.A"),
    (r#"{"class_name": "com.e.A", "intent_flag": "1"}"#, "extra.intent_flag", "1"),
    (r#"{"notify_foreground": true}"#, "extra.notify_foreground", "1"),
    (r#"{"notify_type": -1}"#, "notify_type", "-1"),
    (r#"{"notify_id": 2147483647}"#, "notify_id", "2147483647"),
    (r#"{"sound_uri": "android.resource://p/raw/s"}"#, "extra.sound_uri", "android.resource://p/raw/s"),
    (r#"{"ticker": "t"}"#, "extra.ticker", "t"),
    (r#"{"badge": 7}"#, "extra.badge", "7"),
    (r#"{"time_to_live": 1000}"#, "time_to_live", "1000"),
    (r#"{"time_to_send": 1764000001000}"#, "time_to_send", "1764000001000"),
    (r#"{"jobkey": "job-1"}"#, "extra.jobkey", "job-1"),
    (r#"{"flow_control": 4000}"#, "extra.flow_control", "4000"),
    (r#"{"only_send_once": true}"#, "extra.only_send_once", "1"),
    (r#"{"instant_notify": true}"#, "extra.instant_notify", "1"),
    (r#"{"collapse_key": "c"}"#, "collapse_key", "c"),
    (r#"{"restricted_package_name": ["a.b", "c.d"]}"#, "restricted_package_name", "a.b,c.d"),
    (r#"{"callback": {"url": "https://e.com/r"}}"#, "extra.callback", "https://e.com/r"),
    (r#"{"callback": {"url": "https://e.com/r", "param": "p"}}"#, "extra.callback.param", "p"),
    (r#"{"locale": ["zh_CN", "en_GB"]}"#, "extra.locale", "zh_CN,en_GB"),
    (r#"{"locale_not_in": ["zh_CN"]}"#, "extra.locale_not_in", "zh_CN"),
    (r#"{"app_version": ["1.0"]}"#, "extra.app_version", "1.0"),
    (r#"{"app_version_not_in": ["1.0"]}"#, "extra.app_version_not_in", "1.0"),
    (r#"{"model": ["mi-4c"]}"#, "extra.model", "mi-4c"),
    (r#"{"model_not_in": ["mi-4c"]}"#, "extra.model_not_in", "mi-4c"),
    (r#"{"connpt": "wifi"}"#, "extra.connpt", "wifi"),
    (r#"{"style": {"kind": "big_text"}}"#, "extra.notification_style_type", "1"),
    (r#"{"style": {"large_icon_uri": "u"}}"#, "extra.notification_large_icon_uri", "u"),
    (r#"{"style": {"big_picture_uri": "u"}}"#, "extra.notification_bigPic_uri", "u"),
    (r#"{"style": {"small_icon_uri": "u"}}"#, "extra.notification_small_icon_uri", "u"),
    (r##"{"style": {"small_icon_color": "#fff"}}"##, "extra.notification_small_icon_color", "#fff"),
    (r#"{"style": {"left": {"name": "Yes"}}}"#, "extra.notification_style_button_left_name", "Yes"),
    (r#"{"style": {"mid": {"notify_effect": "launcher"}}}"#, "extra.notification_style_button_mid_notify_effect", "1"),
    (r#"{"style": {"right": {"intent_uri": "intent:#Intent;end;end"}}}"#, "extra.notification_style_button_right_intent_uri", "intent:#Intent;end;end"),
    (r#"{"style": {"right": {"intent_class": "a.B"}}}"#, "extra.notification_style_button_right_intent_class", "a.B"),
    (r#"{"style": {"right": {"web_uri": "https://e.com"}}}"#, "extra.notification_style_button_right_web_uri", "https://e.com"),
];

#[test]
fn every_option_stands_on_the_wire_under_xiaomis_name() {
    for (options, key, value) in OPTIONS {
        let mut message = hello();
        let options: Options = serde_json::from_str(options).unwrap();
        message.vendor.set(&options).unwrap();
        let form = form(&message);
        assert_eq!(form.get(*key).map(String::as_str), Some(*value), "{key}");
    }
}

#[test]
fn every_option_out_of_its_limits_is_refused_by_name() {
    let rows: &[(&str, Change)] = &[
        ("notify_id", |o| o.notify_id = Some(1 << 31)),
        ("badge", |o| o.badge = Some(1 << 31)),
        ("notify_type", |o| o.notify_type = Some(8)),
        ("flow_control", |o| o.flow_control = Some(0)),
        ("jobkey", |o| o.jobkey = Some(String::new())),
        ("jobkey", |o| o.jobkey = Some("_a".into())),
        ("jobkey", |o| o.jobkey = Some("a.b".into())),
        ("jobkey", |o| o.jobkey = Some("x".repeat(21))),
        ("locale", |o| o.locale = vec!["a,b".into()]),
        ("model", |o| o.model = vec![String::new()]),
        ("restricted_package_name", |o| {
            o.restricted_package_name = Some(Vec::new());
        }),
        ("style.left", |o| {
            o.style = Some(Style {
                kind: Some(StyleKind::BigPicture),
                left: Some(Button {
                    notify_effect: Some(NotifyEffect::Web),
                    ..Button::default()
                }),
                ..Style::default()
            });
        }),
        ("style.mid.intent_uri", |o| {
            o.style = Some(Style {
                mid: Some(Button {
                    intent_uri: Some("x".into()),
                    ..Button::default()
                }),
                ..Style::default()
            });
        }),
        ("callback.url", |o| o.callback = Some(Callback::default())),
        ("callback.url", |o| {
            o.callback = Some(Callback {
                url: format!("https://e.com/{}", "x".repeat(115)),
                ..Callback::default()
            });
        }),
        ("callback.param", |o| {
            o.callback = Some(Callback {
                url: "https://e.com/".into(),
                param: Some("x".repeat(65)),
                ..Callback::default()
            });
        }),
    ];
    for (field, change) in rows {
        refused_for(&with(change), field);
    }
    form(&with(|o| o.connpt = Some(Network::Wifi)));
}

#[test]
fn kinds_of_receipts_are_a_set_of_bits() {
    let kinds = |kinds: &[ReceiptKind]| {
        let kinds = kinds.to_vec();
        let message = with(move |o| {
            o.callback = Some(Callback {
                url: "https://e.com/".into(),
                kinds,
                ..Callback::default()
            });
        });
        form(&message).remove("extra.callback.type")
    };
    use ReceiptKind::{Clicked, Delivered, TargetInvalid};
    assert_eq!(kinds(&[]), None, "Xiaomi's default");
    let twice = [Delivered, Clicked, TargetInvalid, Clicked];
    assert_eq!(kinds(&twice).unwrap(), "19", "none counts twice");
    assert_eq!(kinds(&ReceiptKind::ALL).unwrap(), "1267");
}

#[test]
fn the_raw_merge_comes_last() {
    let mut message = hello();
    let patch = json!({
        "description": null, "title": "raw", "extra": {"notify_effect": 2, "new": true},
    });
    message.vendor.set_raw("xiaomi", patch);
    let form = form(&message);
    assert_eq!(form["title"], "raw");
    assert!(!form.contains_key("description"));
    assert_eq!(form["extra.notify_effect"], "2");
    assert_eq!(form["extra.new"], "true");
    assert_eq!(form["registration_id"], "r1");
    message.vendor.set_raw("xiaomi", json!(["x"]));
    refused_for(&message, "raw");
}

#[test]
fn a_misspelt_option_is_named() {
    let mut message = hello();
    message.vendor = serde_json::from_value(json!({"xiaomi": {"chanel_id": "1"}})).unwrap();
    refused_for(&message, "chanel_id");
}

proptest! {
    #[test]
    fn any_text_fits_or_is_refused_and_any_payload_comes_back(
        title in any::<String>(),
        body in "\\PC{0,200}",
        payload in any::<String>(),
    ) {
        let message = Notification::alert(&*title, &*body).with_payload(&*payload);
        match encoded(&message, LimitPolicy::Truncate) {
            Ok((form, notes)) => {
                prop_assert!(form["title"].chars().count() < 50);
                prop_assert!(form["description"].chars().count() < 128);
                if !title.trim().is_empty() && !body.trim().is_empty() {
                    prop_assert!(title.starts_with(&form["title"]));
                    prop_assert!(body.starts_with(&form["description"]));
                    let cut = form["description"].len() < body.len();
                    prop_assert_eq!(notes.truncated.contains(&"body".to_owned()), cut);
                }
                prop_assert_eq!(&form["payload"], &payload);
            }
            Err(rejection) => prop_assert_eq!(rejection.kind, ErrorKind::MessageInvalid),
        }
    }
}
