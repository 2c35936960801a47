//! A client of FCM.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use zpns_simulator::Simulator;
use zpns_simulator::fcm::Credentials;

use super::{Client, Reply, der, jwt, now, tls};

pub const FORM: &str = "application/x-www-form-urlencoded";

pub fn credentials(sim: &Simulator) -> &Credentials {
    sim.fcm().unwrap()
}

pub async fn connect(sim: &Simulator) -> Client {
    Client::connect(sim.origin("fcm"), tls(&sim.ca_pem(), None, &["h2"])).await
}

pub fn claims(sim: &Simulator) -> Value {
    let own = credentials(sim);
    json!({
        "iss": own.client_email,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": own.token_uri,
        "iat": now(),
        "exp": now() + 3600,
    })
}

pub fn assertion(sim: &Simulator, header: &Value, claims: &Value) -> String {
    let pair = KeyPair::from_pkcs8(&der(&credentials(sim).private_key_pem)).unwrap();
    jwt(header, claims, |data| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            data,
            &mut signature,
        )
        .unwrap();
        signature
    })
}

pub fn form(assertion: &str) -> String {
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    )
}

pub async fn exchange(client: &Client, form: String) -> Reply {
    client
        .call("POST", "/token", &[("content-type", FORM)], form)
        .await
        .unwrap()
}

/// A fresh access token.
pub async fn bearer(sim: &Simulator, client: &Client) -> String {
    let header = json!({ "alg": "RS256", "typ": "JWT" });
    let reply = exchange(client, form(&assertion(sim, &header, &claims(sim)))).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

pub async fn send(sim: &Simulator, client: &Client, bearer: &str, body: &Value) -> Reply {
    try_send(sim, client, bearer, body).await.unwrap()
}

pub async fn try_send(
    sim: &Simulator,
    client: &Client,
    bearer: &str,
    body: &Value,
) -> Result<Reply, h2::Error> {
    let path = format!("/v1/projects/{}/messages:send", credentials(sim).project_id);
    let authorization = format!("Bearer {bearer}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    client.call("POST", &path, &headers, body.to_string()).await
}

/// A message to a live token.
pub fn message(sim: &Simulator) -> Value {
    json!({ "message": {
        "token": sim.tokens("fcm").live[0],
        "notification": { "title": "t", "body": "b" },
    }})
}
