//! The fields of a message to OPPO, each with its rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Map, Value, json};
use support::now;
use support::oppo::{Changes, Scene, UNICAST, code, message, text};

/// A field of the notification, what it is set to (null: it is left out), and the code that comes of
/// it.
#[rustfmt::skip]
const FIELDS: &[(&str, &str, i64)] = &[
    ("title", "null", 40), ("title", r#"" ""#, 41), ("title", "7", 41),
    ("content", "null", 40), ("content", r#""""#, 41),
    ("sub_title", r#""s""#, 0), ("sub_title", r#""""#, 41),
    ("style", "1", 0), ("style", "2", 0), ("style", "3", 27), ("style", "4", 27), ("style", "5", 41),
    ("style", r#""1""#, 41),
    ("big_picture_id", r#""p""#, 27), ("small_picture_id", r#""p""#, 27),
    ("small_picture_url", r#""https://e.com/p""#, 27), ("medium_picture_url", r#""https://e.com/p""#, 27),
    ("big_picture_url", r#""https://e.com/p""#, 27), ("buttons", "[]", 27), ("option", "{}", 27),
    ("app_message_id", r#""m""#, 0), ("app_message_id", r#""""#, 41), ("app_message_id", "1", 41),
    ("click_action_type", "0", 0), ("click_action_type", "1", 40), ("click_action_type", "2", 40),
    ("click_action_type", "3", 41), ("click_action_type", "4", 40), ("click_action_type", "5", 40),
    ("action_parameters", r#""{\"k\":\"v\"}""#, 0), ("action_parameters", r#"{"k":"v"}"#, 41),
    ("action_parameters", r#""[]""#, 41), ("action_parameters", r#""k=v""#, 41),
    ("show_time_type", "0", 0), ("show_time_type", "1", 40), ("show_time_type", "2", 41),
    ("off_line", "true", 0), ("off_line", "false", 0), ("off_line", r#""true""#, 41), ("off_line", "1", 41),
    ("off_line_ttl", "1", 0), ("off_line_ttl", "864001", 0), ("off_line_ttl", "0", 41),
    ("off_line_ttl", r#""60""#, 41), ("off_line_ttl", "1.5", 41),
    ("push_time_type", "0", 27), ("push_start_time", "1", 27), ("fix_speed", "false", 27), ("fix_speed_rate", "1000", 27),
    ("time_zone", r#""GMT+08:00""#, 0), ("time_zone", "8", 41),
    ("network_type", "0", 0), ("network_type", "1", 0), ("network_type", "2", 41),
    ("call_back_url", r#""https://e.com/r""#, 0), ("call_back_url", r#""e.com""#, 41),
    ("call_back_parameter", r#""p""#, 0), ("call_back_parameter", "{}", 41),
    ("channel_id", r#""c""#, 0), ("channel_id", "7", 41),
    ("show_ttl", "0", 0), ("show_ttl", "86400", 0), ("show_ttl", "86401", 41), ("show_ttl", "-1", 41),
    ("notify_id", "0", 0), ("notify_id", "2147483647", 0), ("notify_id", "-2147483648", 0),
    ("notify_id", "2147483648", 41), ("notify_id", r#""1""#, 41),
    ("category", r#""NEWS""#, 0), ("category", r#""CONTENT""#, 0), ("category", r#""MARKETING""#, 0),
    ("category", r#""SOCIAL""#, 0), ("category", r#""IM""#, 0), ("category", r#""ACCOUNT""#, 0),
    ("category", r#""DEVICE_REMINDER""#, 0), ("category", r#""ORDER""#, 0), ("category", r#""TODO""#, 0),
    ("category", r#""SUBSCRIPTION""#, 0), ("category", r#""im""#, 67), ("category", r#""VOIP""#, 67), ("category", "1", 67),
    ("notify_level", "2", 67), ("notify_level", "3", 67),
    ("private_msg_template_id", r#""t""#, 0), ("private_msg_template_id", "7", 41),
    ("private_title_parameters", r#"{"a":"b"}"#, 41), ("private_content_parameters", r#"{"a":"b"}"#, 41),
    ("auditResponse", r#"{"a":1}"#, 0),
    ("intelligent_intent", r#"{"a":1}"#, 0), ("delete_intent_data", "[]", 0),
    ("intent_env", "1", 0), ("intent_env", "2", 41),
    ("badge_operation_type", "0", 0), ("badge_operation_type", "2", 41),
    ("badge_message_count", "0", 0), ("badge_message_count", "-1", 41),
    ("offLine", "true", 41), ("clickActionType", "0", 41), ("payload", r#""p""#, 41),
];

#[tokio::test]
async fn every_field_has_its_rules() {
    let scene = Scene::open().await;
    for (name, value, wanted) in FIELDS {
        let parsed: Value = serde_json::from_str(value).unwrap();
        let code = scene.code(&[(*name, parsed)]).await;
        assert_eq!(code, *wanted, "{name} {value}");
    }
}

#[tokio::test]
async fn an_argument_that_is_wrong_is_named() {
    let scene = Scene::open().await;
    let rows = [
        ("title", json!("x".repeat(51)), "title"),
        ("content", Value::Null, "content"),
        ("colour", json!("red"), "colour"),
    ];
    for (name, value, said) in rows {
        let reply = scene
            .unicast(&message(&scene.live(0), &[(name, value)]))
            .await;
        let sentence = text(&reply.json()["message"]);
        assert!(sentence.contains(said), "{sentence}");
        assert!(
            !sentence.to_lowercase().contains("registration"),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn texts_have_limits_that_count_characters() {
    let scene = Scene::open().await;
    let url = |length: usize| {
        let start = "https://e.com/";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    let object = |length: usize| format!("{{\"k\":\"{}\"}}", "👍".repeat(length - 8));
    #[rustfmt::skip]
    let rows = [
        ("title", json!("中".repeat(50)), json!("a".repeat(51))),
        ("content", json!("👍".repeat(50)), json!("中".repeat(51))),
        ("sub_title", json!("中".repeat(10)), json!("中".repeat(11))),
        ("action_parameters", json!(object(4_000)), json!(object(4_001))),
        ("call_back_url", json!(url(200)), json!(url(201))),
        ("call_back_parameter", json!("中".repeat(100)), json!("x".repeat(101))),
        ("click_action_activity", json!("x".repeat(500)), json!("x".repeat(501))),
        ("click_action_url", json!(url(2_000)), json!(url(2_001))),
    ];
    for (name, fits, long) in rows {
        assert_eq!(scene.code(&[(name, fits)]).await, 0, "{name}");
        assert_eq!(scene.code(&[(name, long)]).await, 41, "{name}");
    }
    let long_style = |length: usize| [("style", json!(2)), ("content", json!("中".repeat(length)))];
    assert_eq!(scene.code(&long_style(128)).await, 0);
    assert_eq!(scene.code(&long_style(129)).await, 41);
}

#[tokio::test]
async fn a_click_needs_what_it_opens() {
    let scene = Scene::open().await;
    let kind = |kind: i64| ("click_action_type", json!(kind));
    let activity = ("click_action_activity", json!("com.e.Chat"));
    let url = |url: &str| ("click_action_url", json!(url));
    let intent = "intent://chat/1#Intent;scheme=app;end";
    let rows = [
        (kind(1), activity.clone(), 0),
        (kind(4), activity.clone(), 0),
        (kind(2), activity.clone(), 40),
        (kind(1), url("https://e.com/"), 40),
        (kind(2), url("https://e.com/"), 0),
        (kind(2), url(intent), 41),
        (kind(2), url("e.com"), 41),
        (kind(5), url(intent), 0),
        (kind(5), url("chat"), 41),
    ];
    for (kind, opens, wanted) in rows {
        let code = scene.code(&[kind.clone(), opens.clone()]).await;
        assert_eq!(code, wanted, "{kind:?} {opens:?}");
    }
}

#[tokio::test]
async fn a_window_of_time_has_a_start_before_its_end() {
    let scene = Scene::open().await;
    let window = |start: i64, end: i64| {
        [
            ("show_time_type", json!(1)),
            ("show_start_time", json!(start)),
            ("show_end_time", json!(end)),
        ]
    };
    let time = now() * 1000;
    assert_eq!(scene.code(&window(time, time + 1)).await, 0);
    assert_eq!(scene.code(&window(time, time)).await, 41);
    assert_eq!(scene.code(&window(time + 1, time)).await, 41);
    assert_eq!(scene.code(&window(time, time + 1)[..2]).await, 40);
    let text = [("show_start_time", json!(time.to_string()))];
    assert_eq!(scene.code(&text).await, 41);
}

#[tokio::test]
async fn the_alert_and_the_time_of_a_message_go_by_its_class() {
    let scene = Scene::open().await;
    let rows = [
        ("NEWS", "notify_level", 1, 0),
        ("NEWS", "notify_level", 2, 67),
        ("MARKETING", "notify_level", 16, 67),
        ("IM", "notify_level", 1, 0),
        ("IM", "notify_level", 2, 0),
        ("ORDER", "notify_level", 16, 0),
        ("IM", "notify_level", 3, 67),
        ("SOCIAL", "show_ttl", 43_200, 0),
        ("SOCIAL", "show_ttl", 43_201, 41),
        ("TODO", "show_ttl", 86_400, 0),
    ];
    for (category, name, value, wanted) in rows {
        let fields = [("category", json!(category)), (name, json!(value))];
        assert_eq!(
            scene.code(&fields).await,
            wanted,
            "{category} {name} {value}"
        );
    }
    assert_eq!(scene.code(&[("notify_level", json!(1))]).await, 67);
}

#[tokio::test]
async fn a_private_class_may_need_its_template_and_every_placeholder() {
    let scene = Scene::open().await;
    let known = scene.known();
    let token = scene.token_of(&known.templated, now() * 1000).await;
    let token = text(&token["auth_token"]);
    let send = async |changes: Changes<'_>| {
        let message = message(&scene.live(0), changes).to_string();
        let pairs = [("auth_token", &*token), ("message", &message)];
        code(&scene.post(UNICAST, &[], &pairs).await)
    };
    let given = |names: &[String]| -> Value {
        names
            .iter()
            .map(|name| (name.clone(), json!("x")))
            .collect::<Map<_, _>>()
            .into()
    };
    let id = "private_msg_template_id";
    let (title, content) = ("private_title_parameters", "private_content_parameters");
    let whole = vec![
        ("category", json!("IM")),
        (id, json!(known.template_id)),
        (title, given(&known.title_parameters)),
        (content, given(&known.content_parameters)),
    ];
    assert_eq!(send(&[]).await, 0);
    assert_eq!(send(&[("category", json!("NEWS"))]).await, 0);
    assert_eq!(send(&whole[..1]).await, 54);
    assert_eq!(send(&whole).await, 0);
    let more = given(&[known.content_parameters.clone(), vec!["more".to_owned()]].concat());
    let rows = [
        (id, json!("another")),
        (title, Value::Null),
        (title, json!({})),
        (title, json!({"sender": 7})),
        (content, given(&known.content_parameters[..1])),
        (content, more),
    ];
    for (name, value) in rows {
        let mut wrong = whole.clone();
        wrong.push((name, value.clone()));
        assert_eq!(send(&wrong).await, 41, "{name} {value}");
    }
}

#[tokio::test]
async fn a_saved_message_is_a_form_of_texts_with_rules_of_its_own() {
    let scene = Scene::open().await;
    let known = scene.known();
    let big = ("big_picture_id", json!(known.big_picture_id));
    let style = ("style", json!(3));
    #[rustfmt::skip]
    let rows: Vec<(Vec<(&str, Value)>, i64)> = vec![
        (vec![("off_line", json!(true)), ("off_line_ttl", json!(60))], 0),
        (vec![("off_line", json!("yes"))], 41), (vec![("off_line_ttl", json!("many"))], 41),
        (vec![("title", json!("7"))], 0), (vec![("title", Value::Null)], 40),
        (vec![("content", json!("true"))], 0),
        (vec![style.clone(), big.clone()], 0), (vec![style.clone()], 40), (vec![("style", json!(4))], 27),
        (vec![style.clone(), ("big_picture_id", json!("another"))], 51),
        (vec![("small_picture_id", json!(known.small_picture_id))], 0),
        (vec![("small_picture_id", json!("another"))], 51),
        (vec![("fix_speed", json!(true)), ("fix_speed_rate", json!(1_000))], 0),
        (vec![("fix_speed_rate", json!(999))], 41), (vec![("fix_speed_rate", json!(10_001))], 41),
        (vec![style, big, ("fix_speed", json!(true))], 41),
        (vec![("category", json!("NEWS"))], 0), (vec![("category", json!("IM"))], 67),
        (vec![("private_msg_template_id", json!("t"))], 27),
        (vec![("auditResponse", json!({"a": 1}))], 0),
        (vec![("target_type", json!(2))], 41), (vec![("notification", json!({}))], 41),
    ];
    for (fields, wanted) in rows {
        let reply = scene.save_reply(&fields).await;
        assert_eq!(code(&reply), wanted, "{fields:?}");
    }
}
