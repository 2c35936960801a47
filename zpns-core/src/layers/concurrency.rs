//! A bound on requests in flight.

use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

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

impl AroundConcurrency {
    /// A slot, first come first served; none if the deadline came first.
    async fn slot(&self, batch: &Batch) -> Option<SemaphorePermit<'_>> {
        // Jumps no queue: a slot that becomes free goes to whoever waits, not to whoever asks.
        if let Ok(slot) = self.slots.try_acquire() {
            return Some(slot);
        }
        let Some(deadline) = batch.deadline() else {
            return self.slots.acquire().await.ok();
        };
        let left = deadline.saturating_sub(self.clock.monotonic());
        let waiting = std::pin::pin!(self.slots.acquire());
        match select(waiting, self.clock.sleep(left)).await {
            Either::Left((slot, _)) => slot.ok(),
            Either::Right(((), _)) => None,
        }
    }
}

impl Around for AroundConcurrency {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let Some(_slot) = self.slot(batch).await else {
            let message = "the deadline came before one of the provider's request slots was free";
            let error = Error::new(ErrorKind::Timeout, message)
                .with_retry(Retry::Backoff)
                .with_sent(Sent::No);
            return batch.report_all(error);
        };
        inner.send(batch).await
    }
}
