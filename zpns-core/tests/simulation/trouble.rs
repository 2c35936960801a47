//! The days are bad enough: what the rules speak of happens on many of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use zpns_core::{ErrorKind, Outcome, Sent};

use crate::day::{self, Broken, Day};
use crate::journal::{End, Entry, Result as SendResult, What};
use crate::{config, strategy};

const DAYS: usize = 400;

/// What is to happen on at least this many of them.
const LEAST: usize = 2;

/// What happened on a day, each once.
fn troubles(day: &Day) -> Vec<&'static str> {
    let mut troubles = Vec::new();
    for (_, entry) in &day.pages.entries {
        match entry {
            Entry::Other(What::TokenDropped { .. }) => troubles.push("a token is dropped"),
            Entry::Other(What::GuardClosed { .. }) => troubles.push("the guard gives alarm"),
            Entry::Other(What::GuardReleased { .. }) => troubles.push("the guard is released"),
            Entry::Other(What::BreakerOpened { .. }) => troubles.push("a breaker opens"),
            Entry::Other(What::BreakerClosed { .. }) => troubles.push("a breaker closes"),
            Entry::Other(What::Replaced { .. }) => troubles.push("a provider is replaced"),
            Entry::Other(What::ShutdownEnded) => troubles.push("the router shuts down"),
            Entry::Other(What::Dropped { .. }) => troubles.push("the host gives up"),
            Entry::Other(_) | Entry::Began(_) | Entry::Ended(_) => {}
        }
    }
    for call in &day.pages.calls {
        if call.attempt > 1 {
            troubles.push("a request is repeated");
        }
        match &call.end {
            End::Pending => {}
            End::GivenUp { .. } => troubles.push("a request is given up"),
            End::Answered { outcomes, .. } => {
                let kinds = outcomes.iter().filter_map(Outcome::kind);
                for kind in kinds {
                    match kind {
                        ErrorKind::QuotaExceeded => troubles.push("a quota is used up"),
                        ErrorKind::RateLimited => troubles.push("the vendor complains"),
                        ErrorKind::CredentialInvalid => troubles.push("credentials are refused"),
                        _ => {}
                    }
                }
                let lost = |outcome: &Outcome| matches!(outcome, Outcome::Failed(error) if error.sent() == Sent::Maybe);
                if outcomes.iter().any(lost) && outcomes.iter().any(Outcome::is_accepted) {
                    troubles.push("part of a batch is lost");
                }
            }
        }
    }
    for result in day.results.iter().flatten() {
        if let SendResult::Recipients(passages) = result
            && passages.iter().any(|passage| passage.steps.len() > 1)
        {
            troubles.push("another channel is used");
        }
    }
    troubles.sort_unstable();
    troubles.dedup();
    troubles
}

#[test]
fn the_days_are_bad_enough_for_the_rules_to_mean_something() {
    let mut runner = TestRunner::new(config());
    let mut days: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..DAYS {
        let schedule = strategy::schedules()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        for trouble in troubles(&day::live(&Arc::clone(&schedule), &Broken::default())) {
            *days.entry(trouble).or_default() += 1;
        }
    }
    assert_eq!(days.len(), 15, "{days:#?}");
    assert!(days.values().all(|days| *days >= LEAST), "{days:#?}");
}
