//! A bound on requests in flight, with lanes by urgency.

use std::sync::Arc;
use std::time::Duration;

use super::slots::{Slot, Slots};
use super::within::within;
use super::{Around, Layer, LayerContext, Next, Urgency, Wrapped};
use crate::model::{Error, ErrorKind, Report, Retry, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Lets so many requests through at once; further ones wait for their turn, until their
/// deadline: calls before chat before campaigns ([`Urgency`]), in order within each.
///
/// Campaigns leave an eighth of the places, and at least one of several, to all others. Nothing
/// is dropped because it is full: whoever sends waits.
///
/// ```
/// use std::num::NonZeroUsize;
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.max_in_flight = NonZeroUsize::new(100);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    most: usize,
}

impl Concurrency {
    /// So many requests at once; at least one.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1) }
    }
}

impl Layer for Concurrency {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, AroundConcurrency::new(*self, context))
    }
}

#[derive(Debug)]
pub(super) struct AroundConcurrency {
    slots: Slots,
    clock: Arc<dyn Clock>,
}

impl AroundConcurrency {
    pub(super) fn new(settings: Concurrency, context: &LayerContext) -> Self {
        Self {
            slots: Slots::new(settings.most),
            clock: Arc::clone(&context.resources.clock),
        }
    }

    /// How many wait for a slot, by urgency.
    pub(super) fn waiting(&self) -> [usize; Urgency::ALL.len()] {
        self.slots.waiting()
    }

    /// A slot; none if the deadline came first.
    async fn wait(&self, batch: &Batch, urgency: Urgency) -> Option<Slot<'_>> {
        let left = batch.time_to_start(self.clock.monotonic(), Duration::MAX);
        let waiting = self.slots.acquire(urgency);
        match batch.is_bounded() {
            true => within(&*self.clock, left, waiting).await,
            false => Some(waiting.await),
        }
    }
}

impl Around for AroundConcurrency {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let urgency = Urgency::of(batch.notification());
        let slot = match self.slots.try_acquire(urgency) {
            Some(slot) => Some(slot),
            None => Box::pin(self.wait(batch, urgency)).await,
        };
        let Some(_slot) = slot else {
            let message = "the deadline came before one of the provider's request slots was free";
            let error = Error::new(ErrorKind::Timeout, message)
                .with_retry(Retry::Backoff)
                .with_sent(Sent::No);
            return batch.report_all(error.held_back());
        };
        next.pass(batch).await
    }
}
