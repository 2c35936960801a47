//! Observers see every attempt begin and end.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;

use super::{Around, LayerContext, Next};
use crate::model::Report;
use crate::observer::{Event, Observers};
use crate::provider::{Batch, ProviderInfo};
use crate::resources::Clock;

/// Tells observers of every attempt, and runs it in their span. Not there where nobody listens.
#[derive(Debug)]
pub(super) struct AroundWatch {
    observers: Observers,
    clock: Arc<dyn Clock>,
}

impl AroundWatch {
    pub(super) fn new(context: &LayerContext) -> Option<Self> {
        (!context.observers.is_empty()).then(|| Self {
            observers: context.observers.clone(),
            clock: Arc::clone(&context.resources.clock),
        })
    }
}

/// Tells of the end of an attempt: with its report, or when it is dropped without one.
struct Attempt<'a> {
    watch: &'a AroundWatch,
    provider: &'a ProviderInfo,
    batch: &'a Batch,
    started: Duration,
    over: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.end(None);
    }
}

impl Attempt<'_> {
    /// Tells of the end, once.
    fn end(&mut self, report: Option<&Report>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let now = self.watch.clock.monotonic();
        self.watch.observers.tell(&Event::AttemptEnded {
            provider: self.provider,
            batch: self.batch,
            report,
            took: now.saturating_sub(self.started),
        });
    }
}

impl Around for AroundWatch {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let provider = next.provider().info();
        let watched = async {
            let mut attempt = Attempt {
                watch: self,
                provider,
                batch,
                started: self.clock.monotonic(),
                over: false,
            };
            self.observers
                .tell(&Event::AttemptStarted { provider, batch });
            let report = next.pass(batch).await;
            attempt.end(Some(&report));
            report
        };
        match self.observers.attempt_span(provider, batch) {
            Some(span) => watched.instrument(span).await,
            None => watched.await,
        }
    }
}
