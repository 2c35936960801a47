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
        let latest = self.latest(batch);
        let mut report = inner.send(batch).await.of_length(batch.targets().len());
        for attempt in 2..=self.settings.attempts {
            let now = self.resources.clock.monotonic();
            let Some(round) = self.round(
                batch,
                &report,
                attempt,
                latest.map(|end| end - now.min(end)),
            ) else {
                break;
            };
            self.observers.tell(&Event::Retried {
                provider: inner.info(),
                targets: round.positions.len(),
                attempt,
                delay: round.delay,
                kind: round.cause,
            });
            self.resources.clock.sleep(round.delay).await;
            // A clock may oversleep.
            if latest.is_some_and(|latest| self.resources.clock.monotonic() >= latest) {
                break;
            }
            let again = subset(batch, &round.positions)
                .with_attempt(attempt)
                .with_deadline(latest);
            let answers = inner.send(&again).await.of_length(again.targets().len());
            report.adopt_notes(&answers);
            for (position, outcome) in round.positions.into_iter().zip(answers.into_outcomes()) {
                let outcome = still_maybe_sent(failure(&report, position), outcome);
                report.replace(position, outcome);
            }
        }
        report
    }
}

/// What is tried again, when and why.
struct Round {
    positions: Vec<usize>,
    delay: Duration,
    cause: ErrorKind,
}

impl AroundRetries {
    /// When it must be over: at the deadline, and while the message lives.
    fn latest(&self, batch: &Batch) -> Option<Duration> {
        let dies = batch
            .variant()
            .ttl()
            .map(|ttl| self.resources.clock.monotonic().saturating_add(ttl));
        [batch.deadline(), dies].into_iter().flatten().min()
    }

    /// The next attempt at what is worth one, if it can start within the time that is `left`.
    fn round(
        &self,
        batch: &Batch,
        report: &Report,
        attempt: u32,
        left: Option<Duration>,
    ) -> Option<Round> {
        let fits = |delay: Duration| left.is_none_or(|left| delay < left);
        let repeat_is_harmless = self.repeat_is_harmless(batch);
        let mut positions = Vec::new();
        let mut floor = Duration::ZERO;
        let mut cause = None;
        for position in 0..report.len() {
            let Some(error) = failure(report, position) else {
                continue;
            };
            let Some(asked) = pause_asked_for(error, repeat_is_harmless) else {
                continue;
            };
            if fits(asked) {
                positions.push(position);
                floor = floor.max(asked);
                cause.get_or_insert(error.kind());
            }
        }
        // Jitter on top of the floor: those whom the vendor sent away together do not all come
        // back together. The floor alone, where the jitter would not leave time.
        let jittered = floor.saturating_add(self.jitter(attempt));
        let delay = if fits(jittered) { jittered } else { floor };
        let room = fits(jittered) || floor > Duration::ZERO;
        room.then_some(Round {
            positions,
            delay,
            cause: cause?,
        })
    }

    /// Whether a second delivery of the same push shows nothing twice, or the caller minds less.
    fn repeat_is_harmless(&self, batch: &Batch) -> bool {
        batch.variant().at_least_once()
            || self.capability.deduplicates
            || (self.capability.collapse_replaces && batch.notification().collapse_key.is_some())
    }

    /// A pause before this attempt: anything up to the doubled base (full jitter).
    fn jitter(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(2).min(16);
        let ceiling = self.settings.base.saturating_mul(1 << doublings);
        ceiling
            .min(self.settings.longest)
            .mul_f64(self.resources.random.fraction())
    }
}

/// The least pause before another attempt; none if that is not worth one.
fn pause_asked_for(error: &Error, repeat_is_harmless: bool) -> Option<Duration> {
    if error.kind() == ErrorKind::Cancelled || (error.sent() == Sent::Maybe && !repeat_is_harmless)
    {
        return None;
    }
    match error.retry() {
        Retry::Never => None,
        Retry::Backoff => Some(Duration::ZERO),
        Retry::After(pause) => Some(pause),
    }
}

/// The outcome of a later attempt, not forgetting what an earlier one may have done.
fn still_maybe_sent(before: Option<&Error>, outcome: Outcome) -> Outcome {
    match (before.map(Error::sent), outcome) {
        (Some(Sent::Maybe), Outcome::Failed(error)) => error.with_sent(Sent::Maybe).into(),
        (_, outcome) => outcome,
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
