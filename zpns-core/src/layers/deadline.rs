//! What is late already is not sent.

use std::sync::Arc;

use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{Error, ErrorKind, Report, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Answers a batch whose deadline has passed without sending it. The layers within keep to the
/// deadline by themselves: none of them waits beyond it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline;

impl Layer for Deadline {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let clock = Arc::clone(&context.resources.clock);
        Wrapped::around(inner, AroundDeadline { clock })
    }
}

#[derive(Debug)]
struct AroundDeadline {
    clock: Arc<dyn Clock>,
}

impl Around for AroundDeadline {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let late = batch
            .deadline()
            .is_some_and(|deadline| deadline <= self.clock.monotonic());
        if late {
            let error = Error::new(
                ErrorKind::Timeout,
                "the deadline had passed before it was sent",
            );
            return batch.report_all(error.with_sent(Sent::No));
        }
        inner.send(batch).await
    }
}
