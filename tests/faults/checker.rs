//! What has to hold whatever happens to a vendor, asked of a campaign after it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zpns::Sent;

use crate::recorder::{Attempt, End};

/// All that is known of one campaign, from both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Its targets, by their position. No token is given twice.
    pub(crate) given: Vec<Given>,
    /// What the caller was handed: position and outcome, in this order.
    pub(crate) handed_out: Vec<(u64, End)>,
    /// What observers were told, by token.
    pub(crate) told: Vec<(String, End)>,
    /// Whether the caller gave the campaign up, and so gets no outcome for the rest of it.
    pub(crate) given_up: bool,
    /// The attempts of our side, in their order.
    pub(crate) attempts: Vec<Attempt>,
    /// The requests that the vendor saw, in the order in which it judged them.
    pub(crate) requests: Vec<Request>,
    /// The tokens that observers were told to drop.
    pub(crate) dropped: Vec<String>,
    /// How long after a target's first attempt another one may begin: the shorter of the time to
    /// live and the caller's deadline.
    pub(crate) within: Option<Duration>,
}

/// One target.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) token: String,
    /// Whether the device is gone.
    pub(crate) dead: bool,
    /// Whether a push that may have arrived may be sent again: the vendor drops the repeat, or
    /// the caller asked for it.
    pub(crate) repeatable: bool,
}

/// A push as the vendor saw it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// All that it named.
    pub(crate) tokens: Vec<String>,
    /// Those among them that it took.
    pub(crate) taken: Vec<String>,
}

/// What does not hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Violation {
    /// A target without an outcome, by its position.
    NoOutcome(u64),
    /// A target with two of them.
    TwoOutcomes(u64),
    /// An outcome of a position that was never given.
    OutcomeOfNobody(u64),
    /// Observers were told another outcome than the caller, or none, or several.
    ToldOtherwise(String),
    /// Accepted, says the outcome; the vendor never took it.
    NeverTaken(String),
    /// Certainly not sent, says the outcome; the vendor took it.
    TakenAllTheSame(String),
    /// Sent again although we had read that it was accepted.
    SentAgain(String),
    /// Sent again although it may have been accepted, and a repeat does harm.
    RepeatedAtRisk(String),
    /// An attempt after the time to live or the deadline.
    TooLate(String),
    /// An attempt that never ended.
    NeverEnded(String),
    /// Dropped, and alive.
    DroppedAlive(String),
    /// Gone, says the vendor, and not dropped.
    KeptDead(String),
    /// Dropped twice.
    DroppedTwice(String),
}

/// All that does not hold, sorted.
pub(crate) fn violations(history: &History) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    outcomes(history, &mut found);
    truth(history, &mut found);
    repeats(history, &mut found);
    lateness(history, &mut found);
    tokens(history, &mut found);
    found.into_iter().collect()
}

/// Every target ends with exactly one outcome, and observers are told the same one.
fn outcomes(history: &History, found: &mut BTreeSet<Violation>) {
    let mut ends: BTreeMap<&str, Vec<End>> = BTreeMap::new();
    for (token, end) in &history.told {
        ends.entry(token).or_default().push(*end);
    }
    let mut handed_out: BTreeMap<u64, End> = BTreeMap::new();
    for (position, end) in &history.handed_out {
        if handed_out.insert(*position, *end).is_some() {
            found.insert(Violation::TwoOutcomes(*position));
        }
        if history.token(*position).is_none() {
            found.insert(Violation::OutcomeOfNobody(*position));
        }
    }
    for (position, given) in (0..).zip(&history.given) {
        let told = ends
            .get(given.token.as_str())
            .map_or(&[][..], Vec::as_slice);
        match handed_out.get(&position) {
            Some(end) if told == [*end] => {}
            Some(_) => {
                found.insert(Violation::ToldOtherwise(given.token.clone()));
            }
            // Told just before the caller gave up.
            None if history.given_up && told.len() <= 1 => {}
            None if history.given_up => {
                found.insert(Violation::ToldOtherwise(given.token.clone()));
            }
            None => {
                found.insert(Violation::NoOutcome(position));
            }
        }
    }
}

/// What an outcome says of the vendor is so.
fn truth(history: &History, found: &mut BTreeSet<Violation>) {
    let taken: BTreeSet<&String> = history.requests.iter().flat_map(|r| &r.taken).collect();
    for (token, end) in &history.told {
        match end {
            End::Accepted if !taken.contains(token) => {
                found.insert(Violation::NeverTaken(token.clone()));
            }
            End::Rejected { .. } | End::Failed { sent: Sent::No, .. } if taken.contains(token) => {
                found.insert(Violation::TakenAllTheSame(token.clone()));
            }
            _ => {}
        }
    }
}

/// Nothing accepted is sent again.
fn repeats(history: &History, found: &mut BTreeSet<Violation>) {
    // As we know it.
    for (token, attempts) in history.attempts_by_token() {
        let heard = attempts.iter().position(|(attempt, at)| {
            let outcomes = attempt.ended.as_ref().and_then(|end| end.outcomes.as_ref());
            outcomes.and_then(|outcomes| outcomes.get(*at)) == Some(&End::Accepted)
        });
        if heard.is_some_and(|heard| heard + 1 < attempts.len()) {
            found.insert(Violation::SentAgain(token.to_owned()));
        }
    }
    // As the vendor knows it.
    let once: BTreeSet<&String> = history
        .given
        .iter()
        .filter(|given| !given.repeatable)
        .map(|given| &given.token)
        .collect();
    let mut taken = BTreeSet::new();
    for request in &history.requests {
        for token in &request.tokens {
            if taken.contains(token) && once.contains(token) {
                found.insert(Violation::RepeatedAtRisk(token.clone()));
            }
        }
        taken.extend(&request.taken);
    }
}

/// No attempt after the time to live or the deadline, and none that is forgotten.
fn lateness(history: &History, found: &mut BTreeSet<Violation>) {
    for (token, attempts) in history.attempts_by_token() {
        let first = attempts
            .first()
            .map_or(Duration::ZERO, |(first, _)| first.at);
        for (attempt, _) in attempts {
            if history
                .within
                .is_some_and(|within| attempt.at > first + within)
            {
                found.insert(Violation::TooLate(token.to_owned()));
            }
            if attempt.ended.is_none() {
                found.insert(Violation::NeverEnded(token.to_owned()));
            }
        }
    }
}

/// Tokens dropped are tokens truly dead, and the other way round where the vendor said so.
fn tokens(history: &History, found: &mut BTreeSet<Violation>) {
    let mut dropped = BTreeSet::new();
    for token in &history.dropped {
        if !dropped.insert(token) {
            found.insert(Violation::DroppedTwice(token.clone()));
        }
    }
    let said_gone: BTreeSet<&String> = history
        .attempts
        .iter()
        .flat_map(|attempt| {
            let ended = attempt.ended.as_ref();
            let outcomes = ended.and_then(|end| end.outcomes.as_ref());
            attempt.tokens.iter().zip(outcomes.into_iter().flatten())
        })
        .filter(|(_, end)| matches!(end, End::Rejected { drops: true, .. }))
        .map(|(token, _)| token)
        .collect();
    for given in &history.given {
        let is_dropped = dropped.contains(&given.token);
        let answered = history.end(&given.token).is_some();
        let verdict = matches!(
            history.end(&given.token),
            Some(End::Rejected { drops: true, .. })
        );
        if !given.dead && (is_dropped || verdict) {
            found.insert(Violation::DroppedAlive(given.token.clone()));
        }
        let owed = verdict || (answered && said_gone.contains(&given.token));
        if given.dead && owed && !is_dropped {
            found.insert(Violation::KeptDead(given.token.clone()));
        }
        if given.dead && history.end(&given.token) == Some(End::Accepted) {
            found.insert(Violation::NeverTaken(given.token.clone()));
        }
    }
}

impl History {
    fn token(&self, position: u64) -> Option<&str> {
        let position = usize::try_from(position).ok()?;
        Some(&self.given.get(position)?.token)
    }

    /// What observers were told of a target.
    pub(crate) fn end(&self, token: &str) -> Option<End> {
        let told = self.told.iter().find(|(told, _)| told == token);
        told.map(|(_, end)| *end)
    }

    /// The attempts at each token in their order, with its place in each.
    fn attempts_by_token(&self) -> BTreeMap<&str, Vec<(&Attempt, usize)>> {
        let mut attempts: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for attempt in &self.attempts {
            for (at, token) in attempt.tokens.iter().enumerate() {
                attempts.entry(token).or_default().push((attempt, at));
            }
        }
        attempts
    }
}
