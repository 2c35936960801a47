//! Xiaomi through an independent client: what it takes, what it refuses, and in which words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Client, Reply, now, tls};
use url::form_urlencoded::Serializer;
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::xiaomi::Credentials;
use zpns_simulator::{CallKind, FaultScript, Simulator, Verdict};

const SEND: &str = "/v3/message/regid";
const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";

struct Scene {
    sim: Simulator,
    client: Client,
}

/// A form that can be bent.
#[derive(Clone)]
struct Push {
    path: &'static str,
    authorization: String,
    content_type: &'static str,
    pairs: Vec<(String, String)>,
}

impl Scene {
    async fn open() -> Self {
        let sim = Simulator::builder()
            .vendors(["xiaomi"])
            .start()
            .await
            .unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("xiaomi"), config).await;
        Self { sim, client }
    }

    fn credentials(&self) -> &Credentials {
        self.sim.xiaomi().unwrap()
    }

    fn live(&self, index: usize) -> String {
        self.sim.tokens("xiaomi").live[index].clone()
    }

    fn push(&self) -> Push {
        let known = self.credentials();
        let push = Push {
            path: SEND,
            authorization: format!("key={}", known.app_secret),
            content_type: FORM,
            pairs: Vec::new(),
        };
        push.set("registration_id", &self.live(0))
            .set("restricted_package_name", &known.package)
            .set("payload", "p")
            .set("title", "t")
            .set("description", "d")
            .set("extra.notify_effect", "1")
    }

    async fn send(&self, push: &Push) -> Reply {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(&push.pairs);
        self.post(push, form.finish()).await
    }

    async fn post(&self, push: &Push, body: String) -> Reply {
        let headers = [
            ("authorization", push.authorization.as_str()),
            ("content-type", push.content_type),
        ];
        let call = self.client.call("POST", push.path, &headers, body);
        call.await.unwrap()
    }

    /// The code of the answer, which is HTTP 200 whatever it says.
    async fn code(&self, push: &Push) -> i64 {
        let reply = self.send(push).await;
        assert_eq!(reply.status, 200);
        code(&reply)
    }

    fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }
}

impl Push {
    fn set(mut self, key: &str, value: &str) -> Self {
        self = self.without(key);
        self.pairs.push((key.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, key: &str) -> Self {
        self.pairs.retain(|(known, _)| known != key);
        self
    }

    fn to(self, tokens: &[&str]) -> Self {
        self.set("registration_id", &tokens.join(","))
    }
}

fn code(reply: &Reply) -> i64 {
    let body = reply.json();
    let code = body["code"].as_i64().unwrap();
    let result = if code == 0 { "ok" } else { "error" };
    assert_eq!(body["result"], result);
    assert!(body["trace_id"].as_str().unwrap().starts_with('X'));
    if code != 0 {
        assert!(!body["reason"].as_str().unwrap().is_empty());
    }
    code
}

#[tokio::test]
async fn a_push_is_taken_under_an_id() {
    let scene = Scene::open().await;
    for path in [SEND, "/v2/message/regid", "/v4/message/regid"] {
        let push = Push {
            path,
            ..scene.push()
        };
        let reply = scene.send(&push).await;
        assert_eq!(code(&reply), 0);
        let id = reply.json()["data"]["id"].as_str().unwrap().to_owned();
        assert!(id.starts_with("scm"));
        assert!(reply.json()["data"].get("bad_regids").is_none());
        let received = scene.sim.received("xiaomi").pop().unwrap();
        assert_eq!(received.kind, CallKind::Push);
        assert_eq!(received.verdict, Verdict::Accepted { id });
        assert_eq!(received.tokens, [scene.live(0)]);
    }
}

#[tokio::test]
async fn dead_targets_among_others_are_named_with_code_0() {
    let scene = Scene::open().await;
    let (a, b) = (scene.live(0), scene.live(1));
    let push = scene
        .push()
        .to(&[&a, "deadA+/=", &b, "CN_dead1", "no token"]);
    let reply = scene.send(&push).await;
    assert_eq!(code(&reply), 0);
    let data = &reply.json()["data"];
    assert_eq!(data["bad_regids"], "deadA+/=,CN_dead1,no token");
    let received = scene.sim.received("xiaomi").pop().unwrap();
    assert_eq!(received.tokens.len(), 5);
    assert_eq!(received.accepted_tokens(), [a, b]);
}

#[tokio::test]
async fn targets_that_are_all_dead_fail_without_being_named() {
    let scene = Scene::open().await;
    for tokens in [vec!["dead1"], vec!["dead1", "dead2"], vec!["täuschend"]] {
        let reply = scene.send(&scene.push().to(&tokens)).await;
        assert_eq!(code(&reply), 20301);
        assert!(reply.json().get("data").is_none());
    }
    for dead in scene.sim.tokens("xiaomi").dead {
        assert_eq!(scene.code(&scene.push().to(&[&dead])).await, 20301);
    }
}

#[tokio::test]
async fn a_thousand_targets_are_taken_and_no_more() {
    let scene = Scene::open().await;
    let tokens: Vec<String> = (0..1_001).map(|number| format!("r{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert_eq!(scene.code(&scene.push().to(&tokens[..1_000])).await, 0);
    assert_eq!(scene.code(&scene.push().to(&tokens)).await, 10017);
}

#[tokio::test]
async fn a_flaky_target_makes_the_whole_request_wait() {
    let scene = Scene::open().await;
    let flaky = scene.sim.tokens("xiaomi").flaky;
    let push = scene.push().to(&[&flaky[0], &scene.live(0), &flaky[1]]);
    assert_eq!(scene.code(&push).await, 10002);
    assert_eq!(scene.code(&push).await, 0);
    scene.sim.clear();
    assert_eq!(scene.code(&push).await, 10002);
}

#[tokio::test]
async fn only_the_right_secret_is_accepted() {
    let scene = Scene::open().await;
    let secret = scene.credentials().app_secret.clone();
    let blocked = scene.credentials().blocked_app_secret.clone();
    let rows = [
        (format!("key={secret}"), 0),
        (format!("Key={secret}"), 21301),
        (format!("key= {secret}"), 21301),
        (format!("key={secret}x"), 21301),
        (format!("Bearer {secret}"), 21301),
        (secret, 21301),
        (String::new(), 21301),
        (format!("key={blocked}"), 10031),
    ];
    for (authorization, wanted) in rows {
        let push = Push {
            authorization: authorization.clone(),
            ..scene.push()
        };
        assert_eq!(scene.code(&push).await, wanted, "{authorization}");
    }
}

#[tokio::test]
async fn the_package_has_to_be_the_apps() {
    let scene = Scene::open().await;
    let key = "restricted_package_name";
    let own = scene.credentials().package.clone();
    let twice = format!("{own},{own}");
    let push = scene.push();
    assert_eq!(scene.code(&push.clone().without(key)).await, 10016);
    assert_eq!(scene.code(&push.clone().set(key, "com.other")).await, 22022);
    let several = push.set(key, &twice);
    assert_eq!(scene.code(&several).await, 0);
    let second = Push {
        path: "/v2/message/regid",
        ..several
    };
    assert_eq!(scene.code(&second).await, 22022, "version 2 takes one");
}

/// A parameter, and the code that it is answered with.
#[rustfmt::skip]
const VALUES: &[(&str, &str, i64)] = &[
    ("title", "", 10017), ("title", " \u{3000}", 10017),
    ("description", "", 10017),
    ("payload", "", 0),
    ("pass_through", "0", 0), ("pass_through", "2", 10017), ("pass_through", "true", 10017),
    ("notify_type", "-1", 0), ("notify_type", "7", 0), ("notify_type", "8", 10017),
    ("notify_id", "0", 0), ("notify_id", "2147483647", 0), ("notify_id", "2147483648", 10017),
    ("notify_id", "-1", 10017), ("notify_id", "x", 10017),
    ("time_to_live", "0", 0), ("time_to_live", "864000000", 0), ("time_to_live", "864000001", 10017),
    ("time_to_send", "1", 0), ("time_to_send", "x", 10017),
    ("unknown", "1", 10008),
    ("channel_id", "1", 10008),
    ("extra.notify_effect", "0", 10017), ("extra.notify_effect", "2", 10016), ("extra.notify_effect", "3", 10016),
    ("extra.web_uri", "https://e.com/", 0), ("extra.web_uri", "e.com", 10017),
    ("extra.intent_uri", "intent:#Intent;component=a/.B;end", 0), ("extra.intent_uri", "a/.B", 10017),
    ("extra.notify_foreground", "0", 0), ("extra.notify_foreground", "false", 10017),
    ("extra.badge", "0", 0), ("extra.badge", "-1", 10017), ("extra.badge", "1.5", 10017),
    ("extra.flow_control", "4000", 0), ("extra.flow_control", "0", 10017),
    ("extra.jobkey", "a-_Z9", 0), ("extra.jobkey", "12345678901234567890", 0),
    ("extra.jobkey", "123456789012345678901", 10017), ("extra.jobkey", "_a", 10017),
    ("extra.jobkey", "", 10017), ("extra.jobkey", "a.b", 10017),
    ("extra.callback", "https://e.com/", 0), ("extra.callback", "e.com", 65038),
    ("extra.callback.type", "243", 0), ("extra.callback.type", "1267", 0),
    ("extra.callback.type", "246", 10017), ("extra.callback.type", "0", 10017),
    ("extra.locale", "zh_CN,en_GB", 0), ("extra.locale", "zh_CN,", 10017),
    ("extra.connpt", "wifi", 0), ("extra.connpt", "4g", 10017),
    ("extra.only_send_once", "1", 0), ("extra.instant_notify", "2", 10017),
    ("extra.notification_style_type", "2", 0), ("extra.notification_style_type", "3", 10017),
    ("extra.notification_style_button_mid_notify_effect", "1", 0),
    ("extra.notification_style_button_mid_web_uri", "x", 10017),
    ("extra.channel_id", "100001", 0), ("extra.channel_id", "", 10017),
    ("extra.template_id", "M1", 10041),
    ("extra.room", "7", 0), ("extra.room", "", 0),
];

#[tokio::test]
async fn every_parameter_is_checked() {
    let scene = Scene::open().await;
    for (key, value, wanted) in VALUES {
        let code = scene.code(&scene.push().set(key, value)).await;
        assert_eq!(code, *wanted, "{key}={value}");
    }
    for key in [
        "title",
        "description",
        "extra.notify_effect",
        "registration_id",
    ] {
        let code = scene.code(&scene.push().without(key)).await;
        assert_eq!(code, 10016, "without {key}");
    }
}

#[tokio::test]
async fn texts_have_limits_that_count_characters() {
    let scene = Scene::open().await;
    let fits = scene
        .push()
        .set("title", &"中".repeat(49))
        .set("description", &"👍".repeat(127))
        .set("payload", &"x".repeat(4096));
    assert_eq!(scene.code(&fits).await, 0);
    let rows = [
        ("title", "中".repeat(50), 10017),
        ("description", "a".repeat(128), 10017),
        ("payload", "ü".repeat(2049), 65009),
        (
            "extra.callback",
            format!("https://e.com/{}", "x".repeat(115)),
            65037,
        ),
        ("extra.callback.param", "x".repeat(65), 65036),
        ("extra.room", "x".repeat(1021), 65015),
    ];
    for (key, value, wanted) in rows {
        assert_eq!(
            scene.code(&fits.clone().set(key, &value)).await,
            wanted,
            "{key}"
        );
    }
    let pairs = |count: usize| {
        (0..count).fold(scene.push(), |push, n| {
            push.set(&format!("extra.k{n}"), "v")
        })
    };
    assert_eq!(scene.code(&pairs(10)).await, 0);
    assert_eq!(scene.code(&pairs(11)).await, 65014);
}

#[tokio::test]
async fn nothing_is_planned_more_than_a_week_ahead() {
    let scene = Scene::open().await;
    let at = |seconds: i64| {
        let millis = (now() + seconds) * 1000;
        scene.push().set("time_to_send", &millis.to_string())
    };
    assert_eq!(scene.code(&at(7 * 24 * 3600)).await, 0);
    assert_eq!(scene.code(&at(8 * 24 * 3600)).await, 10017);
    scene.sim.advance(Duration::from_secs(2 * 24 * 3600));
    assert_eq!(scene.code(&at(8 * 24 * 3600)).await, 0);
}

#[tokio::test]
async fn a_pass_through_needs_a_payload_and_nothing_to_show() {
    let scene = Scene::open().await;
    let silent = scene
        .push()
        .set("pass_through", "1")
        .without("title")
        .without("description")
        .without("extra.notify_effect");
    assert_eq!(scene.code(&silent).await, 0);
    assert_eq!(scene.code(&silent.without("payload")).await, 10016);
}

#[tokio::test]
async fn channels_and_templates_belong_together() {
    let scene = Scene::open().await;
    let known = scene.credentials();
    let (channel, id, param) = (
        "extra.channel_id",
        "extra.template_id",
        "extra.template_param",
    );
    let unapproved = scene.push().set(channel, &known.unapproved_channel);
    assert_eq!(scene.code(&unapproved).await, 27001);
    let private = scene.push().set(channel, &known.private_channel);
    assert_eq!(scene.code(&private).await, 10041, "no template");
    let variables = r#"{"text": "hi", "sender": "Alice"}"#;
    let whole = private.set(id, &known.template_id).set(param, variables);
    assert_eq!(scene.code(&whole).await, 0);
    let wrong = [
        (id, "M0"),
        (param, "{}"),
        (param, r#"{"text": "hi", "sender": " "}"#),
        (param, r#"{"text": "hi", "sender": 7}"#),
        (param, r#"{"text": "hi", "sender": "A", "more": "x"}"#),
        (param, "text=hi"),
    ];
    for (key, value) in wrong {
        assert_eq!(
            scene.code(&whole.clone().set(key, value)).await,
            10041,
            "{value}"
        );
    }
}

#[tokio::test]
async fn only_a_form_in_utf_8_is_read() {
    let scene = Scene::open().await;
    let json = Push {
        content_type: "application/json",
        ..scene.push()
    };
    assert_eq!(scene.code(&json).await, 10007);
    let gbk = Push {
        content_type: "application/x-www-form-urlencoded;charset=GBK",
        ..scene.push()
    };
    assert_eq!(scene.code(&gbk).await, 10007);
    for (body, wanted) in [
        ("title=%E4", 10012),
        ("title=%zz", 10012),
        ("a=1&a=2", 10008),
    ] {
        let reply = scene.post(&scene.push(), body.to_owned()).await;
        assert_eq!(code(&reply), wanted, "{body}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let scene = Scene::open().await;
    let lost = Push {
        path: "/v3/message/nobody",
        ..scene.push()
    };
    let reply = scene.send(&lost).await;
    assert_eq!((reply.status.as_u16(), code(&reply)), (404, 10020));
    let get = scene.client.call("GET", SEND, &[], "").await.unwrap();
    assert_eq!(code(&get), 10021);
}

#[tokio::test]
async fn the_quota_is_told_to_whoever_has_the_secret() {
    let scene = Scene::open().await;
    let ask = async |key: String| {
        let headers = [("authorization", key.as_str())];
        let path = "/v1/trace/quota/get";
        scene.client.call("GET", path, &headers, "").await.unwrap()
    };
    let told = ask(format!("key={}", scene.credentials().app_secret)).await;
    assert_eq!(code(&told), 0);
    assert!(told.json()["data"]["day_quota"].is_string());
    assert_eq!(code(&ask("key=x".to_owned()).await), 21301);
    let received = scene.sim.received("xiaomi");
    assert!(received.iter().all(|call| call.kind == CallKind::Other));
}

#[tokio::test]
async fn a_message_is_taken_back_by_one_id_or_from_devices() {
    let scene = Scene::open().await;
    let package = scene.credentials().package.clone();
    let recall = |path, pairs: &[(&str, &str)]| {
        let empty = Push {
            path,
            pairs: Vec::new(),
            ..scene.push()
        };
        let push = empty.set("restricted_package_name", &package);
        pairs.iter().fold(push, |push, (k, v)| push.set(k, v))
    };
    let (message, devices) = ("/v2/message/revoke", "/v1/message/regid/revoke");
    let rows = [
        (recall(message, &[("msg_id", "scm1")]), 0),
        (recall(message, &[("job_key", "j1")]), 0),
        (recall(message, &[]), 10016),
        (
            recall(message, &[("msg_id", "scm1"), ("job_key", "j")]),
            10016,
        ),
        (
            recall(devices, &[("registration_ids", "a,b"), ("notify_id", "7")]),
            0,
        ),
        (recall(devices, &[("registration_ids", "a")]), 10016),
        (recall(devices, &[("notify_id", "7")]), 10016),
    ];
    for (index, (push, wanted)) in rows.iter().enumerate() {
        assert_eq!(scene.code(push).await, *wanted, "{index}");
    }
}

#[tokio::test]
async fn faults_speak_xiaomis_words() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::status(503), 503, 10002),
        (Fault::status(429), 429, 200_002),
        (Fault::status(500), 500, 10001),
        (Fault::code(200, "200001"), 200, 200_001),
        (Fault::code(200, "20301"), 200, 20301),
    ];
    for (fault, status, wanted) in rows {
        scene.faults(Rule::new(fault));
        let reply = scene.send(&scene.push()).await;
        assert_eq!((reply.status.as_u16(), code(&reply)), (status, wanted));
    }
    scene.faults(Rule::new(Fault::code(418, "Teapot")));
    assert_eq!(scene.send(&scene.push()).await.json()["code"], "Teapot");
    let second = scene.live(1);
    scene.faults(Rule::new(Fault::code(200, "10003")).token(second.as_str()));
    assert_eq!(scene.code(&scene.push()).await, 0);
    let both = scene.push().to(&[&scene.live(0), &second]);
    assert_eq!(scene.code(&both).await, 10003, "any target of the list");
}

#[tokio::test]
async fn a_secret_that_was_replaced_in_the_console_is_refused_from_then_on() {
    let scene = Scene::open().await;
    scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
    assert_eq!(scene.code(&scene.push()).await, 21301);
    assert_eq!(scene.code(&scene.push()).await, 21301);
}

#[tokio::test]
async fn the_config_leads_to_it() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["xiaomi"].as_table().unwrap();
    let known = scene.credentials();
    assert_eq!(section["app_secret"].as_str(), Some(&*known.app_secret));
    assert_eq!(section["package"].as_str(), Some(&*known.package));
    assert_eq!(
        section["endpoint"].as_str(),
        Some(scene.sim.origin("xiaomi"))
    );
    let listed: Value = serde_json::from_str(&scene.sim.tokens_json()).unwrap();
    assert_eq!(listed["xiaomi"]["live"].as_array().unwrap().len(), 8);
    assert!(!format!("{known:?}").contains(&known.app_secret));
}
