//! Observers see every attempt begin and end.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;

use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::Report;
use crate::observer::{Event, Observers};
use crate::provider::{Batch, ProviderInfo, PushProvider};
use crate::resources::Clock;

/// Tells observers of every attempt, and runs it in their span. Not there where nobody listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch;

impl Layer for Watch {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let around = AroundWatch {
            observers: context.observers.clone(),
            clock: Arc::clone(&context.resources.clock),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundWatch {
    observers: Observers,
    clock: Arc<dyn Clock>,
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
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let provider = inner.info();
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
            let report = inner.send(batch).await;
            attempt.end(Some(&report));
            report
        };
        match self.observers.attempt_span(provider, batch) {
            Some(span) => watched.instrument(span).await,
            None => watched.await,
        }
    }
}
