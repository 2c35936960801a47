//! `--message`, `--payload`, `--silent`.

use serde_json::{Value, json};

use crate::world::{World, now};

/// What the last push that a vendor received said.
fn last_body(world: &World, vendor: &str) -> Value {
    world.pushes(vendor).last().unwrap().fields().unwrap()
}

#[test]
fn a_message_file_beats_the_flags_and_leaves_the_others() {
    let world = World::new();
    let file = world.file("message.json", r#"{"title": "From the file"}"#);
    for vendor in world.vendors() {
        let token = world.live(vendor);
        let flags = ["--title", "From the flag", "--body", "Body of the flag"];
        let mut arguments = vec!["--token", &token, "--message", file.to_str().unwrap()];
        arguments.extend(flags);
        let ran = world.send(vendor, &arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let body = last_body(&world, vendor).to_string();
        assert!(body.contains("From the file"), "{body}");
        assert!(!body.contains("From the flag"), "{body}");
        assert!(body.contains("Body of the flag"), "{body}");
    }
}

#[test]
fn an_unknown_field_is_an_error_that_names_it() {
    let world = World::new();
    let token = world.live("apns");
    let files = [
        (r#"{"titel": "T"}"#, "titel"),
        (r#"{"title": "T", "ttl": 60}"#, "ttl"),
        (
            r#"{"title": "T", "sender": {"id": "1", "nick": "A"}}"#,
            "nick",
        ),
        (r#"{"title": "T", "priority": "urgent"}"#, "urgent"),
        (r#"{"title": 7}"#, "string"),
        (r#"{"title": "#, "EOF"),
        (r#"["title"]"#, "message.json"),
    ];
    for (text, part) in files {
        let file = world.file("message.json", text);
        let path = file.to_str().unwrap();
        world
            .send("apns", &["--token", &token, "--message", path])
            .refused(&[path, part]);
    }
    assert_eq!(world.shown(), 0);
}

#[test]
fn times_are_milliseconds() {
    let world = World::new();
    let file = world.file("message.json", r#"{"title": "T", "ttl_ms": 90000}"#);
    let path = file.to_str().unwrap();
    let ran = world.send("apns", &["--token", &world.live("apns"), "--message", path]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let pushes = world.pushes("apns");
    let expiration: u64 = pushes[0]
        .header("apns-expiration")
        .unwrap()
        .parse()
        .unwrap();
    let now = now();
    assert!(
        (now + 30..=now + 91).contains(&expiration),
        "{expiration} at {now}"
    );

    let ran = world.send("fcm", &["--token", &world.live("fcm"), "--message", path]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(last_body(&world, "fcm")["message"]["android"]["ttl"], "90s");
}

#[test]
fn every_field_may_stand_in_a_message_file() {
    let world = World::new();
    let message = json!({
        "id": "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10",
        "kind": "alert",
        "title": "T", "subtitle": "S", "body": "B", "image": "https://example.com/a.png",
        "sender": {"id": "u1", "nickname": "Al"},
        "payload": "opaque", "data": {"room": "7"},
        "sound": {"named": "ping.caf"},
        "badge": {"set": 3}, "category": "instant_message", "channel": "chat",
        "priority": "high", "ttl_ms": 60_000, "collapse_key": "room-7", "thread": "room-7",
        "on_click": "open_app",
        "vendor": {
            "apns": {"raw": {"extra": 1}},
            "fcm": {"raw": {"message": {"data": {"extra": "1"}}}},
            "honor": {"raw": {"android": {"biTag": "extra"}}},
            "huawei": {"raw": {"message": {"android": {"notification": {"ticker": "extra"}}}}},
            "harmony": {"raw": {"payload": {"notification": {"profileId": "extra"}}}},
            "meizu": {"raw": {"messageJson": {"clickTypeInfo": {"parameters": {"x": "extra"}}}}},
            "oppo": {"raw": {"notification": {"channel_id": "extra"}}},
            "vivo": {"raw": {"notificationChannel": "extra"}},
            "webpush": {"raw": {"notification": {"x": "extra"}}},
        },
    });
    let file = world.file("message.json", &message.to_string());
    for vendor in world.vendors() {
        let arguments = [
            "--token",
            &world.live(vendor),
            "--message",
            file.to_str().unwrap(),
        ];
        let ran = world.send(vendor, &arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let body = last_body(&world, vendor).to_string();
        assert!(body.contains("opaque"), "{body}");
        let has_raw_merge = message["vendor"][vendor].is_object();
        assert!(body.contains("extra") || !has_raw_merge, "{body}");
    }
    let id = world.pushes("apns")[0].header("apns-id").map(str::to_owned);
    let again = [
        "--token",
        &world.live("apns"),
        "--message",
        file.to_str().unwrap(),
    ];
    assert_eq!(world.send("apns", &again).code, 0);
    let ids = world.pushes("apns");
    assert_eq!(
        ids[1].header("apns-id").map(str::to_owned),
        id,
        "the same message, the same id"
    );
}

/// Whether a text stands somewhere in the body, or in JSON that one of its texts holds.
fn holds(body: &Value, text: &str) -> bool {
    match body {
        Value::String(found) if found == text => true,
        Value::String(nested) => serde_json::from_str(nested)
            .is_ok_and(|nested: Value| !nested.is_number() && holds(&nested, text)),
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds(field, text)),
        _ => false,
    }
}

#[test]
fn a_payload_arrives_as_it_was_given() {
    let world = World::new();
    for vendor in world.vendors() {
        let payload = r#"no JSON: {"a"#;
        let token = world.live(vendor);
        let ran = world.send(
            vendor,
            &["--title", "T", "--payload", payload, "--token", &token],
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        let body = last_body(&world, vendor);
        assert!(holds(&body, payload), "{body}");
    }
}

#[test]
fn a_silent_push_shows_nothing() {
    let world = World::new();
    let ran = world.send("apns", &["--silent", "--token", &world.live("apns")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let pushes = world.pushes("apns");
    assert_eq!(pushes[0].header("apns-push-type"), Some("background"));
    assert_eq!(pushes[0].header("apns-priority"), Some("5"));
    assert_eq!(
        last_body(&world, "apns"),
        json!({"aps": {"content-available": 1}})
    );

    let payload = [
        "--silent",
        "--payload",
        "sync",
        "--token",
        &world.live("fcm"),
    ];
    let ran = world.send("fcm", &payload);
    assert_eq!(ran.code, 0, "{ran:?}");
    let body = last_body(&world, "fcm");
    assert!(body["message"].get("notification").is_none(), "{body}");
    assert!(body.to_string().contains("sync"), "{body}");
}

#[test]
fn a_silent_push_whose_file_brings_a_title_is_refused() {
    let world = World::new();
    let file = world.file("message.json", r#"{"title": "T"}"#);
    for vendor in world.vendors() {
        let token = world.live(vendor);
        let arguments = [
            "--silent",
            "--token",
            &token,
            "--message",
            file.to_str().unwrap(),
        ];
        let ran = world.send(vendor, &arguments);
        assert_ne!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(world.shown(), 0);
}
