//! A Meizu that answers as a test tells it to.

use std::sync::Arc;

use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Notification};
use zpns_kit::testing::{self, FakeVendor};

use crate::provider::capability;
use crate::{MeizuConfig, MeizuProvider};

pub(super) const SECRET: &str = "swordfish";
pub(super) const APP: &str = "100999";

/// Takes everything.
pub(super) fn content() -> Arc<FakeVendor> {
    FakeVendor::new(|_, _| Ok(good(json!({}))))
}

/// Answers everything with this code.
pub(super) fn saying(code: &'static str) -> Arc<FakeVendor> {
    FakeVendor::new(move |_, _| Ok(refusal(code)))
}

pub(super) fn provider(vendor: &Arc<FakeVendor>) -> MeizuProvider {
    let config = MeizuConfig::new(APP, SECRET.to_owned());
    config.open(vendor.setup("meizu")).unwrap()
}

pub(super) fn good(value: Value) -> HttpResponse {
    answer(&json!({"code": "200", "message": "", "value": value, "msgId": "NS1"}))
}

pub(super) fn refusal(code: &str) -> HttpResponse {
    answer(&json!({"code": code, "message": "said Meizu", "value": "", "redirect": ""}))
}

pub(super) fn answer(body: &Value) -> HttpResponse {
    testing::answer(200, body.to_string())
}

pub(super) fn batch(message: &Notification, tokens: &[&str]) -> Batch {
    testing::batch(message, &capability(), tokens).unwrap()
}

/// The parameters of a request: of its form, or of its query.
pub(super) fn parameters(request: &HttpRequest) -> Vec<(String, String)> {
    let query = request.uri.query().unwrap_or_default().as_bytes();
    let form = match request.body.is_empty() {
        true => query,
        false => &request.body,
    };
    url::form_urlencoded::parse(form).into_owned().collect()
}

/// One parameter of a request.
pub(super) fn value(request: &HttpRequest, name: &str) -> String {
    let mut pairs = parameters(request).into_iter();
    let found = pairs.find_map(|(known, value)| (known == name).then_some(value));
    found.unwrap_or_default()
}

/// The targets of a push.
pub(super) fn targets(request: &HttpRequest) -> Vec<String> {
    let list = value(request, "pushIds");
    list.split(',').map(str::to_owned).collect()
}

/// The signature that a server makes of what it decodes.
pub(super) fn signature(request: &HttpRequest) -> String {
    use md5::{Digest as _, Md5};
    let mut pairs = parameters(request);
    pairs.retain(|(name, _)| name != "sign");
    pairs.sort();
    let base: String = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let digest = Md5::digest(format!("{base}{SECRET}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
