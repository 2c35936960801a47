//! Failures that waiting mends are tried again.

use std::sync::Arc;
use std::time::Duration;

use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{Error, ErrorKind, Outcome, Report, Retry, Sent};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, Capability, PushProvider};
use crate::resources::Resources;

/// When and how often a failed push is tried again.
///
/// Only what got no verdict is tried again, and only where its error says that it can help. A
/// request that may have been acted on ([`Sent::Maybe`]) is repeated only where that repeats
/// nothing for the user: the vendor drops a repeat with the same id, or a collapse key replaces
/// it; or where the caller asked for at-least-once. Pauses double, with full jitter; the vendor's
/// `Retry-After` is their floor. No retry starts after the deadline or after the time to live.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Retries {
    /// Attempts at the most, the first included. Six unless set.
    pub attempts: u32,
    /// The longest first pause. One second unless set.
    pub base: Duration,
    /// The longest pause. One minute unless set.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        }
    }
}

impl Retries {
    /// No second attempt at anything.
    pub fn none() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }
}

impl Layer for Retries {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let around = AroundRetries {
            settings: self.clone(),
            capability: inner.capability(),
            resources: context.resources.clone(),
            observers: context.observers.clone(),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundRetries {
    settings: Retries,
    capability: Capability,
    resources: Resources,
    observers: Observers,
}

impl Around for AroundRetries {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let latest = self.latest_start(batch);
        let mut report = inner.send(batch).await;
        for attempt in 2..=self.settings.attempts {
            let open = self.undelivered(batch, &report);
            let Some(cause) = open
                .first()
                .and_then(|&position| failure(&report, position))
            else {
                break;
            };
            let floor = open
                .iter()
                .filter_map(|&position| failure(&report, position))
                .map(|error| match error.retry() {
                    Retry::After(delay) => delay,
                    Retry::Never | Retry::Backoff => Duration::ZERO,
                })
                .max()
                .unwrap_or_default();
            let delay = floor.max(self.jittered(attempt));
            let start = self.resources.clock.monotonic().saturating_add(delay);
            if latest.is_some_and(|latest| start >= latest) {
                break;
            }
            self.observers.tell(&Event::Retried {
                provider: inner.info(),
                targets: open.len(),
                attempt,
                delay,
                kind: cause.kind(),
            });
            self.resources.clock.sleep(delay).await;
            let again = subset(batch, &open).with_attempt(attempt);
            let answers = inner.send(&again).await.into_outcomes();
            for (position, outcome) in open.into_iter().zip(answers) {
                report.replace(position, outcome);
            }
        }
        report
    }
}

impl AroundRetries {
    /// When the last attempt may start: before the deadline, and while the message lives.
    fn latest_start(&self, batch: &Batch) -> Option<Duration> {
        let dies = batch
            .notification()
            .ttl
            .map(|ttl| self.resources.clock.monotonic().saturating_add(ttl));
        [batch.deadline(), dies].into_iter().flatten().min()
    }

    /// The positions worth another attempt.
    fn undelivered(&self, batch: &Batch, report: &Report) -> Vec<usize> {
        let repeat_is_harmless = batch.variant().at_least_once()
            || self.capability.deduplicates
            || (self.capability.collapse_replaces && batch.notification().collapse_key.is_some());
        (0..report.len())
            .filter(|&position| {
                failure(report, position).is_some_and(|error| {
                    error.retry() != Retry::Never
                        && error.kind() != ErrorKind::Cancelled
                        && (error.sent() == Sent::No || repeat_is_harmless)
                })
            })
            .collect()
    }

    /// A pause before this attempt: anything up to the doubled base (full jitter).
    fn jittered(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(2).min(16);
        let ceiling = self.settings.base.saturating_mul(1 << doublings);
        ceiling
            .min(self.settings.longest)
            .mul_f64(self.resources.random.fraction())
    }
}

fn failure(report: &Report, position: usize) -> Option<&Error> {
    match report.outcomes().get(position) {
        Some(Outcome::Failed(error)) => Some(error),
        _ => None,
    }
}

/// The batch with only the targets at these positions.
fn subset(batch: &Batch, positions: &[usize]) -> Batch {
    if positions.len() == batch.targets().len() {
        return batch.clone();
    }
    let targets = positions
        .iter()
        .filter_map(|&position| batch.targets().get(position).cloned())
        .collect();
    batch.with_targets(targets)
}
