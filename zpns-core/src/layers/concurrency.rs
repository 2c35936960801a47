//! A bound on requests in flight.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::turn::turn;
use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{Error, ErrorKind, Report, Retry, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Lets so many requests through at once; further ones wait their turn, in order, until their
/// deadline.
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    most: usize,
}

impl Concurrency {
    /// So many requests at once; at least one.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.clamp(1, Semaphore::MAX_PERMITS),
        }
    }
}

impl Layer for Concurrency {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let around = AroundConcurrency {
            slots: Semaphore::new(self.most),
            clock: Arc::clone(&context.resources.clock),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundConcurrency {
    slots: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Around for AroundConcurrency {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let Some(_slot) = turn(&self.slots, batch, &*self.clock).await else {
            let message = "the deadline came before one of the provider's request slots was free";
            let error = Error::new(ErrorKind::Timeout, message)
                .with_retry(Retry::Backoff)
                .with_sent(Sent::No);
            return batch.report_all(error);
        };
        inner.send(batch).await
    }
}
