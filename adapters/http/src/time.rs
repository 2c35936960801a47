//! The transport's time: tokio's, which a test pauses and moves.
//!
//! Sockets wait on tokio's clock in any case; a second clock beside it could only disagree.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place where the transport reads and waits on tokio's clock"
)]

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub(crate) use tokio::time::{Instant, Sleep};

/// A moment so far away that nothing waits for it, without overflowing the clock.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn after(duration: Duration) -> Instant {
    now() + duration.min(FAR)
}

pub(crate) fn sleep(duration: Duration) -> Sleep {
    tokio::time::sleep(duration.min(FAR))
}

pub(crate) fn boxed_sleep(duration: Duration) -> Pin<Box<Sleep>> {
    Box::pin(sleep(duration))
}

/// The future's output, or `None` once `duration` is over.
pub(crate) async fn within<F: Future>(duration: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(duration.min(FAR), future).await.ok()
}
