//! Outcomes that are ready to be handed out.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Delivery;
use super::lane::Cut;
use crate::model::{Answers, Notes, Outcome, Report};

/// In the order in which they came. A batch's stay together, as its report has them, until they
/// are taken out: moving each of them twice would be half of what it costs.
#[derive(Default)]
pub(super) struct Ready {
    queue: VecDeque<Part>,
    len: usize,
}

enum Part {
    /// One that came alone.
    One(Delivery),
    /// What is left of a batch.
    Batch {
        cut: Cut,
        /// Which of its targets had their outcome before; empty if none had.
        given: Vec<bool>,
        /// The next target of it.
        index: usize,
        answers: Answers,
    },
}

impl Ready {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, delivery: Delivery) {
        self.queue.push_back(Part::One(delivery));
        self.len += 1;
    }

    /// A batch's outcomes, without those of targets that had theirs before.
    pub(super) fn push_batch(&mut self, cut: Cut, given: Vec<bool>, report: Report) {
        self.len += report.len();
        self.queue.push_back(Part::Batch {
            cut,
            given,
            index: 0,
            answers: report.into_answers(),
        });
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<Delivery> {
        loop {
            if let Some(delivery) = self.queue.front_mut()?.next_of_batch() {
                self.len -= 1;
                return Some(delivery);
            }
            if let Some(Part::One(delivery)) = self.queue.pop_front() {
                self.len -= 1;
                return Some(delivery);
            }
        }
    }

    /// Takes out all of them, each with its position in the caller's stream.
    pub(super) fn take(&mut self, mut one: impl FnMut(u64, Outcome, Option<Arc<Notes>>)) {
        self.len = 0;
        for part in self.queue.drain(..) {
            match part {
                Part::One(delivery) => one(delivery.position, delivery.outcome, delivery.notes),
                Part::Batch {
                    cut,
                    given,
                    mut index,
                    answers,
                } => {
                    for (outcome, notes) in answers {
                        index = skip_given(&given, index);
                        one(cut.position(index), outcome, notes);
                        index += 1;
                    }
                }
            }
        }
    }
}

impl Extend<Delivery> for Ready {
    fn extend<I: IntoIterator<Item = Delivery>>(&mut self, deliveries: I) {
        deliveries
            .into_iter()
            .for_each(|delivery| self.push(delivery));
    }
}

impl Part {
    /// The next outcome, if this is a batch that has one.
    fn next_of_batch(&mut self) -> Option<Delivery> {
        let Self::Batch {
            cut,
            given,
            index,
            answers,
        } = self
        else {
            return None;
        };
        *index = skip_given(given, *index);
        let target = cut.batch.targets().get(*index)?.clone();
        let (outcome, notes) = answers.next()?;
        let position = cut.position(*index);
        *index += 1;
        Some(Delivery {
            position,
            target,
            outcome,
            notes,
        })
    }
}

/// The next position from `index` on whose target had no outcome before.
fn skip_given(given: &[bool], mut index: usize) -> usize {
    while given.get(index) == Some(&true) {
        index += 1;
    }
    index
}
