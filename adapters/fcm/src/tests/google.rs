//! A Google that answers from a script, and a service account that it knows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::config::VendorConfig as _;
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse,
    ManualClock, Transport,
};
use zpns_core::{PushProvider, Resources, Sent, Setup, Timestamp};

use crate::FcmConfig;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
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
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.to_string().into(),
    }
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
        "private_key": pem(), "client_email": EMAIL, "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com",
    });
    change(&mut account);
    account.to_string()
}

/// One key for all tests: making one takes longer than any of them.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn pem() -> String {
    let der: Pkcs8V1Der<'_> = key().as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// Header and claims of an assertion whose signature holds.
pub(super) fn verified(assertion: &str) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (json(header), json(claims))
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
