//! A client of HONOR.

use serde_json::{Value, json};
use zpns_simulator::faults::Rule;
use zpns_simulator::honor::Credentials;
use zpns_simulator::{FaultScript, Simulator, Verdict};

use super::{Client, Reply, now, tls};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json; charset=UTF-8";
pub const EXCHANGE: &str = "/auth/token";

pub const OK: i64 = 200;
/// The message is not built as it should be.
pub const WRONG: i64 = 80_100_003;

pub struct Scene {
    pub sim: Simulator,
    pub client: Client,
}

/// A push that can be bent.
#[derive(Clone)]
pub struct Push {
    pub app: String,
    pub authorization: String,
    pub timestamp: Option<String>,
    pub content_type: &'static str,
    pub body: String,
}

impl Scene {
    pub async fn open() -> Self {
        let sim = Simulator::builder().vendors(["honor"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("honor"), config).await;
        Self { sim, client }
    }

    pub fn known(&self) -> &Credentials {
        self.sim.honor().unwrap()
    }

    pub fn live(&self, index: usize) -> String {
        self.sim.tokens("honor").live[index].clone()
    }

    pub fn dead(&self, index: usize) -> String {
        self.sim.tokens("honor").dead[index].clone()
    }

    pub fn flaky(&self, index: usize) -> String {
        self.sim.tokens("honor").flaky[index].clone()
    }

    pub async fn exchange(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let headers = [("content-type", FORM)];
        let call = self.client.call("POST", path, &headers, form);
        call.await.unwrap()
    }

    pub async fn bearer_of(&self, id: &str, secret: &str) -> String {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let reply = self.exchange(EXCHANGE, &pairs).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn bearer(&self) -> String {
        let known = self.known();
        self.bearer_of(&known.client_id, &known.client_secret).await
    }

    /// A message with these changes, by path.
    pub fn message(&self, changes: &[(&str, Value)]) -> Value {
        let mut body = json!({
            "android": {"notification": {"title": "t", "body": "b", "clickAction": {"type": 3}}},
            "token": [self.live(0)],
        });
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

    pub async fn push(&self, body: &Value) -> Push {
        Push {
            app: self.known().app_id.clone(),
            authorization: format!("Bearer {}", self.bearer().await),
            timestamp: Some(format!("{}123", now())),
            content_type: JSON,
            body: body.to_string(),
        }
    }

    pub async fn post(&self, push: &Push) -> Reply {
        let path = format!("/api/v1/{}/sendMessage", push.app);
        let mut headers = vec![
            ("authorization", push.authorization.as_str()),
            ("content-type", push.content_type),
        ];
        headers.extend(push.timestamp.as_deref().map(|time| ("timestamp", time)));
        let call = self.client.call("POST", &path, &headers, push.body.clone());
        call.await.unwrap()
    }

    pub async fn send(&self, body: &Value) -> Reply {
        self.post(&self.push(body).await).await
    }

    pub async fn to(&self, tokens: &[&str]) -> Reply {
        self.send(&self.message(&[("/token", json!(tokens))])).await
    }

    pub async fn code(&self, changes: &[(&str, Value)]) -> i64 {
        code(&self.send(&self.message(changes)).await)
    }

    pub fn faults(&self, rule: Rule) {
        self.sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    }

    pub fn verdict(&self) -> Verdict {
        self.sim.received("honor").pop().unwrap().verdict
    }
}

pub fn code(reply: &Reply) -> i64 {
    reply.json()["code"].as_i64().unwrap()
}

/// Status and code of a refusal, which has a sentence and no data.
pub fn refused(reply: &Reply) -> (u16, i64) {
    let body = reply.json();
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert_eq!(body["data"], Value::Null);
    (reply.status.as_u16(), code(reply))
}
