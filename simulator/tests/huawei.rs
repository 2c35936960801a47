//! Huawei's Android push through an independent client: what it takes, what it refuses, and in
//! which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Client, Reply, tls};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::huawei::Credentials;
use zpns_simulator::{CallKind, FaultScript, Simulator, Verdict};

const FORM: &str = "application/x-www-form-urlencoded";

struct Scene {
    sim: Simulator,
    client: Client,
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder().vendors(["huawei", "harmony"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("huawei"), config).await;
        Self { sim, client }
    }

    fn known(&self) -> &Credentials {
        self.sim.huawei().unwrap()
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("huawei").live[index].clone()
    }

    fn dead(&self) -> String {
        self.sim.tokens("huawei").dead[0].clone()
    }

    async fn exchange(&self, pairs: &[(&str, &str)]) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let path = "/oauth2/v3/token";
        let headers = [("content-type", FORM)];
        self.client
            .call("POST", path, &headers, form)
            .await
            .unwrap()
    }

    async fn bearer_of(&self, id: &str, secret: &str) -> String {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let reply = self.exchange(&pairs).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn bearer(&self) -> String {
        let known = self.known();
        self.bearer_of(&known.app_id, &known.app_secret).await
    }

    async fn post(&self, path: &str, bearer: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {bearer}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json;charset=UTF-8"),
        ];
        let body = body.to_owned();
        self.client
            .call("POST", path, &headers, body)
            .await
            .unwrap()
    }

    async fn send(&self, body: &Value) -> Reply {
        let path = format!("/v1/{}/messages:send", self.known().app_id);
        self.post(&path, &self.bearer().await, &body.to_string())
            .await
    }

    /// A message with these changes, by path.
    fn message(&self, changes: &[(&str, Value)]) -> Value {
        let mut body = json!({"message": {
            "android": {"notification": {"title": "t", "body": "b", "click_action": {"type": 3}}},
            "token": [self.live(0)],
        }});
        for (path, value) in changes {
            let (parent, name) = path.rsplit_once('/').unwrap();
            let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            match value {
                Value::Null => parent.remove(name),
                value => parent.insert(name.to_owned(), value.clone()),
            };
        }
        body
    }

    async fn code(&self, changes: &[(&str, Value)]) -> String {
        let reply = self.send(&self.message(changes)).await;
        reply.json()["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_exchange_gives_a_bearer_for_an_hour_and_escapes_its_slashes() {
    let scene = Scene::open().await;
    let known = scene.known();
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", &known.app_id),
        ("client_secret", &known.app_secret),
    ];
    let reply = scene.exchange(&pairs).await;
    assert!(std::str::from_utf8(&reply.body).unwrap().contains("\\/"));
    let body = reply.json();
    assert_eq!(
        (&body["expires_in"], &body["token_type"]),
        (&json!(3_600), &json!("Bearer"))
    );
    assert_eq!(scene.sim.counters("huawei").auth_calls, 1);
}

#[tokio::test]
async fn a_wrong_exchange_is_told_by_its_sub_error() {
    let scene = Scene::open().await;
    let known = scene.known();
    let (grant, id, secret) = ("client_credentials", &*known.app_id, &*known.app_secret);
    let rows = [
        ("password", id, secret, 20182),
        (grant, "abc", secret, 20002),
        (grant, "", secret, 20002),
        (grant, "987654321987654321", secret, 20003),
        (grant, id, "", 20171),
        (grant, id, "wrong", 12304),
    ];
    for (grant, id, secret, sub_error) in rows {
        let pairs = [
            ("grant_type", grant),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let reply = scene.exchange(&pairs).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json()["sub_error"], sub_error);
        assert!(reply.json()["error"].is_number());
    }
}

#[tokio::test]
async fn a_message_is_taken_under_an_id_by_both_versions() {
    let scene = Scene::open().await;
    let body = scene.message(&[]).to_string();
    let bearer = scene.bearer().await;
    let known = scene.known();
    for path in [
        format!("/v1/{}/messages:send", known.app_id),
        format!("/v2/{}/messages:send", known.project_id),
    ] {
        let reply = scene.post(&path, &bearer, &body).await;
        let answer = reply.json();
        assert_eq!(
            (reply.status.as_u16(), &answer["code"]),
            (200, &json!("80000000"))
        );
        let received = scene.sim.received("huawei");
        let Verdict::Accepted { id } = &received.last().unwrap().verdict else {
            panic!()
        };
        assert_eq!(answer["requestId"], json!(id));
    }
}

#[tokio::test]
async fn a_bearer_has_to_be_there_to_be_known_to_be_fresh_and_the_apps_own() {
    let scene = Scene::open().await;
    let body = scene.message(&[]).to_string();
    let known = scene.known();
    let path = format!("/v1/{}/messages:send", known.app_id);
    let bearer = scene.bearer().await;
    let refused = async |path: &str, bearer: &str| {
        let reply = scene.post(path, bearer, &body).await;
        (
            reply.status.as_u16(),
            reply.json()["code"].as_str().unwrap().to_owned(),
        )
    };
    let unknown = (401, "80200001".to_owned());
    assert_eq!(refused(&path, "nobody's").await, unknown);
    let stranger = scene
        .bearer_of(&known.disabled_app_id, &known.disabled_app_secret)
        .await;
    assert_eq!(refused(&path, &stranger).await, unknown, "another app's");
    let theirs = format!("/v1/{}/messages:send", known.disabled_app_id);
    assert_eq!(
        refused(&theirs, &stranger).await,
        (400, "80300002".to_owned())
    );
    let third = format!("/v3/{}/messages:send", known.project_id);
    assert_eq!(
        refused(&third, &bearer).await,
        unknown,
        "v3 takes none of these"
    );
    let nowhere = scene.post("/v1/messages:send", &bearer, &body).await;
    assert_eq!(nowhere.status, 404);

    // The simulator's clock runs on beside what it is moved by, so there is room for a slow machine.
    scene.sim.advance(Duration::from_secs(3_500));
    assert_eq!(refused(&path, &bearer).await.1, "80000000");
    scene.sim.advance(Duration::from_secs(100));
    assert_eq!(refused(&path, &bearer).await, (401, "80200003".to_owned()));
}

#[tokio::test]
async fn dead_malformed_and_harmony_tokens_are_listed_and_alone_they_are_all_invalid() {
    let scene = Scene::open().await;
    let next = scene.sim.tokens("harmony").live[0].clone();
    let tokens = [
        scene.live(0),
        scene.dead(),
        "short".to_owned(),
        next.clone(),
        scene.live(1),
    ];
    let reply = scene
        .send(&scene.message(&[("/message/token", json!(tokens))]))
        .await;
    let answer = reply.json();
    assert_eq!(
        (reply.status.as_u16(), &answer["code"]),
        (200, &json!("80100000"))
    );
    let listed: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    assert_eq!(
        listed,
        json!({"success": 2, "failure": 3, "illegal_tokens": [scene.dead(), "short", next]})
    );
    let received = scene.sim.received("huawei");
    let push = received.last().unwrap();
    assert_eq!(push.kind, CallKind::Push);
    assert_eq!(push.accepted_tokens(), [scene.live(0), scene.live(1)]);
    for token in [scene.dead(), next] {
        assert_eq!(
            scene.code(&[("/message/token", json!([token]))]).await,
            "80300007"
        );
    }
}

#[tokio::test]
async fn a_validated_message_reaches_nobody() {
    let scene = Scene::open().await;
    let changes = [
        ("/validate_only", json!(true)),
        ("/message/token", json!(["x"])),
    ];
    assert_eq!(scene.code(&changes).await, "80000000");
    assert_eq!(scene.sim.counters("huawei").accepted, 0);
}

#[tokio::test]
async fn a_flaky_token_fails_once_with_all_of_its_request() {
    let scene = Scene::open().await;
    let flaky = scene.sim.tokens("huawei").flaky;
    let all = json!([flaky[0], scene.live(0), flaky[1]]);
    assert_eq!(
        scene.code(&[("/message/token", all.clone())]).await,
        "81000001"
    );
    assert_eq!(scene.code(&[("/message/token", all)]).await, "80000000");
}

#[tokio::test]
async fn every_rule_of_the_message_has_its_code() {
    let scene = Scene::open().await;
    let look = |name: &str| format!("/message/android/notification/{name}");
    let many = vec![scene.live(0); 1_001];
    #[rustfmt::skip]
    let rows = [
        ("/message/token".to_owned(), Value::Null, "80300010"),
        ("/message/token".to_owned(), json!([]), "80300010"),
        ("/message/token".to_owned(), json!(many), "80300010"),
        ("/message/token".to_owned(), json!("one"), "80100003"),
        ("/message/topic".to_owned(), json!("t"), "80100003"),
        ("/message/tokens".to_owned(), json!([]), "80100003"),
        ("/message/data".to_owned(), json!("no JSON"), "80100003"),
        ("/message/data".to_owned(), json!("x".repeat(4_097)), "80300008"),
        ("/message/android/collapse_key".to_owned(), json!(101), "80100013"),
        ("/message/android/ttl".to_owned(), json!("0s"), "80100004"),
        ("/message/android/ttl".to_owned(), json!("1296001s"), "80100003"),
        ("/message/android/ttl".to_owned(), json!(60), "80100003"),
        ("/message/android/category".to_owned(), json!("SPAM"), "80100003"),
        ("/message/android/target_user_type".to_owned(), json!(2), "80100003"),
        ("/message/android/notification".to_owned(), Value::Null, "80100003"),
        (look("title"), Value::Null, "80100003"),
        (look("body"), Value::Null, "80100003"),
        (look("click_action"), Value::Null, "80100003"),
        (look("click_action"), json!({"type": 1}), "80100003"),
        (look("click_action"), json!({"type": 2, "url": "http://x"}), "80100003"),
        (look("importance"), json!("HIGH"), "80300011"),
        (look("importance"), json!("LOUD"), "80100003"),
        (look("style"), json!(1), "80100003"),
        (look("style"), json!(2), "80100003"),
        (look("default_sound"), json!(false), "80100003"),
        (look("badge"), json!({"set_num": 100}), "80100003"),
        (look("buttons"), json!([{"name": "n", "action_type": 1}]), "80100003"),
        (look("light_settings"), json!({}), "80100003"),
        (look("color"), json!("red"), "80100003"),
        (look("notifyId"), json!(1), "80100003"),
    ];
    for (path, value, code) in rows {
        assert_eq!(
            scene.code(&[(&path, value.clone())]).await,
            code,
            "{path} {value}"
        );
    }
    let fine = [
        ("/message/data", json!("{\"k\":1}")),
        ("/message/android/collapse_key", json!(-1)),
        ("/message/android/ttl", json!("3.5s")),
        ("/message/android/notification/badge", json!({"set_num": 0})),
    ];
    assert_eq!(scene.code(&fine).await, "80000000");
    let data_message = [
        ("/message/android", json!({"urgency": "HIGH"})),
        ("/message/data", json!("anything")),
    ];
    assert_eq!(scene.code(&data_message).await, "80000000");
    let text = [("content-type", "text/plain")];
    let path = format!("/v1/{}/messages:send", scene.known().app_id);
    let reply = scene.client.call("POST", &path, &text, "{}").await.unwrap();
    assert_eq!(reply.json()["code"], "80200001", "who asks comes first");
}

#[tokio::test]
async fn a_script_speaks_in_huaweis_words_and_the_gateway_has_none() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::code(200, "80300029"), 200, Some("80300029")),
        (Fault::status(500), 500, Some("81000001")),
        (Fault::status(400), 400, Some("80100001")),
        (Fault::status(503), 503, None),
        (Fault::status(429), 429, None),
    ];
    for (fault, status, code) in rows {
        let script = FaultScript::new().rule(Rule::new(fault).count(1));
        scene.sim.set_faults(script).unwrap();
        let reply = scene.send(&scene.message(&[])).await;
        assert_eq!(reply.status.as_u16(), status);
        let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let said = said.and_then(|said| said["code"].as_str().map(str::to_owned));
        assert_eq!(said.as_deref(), code);
    }
}
