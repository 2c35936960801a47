//! An OPPO that answers as a test tells it to.

use std::sync::Arc;

use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Category, Notification, Secret};
use zpns_kit::testing::{Answered, FakeVendor, NOW, answer, batch};

use crate::provider::capability;
use crate::{OppoConfig, OppoProvider};

pub(super) const APP_KEY: &str = "appkey-demo";
pub(super) const SECRET: &str = "mastersecret-demo & co/+";
pub(super) const AUTH: &str = "/server/v1/auth";
pub(super) const UNICAST: &str = "/notification/unicast";
pub(super) const UNICAST_BATCH: &str = "/notification/unicast_batch";
pub(super) const SAVE: &str = "/notification/save_message_content";
pub(super) const BROADCAST: &str = "/notification/broadcast";

/// Takes everything that `answers` says nothing else about.
pub(super) fn oppo(
    answers: impl Fn(&FakeVendor, &HttpRequest) -> Option<HttpResponse> + Send + Sync + 'static,
) -> Arc<FakeVendor> {
    broken(move |vendor, request| answers(vendor, request).map(Ok))
}

/// [`oppo`], which may not answer at all either.
pub(super) fn broken(
    answers: impl Fn(&FakeVendor, &HttpRequest) -> Option<Answered> + Send + Sync + 'static,
) -> Arc<FakeVendor> {
    FakeVendor::new(move |vendor, request| match answers(vendor, request) {
        Some(answered) => answered,
        None => Ok(taken(vendor, request)),
    })
}

pub(super) fn content() -> Arc<FakeVendor> {
    oppo(|_, _| None)
}

/// Says this code, and nothing but that, to every request to these paths.
pub(super) fn saying(path: &'static str, code: i64, message: &'static str) -> Arc<FakeVendor> {
    oppo(move |_, request| {
        request
            .uri
            .path()
            .ends_with(path)
            .then(|| error(code, message))
    })
}

fn taken(vendor: &FakeVendor, request: &HttpRequest) -> HttpResponse {
    let path = request.uri.path();
    if path.ends_with(AUTH) {
        // Old ones by number: `tok/1+`, `tok/2+`, …
        let number = vendor.requests_to(AUTH).len();
        return granted(&format!("tok/{number}+"), NOW.as_millis());
    }
    match path.rsplit('/').next() {
        Some("unicast") => good(json!({"messageId": "app-1-1-00"})),
        Some("unicast_batch") => good(listed(request, |_| None)),
        Some("save_message_content") => {
            let number = vendor.requests_to(SAVE).len();
            good(json!({"message_id": format!("saved&{number}")}))
        }
        _ => good(json!({"message_id": value(request, "message_id"), "task_id": "t1"})),
    }
}

pub(super) fn granted(token: &str, created: u64) -> HttpResponse {
    good(json!({"auth_token": token, "create_time": created}))
}

/// The answer to a batch: backwards, because order means nothing, with an error by token.
pub(super) fn listed(request: &HttpRequest, code: impl Fn(&str) -> Option<i64>) -> Value {
    let entry = |token: &String| match code(token) {
        None => json!({"registrationId": token, "messageId": format!("m-{token}")}),
        Some(code) => json!({"registrationId": token, "errorCode": code, "errorMessage": "no"}),
    };
    targets(request).iter().rev().map(entry).collect()
}

pub(super) fn good(data: Value) -> HttpResponse {
    answer(
        200,
        json!({"code": 0, "message": "Success", "data": data}).to_string(),
    )
}

pub(super) fn error(code: i64, message: &str) -> HttpResponse {
    answer(200, json!({"code": code, "message": message}).to_string())
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

/// The messages of a unicast or a batch of them.
pub(super) fn messages(request: &HttpRequest) -> Vec<Value> {
    let parsed = |key| value(request, key).map(|text| serde_json::from_str(&text).unwrap());
    match parsed("messages") {
        Some(Value::Array(messages)) => messages,
        _ => vec![parsed("message").unwrap()],
    }
}

/// The targets of a push.
pub(super) fn targets(request: &HttpRequest) -> Vec<String> {
    match value(request, "target_value") {
        Some(list) => list.split(';').map(str::to_owned).collect(),
        None => {
            let of = |message: Value| message["target_value"].as_str().unwrap().to_owned();
            messages(request).into_iter().map(of).collect()
        }
    }
}

pub(super) fn provider(vendor: &Arc<FakeVendor>) -> OppoProvider {
    let config = OppoConfig::new(APP_KEY, Secret::new(SECRET));
    config.open(vendor.setup("phones")).unwrap()
}

pub(super) fn batch_of(message: &Notification, tokens: &[&str]) -> Batch {
    batch(message, &capability(), tokens).unwrap()
}

/// A message that goes one by one.
pub(super) fn chat() -> Notification {
    Notification::alert("t", "b").with_category(Category::InstantMessage)
}

/// A message that goes by broadcast.
pub(super) fn news() -> Notification {
    Notification::alert("t", "b").with_category(Category::News)
}

/// `r0`, `r1`, …
pub(super) fn tokens(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}")).collect()
}

pub(super) fn as_strs(tokens: &[String]) -> Vec<&str> {
    tokens.iter().map(String::as_str).collect()
}

pub(super) fn paths(vendor: &FakeVendor) -> Vec<String> {
    let last = |request: HttpRequest| request.uri.path().rsplit('/').next().unwrap().to_owned();
    vendor.requests().into_iter().map(last).collect()
}
