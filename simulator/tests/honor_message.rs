//! The fields of a message to HONOR, each with its rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::honor::{OK, Scene, WRONG, code, refused};

/// Where the look of a notification stands.
const LOOK: &str = "/android/notification";

/// A field of the message, what it is set to (null: it is left out), and the code that comes of it.
#[rustfmt::skip]
const FIELDS: &[(&str, &str, i64)] = &[
    ("/token", "null", 80_300_010), ("/token", "[]", 80_300_010),
    ("/token", r#""one""#, WRONG), ("/token", "[7]", WRONG),
    ("/tokens", "[]", WRONG), ("/validate_only", "false", WRONG), ("/message", "{}", WRONG),
    ("/data", r#""{\"k\":1}""#, OK), ("/data", r#""no JSON""#, WRONG), ("/data", r#""[1]""#, WRONG),
    ("/data", r#"{"k":1}"#, WRONG), ("/data", r#""""#, WRONG),
    ("/notification", r#"{"title":"t","body":"b","image":"https://e.com/i.png"}"#, OK),
    ("/notification", r#"{"title":""}"#, WRONG), ("/notification", r#"{"image":"http://e.com/"}"#, WRONG),
    ("/notification", r#"{"sound":"s"}"#, WRONG),
    ("/android/data", r#""{}""#, OK), ("/android/data", r#""no JSON""#, WRONG),
    ("/android/ttl", r#""1s""#, OK), ("/android/ttl", r#""1296000s""#, OK),
    ("/android/ttl", r#""1296001s""#, WRONG), ("/android/ttl", r#""0s""#, 80_100_004),
    ("/android/ttl", "60", WRONG), ("/android/ttl", r#""60""#, WRONG), ("/android/ttl", r#""s""#, WRONG),
    ("/android/ttl", r#""1.5s""#, WRONG), ("/android/ttl", r#""-1s""#, WRONG),
    ("/android/biTag", r#""tag""#, OK), ("/android/biTag", "7", WRONG),
    ("/android/targetUserType", "0", OK), ("/android/targetUserType", "1", OK),
    ("/android/targetUserType", "2", WRONG), ("/android/targetUserType", r#""1""#, WRONG),
    ("/android/collapseKey", "1", WRONG), ("/android/category", r#""IM""#, WRONG),
];

/// As [`FIELDS`], of the look.
#[rustfmt::skip]
const LOOKS: &[(&str, &str, i64)] = &[
    ("title", "null", WRONG), ("title", r#"" ""#, WRONG), ("title", "7", WRONG),
    ("body", "null", WRONG), ("body", r#""""#, WRONG),
    ("clickAction", "null", WRONG), ("clickAction", "{}", WRONG),
    ("clickAction", r#"{"type":3}"#, OK), ("clickAction", r#"{"type":"3"}"#, WRONG),
    ("clickAction", r#"{"type":0}"#, WRONG), ("clickAction", r#"{"type":4}"#, WRONG),
    ("clickAction", r#"{"type":1}"#, WRONG), ("clickAction", r#"{"type":1,"intent":""}"#, WRONG),
    ("clickAction", r#"{"type":1,"intent":"intent:#Intent;component=a/.B;end"}"#, OK),
    ("clickAction", r#"{"type":1,"action":"a.b.OPEN"}"#, OK),
    ("clickAction", r#"{"type":2}"#, WRONG), ("clickAction", r#"{"type":2,"url":"https://e.com/?a=b"}"#, OK),
    ("clickAction", r#"{"type":2,"url":"http://e.com/"}"#, WRONG), ("clickAction", r#"{"type":2,"url":"https://"}"#, WRONG),
    ("clickAction", r#"{"type":3,"richResource":"https://e.com/"}"#, WRONG),
    ("importance", r#""LOW""#, OK), ("importance", r#""NORMAL""#, OK),
    ("importance", r#""HIGH""#, WRONG), ("importance", r#""low""#, WRONG),
    ("image", r#""https://e.com/i.png""#, OK), ("image", r#""i.png""#, WRONG),
    ("style", "0", OK), ("style", "1", WRONG), ("style", "2", WRONG), ("style", r#""0""#, WRONG),
    ("bigTitle", r#""t""#, OK), ("bigBody", r#""""#, WRONG),
    ("when", r#""2014-10-02T15:01:23.045123456Z""#, OK), ("when", r#""2014-10-02T15:01:23Z""#, OK),
    ("when", r#""2014-10-02T15:01:23""#, WRONG), ("when", r#""2014-10-02 15:01:23Z""#, WRONG),
    ("when", r#""2014-10-02T15:01:23.0451234567Z""#, WRONG), ("when", "1412262083", WRONG),
    ("buttons", "[]", OK), ("buttons", "{}", WRONG), ("buttons", r#"[{"actionType":0}]"#, WRONG),
    ("buttons", r#"[{"name":"n"}]"#, WRONG), ("buttons", r#"[{"name":"n","actionType":3}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":0,"data":"{}"}]"#, OK),
    ("buttons", r#"[{"name":"n","actionType":0,"data":"no JSON"}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":1,"intentType":1,"intent":"a"}]"#, OK),
    ("buttons", r#"[{"name":"n","actionType":1,"intent":"a"}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":1,"intentType":2,"intent":"a"}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":1,"intentType":0}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":2,"intent":"https://e.com/","data":"any"}]"#, OK),
    ("buttons", r#"[{"name":"n","actionType":2,"intent":"a"}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":2}]"#, WRONG),
    ("buttons", r#"[{"name":"n","actionType":0},{"name":"n","actionType":0},{"name":"n","actionType":0}]"#, OK),
    ("buttons", r#"[{"name":"n","actionType":0},{"name":"n","actionType":0},{"name":"n","actionType":0},{"name":"n","actionType":0}]"#, WRONG),
    ("badge", r#"{"setNum":0,"badgeClass":"a.B"}"#, OK), ("badge", r#"{"setNum":99,"badgeClass":"a.B"}"#, OK),
    ("badge", r#"{"addNum":1,"setNum":1,"badgeClass":"a.B"}"#, OK),
    ("badge", r#"{"addNum":99,"badgeClass":"a.B"}"#, OK), ("badge", r#"{"addNum":0,"badgeClass":"a.B"}"#, WRONG),
    ("badge", r#"{"addNum":100,"badgeClass":"a.B"}"#, WRONG), ("badge", r#"{"setNum":100,"badgeClass":"a.B"}"#, WRONG),
    ("badge", r#"{"setNum":-1,"badgeClass":"a.B"}"#, WRONG), ("badge", r#"{"setNum":1,"class":"a.B"}"#, WRONG),
    ("badge", r#"{"setNum":1}"#, WRONG), ("badge", r#"{"badgeClass":"a.B"}"#, WRONG),
    ("notifyId", "-1", OK), ("notifyId", "0", OK), ("notifyId", "2147483647", OK),
    ("notifyId", "-2", WRONG), ("notifyId", "2147483648", WRONG), ("notifyId", r#""1""#, WRONG),
    ("tag", r#""t""#, OK), ("tag", r#""""#, WRONG), ("group", r#""g""#, OK), ("group", "1", WRONG),
    ("channelId", r#""c""#, WRONG), ("sound", r#""s""#, WRONG), ("visibility", r#""PUBLIC""#, WRONG),
];

#[tokio::test]
async fn every_field_has_its_rules() {
    let scene = Scene::open().await;
    let looks = LOOKS
        .iter()
        .map(|(name, value, wanted)| (format!("{LOOK}/{name}"), *value, *wanted));
    let fields = FIELDS
        .iter()
        .map(|(path, value, wanted)| ((*path).to_owned(), *value, *wanted));
    for (path, value, wanted) in fields.chain(looks) {
        let parsed: Value = serde_json::from_str(value).unwrap();
        let code = scene.code(&[(&path, parsed)]).await;
        assert_eq!(code, wanted, "{path} {value}");
    }
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named() {
    let scene = Scene::open().await;
    let path = format!("{LOOK}/importance");
    let reply = scene.send(&scene.message(&[(&path, json!("HIGH"))])).await;
    assert_eq!(refused(&reply), (400, WRONG));
    let message = reply.json()["message"].to_string();
    assert!(message.contains("importance"), "{message}");
}

#[tokio::test]
async fn texts_of_buttons_have_limits_that_count_characters() {
    let scene = Scene::open().await;
    let path = format!("{LOOK}/buttons");
    let data = |count: usize| format!("{{\"k\":\"{}\"}}", "x".repeat(count - 8));
    let rows = [
        ("中".repeat(40), 1_024, OK),
        ("中".repeat(41), 1_024, WRONG),
        ("n".to_owned(), 1_025, WRONG),
    ];
    for (name, length, wanted) in rows {
        let data = data(length);
        assert_eq!(data.chars().count(), length);
        let button = json!([{"name": name, "actionType": 0, "data": data}]);
        assert_eq!(
            scene.code(&[(&path, button)]).await,
            wanted,
            "{name} {length}"
        );
    }
}

#[tokio::test]
async fn fields_need_one_another() {
    let scene = Scene::open().await;
    let at = |name: &str| format!("{LOOK}/{name}");
    let (style, title, body) = (at("style"), at("bigTitle"), at("bigBody"));
    let big = [
        (&*style, json!(1)),
        (&*title, json!("t")),
        (&*body, json!("b")),
    ];
    assert_eq!(scene.code(&big).await, OK);
    assert_eq!(scene.code(&big[..2]).await, WRONG);

    let (importance, image) = (at("importance"), at("image"));
    let picture = json!("https://e.com/i.png");
    let basic = json!({"image": picture});
    for (importance_is, wanted) in [("NORMAL", OK), ("LOW", WRONG)] {
        let class = (&*importance, json!(importance_is));
        let own = [class.clone(), (&*image, picture.clone())];
        assert_eq!(scene.code(&own).await, wanted, "{importance_is}");
        let inherited = [class, ("/notification", basic.clone())];
        assert_eq!(scene.code(&inherited).await, wanted, "{importance_is}");
    }

    let texts = json!({"title": "t", "body": "b"});
    let action = json!({"clickAction": {"type": 3}});
    let inherited = [
        ("/notification", texts.clone()),
        ("/android/notification", action),
    ];
    assert_eq!(scene.code(&inherited).await, OK);
    let without_action = [("/notification", texts), ("/android", Value::Null)];
    assert_eq!(scene.code(&without_action).await, WRONG);
}

#[tokio::test]
async fn a_body_without_a_notification_is_any_text_for_the_app() {
    let scene = Scene::open().await;
    let silent = ("/android", Value::Null);
    let data = ("/data", json!("anything"));
    assert_eq!(scene.code(&[silent.clone(), data]).await, OK);
    let android = ("/android", json!({"ttl": "60s", "data": "anything"}));
    assert_eq!(scene.code(&[android]).await, OK);
    assert_eq!(scene.code(&[silent]).await, WRONG, "neither");
}

#[tokio::test]
async fn four_thousand_and_ninety_six_bytes_are_taken_without_the_tokens() {
    let scene = Scene::open().await;
    let tokens: Vec<String> = (0..1_000).map(|number| format!("t{number}")).collect();
    let sized = |bytes: usize| {
        let changes = [
            ("/android", Value::Null),
            ("/data", json!("x".repeat(bytes - r#"{"data":""}"#.len()))),
            ("/token", json!(tokens)),
        ];
        scene.message(&changes)
    };
    assert_eq!(code(&scene.send(&sized(4_096)).await), OK);
    let reply = scene.send(&sized(4_097)).await;
    assert_eq!(refused(&reply), (400, 80_300_008));
}
