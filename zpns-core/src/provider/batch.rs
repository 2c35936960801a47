//! What is sent in one go.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::Variant;
use crate::model::{Notes, Notification, Outcome, Report, Target};

/// One notification to up to [`Capability::batch`](crate::Capability::batch) targets of one
/// provider, with a deadline and the number of the attempt. Cheap to clone and to slice.
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::{Batch, Capability, Fields, Kinds, LimitPolicy, Notification, Target, Variant};
///
/// let mut capability = Capability::batched(2, 1);
/// capability.kinds = Kinds::ALERT;
/// capability.fields = Fields::TITLE | Fields::BODY;
/// let variant =
///     Variant::new(&Notification::alert("T", "B"), &capability, None, LimitPolicy::Truncate);
/// let targets = ["a", "b", "c"].map(|token| Target::new("fcm", token));
/// let batch = Batch::new(Arc::new(variant.unwrap()), targets.into());
/// assert_eq!(batch.slice(1, 2).targets().len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    variant: Arc<Variant>,
    targets: Arc<[Target]>,
    start: usize,
    end: usize,
    deadline: Option<Duration>,
    start_by: Option<Duration>,
    attempt: u32,
    early: Option<Arc<dyn Early>>,
    probe: Option<u64>,
}

/// Takes outcomes that are final while others of their batch are still tried again, so that
/// nobody waits for them, and nobody loses them by giving up on the rest.
pub(crate) trait Early: Debug + Send + Sync {
    /// Outcomes by the position of their target in the batch, with their notes. Each is given
    /// once; the report that comes later repeats it.
    fn give(&self, outcomes: Vec<(usize, Outcome, Option<Arc<Notes>>)>);
}

impl Batch {
    /// The first attempt at all of these targets, without a deadline.
    pub fn new(variant: Arc<Variant>, targets: Arc<[Target]>) -> Self {
        let end = targets.len();
        Self {
            variant,
            targets,
            start: 0,
            end,
            deadline: None,
            start_by: None,
            attempt: 1,
            early: None,
            probe: None,
        }
    }

    /// With a deadline, in the injected clock's [monotonic](crate::Clock::monotonic) time.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Option<Duration>) -> Self {
        self.deadline = deadline;
        self
    }

    /// With a time after which it is not to be begun any more, in the same time: the message is
    /// not alive then. What was begun may take until the deadline.
    #[must_use]
    pub(crate) fn with_start_by(mut self, time: Option<Duration>) -> Self {
        self.start_by = time;
        self
    }

    /// As another attempt; the first is 1.
    #[must_use]
    pub fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// With somebody who takes outcomes early.
    #[must_use]
    pub(crate) fn with_early(mut self, early: Arc<dyn Early>) -> Self {
        self.early = Some(early);
        self
    }

    /// As the one that finds out whether a provider answers again, since the breaker opened for
    /// the time of this number.
    #[must_use]
    pub(crate) fn with_probe(mut self, opening: u64) -> Self {
        self.probe = Some(opening);
        self
    }

    /// Since which opening of the breaker it is to find out whether the provider answers again.
    pub(crate) fn probe_of(&self) -> Option<u64> {
        self.probe
    }

    /// Who takes outcomes early. Nobody for a part of a batch: positions are counted anew in it.
    pub(crate) fn early(&self) -> Option<&dyn Early> {
        self.early.as_deref()
    }

    /// `length` targets from position `start` on; as many of them as there are.
    #[must_use]
    pub fn slice(&self, start: usize, length: usize) -> Self {
        let from = self.start.saturating_add(start).min(self.end);
        let to = from.saturating_add(length).min(self.end);
        Self {
            start: from,
            end: to,
            early: None,
            ..self.clone()
        }
    }

    /// The same batch with other targets (for a retry of the undelivered ones).
    #[must_use]
    pub fn with_targets(&self, targets: Arc<[Target]>) -> Self {
        let end = targets.len();
        Self {
            targets,
            start: 0,
            end,
            early: None,
            ..self.clone()
        }
    }

    /// The notification as this provider sends it.
    pub fn variant(&self) -> &Arc<Variant> {
        &self.variant
    }

    /// The notification, without what the vendor lacks.
    pub fn notification(&self) -> &Notification {
        self.variant.notification()
    }

    /// The targets.
    pub fn targets(&self) -> &[Target] {
        // Both ends were clamped to the length when they were set.
        self.targets.get(self.start..self.end).unwrap_or_default()
    }

    /// When it must be over, in the injected clock's monotonic time.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// How long until the deadline, as the shorter of it and `most`.
    pub fn time_left(&self, now: Duration, most: Duration) -> Duration {
        self.deadline
            .map_or(most, |deadline| deadline.saturating_sub(now).min(most))
    }

    /// How long it may still wait for its turn, as the shorter of it and `most`.
    pub(crate) fn time_to_start(&self, now: Duration, most: Duration) -> Duration {
        let left = self.time_left(now, most);
        self.start_by
            .map_or(left, |time| time.saturating_sub(now).min(left))
    }

    /// Whether it may not wait for ever.
    pub(crate) fn is_bounded(&self) -> bool {
        self.deadline.is_some() || self.start_by.is_some()
    }

    /// The number of the attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A report on this batch: one outcome per target, with the variant's notes.
    pub fn report(&self, outcomes: Vec<Outcome>) -> Report {
        Report::new(outcomes).with_notes(self.variant.notes())
    }

    /// A report that gives every target the same outcome.
    pub fn report_all(&self, outcome: impl Into<Outcome>) -> Report {
        self.report(vec![outcome.into(); self.targets().len()])
    }
}
