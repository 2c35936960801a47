//! A Xiaomi that answers as a test tells it to.

use std::sync::Arc;

use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Notification};
use zpns_kit::testing::{self, FakeVendor};

use crate::provider::capability;
use crate::{Region, XiaomiConfig, XiaomiProvider};

pub(super) const SECRET: &str = "swordfish==";
pub(super) const PACKAGE: &str = "com.example.app";

/// The provider that reaches it.
pub(super) trait Mi {
    fn provider(&self) -> XiaomiProvider;
}

impl Mi for Arc<FakeVendor> {
    fn provider(&self) -> XiaomiProvider {
        let config = XiaomiConfig::new(SECRET.to_owned(), PACKAGE);
        config.open(self.setup("xiaomi")).unwrap()
    }
}

/// Takes everything.
pub(super) fn content() -> Arc<FakeVendor> {
    FakeVendor::new(|_, _| Ok(good(json!({"id": "scm1"}))))
}

/// Answers everything with this code.
pub(super) fn saying(code: i64) -> Arc<FakeVendor> {
    FakeVendor::new(move |_, _| Ok(answer(&json!({"code": code, "reason": "said Xiaomi"}))))
}

pub(super) fn good(data: Value) -> HttpResponse {
    answer(&json!({"result": "ok", "code": 0, "trace_id": "X1", "data": data}))
}

pub(super) fn answer(body: &Value) -> HttpResponse {
    testing::answer(200, body.to_string())
}

/// The pairs of a form.
pub(super) fn form(request: &HttpRequest) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect()
}

/// One value of a form.
pub(super) fn value(request: &HttpRequest, key: &str) -> Option<String> {
    let mut pairs = form(request).into_iter();
    pairs.find_map(|(known, value)| (known == key).then_some(value))
}

/// The targets of a push.
pub(super) fn targets(request: &HttpRequest) -> Vec<String> {
    let list = value(request, "registration_id").unwrap_or_default();
    list.split(',').map(str::to_owned).collect()
}

pub(super) fn batch(message: &Notification, tokens: &[&str]) -> Batch {
    testing::batch(message, &capability(Region::China), tokens).unwrap()
}
