//! Outcomes that are final while the rest of their batch is still tried again.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::lane::Cut;
use super::providers::Entry;
use super::{Delivery, Router};
use crate::model::{Notes, Notification, Outcome, Report};
use crate::provider::Early;

/// Where a stream finds what came early. What is in here was told to the observers already: a
/// caller that drops the stream loses no verdict.
#[derive(Debug, Default)]
pub(super) struct EarlyQueue {
    any: AtomicBool,
    deliveries: Mutex<Vec<Delivery>>,
}

impl EarlyQueue {
    /// Takes out what came since; nothing to do if nothing did.
    pub(super) fn drain(&self) -> Vec<Delivery> {
        if !self.any.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(
            &mut *self
                .deliveries
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn push(&self, delivery: Delivery) {
        let mut deliveries = self
            .deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        deliveries.push(delivery);
        self.any.store(true, Ordering::Release);
    }
}

/// Takes the early outcomes of one batch.
pub(super) struct EarlyOf {
    queue: Arc<EarlyQueue>,
    router: Router,
    entry: Arc<Entry>,
    notification: Arc<Notification>,
    cut: Cut,
    /// Which of the batch's targets have their outcome. Empty until one has.
    given: Mutex<Vec<bool>>,
}

impl EarlyOf {
    pub(super) fn new(
        queue: &Arc<EarlyQueue>,
        router: &Router,
        entry: &Arc<Entry>,
        notification: &Arc<Notification>,
        cut: &Cut,
    ) -> Self {
        Self {
            queue: Arc::clone(queue),
            router: router.clone(),
            entry: Arc::clone(entry),
            notification: Arc::clone(notification),
            cut: cut.clone(),
            given: Mutex::default(),
        }
    }

    /// Which of the batch's targets had their outcome early; empty if none had.
    pub(super) fn given(&self) -> Vec<bool> {
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Early for EarlyOf {
    fn give(&self, outcomes: Vec<(usize, Outcome, Option<Arc<Notes>>)>) {
        let mut positions = Vec::with_capacity(outcomes.len());
        let mut verdicts = Vec::with_capacity(outcomes.len());
        let mut notes = Vec::with_capacity(outcomes.len());
        for (position, outcome, note) in outcomes {
            positions.push(position);
            verdicts.push(outcome);
            notes.push(note);
        }
        let provider = self.entry.provider.info();
        let mut report = Report::each(verdicts, notes);
        let now = self.router.0.context.resources.clock.monotonic();
        self.router
            .guard_tokens(&self.entry.guard, provider, now, &mut report);
        let targets = self.cut.batch.targets();
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.resize(targets.len(), false);
        for (position, (outcome, notes)) in positions.into_iter().zip(report.into_answers()) {
            let (Some(target), Some(given)) = (targets.get(position), given.get_mut(position))
            else {
                continue;
            };
            if std::mem::replace(given, true) {
                continue;
            }
            self.router
                .tell(&self.notification, provider, target, &outcome);
            self.queue.push(Delivery {
                position: self.cut.position(position),
                target: target.clone(),
                outcome,
                notes,
            });
        }
    }
}

impl fmt::Debug for EarlyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyOf")
            .field("notification", &self.notification.id)
            .finish_non_exhaustive()
    }
}
