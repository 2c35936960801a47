//! A vendor for the tests of an adapter: it answers as a test tells it to, and keeps what it got.
//!
//! For tests only: the feature `testing`, which an adapter turns on under `[dev-dependencies]`.

mod key;
mod preflight;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, HttpRequest, HttpResponse, ManualClock,
};
use zpns_core::{
    Batch, Capability, LimitPolicy, Notification, Outcome, Rejection, Resources, Scope, Setup,
    Target, Timestamp, Variant,
};

pub use self::key::{rsa_key_pem, verified_claims};
pub use self::preflight::{RuleCase, rules_that_hold, walk_rules};

/// When the clock of a [`FakeVendor`] stands still until it is moved.
pub const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

/// Whom an outcome concerns beside its target; an accepted push concerns nobody else.
pub fn scope_of(outcome: &Outcome) -> Scope {
    match outcome {
        Outcome::Accepted(_) => Scope::Target,
        Outcome::Rejected(rejection) => rejection.scope(),
        Outcome::Failed(error) => error.scope(),
    }
}

/// What comes of a request.
pub type Answered = Result<HttpResponse, HttpError>;

type Respond = Box<dyn Fn(&FakeVendor, &HttpRequest) -> Answered + Send + Sync>;

/// A vendor that answers as a test tells it to.
///
/// ```
/// use zpns_kit::testing::{FakeVendor, answer};
///
/// let vendor = FakeVendor::new(|_, _| Ok(answer(200, r#"{"code":0}"#)));
/// let setup = vendor.setup("phones");
/// assert!(vendor.requests().is_empty());
/// # drop(setup);
/// ```
pub struct FakeVendor {
    /// The clock that its provider goes by. It stands at [`NOW`] until it is moved.
    pub clock: Arc<ManualClock>,
    respond: Respond,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    opened: Vec<HttpOptions>,
    requests: Vec<HttpRequest>,
    closed: Vec<Duration>,
}

impl FakeVendor {
    /// Answers every request by `respond`, after the request is kept.
    pub fn new(
        respond: impl Fn(&Self, &HttpRequest) -> Answered + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(ManualClock::at(NOW)),
            respond: Box::new(respond),
            seen: Mutex::default(),
        })
    }

    /// What a provider that reaches this vendor is built from.
    pub fn setup(self: &Arc<Self>, id: &str) -> Setup {
        let connector = Arc::new(Connector(Arc::clone(self)));
        let clock = Arc::clone(&self.clock);
        Setup::new(id, Resources::new(connector).with_clock(clock))
    }

    /// The options of every client that was opened.
    pub fn opened(&self) -> Vec<HttpOptions> {
        self.seen().opened.clone()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.seen().requests.clone()
    }

    /// The requests to paths that end like this.
    pub fn requests_to(&self, path: &str) -> Vec<HttpRequest> {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.uri.path().ends_with(path))
            .collect()
    }

    /// How much grace each client was given when it was closed.
    pub fn closed(&self) -> Vec<Duration> {
        self.seen().closed.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeVendor").finish_non_exhaustive()
    }
}

/// An answer without headers. A number that is no status counts as 200.
pub fn answer(status: u16, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

/// A batch of a message to these tokens, with the default policy of limits.
///
/// # Errors
/// The capability does not allow the message.
pub fn batch(
    message: &Notification,
    capability: &Capability,
    tokens: &[&str],
) -> Result<Batch, Rejection> {
    let variant = Variant::new(message, capability, None, LimitPolicy::default())?;
    let targets = tokens.iter().map(|token| Target::new("phones", *token));
    Ok(Batch::new(Arc::new(variant), targets.collect()))
}

#[derive(Debug)]
struct Connector(Arc<FakeVendor>);

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        self.0.seen().opened.push(options.clone());
        Ok(Arc::new(Client(Arc::clone(&self.0))))
    }
}

#[derive(Debug)]
struct Client(Arc<FakeVendor>);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send(&self, request: HttpRequest) -> Answered {
        // A network never answers at once: others get their turn first.
        tokio::task::yield_now().await;
        self.0.seen().requests.push(request.clone());
        let answered = (self.0.respond)(&self.0, &request);
        tokio::task::yield_now().await;
        answered
    }

    async fn close(&self, grace: Duration) {
        self.0.seen().closed.push(grace);
    }
}
