//! A Huawei that answers as a test tells it to: pushes, and the token endpoint.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, HttpRequest, HttpResponse, ManualClock,
    Transport,
};
use zpns_core::{
    Batch, Capability, LimitPolicy, Notification, Resources, Setup, Target, Timestamp, Variant,
};

use crate::{HarmonyConfig, HarmonyProvider, HuaweiConfig, HuaweiProvider};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
pub(super) const SECRET: &str = "swordfish & co/==";
pub(super) const SUB_ACCOUNT: &str = "101562769";

type Answered = Result<HttpResponse, HttpError>;
type Respond = Box<dyn Fn(&Cloud, &HttpRequest) -> Answered + Send + Sync>;

pub(super) struct Cloud {
    pub(super) clock: Arc<ManualClock>,
    push: Respond,
    exchange: Respond,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pushes: Vec<HttpRequest>,
    exchanges: Vec<HttpRequest>,
    /// Bearers that are not accepted any more.
    expired: Vec<String>,
    closed: usize,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cloud")
    }
}

impl Cloud {
    /// Takes everything.
    pub(super) fn content() -> Arc<Self> {
        Self::new(|_, _| Ok(good("r1")))
    }

    /// Answers every push like this.
    pub(super) fn saying(status: u16, code: &str, message: &str) -> Arc<Self> {
        let body = json!({"code": code, "msg": message, "requestId": "r1"});
        Self::new(move |_, _| Ok(answer(status, &body)))
    }

    pub(super) fn new(
        push: impl Fn(&Self, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::with_exchange(push, |cloud, _| {
            let number = cloud.exchanges().len();
            let grant = format!(
                r#"{{"access_token":"DAED\/{number}","expires_in":3600,"token_type":"Bearer"}}"#
            );
            Ok(raw_answer(200, grant))
        })
    }

    pub(super) fn with_exchange(
        push: impl Fn(&Self, &HttpRequest) -> Answered + Send + Sync + 'static,
        exchange: impl Fn(&Self, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(ManualClock::at(NOW)),
            push: Box::new(push),
            exchange: Box::new(exchange),
            state: Mutex::default(),
        })
    }

    pub(super) fn setup(self: &Arc<Self>) -> Setup {
        let connector = Arc::new(Connector(Arc::clone(self)));
        let resources = Resources::new(connector).with_clock(self.clock.clone());
        Setup::new("phones", resources)
    }

    pub(super) fn hms(self: &Arc<Self>) -> HuaweiProvider {
        let config = HuaweiConfig::new("104000001", SECRET.to_owned());
        config.open(self.setup()).unwrap()
    }

    pub(super) fn harmony(self: &Arc<Self>) -> HarmonyProvider {
        let config = HarmonyConfig::new(service_account());
        config.open(self.setup()).unwrap()
    }

    /// No bearer seen so far is accepted any more.
    pub(super) fn expire(&self) {
        let mut state = self.state.lock().unwrap();
        let seen = state.pushes.iter().map(bearer).collect();
        state.expired = seen;
    }

    pub(super) fn pushes(&self) -> Vec<HttpRequest> {
        self.state.lock().unwrap().pushes.clone()
    }

    pub(super) fn exchanges(&self) -> Vec<HttpRequest> {
        self.state.lock().unwrap().exchanges.clone()
    }

    pub(super) fn closed(&self) -> usize {
        self.state.lock().unwrap().closed
    }

    fn answer(&self, request: HttpRequest) -> Answered {
        if request.uri.path().starts_with("/oauth2/") {
            self.state.lock().unwrap().exchanges.push(request.clone());
            return (self.exchange)(self, &request);
        }
        let expired = {
            let mut state = self.state.lock().unwrap();
            state.pushes.push(request.clone());
            state.expired.contains(&bearer(&request))
        };
        if expired {
            let body = json!({"code": "80200003", "msg": "expired", "requestId": "r0"});
            return Ok(answer(401, &body));
        }
        (self.push)(self, &request)
    }
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
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

pub(super) fn json_of(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub(super) fn batch(message: &Notification, capability: Capability, tokens: &[&str]) -> Batch {
    let variant = Variant::new(message, &capability, None, LimitPolicy::Truncate).unwrap();
    let targets = tokens.iter().map(|token| Target::new("phones", *token));
    Batch::new(Arc::new(variant), targets.collect())
}

pub(super) fn service_account() -> String {
    service_account_with(|_| ())
}

pub(super) fn service_account_with(change: impl FnOnce(&mut Value)) -> String {
    let mut account = json!({
        "project_id": "388421841221199007", "key_id": "key-1", "private_key": pem(),
        "sub_account": SUB_ACCOUNT, "auth_uri": "https://x", "token_uri": "https://x",
        "auth_provider_cert_uri": "https://x", "client_cert_uri": "https://x",
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

/// Header and claims of a token whose signature holds.
pub(super) fn verified(token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key().public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (json(header), json(claims))
}

#[derive(Debug)]
struct Connector(Arc<Cloud>);

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        assert_eq!(options.transport, Transport::General);
        Ok(Arc::new(Client(Arc::clone(&self.0))))
    }
}

#[derive(Debug)]
struct Client(Arc<Cloud>);

#[async_trait]
impl HttpClient for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // A network never answers at once: others get their turn first.
        tokio::task::yield_now().await;
        let answered = self.0.answer(request);
        tokio::task::yield_now().await;
        answered
    }

    async fn close(&self, _grace: Duration) {
        self.0.state.lock().unwrap().closed += 1;
    }
}
