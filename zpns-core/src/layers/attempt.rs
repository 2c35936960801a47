//! A time-out for each attempt.

use std::sync::Arc;
use std::time::Duration;

use super::within::within;
use super::{Around, Layer, LayerContext, Next, Wrapped};
use crate::model::{Error, ErrorKind, Report, Retry, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// How long after the deadline a provider may still come with an answer of its own, which knows
/// more than ours does: whether the request had left, for one.
const MARGIN: Duration = Duration::from_millis(250);

/// Moves the deadline of an attempt forward to the time-out, and gives up on a provider that
/// does not keep to it. An attempt for which no time is left is not made.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.attempt_timeout = Duration::from_secs(20);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AttemptTimeout {
    timeout: Duration,
}

impl AttemptTimeout {
    /// An attempt may take this long.
    pub const fn new(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Layer for AttemptTimeout {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, AroundAttempt::new(*self, context))
    }
}

#[derive(Debug)]
pub(super) struct AroundAttempt {
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl AroundAttempt {
    pub(super) fn new(settings: AttemptTimeout, context: &LayerContext) -> Self {
        Self {
            timeout: settings.timeout,
            clock: Arc::clone(&context.resources.clock),
        }
    }
}

impl Around for AroundAttempt {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let now = self.clock.monotonic();
        let allowed = batch.time_left(now, self.timeout);
        if batch.time_to_start(now, allowed).is_zero() {
            let message = "the time for it passed while it waited for its turn";
            let error = Error::new(ErrorKind::Timeout, message).with_retry(Retry::Backoff);
            return batch.report_all(error.with_sent(Sent::No).held_back());
        }
        let deadline = now.saturating_add(allowed);
        let attempt = batch.clone().with_deadline(Some(deadline));
        let limit = allowed.saturating_add(MARGIN);
        match within(&*self.clock, limit, next.pass(&attempt)).await {
            Some(report) => report,
            None => {
                let message = format!("no answer within {} ms", allowed.as_millis());
                let error = Error::new(ErrorKind::Timeout, message)
                    .with_retry(Retry::Backoff)
                    .with_sent(Sent::Maybe);
                batch.report_all(error)
            }
        }
    }
}
