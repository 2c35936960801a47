//! A client of OPPO.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;
use zpns_simulator::faults::Rule;
use zpns_simulator::oppo::{App, Credentials};
use zpns_simulator::{FaultScript, Simulator};

use super::{Client, Reply, now, tls};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const AUTH: &str = "/server/v1/auth";
pub const UNICAST: &str = "/server/v1/message/notification/unicast";
pub const BATCH: &str = "/server/v1/message/notification/unicast_batch";
pub const SAVE: &str = "/server/v1/message/notification/save_message_content";
pub const BROADCAST: &str = "/server/v1/message/notification/broadcast";

pub type Changes<'a> = &'a [(&'a str, Value)];
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

pub struct Scene {
    pub sim: Simulator,
    pub client: Client,
}

impl Scene {
    pub async fn open() -> Self {
        let sim = Simulator::builder().vendors(["oppo"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("oppo"), config).await;
        Self { sim, client }
    }

    pub fn known(&self) -> &Credentials {
        self.sim.oppo().unwrap()
    }

    pub fn app(&self) -> &App {
        &self.known().app
    }

    pub fn live(&self, index: usize) -> String {
        self.sim.tokens("oppo").live[index].clone()
    }

    pub fn dead(&self, index: usize) -> String {
        self.sim.tokens("oppo").dead[index].clone()
    }

    pub fn flaky(&self, index: usize) -> String {
        self.sim.tokens("oppo").flaky[index].clone()
    }

    pub async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        pairs: &[(&str, &str)],
    ) -> Reply {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(pairs);
        let mut all = vec![("content-type", FORM)];
        all.extend(headers);
        let call = self.client.call("POST", path, &all, form.finish());
        call.await.unwrap()
    }

    pub async fn exchange(&self, pairs: &[(&str, &str)]) -> Reply {
        self.post(AUTH, &[], pairs).await
    }

    pub async fn token_of(&self, app: &App, millis: i64) -> Value {
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

    pub async fn token(&self) -> String {
        text(&self.token_of(self.app(), now() * 1000).await["auth_token"])
    }

    /// A call with the token of the app.
    pub async fn call(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let token = self.token().await;
        let mut all = vec![("auth_token", token.as_str())];
        all.extend(pairs);
        self.post(path, &[], &all).await
    }

    pub async fn unicast(&self, message: &Value) -> Reply {
        self.call(UNICAST, &[("message", &message.to_string())])
            .await
    }

    pub async fn batch(&self, messages: &[Value]) -> Reply {
        let messages = json!(messages).to_string();
        self.call(BATCH, &[("messages", &messages)]).await
    }

    /// Saves a message of these fields, and answers the reply.
    pub async fn save_reply(&self, changes: Changes<'_>) -> Reply {
        let fields = notification(changes);
        let texts = fields.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        let texts: Vec<(String, String)> = texts.collect();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(k, v)| (&**k, &**v)).collect();
        self.call(SAVE, &pairs).await
    }

    pub async fn save(&self) -> String {
        let reply = self.save_reply(&[]).await;
        assert_eq!(code(&reply), 0, "{:?}", reply.body);
        text(&reply.json()["data"]["message_id"])
    }

    pub async fn broadcast(&self, id: &str, kind: &str, targets: &str) -> Reply {
        let pairs = [
            ("message_id", id),
            ("target_type", kind),
            ("target_value", targets),
        ];
        self.call(BROADCAST, &pairs).await
    }

    /// The code of a message to one live device with these fields.
    pub async fn code(&self, changes: Changes<'_>) -> i64 {
        let message = message(&self.live(0), changes);
        code(&self.unicast(&message).await)
    }

    pub fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }
}

pub fn sign(key: &str, timestamp: &str, secret: &str) -> String {
    let digest = digest(&SHA256, format!("{key}{timestamp}{secret}").as_bytes());
    let digits = digest.as_ref().iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// A notification with these fields; null leaves one out.
pub fn notification(changes: Changes<'_>) -> Map<String, Value> {
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

pub fn message(target: &str, changes: Changes<'_>) -> Value {
    json!({"target_type": 2, "target_value": target, "notification": notification(changes)})
}

/// The code of an answer, which is HTTP 200 whatever it says. One that is not 0 comes without data.
#[track_caller]
pub fn code(reply: &Reply) -> i64 {
    assert_eq!(reply.status, 200);
    let body = reply.json();
    let code = body["code"].as_i64().unwrap();
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert_eq!(body.get("data").is_some(), code == 0, "{body}");
    code
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The item of a batch's answer about this target.
#[track_caller]
pub fn item<'a>(items: &'a Value, target: &str) -> &'a Value {
    let mut items = items.as_array().unwrap().iter();
    items
        .find(|item| item["registrationId"] == target)
        .expect("an item for every target")
}
