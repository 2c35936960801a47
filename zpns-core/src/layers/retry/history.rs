//! What became of a batch's targets before the last attempt.

use std::sync::Arc;

use super::failure;
use crate::model::{Attempt, Error, ErrorKind, Notes, Rejection, Report, Timestamp};
use crate::provider::Batch;

/// The earlier attempts at each target, and which outcomes were handed out already.
pub(super) struct History {
    attempts: Vec<Vec<Attempt>>,
    handed_out: Vec<bool>,
}

impl History {
    pub(super) fn new(targets: usize) -> Self {
        Self {
            attempts: vec![Vec::new(); targets],
            handed_out: vec![false; targets],
        }
    }

    /// Hands out what is final: everything but what is tried again, at these positions.
    pub(super) fn hand_out(&mut self, batch: &Batch, report: &Report, again: &[usize]) {
        let Some(early) = batch.early() else {
            return;
        };
        let mut again = again.iter().copied().peekable();
        let mut given = Vec::new();
        for (position, outcome) in report.outcomes().iter().enumerate() {
            if again.next_if_eq(&position).is_some() {
                continue;
            }
            let Some(handed_out) = self.handed_out.get_mut(position) else {
                break;
            };
            if !std::mem::replace(handed_out, true) {
                given.push((position, outcome.clone(), self.notes(report, position)));
            }
        }
        if !given.is_empty() {
            early.give(given);
        }
    }

    /// Writes down the failures of what is tried again. What was held back was no attempt.
    pub(super) fn note(&mut self, now: Timestamp, report: &Report, again: &[usize]) {
        for &position in again {
            if let Some(error) = failure(report, position)
                && !error.is_held_back()
                && let Some(attempts) = self.attempts.get_mut(position)
            {
                attempts.push(Attempt::new(now, error));
            }
        }
    }

    /// The message's life is over: that is why the provider was never asked about those whose
    /// turn had not come.
    pub(super) fn expire(&self, report: &mut Report) {
        for (position, attempts) in self.attempts.iter().enumerate() {
            let held_back = failure(report, position).is_some_and(Error::is_held_back);
            if held_back && attempts.is_empty() {
                let reason = "its time to live was over before it was its turn";
                let expired = Rejection::new(ErrorKind::Expired, reason).held_back();
                report.replace(position, expired.into());
            }
        }
    }

    /// The report, with what was written down.
    pub(super) fn tell(self, report: Report) -> Report {
        if self.attempts.iter().all(Vec::is_empty) {
            return report;
        }
        report.with_attempts(self.attempts)
    }

    fn notes(&self, report: &Report, position: usize) -> Option<Arc<Notes>> {
        let attempts = self.attempts.get(position)?;
        let notes = report.notes(position);
        if attempts.is_empty() {
            return notes.cloned();
        }
        let mut notes = notes.map_or_else(Notes::default, |notes| Notes::clone(notes));
        notes.attempts.clone_from(attempts);
        Some(Arc::new(notes))
    }
}
