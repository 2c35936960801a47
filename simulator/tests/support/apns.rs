//! A client of APNs.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use zpns_simulator::Simulator;
use zpns_simulator::apns::{Credentials, Key};

use super::{Client, Reply, der, jwt, now, tls};

pub const ALERT: &str = r#"{"aps":{"alert":{"title":"t","body":"b"}}}"#;

pub fn credentials(sim: &Simulator) -> &Credentials {
    sim.apns().unwrap()
}

pub fn own_key(sim: &Simulator) -> Key {
    let mut key = credentials(sim).other_keys.second.clone();
    let own = credentials(sim);
    (key.team_id, key.key_id, key.key_pem) =
        (own.team_id.clone(), own.key_id.clone(), own.key_pem.clone());
    key
}

pub fn sign(pem: &str, data: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(pem)).unwrap();
    pair.sign(&SystemRandom::new(), data)
        .unwrap()
        .as_ref()
        .to_vec()
}

/// A provider token with this header and these claims.
pub fn token_of(header: &Value, claims: &Value, pem: &str) -> String {
    jwt(header, claims, |data| sign(pem, data))
}

pub fn token_at(key: &Key, issued_at: i64) -> String {
    let header = json!({ "alg": "ES256", "kid": key.key_id });
    token_of(
        &header,
        &json!({ "iss": key.team_id, "iat": issued_at }),
        &key.key_pem,
    )
}

pub fn token(sim: &Simulator) -> String {
    token_at(&own_key(sim), now())
}

pub async fn connect(sim: &Simulator) -> Client {
    Client::connect(sim.origin("apns"), tls(&sim.ca_pem(), None, &["h2"])).await
}

/// A push that can be bent.
#[derive(Clone)]
pub struct Push {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Push {
    pub fn new(sim: &Simulator, token: &str) -> Self {
        let device = sim.tokens("apns").live[0].clone();
        let headers = [
            ("authorization", format!("bearer {token}")),
            ("apns-topic", credentials(sim).topic.clone()),
            ("apns-push-type", "alert".to_owned()),
        ];
        Self {
            method: "POST",
            path: format!("/3/device/{device}"),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            body: ALERT.to_owned(),
        }
    }

    pub fn to(mut self, device: &str) -> Self {
        self.path = format!("/3/device/{device}");
        self
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub fn path(mut self, path: &str) -> Self {
        self.path = path.to_owned();
        self
    }

    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub async fn try_send(&self, client: &Client) -> Result<Reply, h2::Error> {
        super::finish(self.start(client).await?).await
    }

    pub async fn start(&self, client: &Client) -> Result<h2::client::ResponseFuture, h2::Error> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        client
            .start(self.method, &self.path, &headers, self.body.clone())
            .await
    }

    pub async fn send(&self, client: &Client) -> Reply {
        self.try_send(client).await.unwrap()
    }
}
