//! HarmonyOS push through an independent client: what it takes, what it refuses, and in which
//! words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use serde_json::{Value, json};
use support::{Client, Reply, der, jwt, now, tls};
use zpns_simulator::Simulator;
use zpns_simulator::harmony::Credentials;

struct Scene {
    sim: Simulator,
    client: Client,
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder().vendors(["huawei", "harmony"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("harmony"), config).await;
        Self { sim, client }
    }

    fn known(&self) -> &Credentials {
        self.sim.harmony().unwrap()
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("harmony").live[index].clone()
    }

    fn signed(&self, header: &Value, claims: &Value, padding: &'static dyn RsaEncoding) -> String {
        let pair = KeyPair::from_pkcs8(&der(&self.known().private_key_pem)).unwrap();
        jwt(header, claims, |data| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = SystemRandom::new();
            pair.sign(padding, &random, data, &mut signature).unwrap();
            signature
        })
    }

    fn header(&self) -> Value {
        json!({"alg": "PS256", "typ": "JWT", "kid": self.known().key_id})
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.known().sub_account,
            "aud": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
            "iat": now(), "exp": now() + 3_600,
        })
    }

    fn bearer(&self) -> String {
        self.signed(&self.header(), &self.claims(), &RSA_PSS_SHA256)
    }

    fn path(&self) -> String {
        format!("/v3/{}/messages:send", self.known().project_id)
    }

    async fn post(&self, path: &str, bearer: &str, push_type: &str, body: &Value) -> Reply {
        let authorization = format!("Bearer {bearer}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("push-type", push_type),
        ];
        let body = body.to_string();
        self.client
            .call("POST", path, &headers, body)
            .await
            .unwrap()
    }

    async fn code(&self, push_type: &str, body: &Value) -> String {
        let reply = self
            .post(&self.path(), &self.bearer(), push_type, body)
            .await;
        reply.json()["code"].as_str().unwrap().to_owned()
    }

    /// An alert to these tokens.
    fn alert(&self, tokens: &[String]) -> Value {
        json!({
            "payload": {"notification": {
                "category": "IM", "title": "t", "body": "b", "clickAction": {"actionType": 0},
            }},
            "pushOptions": {"ttl": 60},
            "target": {"token": tokens},
        })
    }

    fn message(&self) -> Value {
        self.alert(&[self.live(0)])
    }
}

#[tokio::test]
async fn a_message_is_taken_under_an_id() {
    let scene = Scene::open().await;
    let reply = scene
        .post(&scene.path(), &scene.bearer(), "0", &scene.message())
        .await;
    let answer = reply.json();
    assert_eq!(
        (reply.status.as_u16(), &answer["code"]),
        (200, &json!("80000000"))
    );
    assert!(answer["requestId"].is_string());
    assert_eq!(
        scene.sim.counters("harmony").auth_calls,
        0,
        "there is nothing to exchange"
    );
}

#[tokio::test]
async fn only_a_token_that_the_account_signed_for_its_own_project_is_accepted() {
    let scene = Scene::open().await;
    let header = |name: &str, value: Value| {
        let mut header = scene.header();
        header[name] = value;
        scene.signed(&header, &scene.claims(), &RSA_PSS_SHA256)
    };
    let claim = |name: &str, value: Value| {
        let mut claims = scene.claims();
        claims[name] = value;
        scene.signed(&scene.header(), &claims, &RSA_PSS_SHA256)
    };
    let good = scene.bearer();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let rows = [
        (
            "other padding",
            scene.signed(&scene.header(), &scene.claims(), &RSA_PKCS1_SHA256),
            "80200001",
        ),
        ("RS256", header("alg", json!("RS256")), "80200001"),
        ("key", header("kid", json!("x")), "80200001"),
        ("type", header("typ", Value::Null), "80200001"),
        ("issuer", claim("iss", json!("1")), "80200001"),
        ("audience", claim("aud", json!("https://x")), "80200001"),
        ("future", claim("iat", json!(now() + 600)), "80200001"),
        ("no time", claim("iat", Value::Null), "80200001"),
        ("expired", claim("exp", json!(now() - 1)), "80200005"),
        ("long", claim("exp", json!(now() + 86_460)), "80300036"),
        (
            "signature",
            format!("{signed}.{}", "A".repeat(342)),
            "80200001",
        ),
        ("an access token", "DAED/x".to_owned(), "80200001"),
    ];
    for (name, bearer, code) in rows {
        let reply = scene
            .post(&scene.path(), &bearer, "0", &scene.message())
            .await;
        assert_eq!(reply.json()["code"], code, "{name}");
    }
    let other = "/v3/388421841221199999/messages:send";
    let reply = scene.post(other, &good, "0", &scene.message()).await;
    assert_eq!(reply.json()["code"], "80200001");

    let account: Value =
        serde_json::from_str(&scene.known().disabled_service_account_json).unwrap();
    let disabled = claim("iss", account["sub_account"].clone());
    let reply = scene.post(other, &disabled, "0", &scene.message()).await;
    assert_eq!(reply.json()["code"], "80300002");

    scene.sim.advance(Duration::from_secs(3_700));
    let reply = scene
        .post(&scene.path(), &good, "0", &scene.message())
        .await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["code"]),
        (401, &json!("80200005"))
    );
}

#[tokio::test]
async fn tokens_that_are_not_sent_to_are_listed_by_reason() {
    let scene = Scene::open().await;
    let dead = scene.sim.tokens("harmony").dead[0].clone();
    let older = scene.sim.tokens("huawei").live[0].clone();
    let foreign = scene.known().foreign_token.clone();
    let tokens = [
        scene.live(0),
        dead.clone(),
        older.clone(),
        foreign.clone(),
        "short".to_owned(),
    ];
    let reply = scene
        .post(&scene.path(), &scene.bearer(), "0", &scene.alert(&tokens))
        .await;
    assert_eq!(reply.json()["code"], "80100000");
    let listed: Value = serde_json::from_str(reply.json()["msg"].as_str().unwrap()).unwrap();
    let reasons = json!({"tokenFormatError": [dead, "short"], "noRight": [older, foreign]});
    assert_eq!(
        listed,
        json!({"success": 1, "failure": 4, "illegalTokens": reasons})
    );
    let received = scene.sim.received("harmony");
    assert_eq!(received.last().unwrap().accepted_tokens(), [scene.live(0)]);

    let reply = scene
        .post(
            &scene.path(),
            &scene.bearer(),
            "0",
            &scene.alert(&tokens[1..]),
        )
        .await;
    assert_eq!(reply.json()["code"], "80300007");
    let listed: Value = serde_json::from_str(reply.json()["msg"].as_str().unwrap()).unwrap();
    assert_eq!(listed, json!({"failure": 4, "illegalTokens": reasons}));
}

#[tokio::test]
async fn every_push_type_has_its_own_payload_and_number_of_tokens() {
    let scene = Scene::open().await;
    let to = |payload: Value, tokens: &[String]| json!({"payload": payload, "target": {"token": tokens}});
    let one = [scene.live(0)];
    let look = json!({
        "category": "PLAY_VOICE", "title": "t", "body": "b", "clickAction": {"actionType": 0},
    });
    let form = json!({
        "formId": 1, "version": 0, "moduleName": "m", "formName": "f", "abilityName": "a",
        "formData": {},
    });
    let view = json!({"activityId": 1, "operation": 0, "event": "TAXI", "activityData": {}});
    let mut parcel = view.clone();
    parcel["event"] = json!("DELIVERY");
    let extra = json!({"extraData": "x"});
    let voice = json!({"notification": look, "extraData": "x"});
    #[rustfmt::skip]
    let rows = [
        ("0", json!({"notification": {"badge": {"setNum": 0}}}), "80000000"),
        ("0", json!({"notification": {"badge": {"addNum": 1}}}), "80100003"),
        ("0", json!({"notification": look}), "80100003"),
        ("0", extra.clone(), "80100003"),
        ("1", form.clone(), "80000000"),
        ("1", json!({"formId": 1}), "80100003"),
        ("2", voice.clone(), "80000000"),
        ("2", json!({"notification": look}), "80100003"),
        ("6", extra.clone(), "80000000"),
        ("6", json!({"extraData": "x", "proxyData": "ENABLE"}), "80000000"),
        ("6", json!({"extraData": {}}), "80100003"),
        ("7", view.clone(), "80000000"),
        ("7", parcel, "80100003"),
        ("10", extra.clone(), "80000000"),
        ("10", json!({}), "80100003"),
        ("3", extra.clone(), "80100001"),
        ("", extra, "80100001"),
    ];
    for (push_type, payload, code) in rows {
        let body = to(payload, &one);
        assert_eq!(
            scene.code(push_type, &body).await,
            code,
            "{push_type} {body}"
        );
    }
    let two = [scene.live(0), scene.live(1)];
    assert_eq!(scene.code("1", &to(form, &two)).await, "80300010");
}

#[tokio::test]
async fn every_rule_of_the_message_has_its_code() {
    let scene = Scene::open().await;
    let many = vec![scene.live(0); 1_001];
    let eleven = vec![scene.live(0); 11];
    #[rustfmt::skip]
    let rows = [
        ("/target", "token", json!([]), "80300010"),
        ("/target", "token", json!(many), "80300010"),
        ("/target", "topic", json!("t"), "80100003"),
        ("", "target", Value::Null, "80300010"),
        ("", "payload", Value::Null, "80100003"),
        ("", "validate_only", json!(true), "80100003"),
        ("/payload/notification", "category", Value::Null, "80100003"),
        ("/payload/notification", "category", json!("SPAM"), "80100003"),
        ("/payload/notification", "title", Value::Null, "80100003"),
        ("/payload/notification", "body", json!("x".repeat(4_097)), "80300008"),
        ("/payload/notification", "clickAction", Value::Null, "80100003"),
        ("/payload/notification", "clickAction", json!({"actionType": 1}), "80100003"),
        ("/payload/notification", "clickAction", json!({"actionType": 5}), "80100003"),
        ("/payload/notification", "appMessageId", json!("ü"), "80100003"),
        ("/payload/notification", "notify_id", json!(1), "80100003"),
        ("/payload/notification", "style", json!(3), "80100003"),
        ("/pushOptions", "ttl", json!("60s"), "80100003"),
        ("/pushOptions", "ttl", json!(1_296_001), "80100003"),
        ("/pushOptions", "collapseKey", json!(101), "80100003"),
        ("/pushOptions", "backgroundMode", json!(1), "80100003"),
    ];
    for (parent, name, value, code) in rows {
        let mut body = scene.message();
        let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match &value {
            Value::Null => object.remove(name),
            value => object.insert(name.to_owned(), value.clone()),
        };
        assert_eq!(
            scene.code("0", &body).await,
            code,
            "{parent}/{name} {value}"
        );
    }
    let mut test = scene.alert(&eleven);
    test["pushOptions"]["testMessage"] = json!(true);
    assert_eq!(scene.code("0", &test).await, "80300030");
    test["target"]["token"] = json!(eleven[..10]);
    assert_eq!(scene.code("0", &test).await, "80000000");
}

#[tokio::test]
async fn a_notification_is_taken_back_by_the_apps_own_id() {
    let scene = Scene::open().await;
    let path = format!("/v1/{}/messages:revoke", scene.known().app_id);
    let body = json!({"notifyId": 7, "token": [scene.live(0)]});
    let revoke = async |path: &str, push_type: &str, body: &Value| {
        let reply = scene.post(path, &scene.bearer(), push_type, body).await;
        reply.json()["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(revoke(&path, "0", &body).await, "80000000");
    assert_eq!(revoke(&path, "6", &body).await, "80100001");
    assert_eq!(
        revoke("/v1/1/messages:revoke", "0", &body).await,
        "80300028"
    );
    let nameless = json!({"notifyId": -1, "token": [scene.live(0)]});
    assert_eq!(revoke(&path, "0", &nameless).await, "80100003");
    let nobody = json!({"notifyId": 1, "token": []});
    assert_eq!(revoke(&path, "0", &nobody).await, "80300010");
    assert_eq!(scene.sim.counters("harmony").pushes, 0);
}

#[tokio::test]
async fn an_older_version_reaches_none_of_these_devices() {
    let scene = Scene::open().await;
    for version in ["v1", "v2"] {
        let path = format!("/{version}/{}/messages:send", scene.known().project_id);
        let reply = scene
            .post(&path, &scene.bearer(), "0", &scene.message())
            .await;
        assert_eq!(reply.json()["code"], "80300007");
    }
}
