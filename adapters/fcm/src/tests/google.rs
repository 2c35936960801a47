//! A Google that answers from a script, and a service account that it knows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use zpns_core::config::VendorConfig as _;
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse,
    ManualClock, Transport,
};
use zpns_core::{PushProvider, Resources, Sent, Setup};
use zpns_kit::testing::{self, NOW, rsa_key_pem};

use crate::FcmConfig;

pub(super) const EMAIL: &str = "pusher@my-project.iam.gserviceaccount.com";

/// An answer in the script: one that comes, one that does not, one that never ends.
pub(super) enum Scripted {
    Answer(HttpResponse),
    Lost(HttpErrorKind, Sent),
    Hangs,
}

/// Both of Google's sides: pushes over pooled HTTP/2, access tokens over the general transport.
#[derive(Debug)]
pub(super) struct Google {
    state: Mutex<State>,
    pub(super) clock: Arc<ManualClock>,
}

#[derive(Default)]
struct State {
    pushes: Vec<HttpRequest>,
    exchanges: Vec<HttpRequest>,
    /// Answers to come; a push without one is accepted, an exchange without one granted.
    push_script: VecDeque<Scripted>,
    exchange_script: VecDeque<Scripted>,
    /// Access tokens that are not accepted any more.
    expired: Vec<String>,
    refuse_all: bool,
    closed: usize,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl Google {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            clock: Arc::new(ManualClock::at(NOW)),
        })
    }

    pub(super) fn provider(self: &Arc<Self>) -> Arc<dyn PushProvider> {
        self.provider_of(FcmConfig::new(service_account()))
    }

    pub(super) fn provider_of(self: &Arc<Self>, config: FcmConfig) -> Arc<dyn PushProvider> {
        config.build(self.setup()).unwrap()
    }

    pub(super) fn setup(self: &Arc<Self>) -> Setup {
        let connector = Connector(Arc::clone(self));
        let resources = Resources::new(Arc::new(connector)).with_clock(self.clock.clone());
        Setup::new("android", resources)
    }

    pub(super) fn script_push(&self, answer: Scripted) {
        self.lock().push_script.push_back(answer);
    }

    pub(super) fn script_exchange(&self, answer: Scripted) {
        self.lock().exchange_script.push_back(answer);
    }

    /// No access token granted so far is accepted any more.
    pub(super) fn expire(&self) {
        let mut state = self.lock();
        state.expired = (1..=state.exchanges.len()).map(access_token).collect();
    }

    /// No access token at all is accepted.
    pub(super) fn refuse_all(&self) {
        self.lock().refuse_all = true;
    }

    pub(super) fn pushes(&self) -> Vec<HttpRequest> {
        self.lock().pushes.clone()
    }

    pub(super) fn exchanges(&self) -> Vec<HttpRequest> {
        self.lock().exchanges.clone()
    }

    pub(super) fn closed(&self) -> usize {
        self.lock().closed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn exchange(&self, request: HttpRequest) -> Scripted {
        let mut state = self.lock();
        state.exchanges.push(request);
        let token = access_token(state.exchanges.len());
        state.exchange_script.pop_front().unwrap_or_else(|| {
            let grant = json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
            Scripted::Answer(answer(200, &grant))
        })
    }

    fn push(&self, request: HttpRequest) -> Scripted {
        let mut state = self.lock();
        let bearer = request.headers["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let expired = |token: &String| bearer == format!("Bearer {token}");
        let refused = state.refuse_all || state.expired.iter().any(expired);
        state.pushes.push(request);
        let number = state.pushes.len();
        if refused {
            return Scripted::Answer(error(401, "UNAUTHENTICATED", None));
        }
        state.push_script.pop_front().unwrap_or_else(|| {
            let name = format!("projects/my-project/messages/{number}");
            Scripted::Answer(answer(200, &json!({ "name": name })))
        })
    }
}

pub(super) fn access_token(number: usize) -> String {
    format!("ya29.secret-{number}")
}

pub(super) fn answer(status: u16, body: &Value) -> HttpResponse {
    testing::answer(status, body.to_string())
}

pub(super) fn error(http: u16, status: &str, code: Option<&str>) -> HttpResponse {
    let mut error = json!({"code": http, "message": "said Google", "status": status});
    if let Some(code) = code {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code,
        }]);
    }
    answer(http, &json!({ "error": error }))
}

/// The JSON of a key file.
pub(super) fn service_account() -> String {
    service_account_with(|_| ())
}

pub(super) fn service_account_with(change: impl FnOnce(&mut Value)) -> String {
    let mut account = json!({
        "type": "service_account", "project_id": "my-project", "private_key_id": "key-1",
        "private_key": rsa_key_pem(), "client_email": EMAIL, "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com",
    });
    change(&mut account);
    account.to_string()
}

#[derive(Debug)]
struct Connector(Arc<Google>);

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Ok(Arc::new(Client {
            google: Arc::clone(&self.0),
            transport: options.transport,
        }))
    }
}

#[derive(Debug)]
struct Client {
    google: Arc<Google>,
    transport: Transport,
}

#[async_trait]
impl HttpClient for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // A network never answers at once: others get their turn first.
        tokio::task::yield_now().await;
        let scripted = match self.transport {
            Transport::PooledHttp2 => self.google.push(request),
            _ => self.google.exchange(request),
        };
        tokio::task::yield_now().await;
        match scripted {
            Scripted::Answer(response) => Ok(response),
            Scripted::Lost(kind, sent) => Err(HttpError::new(kind, sent, "lost")),
            Scripted::Hangs => std::future::pending().await,
        }
    }

    async fn close(&self, _grace: Duration) {
        self.google.lock().closed += 1;
    }
}
