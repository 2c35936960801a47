//! What the tests of the router and of the layers share: a provider that does as it is told, an
//! observer that writes everything down, and a few short hands.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of what they share"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "only tests come by here, and they are to fail"
)]

mod provider;
mod recorder;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use zpns_core::layers::Delivery;
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpOptions, SeededRandom, SystemClock,
};
use zpns_core::{
    Clock, Error, ErrorKind, Notification, Outcome, PushProvider, Rejection, Resources, Retry,
    Router, Sent, Target,
};

pub(crate) use provider::Scripted;
pub(crate) use recorder::Recorder;

/// No test of the core opens a connection.
#[derive(Debug)]
struct NoHttp;

impl HttpConnector for NoHttp {
    fn open(&self, _: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Err(HttpError::new(
            HttpErrorKind::Connect,
            Sent::No,
            "no network in this test",
        ))
    }
}

/// On the given clock, with the same randomness every time.
pub(crate) fn resources(clock: Arc<dyn Clock>) -> Resources {
    resources_with(clock, 7)
}

/// On the given clock, with randomness of this seed.
pub(crate) fn resources_with(clock: Arc<dyn Clock>, seed: u64) -> Resources {
    Resources::new(Arc::new(NoHttp))
        .with_clock(clock)
        .with_random(Arc::new(SeededRandom::new(seed)))
}

/// On tokio's time, which the tests pause.
pub(crate) fn paused() -> Resources {
    resources(Arc::new(SystemClock::new()))
}

/// A router over these providers, on tokio's time, with default delivery.
pub(crate) fn router<const N: usize>(providers: [&Arc<Scripted>; N]) -> Router {
    let mut builder = Router::builder(paused());
    for provider in providers {
        builder = builder.provider(Arc::clone(provider) as Arc<dyn PushProvider>);
    }
    builder.build()
}

/// Default delivery, but nothing is tried twice.
pub(crate) fn without_retries() -> Delivery {
    let mut delivery = Delivery::default();
    delivery.retries.attempts = 1;
    delivery
}

pub(crate) fn alert() -> Notification {
    Notification::alert("Alice", "Lunch?")
}

/// Targets `0`, `1`, … of one provider.
pub(crate) fn targets(provider: &str, count: usize) -> Vec<Target> {
    (0..count)
        .map(|number| Target::new(provider, number.to_string()))
        .collect()
}

pub(crate) fn rejected(kind: ErrorKind) -> Outcome {
    Rejection::new(kind, "as the script says").into()
}

pub(crate) fn failed(kind: ErrorKind, retry: Retry, sent: Sent) -> Outcome {
    Error::new(kind, "as the script says")
        .with_retry(retry)
        .with_sent(sent)
        .into()
}

/// A fault that waiting mends, and that provably was not sent.
pub(crate) fn busy() -> Outcome {
    failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No)
}

/// A fault after which nobody knows.
pub(crate) fn lost() -> Outcome {
    failed(ErrorKind::Timeout, Retry::Backoff, Sent::Maybe)
}

pub(crate) fn kinds(outcomes: &[Outcome]) -> Vec<Option<ErrorKind>> {
    outcomes.iter().map(Outcome::kind).collect()
}

pub(crate) fn error(outcome: &Outcome) -> &Error {
    match outcome {
        Outcome::Failed(error) => error,
        other => panic!("not a failure: {other:?}"),
    }
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The outcome of a future that needs no time to pass: fails once everything is idle without it.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let idle = SystemClock::new().sleep(millis(1));
    match select(std::pin::pin!(future), idle).await {
        Either::Left((output, _)) => output,
        Either::Right(((), _)) => panic!("stalled"),
    }
}

/// Lets every task that is able to move do so, without moving time.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
