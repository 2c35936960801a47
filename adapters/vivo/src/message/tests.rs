//! The body that a notification becomes.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, MessageId, Notes, Notification,
    OnClick, Rejection, Timestamp,
};

use super::encode::{Encoded, PushMode, Route, encode};
use super::ids::{notify_id_of_key, request_id, save_id};
use super::options::{Extra, LiveMessage, Options, TimedDisplay};

const APP: u64 = 100_000_001;
/// Midnight in China.
const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
const SECOND: Duration = Duration::from_secs(1);

type Change = fn(&mut Options);

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

fn encoded(message: &Notification, limits: LimitPolicy) -> Result<(Encoded, Notes), Rejection> {
    encode(message, limits, APP, PushMode::Formal, NOW)
}

fn read(body: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(body).unwrap()
}

/// What it becomes, with a note of what was left out.
fn body_of(message: &Notification) -> (Map<String, Value>, Notes) {
    let (encoded, notes) = encoded(message, LimitPolicy::Truncate).unwrap();
    (read(&encoded.single(Uuid::nil(), "r1")), notes)
}

fn body(message: &Notification) -> Map<String, Value> {
    let (body, notes) = body_of(message);
    assert!(notes.is_empty(), "{notes:?}");
    body
}

fn route(message: &Notification) -> Route {
    encoded(message, LimitPolicy::Truncate).unwrap().0.route
}

fn with(change: impl FnOnce(&mut Options)) -> Notification {
    let mut options = Options::default();
    change(&mut options);
    let mut message = hello();
    message.vendor.set(&options).unwrap();
    message
}

fn call(event: CallEvent) -> Notification {
    let mut message = hello();
    message.kind = Kind::Call(event);
    message
}

#[track_caller]
fn refused_for(message: &Notification, field: &str) -> Rejection {
    let rejection = encoded(message, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{rejection:?}");
    assert!(rejection.reason.contains(field), "{}", rejection.reason);
    assert_eq!(rejection.vendor, None);
    rejection
}

#[test]
fn an_alert_is_these_very_bytes() {
    let mut message = hello()
        .with_category(Category::InstantMessage)
        .with_payload("{\"chat\": 7}")
        .with_ttl(3_600 * SECOND);
    message.id = MessageId::from(Uuid::from_u128(0x0190_b7a4_2b7e_7c3e_8f3e_3c1e_5b1e_9a10));
    let (encoded, _) = encoded(&message, LimitPolicy::Truncate).unwrap();
    let common = "{\"appId\":100000001,\"category\":\"IM\",\"classification\":1,\
        \"clientCustomMap\":{\"payload\":\"{\\\"chat\\\": 7}\"},\"content\":\"Lunch?\",\
        \"foregroundShow\":true,\"notifyType\":4,\"skipType\":1,\"timeToLive\":3600,\
        \"title\":\"Alice\",\"requestId\":\"";
    let alone = request_id(message.id, &["r\"1"]);
    let wanted = format!("{common}{alone}\",\"regId\":\"r\\\"1\"}}");
    assert_eq!(encoded.single(alone, "r\"1"), wanted.as_bytes());

    let saved = save_id(message.id, 0);
    let wanted = format!("{common}{saved}\"}}");
    assert_eq!(encoded.saved(saved), wanted.as_bytes());

    let listed = request_id(message.id, &["r1", "r2"]);
    let wanted = format!(
        "{{\"appId\":100000001,\"requestId\":\"{listed}\",\"taskId\":\"t7\",\
         \"regIds\":[\"r1\",\"r2\"]}}"
    );
    assert_eq!(
        encoded.list("t7", listed, &["r1", "r2"]).unwrap(),
        wanted.as_bytes()
    );
}

#[test]
fn every_option_goes_out_by_vivos_name() {
    let full = with(|o| {
        o.category = Some("ORDER".into());
        o.classification = Some(1);
        o.skip_type = Some(3);
        o.skip_content = Some("{}".into());
        o.package = Some("com.example".into());
        o.notify_type = Some(1);
        o.notify_id = Some(7);
        o.profile_id = Some("u7".into());
        o.foreground_show = Some(false);
        o.add_badge = Some(false);
        o.notification_channel = Some("ch".into());
        o.time_to_live = Some(900);
        o.send_online = Some(false);
        o.timed_display = Some(TimedDisplay::new(1_764_036_000_000, 1_764_037_800_000));
        o.network_type = Some(1);
        o.push_mode = Some(0);
        o.extra = Some(Extra {
            callback: Some("https://e.com/r".into()),
            callback_param: Some("p".into()),
            callback_id: Some("10086".into()),
        });
        o.audit_review = Some(vec![json!({"result": 1})]);
    });
    let wanted = json!({
        "appId": APP, "requestId": Uuid::nil(), "regId": "r1",
        "title": "Alice", "content": "Lunch?",
        "category": "ORDER", "classification": 1, "skipType": 3, "skipContent": "{}",
        "notifyType": 1, "notifyId": 7, "profileId": "u7",
        "foregroundShow": false, "addBadge": false, "notificationChannel": "ch",
        "timeToLive": 900, "sendOnline": false, "networkType": 1, "pushMode": 0,
        "timedDisplay": {
            "overtimeDisplay": true,
            "showStartTime": "1764036000000", "showEndTime": "1764037800000",
        },
        "extra": {
            "callback": "https://e.com/r", "callback.param": "p", "callback.id": "10086",
        },
        "auditReview": [{"result": 1}],
    });
    assert_eq!(Value::Object(body(&full)), wanted);
    // As a message file writes them.
    let json = serde_json::to_value(&full.vendor).unwrap();
    let options: Options = serde_json::from_value(json["vivo"].clone()).unwrap();
    assert_eq!(options, full.vendor.get().unwrap());
}

#[test]
fn the_classification_is_always_there_and_goes_with_the_category() {
    assert_eq!(body(&hello())["classification"], 0);
    assert!(!body(&hello()).contains_key("category"));
    let rows = [
        (Category::InstantMessage, "IM", 1),
        (Category::Marketing, "MARKETING", 0),
    ];
    for (category, name, classification) in rows {
        let body = body(&hello().with_category(category));
        assert_eq!(body["category"], name);
        assert_eq!(body["classification"], classification);
    }
    let call = body(&call(CallEvent::Invite));
    assert_eq!(
        (&call["category"], &call["classification"]),
        (&json!("IM"), &json!(1))
    );
    refused_for(
        &with(|o| o.classification = Some(1)).with_category(Category::News),
        "classification",
    );
    refused_for(&with(|o| o.category = Some("im".into())), "category");
}

#[test]
fn it_is_shown_in_front_of_the_app_unless_told_otherwise() {
    assert_eq!(body(&hello())["foregroundShow"], true);
    let hidden = with(|o| o.foreground_show = Some(false));
    assert_eq!(body(&hidden)["foregroundShow"], false);
}

#[test]
fn texts_are_cut_by_characters_whatever_their_script() {
    let rows = [("中", 40, 100), ("a", 40, 100), ("👍", 40, 100)];
    for (letter, title, content) in rows {
        let exact = Notification::alert(letter.repeat(title), letter.repeat(content));
        let whole = body(&exact);
        assert_eq!(whole["title"], letter.repeat(title));
        assert_eq!(whole["content"], letter.repeat(content));
        let long = Notification::alert(letter.repeat(title + 1), letter.repeat(content + 1));
        let (cut, notes) = body_of(&long);
        assert_eq!(cut["title"], letter.repeat(title));
        assert_eq!(cut["content"], letter.repeat(content));
        assert_eq!(notes.truncated, ["title", "body"]);
        let rejection = encoded(&long, LimitPolicy::Reject).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        assert!(rejection.reason.contains("41 characters"));
    }
}

#[test]
fn one_text_stands_in_for_the_other() {
    let texts = |title: Option<&str>, body: Option<&str>| {
        let mut message = hello();
        message.title = title.map(str::to_owned);
        message.body = body.map(str::to_owned);
        message
    };
    assert_eq!(body(&texts(Some("Alice"), None))["content"], "Alice");
    let long = "x".repeat(60);
    let shown = body(&texts(None, Some(&long)));
    assert_eq!(shown["title"], long[..40]);
    assert_eq!(shown["content"], long);
    for blank in [None, Some(" \n")] {
        refused_for(&texts(blank, blank), "title");
    }
}

#[test]
fn a_time_to_live_is_kept_from_900_to_86400_seconds() {
    assert!(!body(&hello()).contains_key("timeToLive"));
    for seconds in [900, 3_600, 86_400] {
        let body = body(&hello().with_ttl(Duration::from_secs(seconds)));
        assert_eq!(body["timeToLive"], seconds);
        assert!(!body.contains_key("sendOnline"));
    }
    refused_for(&hello().with_ttl(86_401 * SECOND), "ttl_ms");
    refused_for(
        &hello().with_ttl(86_400 * SECOND + SECOND / 1_000),
        "ttl_ms",
    );
    for seconds in [0, 60, 899, 86_401] {
        refused_for(&with(|o| o.time_to_live = Some(seconds)), "time_to_live");
    }
    let own = with(|o| o.time_to_live = Some(1_000)).with_ttl(SECOND);
    assert_eq!(body(&own)["timeToLive"], 1_000);
}

#[test]
fn what_lives_shorter_than_vivo_keeps_anything_goes_to_who_is_online() {
    for (ttl, is_noted) in [
        (Duration::ZERO, false),
        (SECOND, true),
        (899 * SECOND, true),
    ] {
        let (body, notes) = body_of(&hello().with_ttl(ttl));
        assert_eq!(body["sendOnline"], true, "{ttl:?}");
        assert_eq!(body["timeToLive"], 900, "no time that vivo refuses");
        assert_eq!(notes.dropped.contains(&"ttl_ms".to_owned()), is_noted);
    }
    let ringing = body(&call(CallEvent::Invite));
    assert_eq!(ringing["sendOnline"], true, "it rings for a minute");
    let ended = body(&call(CallEvent::Missed));
    assert!(!ended.contains_key("sendOnline"));
    let kept = with(|o| o.send_online = Some(false)).with_ttl(SECOND);
    assert_eq!(body_of(&kept).0["sendOnline"], false);
}

#[test]
fn payload_and_data_arrive_as_pairs_and_as_they_were() {
    let message = hello()
        .with_payload("no JSON: \"\u{1f600}\n")
        .with_data("schlüssel", "a\"b");
    let wanted = json!({"payload": "no JSON: \"\u{1f600}\n", "schlüssel": "a\"b"});
    assert_eq!(body(&message)["clientCustomMap"], wanted);
    assert!(!body(&hello()).contains_key("clientCustomMap"));
    let event = body(&call(CallEvent::Declined).with_data("k", "v"));
    let wanted = json!({"call": "declined", "k": "v"});
    assert_eq!(event["clientCustomMap"], wanted);
    refused_for(
        &hello().with_payload("p").with_data("payload", "x"),
        "payload",
    );
    refused_for(&call(CallEvent::Invite).with_data("call", "x"), "call");
    refused_for(&hello().with_data("", "x"), "data");
}

#[test]
fn ten_pairs_and_1024_characters_are_the_limit() {
    let pairs = |count: usize| {
        let numbers = 0..count;
        numbers.fold(hello(), |message, number| {
            message.with_data(format!("k{number}"), "v")
        })
    };
    assert_eq!(
        body(&pairs(10))["clientCustomMap"]
            .as_object()
            .unwrap()
            .len(),
        10
    );
    refused_for(&pairs(11), "data");
    refused_for(&pairs(10).with_payload("p"), "data");
    let room = 1024 - "payload".len();
    body(&hello().with_payload("中".repeat(room)));
    let long = hello().with_payload("中".repeat(room + 1));
    for limits in [LimitPolicy::Truncate, LimitPolicy::Reject] {
        let rejection = encoded(&long, limits).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
        assert!(rejection.reason.contains("1025"), "{}", rejection.reason);
    }
}

#[test]
fn a_collapse_key_is_a_number_and_sends_alone() {
    let room = hello().with_collapse_key("room-7");
    assert_eq!(body(&room)["notifyId"], notify_id_of_key("room-7"));
    assert_ne!(notify_id_of_key("room-7"), notify_id_of_key("room-8"));
    assert_eq!((route(&room), route(&hello())), (Route::Alone, Route::Any));
    let own = with(|o| o.notify_id = Some(7)).with_collapse_key("room-7");
    assert_eq!(body(&own)["notifyId"], 7);
}

#[test]
fn what_only_a_single_push_may_say_sends_alone() {
    let receipts = |callback: Option<&str>, id: Option<&str>| {
        let extra = Extra {
            callback: callback.map(str::to_owned),
            callback_id: id.map(str::to_owned),
            ..Extra::default()
        };
        route(&with(|o| o.extra = Some(extra)))
    };
    assert_eq!(receipts(Some("https://e.com"), None), Route::Alone);
    assert_eq!(receipts(Some("https://e.com"), Some("7")), Route::Any);
    assert_eq!(receipts(None, Some("7")), Route::Any);
    assert_eq!(
        route(&with(|o| o.profile_id = Some("u".into()))),
        Route::Alone
    );
    let mut raw = hello();
    raw.vendor.set_raw("vivo", json!({"notifyId": 3}));
    assert_eq!(route(&raw), Route::Alone, "the raw merge says it, too");
}

#[test]
fn the_icons_number_grows_by_one_or_not_at_all() {
    assert_eq!(body(&hello().with_badge(Badge::Add(1)))["addBadge"], true);
    assert!(!body(&hello().with_badge(Badge::Add(0))).contains_key("addBadge"));
    let (more, notes) = body_of(&hello().with_badge(Badge::Add(2)));
    assert!(!more.contains_key("addBadge"));
    assert_eq!(notes.dropped, ["badge"]);
}

#[test]
fn a_click_has_a_type_and_a_content() {
    assert_eq!(body(&hello())["skipType"], 1);
    assert!(!body(&hello()).contains_key("skipContent"));
    let page = body(&hello().with_on_click(OnClick::Url("https://e.com/?a=1".into())));
    assert_eq!(page["skipType"], 2);
    assert_eq!(page["skipContent"], "https://e.com/?a=1");
    let chat = body(&hello().with_on_click(OnClick::DeepLink("app://chat".into())));
    assert_eq!(chat["skipType"], 4);
    assert_eq!(chat["skipContent"], "intent://chat#Intent;scheme=app;end");
}

#[test]
fn a_test_says_so_in_every_request() {
    let test = |message: &Notification, mode| {
        let (encoded, _) = encode(message, LimitPolicy::Truncate, APP, mode, NOW).unwrap();
        let id = Uuid::nil();
        let bodies = [
            encoded.single(id, "r"),
            encoded.saved(id),
            encoded.list("t", id, &["a", "b"]).unwrap(),
        ];
        bodies.map(|body| read(&body).get("pushMode").cloned())
    };
    let one = Some(json!(1));
    assert_eq!(
        test(&hello(), PushMode::Test),
        [one.clone(), one.clone(), one.clone()]
    );
    assert_eq!(test(&hello(), PushMode::Formal), [None, None, None]);
    let own = with(|o| o.push_mode = Some(1));
    assert_eq!(
        test(&own, PushMode::Formal),
        [one.clone(), one.clone(), one]
    );
    let formal = with(|o| o.push_mode = Some(0));
    let zero = Some(json!(0));
    assert_eq!(test(&formal, PushMode::Test), [zero.clone(), zero, None]);
}

#[test]
fn a_live_card_needs_its_number_and_what_changes() {
    let card = LiveMessage {
        capsule_data: Some(json!({"text": "4 min"})),
        island_data: Some(json!({})),
        keep_duration: Some(json!(0)),
        change_record: Some(json!([1])),
        ..LiveMessage::new(1, "TAXI", 2, json!({"eta": 4}))
    };
    let live = |number, card: Option<LiveMessage>| {
        let mut message = with(|o| {
            o.notify_id = number;
            o.live_message = card;
        });
        message.kind = Kind::LiveActivity;
        message
    };
    let message = live(Some(7), Some(card.clone()));
    assert_eq!(route(&message), Route::Live);
    let body = body(&message);
    assert_eq!(body["notifyId"], 7);
    let wanted = json!({
        "operation": 1, "scene": "TAXI", "templateType": 2, "templateData": {"eta": 4},
        "capsuleData": {"text": "4 min"}, "islandData": {}, "keepDuration": 0,
        "changeRecord": [1],
    });
    assert_eq!(body["liveMessage"], wanted);
    refused_for(&live(None, Some(card.clone())), "notify_id");
    refused_for(&live(Some(7), None), "live_message");
    refused_for(&with(|o| o.live_message = Some(card)), "live_activity");
    for (operation, scene, template) in [(0, "T", 1), (3, "T", 1), (1, "", 1), (1, "T", 3)] {
        let wrong = LiveMessage::new(operation, scene, template, json!({}));
        refused_for(&live(Some(7), Some(wrong)), "live_message");
    }
}

#[test]
fn a_call_without_a_text_would_be_silent_and_is_refused() {
    let message = Notification::call(CallEvent::Cancel);
    let rejection = encoded(&message, LimitPolicy::Truncate).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::Unsupported);
}

#[test]
fn every_limit_of_an_option_is_checked() {
    #[rustfmt::skip]
    let rows: [(&str, Change); 17] = [
        ("notify_type", |o| o.notify_type = Some(0)),
        ("notify_type", |o| o.notify_type = Some(5)),
        ("notify_id", |o| o.notify_id = Some(0)),
        ("notify_id", |o| o.notify_id = Some(0x8000_0000)),
        ("network_type", |o| o.network_type = Some(0)),
        ("network_type", |o| o.network_type = Some(2)),
        ("push_mode", |o| o.push_mode = Some(2)),
        ("classification", |o| o.classification = Some(2)),
        ("category", |o| { o.category = Some("im".into()); o.classification = Some(1); }),
        ("category", |o| { o.category = Some(String::new()); o.classification = Some(1); }),
        ("profile_id", |o| o.profile_id = Some("中".repeat(65))),
        ("skip_type", |o| { o.skip_type = Some(5); o.skip_content = Some("x".into()); }),
        ("skip_content", |o| o.skip_type = Some(2)),
        ("skip_type", |o| o.skip_content = Some("x".into())),
        ("callback", |o| o.extra = Some(Extra { callback: Some("e.com".into()), ..Extra::default() })),
        ("callback", |o| o.extra = Some(Extra { callback: Some(format!("https://e.com/{}", "x".repeat(115))), ..Extra::default() })),
        ("callback_param", |o| o.extra = Some(Extra { callback_param: Some("x".repeat(193)), ..Extra::default() })),
    ];
    for (field, change) in rows {
        refused_for(&with(change), field);
    }
    #[rustfmt::skip]
    let fits: [Change; 4] = [
        |o| o.notify_id = Some(0x7fff_ffff),
        |o| o.profile_id = Some("中".repeat(64)),
        |o| o.network_type = Some(-1),
        |o| o.extra = Some(Extra { callback: Some(format!("https://e.com/{}", "x".repeat(114))), callback_param: Some("x".repeat(192)), ..Extra::default() }),
    ];
    for change in fits {
        body(&with(change));
    }
}

#[test]
fn a_timed_display_is_checked_against_the_clock_and_chinas_day() {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    // Midnight in China.
    let now = NOW.as_millis();
    let timed = |start: u64, end: u64, classification: u8| {
        with(|o| {
            o.classification = Some(classification);
            o.timed_display = Some(TimedDisplay::new(now + start, now + end));
        })
    };
    for (start, end, classification) in [
        (10 * MINUTE, 20 * MINUTE, 1),
        (10 * MINUTE, 130 * MINUTE - 1, 1),
        (7 * HOUR, 8 * HOUR, 0),
        (22 * HOUR, 23 * HOUR, 0),
        (22 * HOUR, 24 * HOUR - 1, 1),
    ] {
        body(&timed(start, end, classification));
    }
    for (start, end, classification, why) in [
        (10 * MINUTE - 1, 20 * MINUTE, 1, "ten minutes"),
        (24 * HOUR - 1, 24 * HOUR + 1, 1, "a day"),
        (20 * MINUTE, 15 * MINUTE, 1, "before it starts"),
        (HOUR, 3 * HOUR, 1, "two hours"),
        (23 * HOUR, 24 * HOUR, 1, "another day"),
        (6 * HOUR, 8 * HOUR - 1, 0, "operational"),
        (22 * HOUR, 23 * HOUR + 1, 0, "operational"),
    ] {
        refused_for(&timed(start, end, classification), why);
    }
}

#[test]
fn the_raw_merge_comes_last_and_names_no_target() {
    let mut message = with(|o| o.notify_type = Some(2));
    let patch = json!({"notifyType": 3, "newMember": {"a": 1}, "foregroundShow": null});
    message.vendor.set_raw("vivo", patch);
    let merged = body(&message);
    assert_eq!(merged["notifyType"], 3);
    assert_eq!(merged["newMember"], json!({"a": 1}));
    assert!(!merged.contains_key("foregroundShow"));
    for ours in [
        "appId",
        "requestId",
        "regId",
        "regIds",
        "alias",
        "aliases",
        "taskId",
    ] {
        message.vendor.set_raw("vivo", json!({ours: "x"}));
        refused_for(&message, ours);
    }
    message.vendor.set_raw("vivo", json!("text"));
    refused_for(&message, "raw");
}

#[test]
fn a_misspelt_option_is_refused_by_name() {
    let vendor = json!({"vivo": {"notifyType": 1}});
    let mut message = hello();
    message.vendor = serde_json::from_value(vendor).unwrap();
    refused_for(&message, "notifyType");
}

proptest! {
    #[test]
    fn whatever_comes_out_fits(
        title in any::<String>(), text in any::<String>(), payload in ".{0,1200}",
        data in proptest::collection::btree_map("[a-z]{1,80}", ".{0,200}", 0..12),
    ) {
        let mut message = Notification::alert(&*title, &*text).with_payload(payload);
        message.data = data;
        if let Ok((encoded, notes)) = encoded(&message, LimitPolicy::Truncate) {
            let body = read(&encoded.saved(Uuid::nil()));
            let length = |value: &Value| value.as_str().unwrap().chars().count();
            prop_assert!((1..=40).contains(&length(&body["title"])));
            prop_assert!((1..=100).contains(&length(&body["content"])));
            let pairs = body["clientCustomMap"].as_object().unwrap();
            let used: usize = pairs.iter().map(|(key, value)| key.chars().count() + length(value)).sum();
            prop_assert!(used <= 1024 && pairs.len() <= 10);
            let was_cut = text.chars().count() > 100;
            prop_assert_eq!(notes.truncated.contains(&"body".to_owned()), was_cut);
        }
    }
}
