//! OPPO through an independent client: what it takes, what it refuses, and in which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use support::{Client, Reply, now, tls};
use url::form_urlencoded::Serializer;
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::oppo::{App, Credentials};
use zpns_simulator::{CallKind, FaultScript, Simulator, Verdict};

const FORM: &str = "application/x-www-form-urlencoded";
const AUTH: &str = "/server/v1/auth";
const UNICAST: &str = "/server/v1/message/notification/unicast";
const BATCH: &str = "/server/v1/message/notification/unicast_batch";
const SAVE: &str = "/server/v1/message/notification/save_message_content";
const BROADCAST: &str = "/server/v1/message/notification/broadcast";

type Changes<'a> = &'a [(&'a str, Value)];
type Pairs<'a> = &'a [(&'a str, &'a str)];

struct Scene {
    sim: Simulator,
    client: Client,
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder().vendors(["oppo"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("oppo"), config).await;
        Self { sim, client }
    }

    fn known(&self) -> &Credentials {
        self.sim.oppo().unwrap()
    }

    fn app(&self) -> &App {
        &self.known().app
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("oppo").live[index].clone()
    }

    fn dead(&self, index: usize) -> String {
        self.sim.tokens("oppo").dead[index].clone()
    }

    fn flaky(&self, index: usize) -> String {
        self.sim.tokens("oppo").flaky[index].clone()
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> Reply {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(pairs);
        let mut all = vec![("content-type", FORM)];
        all.extend(headers);
        let call = self.client.call("POST", path, &all, form.finish());
        call.await.unwrap()
    }

    async fn exchange(&self, pairs: &[(&str, &str)]) -> Reply {
        self.post(AUTH, &[], pairs).await
    }

    async fn token_of(&self, app: &App, millis: i64) -> Value {
        let timestamp = millis.to_string();
        let sign = sign(&app.key, &timestamp, &app.master_secret);
        let pairs = [
            ("app_key", &*app.key),
            ("timestamp", &timestamp),
            ("sign", &sign),
        ];
        let reply = self.exchange(&pairs).await;
        assert_eq!(code(&reply), 0, "{:?}", reply.body);
        reply.json()["data"].clone()
    }

    async fn token(&self) -> String {
        text(&self.token_of(self.app(), now() * 1000).await["auth_token"])
    }

    /// A call with the token of the app.
    async fn call(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let token = self.token().await;
        let mut all = vec![("auth_token", token.as_str())];
        all.extend(pairs);
        self.post(path, &[], &all).await
    }

    async fn unicast(&self, message: &Value) -> Reply {
        self.call(UNICAST, &[("message", &message.to_string())])
            .await
    }

    async fn batch(&self, messages: &[Value]) -> Reply {
        let messages = json!(messages).to_string();
        self.call(BATCH, &[("messages", &messages)]).await
    }

    /// Saves a message of these fields, and answers the reply.
    async fn save_reply(&self, changes: Changes<'_>) -> Reply {
        let fields = notification(changes);
        let texts = fields.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        let texts: Vec<(String, String)> = texts.collect();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(k, v)| (&**k, &**v)).collect();
        self.call(SAVE, &pairs).await
    }

    async fn save(&self) -> String {
        let reply = self.save_reply(&[]).await;
        assert_eq!(code(&reply), 0, "{:?}", reply.body);
        text(&reply.json()["data"]["message_id"])
    }

    async fn broadcast(&self, id: &str, kind: &str, targets: &str) -> Reply {
        let pairs = [
            ("message_id", id),
            ("target_type", kind),
            ("target_value", targets),
        ];
        self.call(BROADCAST, &pairs).await
    }

    /// The code of a message to one live device with these fields.
    async fn code(&self, changes: Changes<'_>) -> i64 {
        let message = message(&self.live(0), changes);
        code(&self.unicast(&message).await)
    }

    fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }
}

fn sign(key: &str, timestamp: &str, secret: &str) -> String {
    let digest = digest(&SHA256, format!("{key}{timestamp}{secret}").as_bytes());
    let digits = digest.as_ref().iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// A notification with these fields; null leaves one out.
fn notification(changes: Changes<'_>) -> Map<String, Value> {
    let base = json!({"title": "t", "content": "c"});
    let mut fields = base.as_object().unwrap().clone();
    for (name, value) in changes {
        match value {
            Value::Null => fields.remove(*name),
            value => fields.insert((*name).to_owned(), value.clone()),
        };
    }
    fields
}

fn message(target: &str, changes: Changes<'_>) -> Value {
    json!({"target_type": 2, "target_value": target, "notification": notification(changes)})
}

/// The code of an answer, which is HTTP 200 whatever it says. One that is not 0 comes without data.
#[track_caller]
fn code(reply: &Reply) -> i64 {
    assert_eq!(reply.status, 200);
    let body = reply.json();
    let code = body["code"].as_i64().unwrap();
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert_eq!(body.get("data").is_some(), code == 0, "{body}");
    code
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The item of a batch's answer about this target.
#[track_caller]
fn item<'a>(items: &'a Value, target: &str) -> &'a Value {
    let mut items = items.as_array().unwrap().iter();
    items
        .find(|item| item["registrationId"] == target)
        .expect("an item for every target")
}

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
