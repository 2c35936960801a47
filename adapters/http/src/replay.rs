//! A connector for tests: answers from a script instead of a network.
//!
//! A [`Script`] lists what is expected and what to answer. Every request takes the first entry
//! that matches it; one that matches none fails the test at once, and entries that nobody asked
//! for fail it when the script is dropped.
//!
//! ```
//! use std::time::Duration;
//! use http::{HeaderMap, Method, StatusCode};
//! use zpns_core::HttpConnector;
//! use zpns_core::resources::{HttpOptions, HttpRequest};
//! use zpns_http::replay::{Expect, ReplayTransport, answer};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let replay = ReplayTransport::new([
//!     Expect::new(Method::POST, "/3/device/00aa")
//!         .header("apns-topic", "com.example")
//!         .body(|body| body.starts_with(b"{"))
//!         .answer(answer(StatusCode::OK, "")),
//! ]);
//! let client = replay.open(&HttpOptions::default()).unwrap();
//!
//! let mut headers = HeaderMap::new();
//! headers.insert("apns-topic", "com.example".parse().unwrap());
//! let response = client
//!     .send(HttpRequest {
//!         method: Method::POST,
//!         uri: "https://api.push.apple.com/3/device/00aa".parse().unwrap(),
//!         headers,
//!         body: "{}".into(),
//!         timeout: Duration::from_secs(1),
//!     })
//!     .await
//!     .unwrap();
//! assert_eq!(response.status, StatusCode::OK);
//! assert_eq!(replay.requests()[0].body, "{}");
//! # });
//! ```
#![allow(
    clippy::panic,
    reason = "a test double: an unexpected request has to fail the test where it happens"
)]

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use zpns_core::Sent;
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, HttpRequest, HttpResponse,
};

use crate::errors;

/// A response for a script, without headers.
pub fn answer(status: StatusCode, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

type BodyTest = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// One expected request and what comes of it.
pub struct Expect {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<BodyTest>,
    outcome: Result<HttpResponse, HttpError>,
    times: usize,
}

impl fmt::Debug for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x {} {}", self.times, self.method, self.path)?;
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        if !names.is_empty() {
            write!(f, " with {names:?}")?;
        }
        if self.body.is_some() {
            f.write_str(" and a certain body")?;
        }
        Ok(())
    }
}

impl Expect {
    /// A request of this method, path and query, once; answered with an empty 200 unless told
    /// otherwise.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
            outcome: Ok(answer(StatusCode::OK, "")),
            times: 1,
        }
    }

    /// It must carry this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Its body must pass this test.
    #[must_use]
    pub fn body(mut self, test: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        self.body = Some(Box::new(test));
        self
    }

    /// What it is answered with.
    #[must_use]
    pub fn answer(mut self, response: HttpResponse) -> Self {
        self.outcome = Ok(response);
        self
    }

    /// How it fails.
    #[must_use]
    pub fn fail(mut self, error: HttpError) -> Self {
        self.outcome = Err(error);
        self
    }

    /// It comes this many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &HttpRequest) -> bool {
        let path = request
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let has = |(name, value): &(String, String)| {
            request
                .headers
                .get_all(name)
                .iter()
                .any(|found| found.as_bytes() == value.as_bytes())
        };
        self.times > 0
            && self.method == request.method
            && self.path == path
            && self.headers.iter().all(has)
            && self.body.as_ref().is_none_or(|test| test(&request.body))
    }
}

/// A connector whose clients all share one script and one record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReplayTransport(Arc<Script>);

/// What is still expected, and what has come.
#[derive(Debug, Default)]
pub struct Script {
    expected: Mutex<Vec<Expect>>,
    requests: Mutex<Vec<HttpRequest>>,
    opened: Mutex<Vec<HttpOptions>>,
    renewals: AtomicUsize,
    failed: AtomicBool,
}

impl ReplayTransport {
    /// Expects these requests, in any order.
    pub fn new(expected: impl IntoIterator<Item = Expect>) -> Self {
        let script = Script::default();
        lock(&script.expected).extend(expected);
        Self(Arc::new(script))
    }

    /// Expects one more.
    pub fn expect(&self, expected: Expect) {
        lock(&self.0.expected).push(expected);
    }

    /// The requests so far, in the order of sending, unexpected ones included.
    pub fn requests(&self) -> Vec<HttpRequest> {
        lock(&self.0.requests).clone()
    }

    /// The options of the clients opened so far.
    pub fn opened(&self) -> Vec<HttpOptions> {
        lock(&self.0.opened).clone()
    }

    /// How often connections were renewed.
    pub fn renewals(&self) -> usize {
        self.0.renewals.load(Ordering::SeqCst)
    }

    /// Checks that every expected request has come.
    ///
    /// # Panics
    /// If one has not. The same happens when the last handle and client are dropped.
    pub fn assert_done(&self) {
        self.0.assert_done();
    }
}

impl HttpConnector for ReplayTransport {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        lock(&self.0.opened).push(options.clone());
        Ok(Arc::new(ReplayClient {
            script: Arc::clone(&self.0),
            closed: AtomicBool::new(false),
        }))
    }
}

impl Script {
    fn take(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        lock(&self.requests).push(request.clone());
        let mut expected = lock(&self.expected);
        if let Some(found) = expected.iter_mut().find(|entry| entry.matches(request)) {
            found.times -= 1;
            return found.outcome.clone();
        }
        self.failed.store(true, Ordering::SeqCst);
        let left: Vec<_> = expected.iter().filter(|entry| entry.times > 0).collect();
        panic!(
            "unexpected request: {} {} with {:?} and {} bytes; still expected: {left:?}",
            request.method,
            request.uri.path(),
            request.headers.keys().collect::<Vec<_>>(),
            request.body.len(),
        );
    }

    fn assert_done(&self) {
        let expected = lock(&self.expected);
        let left: Vec<_> = expected.iter().filter(|entry| entry.times > 0).collect();
        assert!(left.is_empty(), "expected requests never came: {left:?}");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // A test that fails already needs no second reason.
        if !std::thread::panicking() && !self.failed.load(Ordering::SeqCst) {
            self.assert_done();
        }
    }
}

#[derive(Debug)]
struct ReplayClient {
    script: Arc<Script>,
    closed: AtomicBool,
}

#[async_trait]
impl HttpClient for ReplayClient {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(errors::closed(Sent::No));
        }
        self.script.take(&request)
    }

    fn renew_connections(&self) {
        self.script.renewals.fetch_add(1, Ordering::SeqCst);
    }

    async fn close(&self, _grace: Duration) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use zpns_core::resources::HttpErrorKind;

    use super::*;

    fn post(path: &str, body: &'static str) -> HttpRequest {
        HttpRequest {
            method: Method::POST,
            uri: format!("https://vendor.example{path}").parse().unwrap(),
            headers: HeaderMap::new(),
            body: body.into(),
            timeout: Duration::from_secs(1),
        }
    }

    fn client(replay: &ReplayTransport) -> Arc<dyn HttpClient> {
        replay.open(&HttpOptions::default()).unwrap()
    }

    #[tokio::test]
    async fn each_request_takes_the_first_entry_that_matches() {
        let replay = ReplayTransport::new([
            Expect::new(Method::POST, "/a").body(|body| body == b"second"),
            Expect::new(Method::POST, "/a").answer(answer(StatusCode::ACCEPTED, "any")),
            Expect::new(Method::POST, "/b?x=1")
                .fail(errors::connect("down"))
                .times(2),
        ]);
        let client = client(&replay);
        let first = client.send(post("/a", "first")).await.unwrap();
        assert_eq!(
            (first.status, first.body.as_ref()),
            (StatusCode::ACCEPTED, &b"any"[..])
        );
        let second = client.send(post("/a", "second")).await.unwrap();
        assert_eq!(second.status, StatusCode::OK);
        for _ in 0..2 {
            let error = client.send(post("/b?x=1", "")).await.unwrap_err();
            assert_eq!(error.kind, HttpErrorKind::Connect);
        }
        assert_eq!(replay.requests().len(), 4);
        replay.assert_done();
    }

    #[tokio::test]
    #[should_panic(expected = "unexpected request: POST /b")]
    async fn an_unexpected_request_fails_the_test() {
        let replay = ReplayTransport::new([Expect::new(Method::POST, "/a")]);
        let _ = client(&replay).send(post("/b", "")).await;
    }

    #[tokio::test]
    #[should_panic(expected = "unexpected request: POST /a")]
    async fn a_missing_header_makes_a_request_unexpected() {
        let replay = ReplayTransport::new([Expect::new(Method::POST, "/a").header("x-key", "1")]);
        let _ = client(&replay).send(post("/a", "")).await;
    }

    #[test]
    #[should_panic(expected = "expected requests never came")]
    fn a_script_that_was_not_played_to_the_end_fails_the_test() {
        drop(ReplayTransport::new([Expect::new(Method::POST, "/a")]));
    }

    #[tokio::test]
    async fn a_closed_client_refuses() {
        let replay = ReplayTransport::new([]);
        let client = client(&replay);
        client.renew_connections();
        client.close(Duration::ZERO).await;
        let error = client.send(post("/a", "")).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::Closed);
        assert_eq!(replay.renewals(), 1);
    }
}
