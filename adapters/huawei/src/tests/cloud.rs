//! A Huawei that answers as a test tells it to: pushes, and the token endpoint.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Capability, Notification};
use zpns_kit::testing::{self, Answered, FakeVendor, rsa_key_pem};

use crate::{HarmonyConfig, HarmonyProvider, HuaweiConfig, HuaweiProvider};

pub(super) const SECRET: &str = "swordfish & co/==";
pub(super) const SUB_ACCOUNT: &str = "101562769";

pub(super) struct Cloud {
    vendor: Arc<FakeVendor>,
    /// Bearers that are not accepted any more.
    expired: Arc<Mutex<Vec<String>>>,
}

impl Deref for Cloud {
    type Target = Arc<FakeVendor>;

    fn deref(&self) -> &Arc<FakeVendor> {
        &self.vendor
    }
}

impl Cloud {
    /// Takes everything.
    pub(super) fn content() -> Self {
        Self::new(|_, _| Ok(good("r1")))
    }

    /// Answers every push like this.
    pub(super) fn saying(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"code": code, "msg": message, "requestId": "r1"});
        Self::new(move |_, _| Ok(answer(status, &body)))
    }

    pub(super) fn new(
        push: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Self {
        Self::with_exchange(push, |vendor, _| {
            let number = exchanges(vendor).len();
            let grant = format!(
                r#"{{"access_token":"DAED\/{number}","expires_in":3600,"token_type":"Bearer"}}"#
            );
            Ok(raw_answer(200, grant))
        })
    }

    pub(super) fn with_exchange(
        push: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
        exchange: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Self {
        let expired: Arc<Mutex<Vec<String>>> = Arc::default();
        let refused = Arc::clone(&expired);
        let vendor = FakeVendor::new(move |vendor, request| {
            if is_exchange(request) {
                return exchange(vendor, request);
            }
            if refused.lock().unwrap().contains(&bearer(request)) {
                let body = json!({"code": "80200003", "msg": "expired", "requestId": "r0"});
                return Ok(answer(401, &body));
            }
            push(vendor, request)
        });
        Self { vendor, expired }
    }

    pub(super) fn hms(&self) -> HuaweiProvider {
        let config = HuaweiConfig::new("104000001", SECRET.to_owned());
        config.open(self.setup("phones")).unwrap()
    }

    pub(super) fn harmony(&self) -> HarmonyProvider {
        let config = HarmonyConfig::new(service_account());
        config.open(self.setup("phones")).unwrap()
    }

    /// No bearer seen so far is accepted any more.
    pub(super) fn expire(&self) {
        *self.expired.lock().unwrap() = self.pushes().iter().map(bearer).collect();
    }

    pub(super) fn pushes(&self) -> Vec<HttpRequest> {
        let mut requests = self.requests();
        requests.retain(|request| !is_exchange(request));
        requests
    }

    pub(super) fn exchanges(&self) -> Vec<HttpRequest> {
        exchanges(self)
    }
}

fn is_exchange(request: &HttpRequest) -> bool {
    request.uri.path().starts_with("/oauth2/")
}

fn exchanges(vendor: &FakeVendor) -> Vec<HttpRequest> {
    let mut requests = vendor.requests();
    requests.retain(is_exchange);
    requests
}

pub(super) fn bearer(request: &HttpRequest) -> String {
    let header = request.headers["authorization"].to_str().unwrap();
    header.strip_prefix("Bearer ").unwrap().to_owned()
}

pub(super) fn good(id: &str) -> HttpResponse {
    answer(
        200,
        &json!({"code": "80000000", "msg": "Success", "requestId": id}),
    )
}

pub(super) fn answer(status: u16, body: &Value) -> HttpResponse {
    raw_answer(status, body.to_string())
}

pub(super) fn raw_answer(status: u16, body: String) -> HttpResponse {
    testing::answer(status, body)
}

pub(super) fn json_of(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub(super) fn batch(message: &Notification, capability: Capability, tokens: &[&str]) -> Batch {
    testing::batch(message, &capability, tokens).unwrap()
}

pub(super) fn service_account() -> String {
    service_account_with(|_| ())
}

pub(super) fn service_account_with(change: impl FnOnce(&mut Value)) -> String {
    let mut account = json!({
        "project_id": "388421841221199007", "key_id": "key-1", "private_key": rsa_key_pem(),
        "sub_account": SUB_ACCOUNT, "auth_uri": "https://x", "token_uri": "https://x",
        "auth_provider_cert_uri": "https://x", "client_cert_uri": "https://x",
    });
    change(&mut account);
    account.to_string()
}
