//! A HONOR that answers as a test tells it to: pushes, and the token endpoint.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Notification};
use zpns_kit::testing::{self, Answered, FakeVendor};

use crate::provider::capability;
use crate::{HonorConfig, HonorProvider};

pub(super) const APP_ID: &str = "104413000";
pub(super) const CLIENT_ID: &str = "220000000";
pub(super) const SECRET: &str = "sword+fish & co/==";
pub(super) const PUSHES: &str = "/sendMessage";
pub(super) const EXCHANGES: &str = "/auth/token";

/// Grants `token-1`, `token-2`, …, and answers pushes like this.
pub(super) fn cloud(
    push: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
) -> Arc<FakeVendor> {
    cloud_with_exchange(push, |vendor| {
        Ok(granted(vendor.requests_to(EXCHANGES).len()))
    })
}

pub(super) fn cloud_with_exchange(
    push: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
    exchange: impl Fn(&FakeVendor) -> Answered + Send + Sync + 'static,
) -> Arc<FakeVendor> {
    FakeVendor::new(move |vendor, request| match request.uri.path() {
        EXCHANGES => exchange(vendor),
        _ => push(vendor, request),
    })
}

/// Takes everything.
pub(super) fn content() -> Arc<FakeVendor> {
    cloud(|_, _| Ok(good()))
}

/// Answers every push like this.
pub(super) fn saying(status: u16, code: u32) -> Arc<FakeVendor> {
    let body = json!({"code": code, "message": "said HONOR"});
    cloud(move |_, _| Ok(answer(status, &body)))
}

/// Refuses the bearers that came before the switch was last thrown.
pub(super) fn expiring() -> (Arc<FakeVendor>, Arc<Mutex<Vec<String>>>) {
    let expired: Arc<Mutex<Vec<String>>> = Arc::default();
    let known = Arc::clone(&expired);
    let vendor = cloud(move |_, request| {
        Ok(match known.lock().unwrap().contains(&bearer(request)) {
            true => answer(
                200,
                &json!({"code": 80_200_003, "message": "token expired"}),
            ),
            false => good(),
        })
    });
    (vendor, expired)
}

pub(super) fn good() -> HttpResponse {
    let data = json!({"sendResult": true, "requestId": "r1", "failTokens": [], "expireTokens": []});
    answer(
        200,
        &json!({"code": 200, "message": "success", "data": data}),
    )
}

pub(super) fn granted(number: usize) -> HttpResponse {
    let token = format!("token-{number}");
    let granted = json!({"access_token": token, "expires_in": 3_600, "token_type": "Bearer"});
    answer(200, &granted)
}

pub(super) fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.to_string().into(),
    }
}

pub(super) fn provider(vendor: &Arc<FakeVendor>) -> HonorProvider {
    let config = HonorConfig::new(APP_ID, CLIENT_ID, SECRET.to_owned());
    config.open(vendor.setup("phones")).unwrap()
}

pub(super) fn hello() -> Notification {
    Notification::alert("T", "B")
}

pub(super) fn to(tokens: &[&str]) -> Batch {
    testing::batch(&hello(), &capability(false), tokens).unwrap()
}

pub(super) fn bearer(request: &HttpRequest) -> String {
    let header = request.headers["authorization"].to_str().unwrap();
    header.strip_prefix("Bearer ").unwrap().to_owned()
}

pub(super) fn json_of(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}
