//! vivo through an independent client: what it takes, what it refuses, and in which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use support::{Client, Reply, now, tls};
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::vivo::{App, Credentials};
use zpns_simulator::{CallKind, FaultScript, Simulator, Verdict};

const AUTH: &str = "/message/auth";
const SEND: &str = "/message/send";
const SAVE: &str = "/message/saveListPayload";
const LIST: &str = "/message/pushToList";
const RECALL: &str = "/message/recycle";
const JSON: &str = "application/json;charset=UTF-8";

struct Scene {
    sim: Simulator,
    client: Client,
    requests: AtomicU32,
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder().vendors(["vivo"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("vivo"), config).await;
        Self {
            sim,
            client,
            requests: AtomicU32::new(0),
        }
    }

    fn known(&self) -> &Credentials {
        self.sim.vivo().unwrap()
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("vivo").live[index].clone()
    }

    fn dead(&self) -> String {
        self.sim.tokens("vivo").dead[0].clone()
    }

    fn muted(&self) -> String {
        self.sim.tokens("vivo").muted[0].clone()
    }

    fn request_id(&self) -> String {
        format!("r{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Reply {
        let mut headers = vec![("content-type", JSON)];
        headers.extend(token.map(|token| ("authtoken", token)));
        let body = body.to_string();
        let call = self.client.call("POST", path, &headers, body);
        call.await.unwrap()
    }

    async fn auth(&self, body: &Value) -> Reply {
        self.post(AUTH, None, body).await
    }

    async fn token_of(&self, app: &App) -> String {
        let reply = self.auth(&asking(app, now_ms())).await;
        assert_eq!(result(&reply), 0, "{:?}", reply.body);
        reply.json()["authToken"].as_str().unwrap().to_owned()
    }

    async fn token(&self) -> String {
        self.token_of(&self.known().app).await
    }

    /// What is shown, under an id of its own.
    fn message(&self) -> Value {
        json!({
            "appId": self.known().app.id, "requestId": self.request_id(),
            "title": "t", "content": "c", "notifyType": 4, "skipType": 1, "category": "IM",
        })
    }

    fn push(&self) -> Value {
        with(&self.message(), &[("regId", json!(self.live(0)))])
    }

    fn list(&self, task: &str, targets: &[String]) -> Value {
        json!({
            "appId": self.known().app.id, "requestId": self.request_id(),
            "taskId": task, "regIds": targets,
        })
    }

    async fn call(&self, path: &str, body: &Value) -> Reply {
        self.post(path, Some(&self.token().await), body).await
    }

    async fn code(&self, path: &str, body: &Value) -> i64 {
        result(&self.call(path, body).await)
    }

    async fn save(&self, message: &Value) -> String {
        let reply = self.call(SAVE, message).await;
        assert_eq!(result(&reply), 0, "{:?}", reply.body);
        reply.json()["taskId"].as_str().unwrap().to_owned()
    }

    fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }
}

fn now_ms() -> i64 {
    now() * 1000
}

fn sign(app: &App, timestamp: i64) -> String {
    let text = format!("{}{}{timestamp}{}", app.id, app.key, app.secret);
    let digest = Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn asking(app: &App, timestamp: i64) -> Value {
    json!({
        "appId": app.id, "appKey": app.key, "timestamp": timestamp,
        "sign": sign(app, timestamp),
    })
}

/// A body with these fields; null takes one away.
fn with(body: &Value, fields: &[(&str, Value)]) -> Value {
    let mut body = body.clone();
    for (name, value) in fields {
        let object = body.as_object_mut().unwrap();
        match value {
            Value::Null => object.remove(*name),
            value => object.insert((*name).to_owned(), value.clone()),
        };
    }
    body
}

/// The code of an answer, which is HTTP 200 unless vivo has none for it: then the status.
fn result(reply: &Reply) -> i64 {
    if reply.status != 200 {
        assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
        return i64::from(reply.status.as_u16());
    }
    let body = reply.json();
    assert!(!body["desc"].as_str().unwrap().is_empty());
    body["result"].as_i64().unwrap()
}

#[tokio::test]
async fn a_sign_is_exchanged_for_a_token() {
    let scene = Scene::open().await;
    let app = &scene.known().app;
    let asked = asking(app, now_ms());
    let reply = scene.auth(&asked).await;
    assert_eq!(result(&reply), 0);
    let mut texts = asked.clone();
    texts["appId"] = json!(app.id.to_string());
    texts["timestamp"] = json!(asked["timestamp"].to_string());
    assert_eq!(result(&scene.auth(&texts).await), 0, "texts are as good");

    let received = scene.sim.received("vivo");
    assert!(received.iter().all(|call| call.kind == CallKind::Auth));
    assert_eq!(scene.sim.counters("vivo").auth_calls, 2);
}

#[tokio::test]
async fn every_flaw_of_an_exchange_has_its_code() {
    let scene = Scene::open().await;
    let app = &scene.known().app;
    let asked = asking(app, now_ms());
    let late = asking(app, now_ms() - 601_000);
    let upper = sign(app, now_ms()).to_uppercase();
    let seconds = asking(app, now());
    #[rustfmt::skip]
    let rows = [
        (with(&asked, &[("appId", Value::Null)]), 10200),
        (with(&asked, &[("appId", json!(""))]), 10200),
        (with(&asked, &[("appKey", Value::Null)]), 10201),
        (with(&asked, &[("timestamp", Value::Null)]), 10203),
        (with(&asked, &[("sign", Value::Null)]), 10204),
        (with(&asked, &[("appKey", json!("x"))]), 10202),
        (with(&asked, &[("appId", json!(7))]), 10205),
        (with(&asked, &[("appId", json!("seven"))]), 10205),
        (with(&asked, &[("sign", json!("x"))]), 10206),
        (with(&asked, &[("sign", json!(upper))]), 10206),
        (with(&asked, &[("timestamp", json!(now_ms() + 1))]), 10206),
        (late, 10207),
        (seconds, 10207),
        (with(&asked, &[("timestamp", json!(now_ms() + 660_000))]), 10207),
        (with(&asked, &[("timestamp", json!("soon"))]), 10207),
        (with(&asked, &[("appKey", json!(["x"]))]), 400),
    ];
    for (body, wanted) in rows {
        let reply = scene.auth(&body).await;
        assert_eq!(result(&reply), wanted, "{body}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("authToken"));
    }
}

#[tokio::test]
async fn several_tokens_are_valid_at_once_for_a_day() {
    let scene = Scene::open().await;
    let (first, second) = (scene.token().await, scene.token().await);
    assert_ne!(first, second);
    let code = async |token: Option<&str>| {
        let reply = scene.post(SEND, token, &scene.push()).await;
        result(&reply)
    };
    assert_eq!(code(Some(&first)).await, 0);
    assert_eq!(code(Some(&second)).await, 0);
    assert_eq!(code(Some("nobody's")).await, 10000);
    assert_eq!(code(None).await, 10000);

    scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
    assert_eq!(code(Some(&first)).await, 10000);
    assert_eq!(code(Some(&first)).await, 10000);
    assert_eq!(code(Some(&second)).await, 0, "only that one has expired");

    scene.sim.advance(Duration::from_secs(24 * 3600 - 300));
    assert_eq!(code(Some(&second)).await, 0);
    scene.sim.advance(Duration::from_secs(300));
    assert_eq!(code(Some(&second)).await, 10000);
}

#[tokio::test]
async fn a_token_pushes_for_its_own_app_alone() {
    let scene = Scene::open().await;
    let known = scene.known();
    let (own, in_review) = (scene.token().await, scene.token_of(&known.in_review).await);
    let push = scene.push();
    let rows = [
        (with(&push, &[("appId", json!(known.in_review.id))]), 10094),
        (with(&push, &[("appId", Value::Null)]), 10094),
        (
            with(&push, &[("appId", json!(known.app.id.to_string()))]),
            400,
        ),
        (push.clone(), 0),
    ];
    for (body, wanted) in rows {
        assert_eq!(result(&scene.post(SEND, Some(&own), &body).await), wanted);
    }
    let reply = scene.post(SEND, Some(&in_review), &push).await;
    assert_eq!(result(&reply), 10094);
}

#[tokio::test]
async fn an_app_may_be_switched_off_or_under_review() {
    let scene = Scene::open().await;
    let known = scene.known();
    for (app, mode, wanted) in [
        (&known.switched_off, 0, 10043),
        (&known.switched_off, 1, 10043),
        (&known.in_review, 0, 10045),
        (&known.in_review, 1, 0),
    ] {
        let token = scene.token_of(app).await;
        let fields = [("appId", json!(app.id)), ("pushMode", json!(mode))];
        for (path, body) in [(SEND, scene.push()), (SAVE, scene.message())] {
            let reply = scene.post(path, Some(&token), &with(&body, &fields)).await;
            assert_eq!(result(&reply), wanted, "{path} {mode}");
        }
    }
}

#[tokio::test]
async fn a_push_is_taken_under_a_task() {
    let scene = Scene::open().await;
    let reply = scene.call(SEND, &scene.push()).await;
    let answer = reply.json();
    assert_eq!(result(&reply), 0);
    assert!(answer.get("invalidUser").is_none());
    let received = scene.sim.received("vivo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, [scene.live(0)]);
    let id = answer["taskId"].as_str().unwrap().to_owned();
    assert_eq!(received.verdict, Verdict::Accepted { id });
}

#[tokio::test]
async fn a_target_alone_that_is_not_valid_is_named_with_its_status() {
    let scene = Scene::open().await;
    for (target, status) in [
        (scene.dead(), 2),
        ("CN_dead1".to_owned(), 2),
        ("no token".to_owned(), 1),
        ("täuschend".to_owned(), 1),
    ] {
        let push = with(&scene.push(), &[("regId", json!(target))]);
        let reply = scene.call(SEND, &push).await;
        assert_eq!(result(&reply), 10302);
        let answer = reply.json();
        let wanted = json!({ "status": status, "userid": target });
        assert_eq!(answer["invalidUser"], wanted);
        assert!(answer.get("invalidUsers").is_none());
        assert!(answer.get("taskId").is_none());
    }
    let muted = with(&scene.push(), &[("regId", json!(scene.muted()))]);
    let reply = scene.call(SEND, &muted).await;
    assert_eq!(result(&reply), 10311);
    assert!(reply.json().get("invalidUser").is_none());
}

#[tokio::test]
async fn a_list_names_its_invalid_targets_and_takes_the_others() {
    let scene = Scene::open().await;
    let task = scene.save(&scene.message()).await;
    let (a, b) = (scene.live(0), scene.live(1));
    let targets = [
        a.clone(),
        scene.dead(),
        "no token".to_owned(),
        b.clone(),
        scene.muted(),
        scene.dead(),
        a.clone(),
    ];
    let list = scene.list(&task, &targets);
    let reply = scene.call(LIST, &list).await;
    assert_eq!(result(&reply), 0);
    let answer = reply.json();
    assert_eq!(answer["requestId"], list["requestId"]);
    let wanted = json!([
        { "status": 2, "userid": scene.dead() },
        { "status": 1, "userid": "no token" },
        { "status": 3, "userid": scene.muted() },
    ]);
    assert_eq!(answer["invalidUsers"], wanted, "each is named once");
    assert!(answer.get("invalidUser").is_none());
    let received = scene.sim.received("vivo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, targets);
    assert_eq!(
        received.accepted_tokens(),
        [a.clone(), b.clone(), a.clone()]
    );

    let reply = scene.call(LIST, &scene.list(&task, &[a, b])).await;
    assert!(reply.json().get("invalidUsers").is_none(), "all is well");
    assert_eq!(result(&reply), 0);

    let all_dead = scene.list(&task, &scene.sim.tokens("vivo").dead);
    let accepted = scene.sim.counters("vivo").accepted;
    let reply = scene.call(LIST, &all_dead).await;
    assert_eq!(result(&reply), 0, "a list is never refused for its targets");
    assert_eq!(reply.json()["invalidUsers"].as_array().unwrap().len(), 3);
    assert_eq!(scene.sim.counters("vivo").accepted, accepted);
}

#[tokio::test]
async fn a_list_has_two_to_a_thousand_targets() {
    let scene = Scene::open().await;
    let task = scene.save(&scene.message()).await;
    let some = |count| (0..count).map(|n| format!("1{n}")).collect::<Vec<_>>();
    for (count, ids, aliases) in [
        (0, 10150, 10150),
        (1, 10153, 10154),
        (2, 0, 0),
        (1_000, 0, 0),
        (1_001, 10153, 10154),
    ] {
        let list = scene.list(&task, &some(count));
        assert_eq!(scene.code(LIST, &list).await, ids, "{count}");
        let fields = [("regIds", Value::Null), ("aliases", json!(some(count)))];
        let list = with(&scene.list(&task, &[]), &fields);
        assert_eq!(scene.code(LIST, &list).await, aliases, "{count} aliases");
    }
    let both = scene.list(&task, &some(2));
    let both = with(&both, &[("aliases", json!(["a"]))]);
    assert_eq!(scene.code(LIST, &both).await, 0, "registration ids win");
    let texts = with(&both, &[("regIds", json!([1, 2]))]);
    assert_eq!(scene.code(LIST, &texts).await, 400);
}

#[tokio::test]
async fn a_saved_message_is_sent_by_its_app_for_a_day() {
    let scene = Scene::open().await;
    let targets = [scene.live(0), scene.live(1)];
    let task = scene.save(&scene.message()).await;
    for _ in 0..2 {
        assert_eq!(scene.code(LIST, &scene.list(&task, &targets)).await, 0);
    }
    let received = scene.sim.received("vivo");
    let saved = received.iter().find(|call| call.path == SAVE).unwrap();
    assert_eq!(
        (saved.kind, &saved.verdict),
        (CallKind::Other, &Verdict::Served)
    );

    let sent = scene.call(SEND, &scene.push()).await.json()["taskId"].clone();
    for (task, wanted) in [
        (Value::Null, 10151),
        (json!(""), 10151),
        (json!("a"), 10152),
        (json!(1), 10152),
        (json!("123"), 10155),
        (sent, 10155),
    ] {
        let list = with(&scene.list("", &targets), &[("taskId", task.clone())]);
        assert_eq!(scene.code(LIST, &list).await, wanted, "{task}");
    }

    let app = &scene.known().in_review;
    let token = scene.token_of(app).await;
    let theirs = with(&scene.list(&task, &targets), &[("appId", json!(app.id))]);
    let reply = scene.post(LIST, Some(&token), &theirs).await;
    assert_eq!(result(&reply), 10155, "another app's");

    let token = scene.token().await;
    scene.sim.advance(Duration::from_secs(24 * 3600 - 60));
    let push = |task: &str| scene.list(task, &targets);
    let reply = scene.post(LIST, Some(&token), &push(&task)).await;
    assert_eq!(result(&reply), 0);
}

#[tokio::test]
async fn a_message_saved_yesterday_is_gone() {
    let scene = Scene::open().await;
    let targets = [scene.live(0), scene.live(1)];
    let task = scene.save(&scene.message()).await;
    scene.sim.advance(Duration::from_secs(24 * 3600));
    let app = &scene.known().app;
    let asked = asking(app, now_ms() + 24 * 3_600_000);
    let token = scene.auth(&asked).await.json()["authToken"].clone();
    let list = scene.list(&task, &targets);
    let reply = scene.post(LIST, token.as_str(), &list).await;
    assert_eq!(result(&reply), 10155);
}

#[tokio::test]
async fn an_id_stands_for_one_request() {
    let scene = Scene::open().await;
    let push = scene.push();
    assert_eq!(scene.code(SEND, &push).await, 0);
    assert_eq!(scene.code(SEND, &push).await, 0, "the same once more");
    let other = with(&push, &[("regId", json!(scene.live(1)))]);
    assert_eq!(scene.code(SEND, &other).await, 10352);
    let save = with(&push, &[("regId", Value::Null)]);
    assert_eq!(scene.code(SAVE, &save).await, 10352, "another call");

    let message = scene.message();
    let first = scene.save(&message).await;
    let again = scene.save(&message).await;
    let renamed = with(&message, &[("requestId", json!(scene.request_id()))]);
    let renamed = scene.save(&renamed).await;
    let changed = with(&message, &[("title", json!("u"))]);
    assert_eq!(scene.code(SAVE, &changed).await, 10352);
    let list = scene.list(&first, &[scene.live(0), scene.live(1)]);
    assert_eq!(scene.code(LIST, &list).await, 0);
    for task in [again, renamed] {
        let list = with(&list, &[("taskId", json!(task))]);
        assert_eq!(scene.code(LIST, &list).await, 0, "saved again, the same");
    }
    let other = with(&list, &[("regIds", json!([scene.live(2), scene.live(3)]))]);
    assert_eq!(scene.code(LIST, &other).await, 10352);
    let task = scene.save(&scene.message()).await;
    let same_content = with(&list, &[("taskId", json!(task))]);
    assert_eq!(scene.code(LIST, &same_content).await, 0);
    let changed = with(&scene.message(), &[("title", json!("u"))]);
    let task = scene.save(&changed).await;
    let other = with(&list, &[("taskId", json!(task))]);
    assert_eq!(scene.code(LIST, &other).await, 10352, "another message");

    scene.sim.clear();
    let other = with(&push, &[("regId", json!(scene.live(1)))]);
    assert_eq!(scene.code(SEND, &other).await, 0, "forgotten");
}

#[tokio::test]
async fn flaky_targets_make_the_whole_request_wait() {
    let scene = Scene::open().await;
    let flaky = scene.sim.tokens("vivo").flaky;
    let task = scene.save(&scene.message()).await;
    let list = scene.list(&task, &[flaky[0].clone(), scene.live(0), flaky[1].clone()]);
    assert_eq!(scene.code(LIST, &list).await, 10072);
    assert_eq!(scene.code(LIST, &list).await, 0);
    let push = with(&scene.push(), &[("regId", json!(flaky[2]))]);
    assert_eq!(scene.code(SEND, &push).await, 10072);
    assert_eq!(scene.code(SEND, &push).await, 0);
    scene.sim.clear();
    assert_eq!(scene.code(SEND, &push).await, 10072);
}

#[tokio::test]
async fn the_test_mode_reaches_the_test_devices_alone() {
    let scene = Scene::open().await;
    let listed = scene.known().test_devices.clone();
    let stranger = scene.live(5);
    assert!(!listed.contains(&stranger));
    let test = ("pushMode", json!(1));
    let push = |target: &str| with(&scene.push(), &[test.clone(), ("regId", json!(target))]);
    assert_eq!(scene.code(SEND, &push(&listed[0])).await, 0);
    let reply = scene.call(SEND, &push(&stranger)).await;
    assert_eq!(result(&reply), 10302);
    assert_eq!(reply.json()["invalidUser"]["status"], 4);

    let targets = [listed[0].clone(), stranger.clone(), listed[1].clone()];
    let saved_so = scene
        .save(&with(&scene.message(), std::slice::from_ref(&test)))
        .await;
    let sent_so = scene.save(&scene.message()).await;
    for (task, fields) in [(saved_so, vec![]), (sent_so, vec![test])] {
        let list = with(&scene.list(&task, &targets), &fields);
        let answer = scene.call(LIST, &list).await.json();
        let wanted = json!([{ "status": 4, "userid": stranger }]);
        assert_eq!(answer["invalidUsers"], wanted);
    }
}

fn text(length: usize) -> Value {
    json!("中".repeat(length))
}

/// Fields, and the code that they are answered with.
#[rustfmt::skip]
fn fields() -> Vec<(Vec<(&'static str, Value)>, i64)> {
    let pairs = |count: usize| -> Value { (0..count).map(|n| (format!("k{n}"), json!("v"))).collect() };
    let one = |name, value, code| (vec![(name, value)], code);
    let click = |kind: i64, content: Value, code| (vec![("skipType", json!(kind)), ("skipContent", content)], code);
    let class = |class: Value, category: Value, code| (vec![("classification", class), ("category", category)], code);
    vec![
        one("title", Value::Null, 10055), one("title", json!(""), 10055), one("title", json!(" \u{3000}"), 10055),
        one("title", text(40), 0), one("title", json!("👍".repeat(40)), 0), one("title", text(41), 10056), one("title", json!(1), 400),
        one("content", Value::Null, 10057), one("content", json!(""), 10057),
        one("content", text(100), 0), one("content", text(101), 10058),
        one("notifyType", Value::Null, 10054), one("notifyType", json!(0), 10054), one("notifyType", json!(5), 10054),
        one("notifyType", json!("4"), 10054), one("notifyType", json!(1), 0),
        one("timeToLive", json!(59), 10059), one("timeToLive", json!(60), 0), one("timeToLive", json!(86_400), 0),
        one("timeToLive", json!(604_800), 0), one("timeToLive", json!(604_801), 10059), one("timeToLive", json!("60"), 10059),
        one("skipType", Value::Null, 10060), one("skipType", json!(3), 10060), one("skipType", json!(0), 10060),
        click(2, Value::Null, 10061), click(2, json!(" "), 10061), click(2, text(2048), 0), click(2, text(2049), 10062),
        click(4, Value::Null, 10068), click(4, json!("intent:#Intent;end"), 0), click(4, text(2049), 10069),
        one("networkType", json!(0), 10065), one("networkType", json!(-1), 0), one("networkType", json!(1), 0),
        class(json!(2), Value::Null, 11000), class(json!(0), Value::Null, 0), class(Value::Null, Value::Null, 0),
        class(Value::Null, json!("im"), 10096), class(Value::Null, json!("SPAM"), 10096), class(Value::Null, json!(1), 10096),
        class(json!(0), json!("IM"), 10097), class(json!(1), json!("MARKETING"), 10097),
        class(json!(1), json!("DEVICE_REMINDER"), 0), class(json!(0), json!("SOCIAL"), 0),
        one("clientCustomMap", pairs(10), 0), one("clientCustomMap", pairs(11), 10066),
        one("clientCustomMap", json!({"k": 1}), 10067), one("clientCustomMap", json!("k=v"), 10067),
        one("clientCustomMap", json!({"中": text(1023)}), 0), one("clientCustomMap", json!({"中": text(1024)}), 10067),
        one("extra", json!({"callback": "https://e.com/", "callback.param": text(192), "callback.id": "7"}), 0),
        one("extra", json!({"callback": text(128)}), 0), one("extra", json!({"callback": text(129)}), 10305),
        one("extra", json!({"callback.param": text(193)}), 10306), one("extra", json!({"callbackId": "7"}), 10304),
        one("extra", json!({"callback.id": 7}), 400),
        one("requestId", Value::Null, 10352), one("requestId", json!(""), 10352), one("requestId", json!("x".repeat(65)), 10353),
        one("pushMode", json!(2), 400), one("pushMode", json!("0"), 400),
        one("notifyId", json!(0), 10095), one("notifyId", json!(2_147_483_647), 0), one("notifyId", json!(2_147_483_648_u64), 10095),
        one("sendOnline", json!(true), 0), one("sendOnline", json!(1), 400),
        one("foregroundShow", json!(false), 0), one("foregroundShow", json!("true"), 400),
        one("addBadge", json!(true), 0), one("addBadge", json!(1), 400),
        one("auditReview", json!([{"reviewer": "r"}]), 0), one("auditReview", json!({}), 400),
        one("notificationChannel", json!("c"), 0),
        one("unknown", json!(1), 400),
    ]
}

#[tokio::test]
async fn every_field_of_a_message_is_checked_when_sent_and_when_saved() {
    let scene = Scene::open().await;
    for (fields, wanted) in fields() {
        for (path, body) in [(SEND, scene.push()), (SAVE, scene.message())] {
            let code = scene.code(path, &with(&body, &fields)).await;
            assert_eq!(code, wanted, "{path} {fields:?}");
        }
    }
    let longest = with(&scene.push(), &[("requestId", json!("x".repeat(64)))]);
    assert_eq!(scene.code(SEND, &longest).await, 0);
    let task = scene.save(&scene.message()).await;
    let list = scene.list(&task, &[scene.live(0), scene.live(1)]);
    for (id, wanted) in [(Value::Null, 10352), (json!("x".repeat(65)), 10353)] {
        let list = with(&list, &[("requestId", id)]);
        assert_eq!(scene.code(LIST, &list).await, wanted);
    }
}

#[tokio::test]
async fn a_push_to_one_says_whom_it_is_for() {
    let scene = Scene::open().await;
    let push = with(&scene.message(), &[]);
    let alias = |length: usize| ("alias", json!("a".repeat(length)));
    let profile = |length: usize| ("profileId", json!("p".repeat(length)));
    let id = ("regId", json!(scene.live(0)));
    #[rustfmt::skip]
    let rows = [
        (vec![], 10050),
        (vec![("regId", json!("")), ("alias", json!(""))], 10050),
        (vec![alias(70)], 0),
        (vec![alias(71)], 10301),
        (vec![alias(71), id.clone()], 0),
        (vec![id.clone(), profile(64)], 0),
        (vec![id.clone(), profile(65)], 400),
        (vec![("regId", json!(7))], 400),
        (vec![("regIds", json!([scene.live(0)]))], 400),
    ];
    for (fields, wanted) in rows {
        let fresh = [("requestId", json!(scene.request_id()))];
        let body = with(&with(&push, &fields), &fresh);
        assert_eq!(scene.code(SEND, &body).await, wanted, "{fields:?}");
    }
    for (name, value) in [id, alias(1), profile(1)] {
        let body = with(&scene.message(), &[(name, value)]);
        assert_eq!(scene.code(SAVE, &body).await, 400, "{name} in a saved one");
    }
}

#[tokio::test]
async fn a_timed_display_lies_within_a_day_and_a_chinese_one() {
    let scene = Scene::open().await;
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    // The simulator's clock is moved to nine o'clock in China.
    let china = now_ms() + 8 * 60 * MINUTE;
    let wait = (9 * 60 * MINUTE - china % DAY).rem_euclid(DAY);
    scene.sim.advance(Duration::from_millis(wait as u64));
    let nine = now_ms() + wait;
    let asked = asking(&scene.known().app, nine);
    let token = scene.auth(&asked).await.json()["authToken"].clone();
    let timed = |start: i64, end: i64| {
        json!({
            "overtimeDisplay": true,
            "showStartTime": (nine + start * MINUTE).to_string(),
            "showEndTime": (nine + end * MINUTE).to_string(),
        })
    };
    let numbers = json!({"overtimeDisplay": true, "showStartTime": nine + 20 * MINUTE, "showEndTime": nine + 30 * MINUTE});
    #[rustfmt::skip]
    let rows = [
        (timed(20, 30), "IM", 0),
        (timed(20, 30), "NEWS", 0),
        (timed(9, 30), "IM", 400),
        (timed(30, 20), "IM", 400),
        (timed(20, 138), "IM", 0),
        (timed(20, 140), "IM", 400),
        (timed(14 * 60 + 5, 14 * 60 + 30), "IM", 0),
        (timed(14 * 60 + 5, 14 * 60 + 30), "NEWS", 400),
        (timed(14 * 60 + 30, 15 * 60 + 10), "IM", 400),
        (timed(23 * 60 + 50, 24 * 60 + 20), "IM", 400),
        (with(&timed(20, 30), &[("overtimeDisplay", Value::Null)]), "IM", 400),
        (with(&timed(20, 30), &[("more", json!(1))]), "IM", 400),
        (numbers, "IM", 400),
    ];
    for (timed, category, wanted) in rows {
        let fields = [("timedDisplay", timed), ("category", json!(category))];
        let push = with(&scene.push(), &fields);
        let reply = scene.post(SEND, token.as_str(), &push).await;
        assert_eq!(result(&reply), wanted, "{fields:?}");
    }
}

#[tokio::test]
async fn a_task_is_taken_back() {
    let scene = Scene::open().await;
    let sent = scene.call(SEND, &scene.push()).await.json()["taskId"].clone();
    let saved = scene.save(&scene.message()).await;
    let recall = |task: Value| json!({"appId": scene.known().app.id, "taskId": task});
    let more = [("userType", json!(1)), ("userIds", json!([]))];
    let rows = [
        (recall(sent.clone()), 0),
        (with(&recall(json!(saved)), &more), 0),
        (recall(json!("")), 10151),
        (recall(json!("a")), 10152),
        (recall(json!("1")), 10155),
        (with(&recall(sent.clone()), &[("userType", json!(3))]), 400),
        (with(&recall(sent.clone()), &[("userIds", json!("a"))]), 400),
        (with(&recall(sent), &[("appId", json!(7))]), 10094),
    ];
    for (body, wanted) in rows {
        assert_eq!(scene.code(RECALL, &body).await, wanted, "{body}");
    }
    let received = scene.sim.received("vivo").pop().unwrap();
    assert_eq!(received.kind, CallKind::Other);
}

#[tokio::test]
async fn only_json_is_read_and_only_posted() {
    let scene = Scene::open().await;
    let token = scene.token().await;
    let form = "application/x-www-form-urlencoded";
    for (method, path, kind, body, status) in [
        ("POST", SEND, form, "{}", 415),
        ("POST", SEND, JSON, "{", 400),
        ("POST", SEND, JSON, "[]", 400),
        ("GET", SEND, JSON, "", 405),
        ("POST", "/message/nobody", JSON, "{}", 404),
    ] {
        let headers = [("content-type", kind), ("authtoken", &*token)];
        let reply = scene
            .client
            .call(method, path, &headers, body)
            .await
            .unwrap();
        assert_eq!(reply.status, status, "{method} {path} {kind} {body}");
    }
}

#[tokio::test]
async fn a_script_speaks_in_vivos_words() {
    let scene = Scene::open().await;
    let push = scene.push();
    let rows = [
        (Fault::status(429), 429, Some(json!(10072))),
        (Fault::status(401), 401, Some(json!(10000))),
        (Fault::status(403), 403, Some(json!(10043))),
        (Fault::status(500), 500, None),
        (Fault::status(503), 503, None),
        (Fault::code(200, "10070"), 200, Some(json!(10070))),
        (Fault::code(200, "10040"), 200, Some(json!(10040))),
        (Fault::code(418, "Teapot"), 418, Some(json!("Teapot"))),
    ];
    let mut texts = HashSet::new();
    for (fault, status, code) in rows {
        scene.faults(Rule::new(fault));
        let reply = scene.call(SEND, &push).await;
        let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
        assert_eq!(reply.status, status);
        assert_eq!(said.as_ref().map(|said| said["result"].clone()), code);
        texts.extend(said.map(|said| said["desc"].to_string()));
    }
    assert_eq!(texts.len(), 6, "each has its own text");

    scene.faults(Rule::new(Fault::code(200, "10302")));
    let answer = scene.call(SEND, &push).await.json();
    let wanted = json!({ "status": 1, "userid": scene.live(0) });
    assert_eq!(answer["invalidUser"], wanted);

    for (fault, code) in [
        (Fault::status(429), 10093),
        (Fault::code(200, "10206"), 10206),
    ] {
        scene.faults(Rule::new(fault).target(Target::Auth));
        let reply = scene.auth(&asking(&scene.known().app, now_ms())).await;
        assert_eq!(reply.json()["result"], code);
    }
    scene.faults(Rule::new(Fault::code(200, "10252")).target(Target::Other));
    assert_eq!(scene.code(SAVE, &scene.message()).await, 10252);
}

#[tokio::test]
async fn the_config_leads_to_it() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["vivo"].as_table().unwrap();
    let app = &scene.known().app;
    assert_eq!(section["app_id"].as_integer(), Some(app.id as i64));
    assert_eq!(section["app_key"].as_str(), Some(&*app.key));
    assert_eq!(section["app_secret"].as_str(), Some(&*app.secret));
    assert_eq!(section["endpoint"].as_str(), Some(scene.sim.origin("vivo")));
    let listed: Value = serde_json::from_str(&scene.sim.tokens_json()).unwrap();
    for (list, count) in [("live", 8), ("dead", 3), ("muted", 2), ("flaky", 4)] {
        let tokens = listed["vivo"][list].as_array().unwrap();
        assert_eq!(tokens.len(), count);
        let lengths = tokens.iter().map(|token| token.as_str().unwrap().len());
        assert!(lengths.into_iter().all(|length| length == 23), "{list}");
    }
    let shown = format!("{:?}", scene.known());
    assert!(!shown.contains(&app.secret) && !shown.contains(&app.key));
}
