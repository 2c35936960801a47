//! What came of many targets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Error, ErrorKind, Outcome, Sent, Timestamp};

/// One [`Outcome`] per target, in the targets' order, and what was left out or cut on the way.
///
/// ```
/// use zpns_core::{Outcome, Report};
///
/// let report = Report::new(vec![Outcome::accepted(None)]);
/// assert_eq!(report.accepted(), 1);
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
#[must_use = "a report may hold rejections and failures"]
pub struct Report {
    outcomes: Vec<Outcome>,
    notes: NotesOf,
}

/// Notes are nearly always the same for a whole batch, or absent.
#[derive(Clone, PartialEq, Debug, Default)]
enum NotesOf {
    #[default]
    None,
    All(Arc<Notes>),
    Each(Vec<Option<Arc<Notes>>>),
}

impl NotesOf {
    fn at(&self, position: usize) -> Option<&Arc<Notes>> {
        match self {
            Self::None => None,
            Self::All(notes) => Some(notes),
            Self::Each(notes) => notes.get(position)?.as_ref(),
        }
    }
}

impl Report {
    /// From the outcomes, in the targets' order.
    pub fn new(outcomes: Vec<Outcome>) -> Self {
        Self {
            outcomes,
            notes: NotesOf::None,
        }
    }

    /// The same outcome for each of `targets` targets.
    pub fn uniform(outcome: impl Into<Outcome>, targets: usize) -> Self {
        Self::new(vec![outcome.into(); targets])
    }

    /// With notes that hold for every target.
    pub fn with_notes(mut self, notes: Option<Arc<Notes>>) -> Self {
        self.notes = notes
            .filter(|notes| !notes.is_empty())
            .map_or(NotesOf::None, NotesOf::All);
        self
    }

    /// From outcomes with notes of their own.
    pub(crate) fn each(outcomes: Vec<Outcome>, notes: Vec<Option<Arc<Notes>>>) -> Self {
        let notes = if notes.iter().all(Option::is_none) {
            NotesOf::None
        } else {
            NotesOf::Each(notes)
        };
        Self { outcomes, notes }
    }

    /// The outcomes, in the targets' order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The outcomes, to keep.
    pub fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    /// Each outcome with its notes.
    pub(crate) fn into_answers(self) -> Answers {
        Answers {
            outcomes: self.outcomes.into_iter(),
            notes: self.notes,
            position: 0,
        }
    }

    /// What was left out or cut for the target at this position.
    pub fn notes(&self, position: usize) -> Option<&Arc<Notes>> {
        self.notes.at(position)
    }

    /// Puts another outcome in the place of the one at this position.
    pub(crate) fn replace(&mut self, position: usize, outcome: Outcome) {
        if let Some(place) = self.outcomes.get_mut(position) {
            *place = outcome;
        }
    }

    /// With the notes of a later report on the same variant, if that has some: it may know more,
    /// because the message is encoded late.
    pub(crate) fn adopt_notes(&mut self, later: &Self) {
        if later.notes != NotesOf::None {
            self.notes = later.notes.clone();
        }
    }

    /// With the earlier attempts at the targets that had some.
    pub(crate) fn with_attempts(mut self, attempts: Vec<Vec<Attempt>>) -> Self {
        let each = attempts
            .into_iter()
            .enumerate()
            .map(|(position, attempts)| {
                let notes = self.notes.at(position);
                if attempts.is_empty() {
                    return notes.cloned();
                }
                let mut notes = notes.map_or_else(Notes::default, |notes| Notes::clone(notes));
                notes.attempts = attempts;
                Some(Arc::new(notes))
            });
        self.notes = NotesOf::Each(each.collect());
        self
    }

    /// Without the outcomes at the positions that are marked.
    pub(crate) fn without(self, marked: &[bool]) -> Self {
        let (outcomes, notes) = self
            .into_answers()
            .zip(marked.iter().chain(std::iter::repeat(&false)))
            .filter_map(|(answer, marked)| (!marked).then_some(answer))
            .unzip();
        Self::each(outcomes, notes)
    }

    /// One outcome for each of `targets` targets: those that are lacking are answered for, those
    /// that are too many have no target.
    pub(crate) fn of_length(mut self, targets: usize) -> Self {
        self.outcomes.resize_with(targets, Self::unanswered);
        self
    }

    /// The outcome of a target for which the provider had none: nobody knows.
    pub(crate) fn unanswered() -> Outcome {
        let message = "the provider reported on fewer targets than it was given";
        Error::new(ErrorKind::Protocol, message)
            .with_sent(Sent::Maybe)
            .into()
    }

    /// How many targets it speaks of.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether it speaks of none.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// How many were accepted.
    pub fn accepted(&self) -> usize {
        self.count(Outcome::is_accepted)
    }

    /// How many were rejected.
    pub fn rejected(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Rejected(_)))
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// How many ended with this kind.
    pub fn of_kind(&self, kind: ErrorKind) -> usize {
        self.count(|outcome| outcome.kind() == Some(kind))
    }

    fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| which(outcome))
            .count()
    }
}

/// The outcomes of a report, each with its notes.
#[derive(Debug)]
pub(crate) struct Answers {
    outcomes: std::vec::IntoIter<Outcome>,
    notes: NotesOf,
    position: usize,
}

impl Iterator for Answers {
    type Item = (Outcome, Option<Arc<Notes>>);

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.outcomes.next()?;
        let notes = self.notes.at(self.position).cloned();
        self.position += 1;
        Some((outcome, notes))
    }
}

/// What did not reach the vendor as the host said it, or not at once. Names of fields, as in the message's JSON.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Notes {
    /// Left out, because the vendor has no such thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Cut to fit the vendor's limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truncated: Vec<String>,
    /// What will go wrong although the vendor takes it: sentences of
    /// [preflight rules](crate::preflight), each with the rule's name in front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The attempts before the one that the outcome is of, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// An attempt at one target that got no verdict and was followed by another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When it had failed.
    #[serde(rename = "at_ms")]
    pub at: Timestamp,
    /// Why.
    pub kind: ErrorKind,
    /// Whether the vendor may have acted on it.
    pub sent: Sent,
}

impl Attempt {
    /// One that had failed at this time with this error.
    pub fn new(at: Timestamp, error: &Error) -> Self {
        Self {
            at,
            kind: error.kind(),
            sent: error.sent(),
        }
    }
}

impl Notes {
    /// Whether everything reached the vendor as it was said, at the first attempt, and nothing is
    /// to be said about it.
    pub fn is_empty(&self) -> bool {
        let lists = [&self.dropped, &self.truncated, &self.warnings];
        lists.into_iter().all(Vec::is_empty) && self.attempts.is_empty()
    }

    /// Both together, each name once, and the attempts of both one after the other.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        let lists = [
            (&mut self.dropped, &other.dropped),
            (&mut self.truncated, &other.truncated),
            (&mut self.warnings, &other.warnings),
        ];
        for (names, more) in lists {
            for name in more {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        self.attempts.extend(&other.attempts);
        self
    }
}
