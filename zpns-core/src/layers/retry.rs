//! Failures that waiting mends are tried again.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use self::history::History;
use super::budget::{Budget, RetryBudget};
use super::settings;
use super::{Around, Layer, LayerContext, Next, Wrapped};
use crate::model::{Error, ErrorKind, Outcome, Report, Retry, Sent};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, Capability, PushProvider};
use crate::resources::Resources;

mod history;

/// When and how often a failed push is tried again.
///
/// Only what got no verdict is tried again, and only where its error says that it can help. A
/// request that may have been acted on ([`Sent::Maybe`]) is repeated only where that repeats
/// nothing for the user: the vendor drops a repeat with the same id, or a collapse key replaces
/// it; or where the caller asked for at-least-once. Pauses double, with full jitter; the vendor's
/// `Retry-After` is their floor. No retry starts after the deadline or after the time to live,
/// and all of them together keep to a [budget](RetryBudget).
///
/// What an inner layer held back without a call (an open breaker) waits as it was asked to; that
/// is no attempt and costs no budget. Verdicts on other targets of the batch are handed out
/// before the wait. The report says of each target when and why its earlier attempts failed
/// ([`Notes::attempts`](crate::Notes::attempts)).
///
/// ```
/// use std::time::Duration;
/// use zpns_core::layers::{Delivery, Retries};
///
/// let mut delivery = Delivery::default();
/// delivery.retries.attempts = 3;
/// delivery.retries.longest = Duration::from_secs(10);
/// // Or, for a host that tries again by itself:
/// delivery.retries = Retries::none();
/// ```
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Retries {
    /// Attempts at the most, the first included. Six unless set.
    #[serde(deserialize_with = "settings::at_least_one")]
    pub attempts: u32,
    /// The longest first pause. One second unless set; `base_ms` in a config file.
    #[serde(rename = "base_ms", deserialize_with = "settings::millis")]
    pub base: Duration,
    /// The longest pause. One minute unless set; `longest_ms` in a config file.
    #[serde(rename = "longest_ms", deserialize_with = "settings::millis")]
    pub longest: Duration,
    /// From the first failure on, no attempt starts after so long. Ten minutes unless set, `None`
    /// for ever; `elapsed_ms` in a config file.
    #[serde(rename = "elapsed_ms", deserialize_with = "settings::optional_millis")]
    pub elapsed: Option<Duration>,
    /// How many retries all pushes make together.
    pub budget: RetryBudget,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            elapsed: Some(Duration::from_secs(600)),
            budget: RetryBudget::default(),
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
        let around = AroundRetries::new(self, inner.capability(), context);
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
pub(super) struct AroundRetries {
    settings: Retries,
    capability: Capability,
    resources: Resources,
    observers: Observers,
    budget: Budget,
}

impl Around for AroundRetries {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let ttl = batch.variant().ttl();
        let dies = ttl.map(|ttl| self.resources.clock.monotonic().saturating_add(ttl));
        let report = match ttl {
            // Now or never is as good as now once it is its turn.
            Some(ttl) if !ttl.is_zero() => next.pass(&batch.clone().with_start_by(dies)).await,
            _ => next.pass(batch).await,
        };
        let report = report.of_length(batch.targets().len());
        if !report.outcomes().iter().any(is_failure) {
            self.budget.succeeded();
            return report;
        }
        Box::pin(self.again(next, batch, report, dies)).await
    }
}

impl AroundRetries {
    pub(super) fn new(settings: &Retries, capability: Capability, context: &LayerContext) -> Self {
        let now = context.resources.clock.monotonic();
        Self {
            settings: settings.clone(),
            capability,
            resources: context.resources.clone(),
            observers: context.observers.clone(),
            budget: Budget::new(settings.budget, now),
        }
    }

    /// Tries again what failed, as long as that can help.
    async fn again<N: Next>(
        &self,
        next: &N,
        batch: &Batch,
        mut report: Report,
        dies: Option<Duration>,
    ) -> Report {
        let clock = &*self.resources.clock;
        let latest = [
            batch.deadline(),
            dies,
            self.settings
                .elapsed
                .map(|elapsed| clock.monotonic().saturating_add(elapsed)),
        ];
        let latest = latest.into_iter().flatten().min();
        let mut history = History::new(batch.targets().len());
        let mut attempt = 1;
        loop {
            let now = clock.monotonic();
            let left = latest.map(|end| end.saturating_sub(now));
            let Some(round) = self.round(batch, &report, attempt, left) else {
                break;
            };
            history.hand_out(batch, &report, &round.positions);
            let failed_at = clock.now();
            if round.is_attempt {
                attempt += 1;
                self.observers.tell(&Event::Retried {
                    provider: next.provider().info(),
                    targets: round.positions.len(),
                    attempt,
                    delay: round.delay,
                    kind: round.cause,
                });
            }
            clock.sleep(round.delay).await;
            // A clock may oversleep.
            if latest.is_some_and(|latest| clock.monotonic() >= latest) {
                break;
            }
            history.note(failed_at, &report, &round.positions);
            let again = subset(batch, &round.positions)
                .with_attempt(attempt)
                .with_deadline(earliest(batch.deadline(), dies))
                .with_start_by(latest);
            let answers = next.pass(&again).await.of_length(again.targets().len());
            if !answers.outcomes().iter().any(is_failure) {
                self.budget.succeeded();
            }
            report.adopt_notes(&answers);
            for (position, outcome) in round.positions.into_iter().zip(answers.into_outcomes()) {
                let outcome = still_maybe_sent(failure(&report, position), outcome);
                report.replace(position, outcome);
            }
        }
        let is_over = dies.is_some_and(|dies| dies <= clock.monotonic());
        if is_over {
            history.expire(&mut report);
        }
        history.tell(report)
    }
}

/// What is tried again, when and why.
struct Round {
    positions: Vec<usize>,
    delay: Duration,
    cause: ErrorKind,
    /// Whether the last one reached the provider, so that the next one counts as another.
    is_attempt: bool,
}

impl AroundRetries {
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
        let may_attempt = attempt < self.settings.attempts;
        let mut positions = Vec::new();
        let mut floor = Duration::ZERO;
        let mut cause = None;
        let mut is_attempt = false;
        for position in 0..report.len() {
            let Some(error) = failure(report, position) else {
                continue;
            };
            let Some(asked) = pause_asked_for(error, repeat_is_harmless) else {
                continue;
            };
            let may_try = may_attempt || (error.is_held_back() && self.settings.attempts > 1);
            if fits(asked) && may_try {
                positions.push(position);
                floor = floor.max(asked);
                cause.get_or_insert(error.kind());
                is_attempt |= !error.is_held_back();
            }
        }
        let cause = cause?;
        // Jitter on top of the floor: those whom the vendor sent away together do not all come
        // back together. The floor alone, where the jitter would not leave time.
        let jittered = floor.saturating_add(self.jitter(attempt + 1));
        let delay = if fits(jittered) { jittered } else { floor };
        if !fits(jittered) && floor.is_zero() {
            return None;
        }
        let turn = match is_attempt {
            true => self.budget.take(self.resources.clock.monotonic(), fits)?,
            false => Duration::ZERO,
        };
        Some(Round {
            positions,
            delay: delay.max(turn),
            cause,
            is_attempt,
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

fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_))
}

fn failure(report: &Report, position: usize) -> Option<&Error> {
    match report.outcomes().get(position) {
        Some(Outcome::Failed(error)) => Some(error),
        _ => None,
    }
}

fn earliest(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
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
