//! OPPO through an independent client: who may push, to whom, and in which words it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::now;
use support::oppo::{
    AUTH, BATCH, BROADCAST, FORM, Pairs, SAVE, Scene, UNICAST, code, item, message, sign, text,
};
use url::form_urlencoded::Serializer;
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::{CallKind, Verdict};

#[tokio::test]
async fn an_exchange_gives_the_same_token_for_a_day_and_its_age() {
    let scene = Scene::open().await;
    let before = now() * 1000;
    let first = scene.token_of(scene.app(), now() * 1000).await;
    let created = first["create_time"].as_i64().unwrap();
    assert!((before..before + 60_000).contains(&created));
    // The simulator's clock runs on beside what it is moved by, so there is room for a slow machine.
    const HOUR: i64 = 60 * 60;
    scene
        .sim
        .advance(Duration::from_secs(23 * HOUR as u64 + 1_800));
    let later = (now() + 23 * HOUR + 1_800) * 1000;
    assert_eq!(scene.token_of(scene.app(), later).await, first);
    scene.sim.advance(Duration::from_secs(1_800));
    let next = (now() + 24 * HOUR) * 1000;
    let second = scene.token_of(scene.app(), next).await;
    assert_ne!(second["auth_token"], first["auth_token"]);
    assert!(second["create_time"].as_i64().unwrap() >= created + 24 * HOUR * 1000);
    let push = message(&scene.live(0), &[]).to_string();
    let with = async |token: &Value| {
        let pairs = [("auth_token", token.as_str().unwrap()), ("message", &push)];
        code(&scene.post(UNICAST, &[], &pairs).await)
    };
    assert_eq!(with(&first["auth_token"]).await, 0, "ten minutes longer");
    scene.sim.advance(Duration::from_secs(600));
    assert_eq!(with(&first["auth_token"]).await, 11);
    assert_eq!(with(&second["auth_token"]).await, 0);
    assert_eq!(scene.sim.counters("oppo").auth_calls, 3);
}

#[tokio::test]
async fn every_fault_of_an_exchange_has_its_code() {
    let scene = Scene::open().await;
    let app = scene.app();
    let at = |seconds: i64| ((now() + seconds) * 1000).to_string();
    let good = |time: &str| sign(&app.key, time, &app.master_secret);
    let now = at(0);
    let rows = [
        (&*app.key, now.clone(), good(&now), 0),
        ("", now.clone(), good(&now), 15),
        ("nobody's", now.clone(), good(&now), 14),
        (&*app.key, String::new(), good(""), 18),
        (&*app.key, at(-540), good(&at(-540)), 0),
        (&*app.key, at(540), good(&at(540)), 0),
        (&*app.key, at(-660), good(&at(-660)), 19),
        (&*app.key, at(660), good(&at(660)), 19),
        (&*app.key, "1700000000".to_owned(), good("1700000000"), 19),
        (&*app.key, "+170000000000".to_owned(), good("x"), 19),
        (&*app.key, now.clone(), String::new(), 17),
        (&*app.key, now.clone(), good(&now).to_uppercase(), 16),
        (&*app.key, now.clone(), good(&at(-1)), 16),
        (
            &*app.key,
            now.clone(),
            sign(&app.key, &now, &app.app_secret),
            16,
        ),
    ];
    for (key, timestamp, sign, wanted) in rows {
        let pairs = [("app_key", key), ("timestamp", &timestamp), ("sign", &sign)];
        assert_eq!(code(&scene.exchange(&pairs).await), wanted, "{timestamp}");
    }
    assert_eq!(code(&scene.exchange(&[("app_secret", "x")]).await), 41);
    let received = scene.sim.received("oppo");
    assert!(received.iter().all(|call| call.kind == CallKind::Auth));
}

#[tokio::test]
async fn a_call_needs_a_token_as_a_field_or_as_a_header() {
    let scene = Scene::open().await;
    let push = message(&scene.live(0), &[]).to_string();
    let pairs = [("message", &*push)];
    let token = scene.token().await;
    for path in [UNICAST, BATCH, SAVE, BROADCAST] {
        assert_eq!(code(&scene.post(path, &[], &pairs).await), 29, "{path}");
        let empty = [("auth_token", ""), pairs[0]];
        assert_eq!(code(&scene.post(path, &[], &empty).await), 29, "{path}");
        let wrong = [("auth_token", "nobody's"), pairs[0]];
        assert_eq!(code(&scene.post(path, &[], &wrong).await), 11, "{path}");
    }
    let field = [("auth_token", &*token), pairs[0]];
    assert_eq!(code(&scene.post(UNICAST, &[], &field).await), 0);
    let header = [("auth_token", &*token)];
    assert_eq!(code(&scene.post(UNICAST, &header, &pairs).await), 0);
    let theirs = scene.token_of(&scene.known().disabled, now() * 1000).await;
    let theirs = [("auth_token", text(&theirs["auth_token"]))];
    let theirs = [("auth_token", &*theirs[0].1), pairs[0]];
    assert_eq!(code(&scene.post(UNICAST, &[], &theirs).await), 30);
}

#[tokio::test]
async fn one_message_is_taken_under_an_id_of_the_apps() {
    let scene = Scene::open().await;
    let reply = scene.unicast(&message(&scene.live(0), &[])).await;
    assert_eq!(code(&reply), 0);
    let id = text(&reply.json()["data"]["messageId"]);
    let start = format!("{}-1-1-", scene.app().id);
    let digits = id.strip_prefix(&start).unwrap();
    assert_eq!(digits.len(), 24);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let received = scene.sim.received("oppo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, [scene.live(0)]);
    assert_eq!(received.verdict, Verdict::Accepted { id });
}

#[tokio::test]
async fn one_message_to_a_dead_or_malformed_id_is_refused_as_a_whole() {
    let scene = Scene::open().await;
    let live = scene.live(0);
    let digits = live.strip_prefix("CN_").unwrap();
    let mut dead = scene.sim.tokens("oppo").dead;
    dead.push(format!("OPPO_CN_dead{}", &digits[4..]));
    dead.push(format!("EUEX_dead{}", &digits[4..]));
    let malformed = ["", "CN_", "no id", "täuschend", &digits[1..], "CN_CN_CN_0"];
    dead.extend(malformed.map(str::to_owned));
    for target in dead {
        let reply = scene.unicast(&message(&target, &[])).await;
        assert_eq!(code(&reply), 10_000, "{target}");
    }
    for prefix in ["", "OPPO_", "EUEX_", "realme_CN_"] {
        let target = format!("{prefix}{digits}");
        assert_eq!(code(&scene.unicast(&message(&target, &[])).await), 0);
    }
}

#[tokio::test]
async fn a_batch_answers_for_every_message_and_not_in_their_order() {
    let scene = Scene::open().await;
    let (a, b, gone) = (scene.live(0), scene.live(1), scene.dead(0));
    let messages = [
        message(&a, &[]),
        message(&gone, &[]),
        message(&b, &[("title", json!("x".repeat(51)))]),
        message("no id", &[]),
        message(&b, &[]),
    ];
    let reply = scene.batch(&messages).await;
    assert_eq!(code(&reply), 0);
    let items = &reply.json()["data"];
    let order: Vec<String> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["registrationId"]))
        .collect();
    assert_eq!(order, [&*b, "no id", &b, &gone, &a]);
    let taken = item(items, &a).as_object().unwrap();
    assert!(taken["messageId"].is_string() && !taken.contains_key("errorCode"));
    for target in [&*gone, "no id"] {
        let item = item(items, target).as_object().unwrap();
        assert_eq!(item["errorCode"], 10_000);
        assert!(item["errorMessage"].is_string() && !item.contains_key("messageId"));
    }
    assert_eq!(items[2]["errorCode"], 41, "the message's own");
    let received = scene.sim.received("oppo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, [&*a, &gone, &b, "no id", &b]);
    assert_eq!(received.accepted_tokens(), [a, b]);
}

#[tokio::test]
async fn a_batch_of_dead_ids_is_still_answered_one_by_one() {
    let scene = Scene::open().await;
    let dead = scene.sim.tokens("oppo").dead;
    let messages: Vec<Value> = dead.iter().map(|dead| message(dead, &[])).collect();
    let reply = scene.batch(&messages).await;
    assert_eq!(code(&reply), 0);
    let items = &reply.json()["data"];
    assert!(
        dead.iter()
            .all(|dead| item(items, dead)["errorCode"] == 10_000)
    );
    let received = scene.sim.received("oppo").pop().unwrap();
    assert_eq!(received.verdict.code(), Some("10000"));
}

#[tokio::test]
async fn a_batch_whose_messages_are_all_wrong_fails_as_a_whole() {
    let scene = Scene::open().await;
    let wrong = [("category", json!("SPAM"))];
    let messages = [
        message(&scene.live(0), &wrong),
        message(&scene.live(1), &wrong),
    ];
    assert_eq!(code(&scene.batch(&messages).await), 67);
    assert_eq!(scene.sim.counters("oppo").accepted, 0);
}

#[tokio::test]
async fn a_thousand_messages_are_taken_at_once_and_no_more() {
    let scene = Scene::open().await;
    let messages: Vec<Value> = (0..1_001)
        .map(|number| message(&format!("CN_{number:032x}"), &[]))
        .collect();
    let reply = scene.batch(&messages[..1_000]).await;
    assert_eq!(code(&reply), 0);
    assert_eq!(reply.json()["data"].as_array().unwrap().len(), 1_000);
    assert_eq!(code(&scene.batch(&messages).await), 41);
    assert_eq!(code(&scene.batch(&[]).await), 40);
}

#[tokio::test]
async fn a_flaky_id_is_unavailable_once_and_alone() {
    let scene = Scene::open().await;
    let (live, flaky) = (scene.live(0), scene.flaky(0));
    let messages = [&live, &flaky, &flaky].map(|target| message(target, &[]));
    let reply = scene.batch(&messages).await;
    assert_eq!(code(&reply), 0);
    let items = reply.json()["data"].clone();
    assert_eq!(items[0]["errorCode"], -1);
    assert_eq!(items[1]["errorCode"], -1, "one attempt for both");
    assert!(items[2]["messageId"].is_string());
    let reply = scene.batch(&messages[1..]).await;
    assert!(item(&reply.json()["data"], &flaky)["messageId"].is_string());

    let one = message(&scene.flaky(1), &[]);
    assert_eq!(code(&scene.unicast(&one).await), -1);
    assert_eq!(code(&scene.unicast(&one).await), 0);
    let id = scene.save().await;
    let both = format!("{live};{}", scene.flaky(2));
    assert_eq!(code(&scene.broadcast(&id, "2", &both).await), -1);
    assert_eq!(code(&scene.broadcast(&id, "2", &both).await), 0);
    scene.sim.clear();
    assert_eq!(code(&scene.unicast(&one).await), -1);
}

#[tokio::test]
async fn a_repeat_with_the_same_app_message_id_is_the_same_message() {
    let scene = Scene::open().await;
    let (a, b) = (scene.live(0), scene.live(1));
    let own = |id: &str| [("app_message_id", json!(id))];
    let send = async |target: &str, id: &str| {
        let reply = scene.unicast(&message(target, &own(id))).await;
        text(&reply.json()["data"]["messageId"])
    };
    let first = send(&a, "m1").await;
    assert_eq!(send(&a, "m1").await, first);
    let reply = scene.batch(&[message(&a, &own("m1"))]).await;
    assert_eq!(reply.json()["data"][0]["messageId"], json!(first));
    assert_ne!(send(&b, "m1").await, first, "another target");
    assert_ne!(send(&a, "m2").await, first, "another message");
    let save = async |id: &str| {
        let reply = scene.save_reply(&own(id)).await;
        text(&reply.json()["data"]["message_id"])
    };
    let saved = save("m1").await;
    assert_eq!(save("m1").await, saved);
    assert_ne!(save("m2").await, saved);
    scene.sim.clear();
    assert_ne!(send(&a, "m1").await, first);
    assert_eq!(save("m1").await, saved, "what was saved stays");
}

#[tokio::test]
async fn a_saved_message_is_broadcast_and_the_dead_ids_stand_under_their_code() {
    let scene = Scene::open().await;
    let id = scene.save().await;
    let start = format!("{}-1-3-", scene.app().id);
    assert!(id.starts_with(&start));
    assert_eq!(
        scene.sim.received("oppo").pop().unwrap().kind,
        CallKind::Other
    );

    let (a, b, gone) = (scene.live(0), scene.live(1), scene.dead(0));
    let all = format!("{a};{gone};{b};no id;{gone}");
    let reply = scene.broadcast(&id, "2", &all).await;
    assert_eq!(code(&reply), 0);
    let data = &reply.json()["data"];
    assert_eq!(data["message_id"], json!(id));
    assert!(text(&data["task_id"]).starts_with(&start));
    assert_eq!(data["10000"], json!([gone, "no id"]), "each one once");
    let received = scene.sim.received("oppo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens.len(), 5);
    assert_eq!(received.accepted_tokens(), [a.clone(), b]);

    let reply = scene.broadcast(&id, "2", &a).await;
    let data = reply.json()["data"].as_object().unwrap().clone();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["message_id", "task_id"]);
    let reply = scene.broadcast(&id, "2", &gone).await;
    assert_eq!(code(&reply), 0);
    assert_eq!(reply.json()["data"]["10000"], json!([gone]));
    let received = scene.sim.received("oppo").pop().unwrap();
    assert_eq!(received.verdict.code(), Some("10000"));
}

#[tokio::test]
async fn a_broadcast_is_for_ids_aliases_tags_or_everybody() {
    let scene = Scene::open().await;
    let id = scene.save().await;
    let many = |count: usize| -> String {
        let ids: Vec<String> = (0..count)
            .map(|number| format!("CN_{number:032x}"))
            .collect();
        ids.join(";")
    };
    let rows = [
        ("2", many(1_000), 0),
        ("2", many(1_001), 41),
        ("2", String::new(), 40),
        ("5", "alice;bob".to_owned(), 0),
        ("5", "alice;".to_owned(), 41),
        ("5", "x".repeat(65), 41),
        ("6", r#"{"or":["a"],"not":["b"]}"#.to_owned(), 0),
        ("6", r#"{"or":[]}"#.to_owned(), 41),
        ("6", r#"{"or":"a"}"#.to_owned(), 41),
        ("6", r#"{"xor":["a"]}"#.to_owned(), 41),
        ("6", "a".to_owned(), 41),
        ("1", String::new(), 0),
        ("1", "all".to_owned(), 41),
        ("3", scene.live(0), 41),
        ("all", scene.live(0), 41),
        ("", scene.live(0), 40),
    ];
    for (kind, targets, wanted) in rows {
        let reply = scene.broadcast(&id, kind, &targets).await;
        assert_eq!(code(&reply), wanted, "{kind}");
    }
    let live = scene.live(0);
    assert_eq!(code(&scene.broadcast("nothing", "2", &live).await), 31);
    assert_eq!(code(&scene.broadcast("", "2", &live).await), 40);
    let more = [
        ("message_id", &*id),
        ("target_type", "1"),
        ("message", "{}"),
    ];
    assert_eq!(code(&scene.call(BROADCAST, &more).await), 41);
}

#[tokio::test]
async fn a_planned_message_is_for_everybody() {
    let scene = Scene::open().await;
    let time = json!((now() + 600) * 1000);
    let planned = [("push_time_type", json!(1)), ("push_start_time", time)];
    let reply = scene.save_reply(&planned).await;
    let id = text(&reply.json()["data"]["message_id"]);
    assert_eq!(code(&scene.broadcast(&id, "1", "").await), 0);
    let live = scene.live(0);
    assert_eq!(code(&scene.broadcast(&id, "2", &live).await), 41);
    assert_eq!(code(&scene.save_reply(&planned[..1]).await), 40);
}

#[tokio::test]
async fn an_envelope_has_four_fields() {
    let scene = Scene::open().await;
    let live = scene.live(0);
    let alias = |alias: &str| json!({"target_type": 5, "target_value": alias});
    let rows = [
        (json!({"verify_registration_id": true}), 0),
        (json!({"verify_registration_id": "true"}), 41),
        (json!({"target_type": null}), 40),
        (json!({"target_type": "2"}), 41),
        (json!({"target_type": 1}), 41),
        (json!({"target_value": null}), 40),
        (json!({"target_value": [live]}), 41),
        (json!({"notification": null}), 40),
        (json!({"notification": "{}"}), 41),
        (json!({"targetType": 2}), 41),
        (alias("alice"), 0),
        (alias(""), 41),
        (alias("a;b"), 41),
        (alias(&"x".repeat(64)), 0),
        (alias(&"x".repeat(65)), 41),
    ];
    for (changes, wanted) in rows {
        let mut message = message(&live, &[]);
        let envelope = message.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => envelope.remove(name),
                value => envelope.insert(name.clone(), value.clone()),
            };
        }
        assert_eq!(code(&scene.unicast(&message).await), wanted, "{changes}");
    }
    let good = message(&live, &[]).to_string();
    let calls: [(&str, Pairs<'_>, i64); 6] = [
        (UNICAST, &[], 40),
        (UNICAST, &[("message", "")], 40),
        (UNICAST, &[("message", "{")], 41),
        (UNICAST, &[("message", "[]")], 41),
        (UNICAST, &[("message", &good), ("app_key", "x")], 41),
        (BATCH, &[("messages", &good)], 41),
    ];
    for (path, pairs, wanted) in calls {
        assert_eq!(code(&scene.call(path, pairs).await), wanted, "{pairs:?}");
    }
}

#[tokio::test]
async fn another_apps_message_does_not_exist() {
    let scene = Scene::open().await;
    let id = scene.save().await;
    let theirs = scene.token_of(&scene.known().templated, now() * 1000).await;
    let theirs = text(&theirs["auth_token"]);
    let pairs = [
        ("auth_token", &*theirs),
        ("message_id", &id),
        ("target_type", "1"),
    ];
    assert_eq!(code(&scene.post(BROADCAST, &[], &pairs).await), 31);
}

#[tokio::test]
async fn only_a_form_in_utf_8_is_read() {
    let scene = Scene::open().await;
    let token = scene.token().await;
    let push = message(&scene.live(0), &[]).to_string();
    let body = Serializer::new(String::new())
        .append_pair("auth_token", &token)
        .append_pair("message", &push)
        .finish();
    let post = async |content_type: &str, body: String| {
        let headers = [("content-type", content_type)];
        let call = scene.client.call("POST", UNICAST, &headers, body);
        code(&call.await.unwrap())
    };
    let rows = [
        (FORM, body.clone(), 0),
        (
            "application/x-www-form-urlencoded; charset=UTF-8",
            body.clone(),
            0,
        ),
        (
            "application/x-www-form-urlencoded; charset=GBK",
            body.clone(),
            25,
        ),
        ("application/json", push, 40),
        (FORM, format!("{body}&x=%E4"), 25),
        (FORM, format!("{body}&x=%zz"), 25),
        (FORM, format!("{body}&{body}"), 41),
    ];
    for (content_type, body, wanted) in rows {
        assert_eq!(post(content_type, body).await, wanted, "{content_type}");
    }
    let odd = message(&scene.live(0), &[("title", json!("a+b & 100% 👍"))]);
    assert_eq!(code(&scene.unicast(&odd).await), 0);
    let received = scene.sim.received("oppo").pop().unwrap();
    let sent = text(&received.fields().unwrap()["message"]);
    assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), odd);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let scene = Scene::open().await;
    let path = "/server/v1/message/notification/recall";
    let lost = scene.client.call("POST", path, &[], "").await.unwrap();
    assert_eq!(lost.status, 404);
    for path in [AUTH, UNICAST, SAVE] {
        let get = scene.client.call("GET", path, &[], "").await.unwrap();
        assert_eq!(code(&get), 12, "{path}");
    }
}

#[tokio::test]
async fn a_script_speaks_in_oppos_words_and_the_gateway_has_none() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::status(400), 400, Some(json!(41))),
        (Fault::status(401), 401, Some(json!(11))),
        (Fault::status(403), 403, Some(json!(30))),
        (Fault::status(404), 404, Some(json!(20))),
        (Fault::status(405), 405, Some(json!(12))),
        (Fault::status(429), 429, Some(json!(-2))),
        (Fault::status(500), 500, Some(json!(-1))),
        (Fault::status(503), 503, Some(json!(-1))),
        (Fault::code(200, "33"), 200, Some(json!(33))),
        (Fault::code(200, "10000"), 200, Some(json!(10_000))),
        (Fault::code(418, "Teapot"), 418, Some(json!("Teapot"))),
        (Fault::status(502), 502, None),
        (Fault::status(504), 504, None),
    ];
    let push = message(&scene.live(0), &[]);
    for (fault, status, wanted) in rows {
        scene.faults(Rule::new(fault));
        let reply = scene.unicast(&push).await;
        assert_eq!(reply.status.as_u16(), status);
        let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
        assert!(said.as_ref().is_none_or(|said| said["message"].is_string()));
        assert_eq!(said.map(|said| said["code"].clone()), wanted);
    }
    for (status, wanted) in [(401, 16), (403, 28), (429, -2), (503, -1)] {
        scene.faults(Rule::new(Fault::status(status)).target(Target::Auth));
        let reply = scene.exchange(&[]).await;
        assert_eq!(reply.status.as_u16(), status);
        assert_eq!(reply.json()["code"], wanted);
    }
}

#[tokio::test]
async fn a_fault_of_one_token_hits_every_call_that_names_it() {
    let scene = Scene::open().await;
    let (a, b) = (scene.live(0), scene.live(1));
    let id = scene.save().await;
    scene.faults(Rule::new(Fault::code(200, "13")).token(b.as_str()));
    let messages = [message(&a, &[]), message(&b, &[])];
    assert_eq!(code(&scene.unicast(&messages[0]).await), 0);
    assert_eq!(code(&scene.unicast(&messages[1]).await), 13);
    assert_eq!(code(&scene.batch(&messages).await), 13);
    assert_eq!(
        code(&scene.broadcast(&id, "2", &format!("{a};{b}")).await),
        13
    );
    assert_eq!(code(&scene.broadcast(&id, "2", &a).await), 0);
}

#[tokio::test]
async fn a_token_that_a_script_declares_expired_stays_so_and_a_fresh_one_is_another() {
    let scene = Scene::open().await;
    let push = message(&scene.live(0), &[]).to_string();
    let old = scene.token().await;
    for in_header in [false, true] {
        let old = match in_header {
            false => old.clone(),
            true => scene.token().await,
        };
        let mut pairs = vec![("message", &*push)];
        let mut headers = Vec::new();
        match in_header {
            true => headers.push(("auth_token", &*old)),
            false => pairs.push(("auth_token", &*old)),
        }
        scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
        for _ in 0..2 {
            let reply = scene.post(UNICAST, &headers, &pairs).await;
            assert_eq!(code(&reply), 11);
        }
        let fresh = scene.token().await;
        assert_ne!(fresh, old);
        let pairs = [("auth_token", &*fresh), ("message", &push)];
        assert_eq!(code(&scene.post(UNICAST, &[], &pairs).await), 0);
    }
}

#[tokio::test]
async fn the_config_leads_to_it() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["oppo"].as_table().unwrap();
    let app = scene.app();
    let rows = [
        ("vendor", "oppo"),
        ("endpoint", scene.sim.origin("oppo")),
        ("app_key", &*app.key),
        ("master_secret", &*app.master_secret),
    ];
    for (key, value) in rows {
        assert_eq!(section[key].as_str(), Some(value), "{key}");
    }
    assert_eq!(section.len(), rows.len() + 1, "and the authority");
    let tokens = scene.sim.tokens("oppo");
    assert_eq!((tokens.live.len(), tokens.muted.len()), (8, 0));
    assert!(!format!("{:?}", scene.known()).contains(&app.master_secret));
}
