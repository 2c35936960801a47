//! What is late already is not sent.

use std::sync::Arc;

use super::{Around, Layer, LayerContext, Next, Wrapped};
use crate::model::{Error, ErrorKind, Report, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Answers a batch whose deadline has passed without sending it. The layers within keep to the
/// deadline by themselves: none of them waits beyond it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline;

impl Layer for Deadline {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, AroundDeadline::new(context))
    }
}

#[derive(Debug)]
pub(super) struct AroundDeadline {
    clock: Arc<dyn Clock>,
}

impl AroundDeadline {
    pub(super) fn new(context: &LayerContext) -> Self {
        Self {
            clock: Arc::clone(&context.resources.clock),
        }
    }
}

impl Around for AroundDeadline {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let late = batch
            .deadline()
            .is_some_and(|deadline| deadline <= self.clock.monotonic());
        if late {
            let error = Error::new(
                ErrorKind::Timeout,
                "the deadline had passed before it was sent",
            );
            return batch.report_all(error.with_sent(Sent::No).held_back());
        }
        next.pass(batch).await
    }
}
