//! The provider as a host builds it, with a push service that answers as a test tells it to.

mod config;
mod hostile;
mod readme;
mod sending;
mod vapid;

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};
use zpns_core::resources::HttpRequest;
use zpns_core::{Notification, Outcome, PushProvider as _, Secret};
use zpns_kit::testing::{FakeVendor, batch};

use crate::{WebPushConfig, WebPushProvider};

/// Keys of RFC 8291, appendix A: the sender's is as good a VAPID key as any.
const KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const PUBLIC: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
/// The receiver's private key, as another VAPID key.
const OTHER_KEY: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const MOZILLA: &str = "https://updates.push.services.mozilla.com/wpush/v2/gAAAA";

fn config() -> WebPushConfig {
    WebPushConfig::new(Secret::new(KEY), "mailto:push@example.com")
}

fn provider(vendor: &Arc<FakeVendor>) -> Arc<WebPushProvider> {
    config().provider(vendor.setup("phones")).unwrap()
}

fn subscription(endpoint: &str) -> String {
    json!({"endpoint": endpoint, "keys": {"p256dh": P256DH, "auth": AUTH}}).to_string()
}

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

async fn send(provider: &WebPushProvider, message: &Notification, tokens: &[&str]) -> Vec<Outcome> {
    let batch = batch(message, &provider.capability(), tokens).unwrap();
    provider.send(&batch).await.into_outcomes()
}

async fn push(provider: &WebPushProvider, token: &str) -> Outcome {
    let outcomes = send(provider, &hello(), &[token]).await;
    outcomes.into_iter().next().unwrap()
}

fn authorization(headers: &HeaderMap) -> String {
    headers["authorization"].to_str().unwrap().to_owned()
}

/// Claims of the token of a request, whose signature is good by the key beside it.
fn claims(request: &HttpRequest) -> Value {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use base64::Engine as _;
    let text = authorization(&request.headers);
    let (token, key) = text
        .strip_prefix("vapid t=")
        .and_then(|rest| rest.split_once(", k="))
        .unwrap();
    let decode = |text: &str| crate::subscription::URL_SAFE.decode(text).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key))
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    assert_eq!(decode(header), br#"{"typ":"JWT","alg":"ES256"}"#);
    serde_json::from_slice(&decode(claims)).unwrap()
}
