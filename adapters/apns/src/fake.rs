//! An Apple made of a closure, for tests.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, HttpRequest, HttpResponse, ManualClock,
};
use zpns_core::{Resources, Secret, Setup, Timestamp};

pub(crate) const TOKEN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
pub(crate) const START: Timestamp = Timestamp::from_secs(1_764_000_000);

type Answer = dyn Fn(&HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync;

/// Answers requests, and remembers them.
pub(crate) struct FakeApns {
    answer: Box<Answer>,
    pub(crate) requests: Mutex<Vec<HttpRequest>>,
    pub(crate) options: Mutex<Vec<HttpOptions>>,
    pub(crate) renewals: AtomicUsize,
    pub(crate) closed: AtomicUsize,
    pub(crate) cancelled: Arc<AtomicUsize>,
    /// Whether requests stay without an answer.
    pub(crate) silent: std::sync::atomic::AtomicBool,
}

impl FakeApns {
    pub(crate) fn new(
        answer: impl Fn(&HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            requests: Mutex::default(),
            options: Mutex::default(),
            renewals: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            cancelled: Arc::default(),
            silent: false.into(),
        })
    }

    /// Every push is taken.
    pub(crate) fn content() -> Arc<Self> {
        Self::new(|request| {
            let id = request.headers.get("apns-id").unwrap().to_str().unwrap();
            Ok(answer(200, &[("apns-id", id)], ""))
        })
    }

    pub(crate) fn setup(self: &Arc<Self>) -> (Setup, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(START));
        let resources = Resources::new(Arc::new(Connector(self.clone()))).with_clock(clock.clone());
        (Setup::new("ios", resources), clock)
    }

    pub(crate) fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl fmt::Debug for FakeApns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeApns")
    }
}

#[derive(Debug)]
struct Connector(Arc<FakeApns>);

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        self.0.options.lock().unwrap().push(options.clone());
        Ok(self.0.clone())
    }
}

/// Counts the requests that were given up.
struct UnderWay(Option<Arc<AtomicUsize>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(cancelled) = self.0.take() {
            cancelled.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl HttpClient for FakeApns {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut under_way = UnderWay(Some(self.cancelled.clone()));
        self.requests.lock().unwrap().push(request.clone());
        // Others get their turn, as over a wire.
        tokio::task::yield_now().await;
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        under_way.0 = None;
        (self.answer)(&request)
    }

    fn renew_connections(&self) {
        self.renewals.fetch_add(1, Ordering::SeqCst);
    }

    async fn close(&self, _: Duration) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub(crate) fn refusal(status: u16, reason: &str) -> HttpResponse {
    answer(status, &[], &format!("{{\"reason\":\"{reason}\"}}"))
}

/// A private key as PKCS#8 in PEM, and its public half.
pub(crate) fn key_of(algorithm: &'static EcdsaSigningAlgorithm) -> (Secret, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let der = STANDARD.encode(pair.to_pkcs8v1().unwrap().as_ref());
    let lines: Vec<&str> = (0..der.len())
        .step_by(64)
        .map(|start| &der[start..der.len().min(start + 64)])
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    (Secret::new(pem), pair.public_key().as_ref().to_vec())
}

pub(crate) fn key() -> (Secret, Vec<u8>) {
    key_of(&ECDSA_P256_SHA256_ASN1_SIGNING)
}
