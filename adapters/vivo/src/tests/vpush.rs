//! A vivo that grants tokens, saves messages, and answers pushes as a test tells it to.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Batch, Notification, Outcome, TokenAction};
use zpns_kit::testing::{Answered, FakeVendor, answer, batch};

use crate::provider::capability;
use crate::{VivoConfig, VivoProvider};

pub(super) const KEY: &str = "appkey-swordfish";
pub(super) const SECRET: &str = "appsecret-swordfish";

/// What it has granted and saved.
#[derive(Default)]
struct State {
    granted: usize,
    saved: usize,
    /// Tokens that have expired.
    expired: BTreeSet<String>,
    /// Saved messages that it has lost.
    lost: BTreeSet<String>,
}

pub(super) struct Vpush {
    pub(super) vendor: Arc<FakeVendor>,
    state: Arc<Mutex<State>>,
}

impl Vpush {
    /// Takes everything.
    pub(super) fn content() -> Self {
        Self::new(|_, _| Ok(good()))
    }

    /// Answers calls to this path like this, and takes everything else.
    pub(super) fn saying(path: &'static str, body: Value) -> Self {
        Self::new(move |_, request| match request.uri.path() == path {
            true => Ok(said(&body)),
            false => Ok(good()),
        })
    }

    /// Answers all that carries a good token, and the exchange, by `respond`; but where that is
    /// good, the exchange grants `token-1`, `token-2`, …, and saving `task-1`, `task-2`, ….
    pub(super) fn new(
        respond: impl Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let known = Arc::clone(&state);
        let vendor = FakeVendor::new(move |vendor, request| {
            // An endpoint may have a path of its own.
            let path = request.uri.path();
            let path = path.strip_prefix("/v").unwrap_or(path);
            if path != "/message/auth" && known.lock().unwrap().expired.contains(&token(request)) {
                return Ok(said(&json!({"result": 10000, "desc": "权限认证失败"})));
            }
            let answered = respond(vendor, request)?;
            if answered.body != good().body {
                return Ok(answered);
            }
            let mut state = known.lock().unwrap();
            Ok(match path {
                "/message/auth" => {
                    state.granted += 1;
                    let token = format!("token-{}", state.granted);
                    said(&json!({"result": 0, "desc": "ok", "authToken": token}))
                }
                "/message/saveListPayload" => {
                    state.saved += 1;
                    let task = format!("task-{}", state.saved);
                    said(&json!({"result": 0, "desc": "ok", "taskId": task}))
                }
                "/message/pushToList" if state.lost.contains(&task(request)) => {
                    said(&json!({"result": 10155, "desc": "taskId不存在"}))
                }
                _ => answered,
            })
        });
        Self { vendor, state }
    }

    pub(super) fn config() -> VivoConfig {
        VivoConfig::new("100000001", KEY.to_owned(), SECRET.to_owned())
    }

    pub(super) fn provider(&self) -> VivoProvider {
        Self::config().open(self.vendor.setup("phones")).unwrap()
    }

    /// No token that was granted so far is accepted any more.
    pub(super) fn expire(&self) {
        let mut state = self.state.lock().unwrap();
        state.expired = (0..=state.granted).map(|n| format!("token-{n}")).collect();
    }

    /// No message that was saved so far is there any more.
    pub(super) fn lose(&self) {
        let mut state = self.state.lock().unwrap();
        state.lost = (0..=state.saved).map(|n| format!("task-{n}")).collect();
    }

    /// The bodies of calls to this path.
    pub(super) fn calls(&self, path: &str) -> Vec<Value> {
        let requests = self.vendor.requests_to(path).into_iter();
        requests.map(|request| json_of(&request)).collect()
    }

    pub(super) fn exchanges(&self) -> Vec<Value> {
        self.calls("/message/auth")
    }

    pub(super) fn singles(&self) -> Vec<Value> {
        self.calls("/message/send")
    }

    pub(super) fn savings(&self) -> Vec<Value> {
        self.calls("/message/saveListPayload")
    }

    pub(super) fn lists(&self) -> Vec<Value> {
        self.calls("/message/pushToList")
    }
}

pub(super) fn said(body: &Value) -> HttpResponse {
    answer(200, body.to_string())
}

/// vivo's "ok" to any call.
pub(super) fn good() -> HttpResponse {
    said(&json!({"result": 0, "desc": "请求成功", "taskId": "t1", "authToken": "token"}))
}

pub(super) fn token(request: &HttpRequest) -> String {
    request.headers["authToken"].to_str().unwrap().to_owned()
}

fn task(request: &HttpRequest) -> String {
    json_of(request)["taskId"].as_str().unwrap().to_owned()
}

pub(super) fn json_of(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub(super) fn hello() -> Notification {
    Notification::alert("t", "b")
}

pub(super) fn to(message: &Notification, tokens: &[&str]) -> Batch {
    batch(message, &capability(), tokens).unwrap()
}

/// So many tokens, all different.
pub(super) fn tokens(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}")).collect()
}

pub(super) fn texts(tokens: &[String]) -> Vec<&str> {
    tokens.iter().map(String::as_str).collect()
}

#[track_caller]
pub(super) fn action(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}
