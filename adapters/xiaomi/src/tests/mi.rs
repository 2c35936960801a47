//! A Xiaomi that answers as a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, HttpRequest, HttpResponse, ManualClock,
    Transport,
};
use zpns_core::{
    Batch, LimitPolicy, Notification, PushProvider as _, Resources, Setup, Target, Timestamp,
    Variant,
};

use crate::{XiaomiConfig, XiaomiProvider};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
pub(super) const SECRET: &str = "swordfish==";
pub(super) const PACKAGE: &str = "com.example.app";

type Respond = Box<dyn Fn(&Mi, &HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync>;

pub(super) struct Mi {
    pub(super) clock: Arc<ManualClock>,
    respond: Respond,
    requests: Mutex<Vec<HttpRequest>>,
    closed: Mutex<Vec<Duration>>,
}

impl std::fmt::Debug for Mi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mi")
    }
}

impl Mi {
    pub(super) fn new(
        respond: impl Fn(&Self, &HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(ManualClock::at(NOW)),
            respond: Box::new(respond),
            requests: Mutex::default(),
            closed: Mutex::default(),
        })
    }

    /// Takes everything.
    pub(super) fn content() -> Arc<Self> {
        Self::new(|_, _| Ok(good(json!({"id": "scm1"}))))
    }

    /// Answers everything with this code.
    pub(super) fn saying(code: i64) -> Arc<Self> {
        Self::new(move |_, _| Ok(answer(&json!({"code": code, "reason": "said Xiaomi"}))))
    }

    pub(super) fn setup(self: &Arc<Self>) -> Setup {
        let connector = Arc::new(Connector(Arc::clone(self)));
        Setup::new(
            "xiaomi",
            Resources::new(connector).with_clock(self.clock.clone()),
        )
    }

    pub(super) fn provider(self: &Arc<Self>) -> XiaomiProvider {
        let config = XiaomiConfig::new(SECRET.to_owned(), PACKAGE);
        config.open(self.setup()).unwrap()
    }

    pub(super) fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn closed(&self) -> Vec<Duration> {
        self.closed.lock().unwrap().clone()
    }
}

pub(super) fn good(data: Value) -> HttpResponse {
    answer(&json!({"result": "ok", "code": 0, "trace_id": "X1", "data": data}))
}

pub(super) fn answer(body: &Value) -> HttpResponse {
    HttpResponse {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: body.to_string().into(),
    }
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
    let capability = Mi::content().provider().capability();
    let variant = Variant::new(message, &capability, None, LimitPolicy::Truncate).unwrap();
    let targets = tokens.iter().map(|token| Target::new("xiaomi", *token));
    Batch::new(Arc::new(variant), targets.collect())
}

#[derive(Debug)]
struct Connector(Arc<Mi>);

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        assert_eq!(options.transport, Transport::General);
        Ok(Arc::new(Client(Arc::clone(&self.0))))
    }
}

#[derive(Debug)]
struct Client(Arc<Mi>);

#[async_trait]
impl HttpClient for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // A network never answers at once: others get their turn first.
        tokio::task::yield_now().await;
        self.0.requests.lock().unwrap().push(request.clone());
        (self.0.respond)(&self.0, &request)
    }

    async fn close(&self, grace: Duration) {
        self.0.closed.lock().unwrap().push(grace);
    }
}
