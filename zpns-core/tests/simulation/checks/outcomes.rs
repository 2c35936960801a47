//! One outcome for each target, and the right one.

use std::collections::HashMap;

use zpns_core::ErrorKind;

use super::{Answer, Facts, ensure};
use crate::day::{recipients, targets};
use crate::journal::{Key, Result as SendResult};

/// Kinds of verdict that nobody but a vendor gives in these schedules.
const VENDORS_OWN: [Option<ErrorKind>; 4] = [
    None,
    Some(ErrorKind::TokenInvalid),
    Some(ErrorKind::TokenMismatch),
    Some(ErrorKind::Muted),
];

pub(super) fn every_send_ends(facts: &Facts<'_>) -> Result<(), String> {
    for (number, result) in facts.day.results.iter().enumerate() {
        ensure(result.is_some(), || format!("send {number} hangs"))?;
    }
    Ok(())
}

pub(super) fn every_target_has_one_outcome(facts: &Facts<'_>) -> Result<(), String> {
    let mut expected: HashMap<Key, usize> = HashMap::new();
    for (send, result) in facts.day.results.iter().enumerate() {
        let plan = &facts.schedule.sends[send];
        let dropped = facts.was_dropped(send);
        let (positions, all) = match result {
            Some(SendResult::Targets(outcomes)) => {
                let targets = targets(plan);
                for (position, target, _) in outcomes {
                    let own = targets.get(*position as usize);
                    ensure(own == Some(target), || {
                        format!("send {send}: {position} is {target:?}")
                    })?;
                    *expected.entry(key(send, target)).or_default() += 1;
                }
                let positions = outcomes.iter().map(|(position, ..)| *position).collect();
                (positions, targets.len())
            }
            Some(SendResult::Recipients(passages)) => {
                for target in passages.iter().flat_map(|passage| &passage.steps) {
                    *expected.entry(key(send, &target.target)).or_default() += 1;
                }
                let positions = passages.iter().map(|passage| passage.position).collect();
                (positions, recipients(plan).len())
            }
            None => (Vec::new(), 0),
        };
        one_of_each(send, positions, all, dropped)?;
    }
    for (key, told) in &facts.told {
        let most = facts.copies.get(key).copied().unwrap_or_default();
        ensure(told.len() <= most, || {
            format!("observers are told {} times of {key:?}", told.len())
        })?;
    }
    let known = |key: &Key| {
        let vendors = 0..facts.schedule.vendors.len();
        vendors
            .map(crate::schedule::provider)
            .any(|name| name == key.provider)
    };
    for (key, times) in expected.into_iter().filter(|(key, _)| known(key)) {
        let told = facts.told.get(&key).map_or(0, Vec::len);
        let fits = told == times || (facts.was_dropped(key.send) && told >= times);
        ensure(fits, || {
            format!("{times} outcomes of {key:?}, observers are told {told} times")
        })?;
    }
    Ok(())
}

fn one_of_each(
    send: usize,
    mut positions: Vec<u64>,
    all: usize,
    dropped: bool,
) -> Result<(), String> {
    positions.sort_unstable();
    let came = positions.len();
    positions.dedup();
    ensure(positions.len() == came, || {
        format!("send {send}: two outcomes for one target")
    })?;
    ensure(dropped || came == all, || {
        format!("send {send}: {came} outcomes for {all} targets")
    })
}

pub(super) fn an_outcome_is_what_the_vendor_said(facts: &Facts<'_>) -> Result<(), String> {
    let mut outcomes: HashMap<(Key, Option<ErrorKind>), usize> = HashMap::new();
    for (send, result) in facts.day.results.iter().enumerate() {
        let all: Vec<_> = match result {
            Some(SendResult::Targets(outcomes)) => outcomes
                .iter()
                .map(|(_, target, outcome)| (target, outcome))
                .collect(),
            Some(SendResult::Recipients(passages)) => {
                let steps = passages.iter().flat_map(|passage| &passage.steps);
                steps.map(|step| (&step.target, &step.outcome)).collect()
            }
            None => Vec::new(),
        };
        for (target, outcome) in all {
            *outcomes
                .entry((key(send, target), outcome.kind()))
                .or_default() += 1;
        }
    }
    for ((key, kind), times) in outcomes {
        if VENDORS_OWN.contains(&kind) {
            let said = verdicts(facts, &key, kind);
            ensure(times <= said, || {
                format!("{key:?}: {times} times {kind:?}, said {said} times")
            })?;
        }
    }
    Ok(())
}

/// Whatever becomes of the rest, and even if the host gives up on it.
pub(super) fn a_verdict_that_came_is_handed_out(facts: &Facts<'_>) -> Result<(), String> {
    for key in facts.calls.keys() {
        for kind in VENDORS_OWN {
            let said = verdicts(facts, key, kind);
            let told = facts
                .told
                .get(key)
                .map_or(0, |told| told.iter().filter(|of| **of == kind).count());
            ensure(told == said, || {
                format!(
                    "{key:?}: the vendor said {kind:?} {said} times, observers heard it {told} times"
                )
            })?;
        }
    }
    Ok(())
}

fn verdicts(facts: &Facts<'_>, key: &Key, kind: Option<ErrorKind>) -> usize {
    let answers = facts.answers(key);
    let said = answers
        .filter(|(_, answer)| matches!(answer, Answer::Verdict(verdict) if verdict.kind() == kind));
    said.count()
}

fn key(send: usize, target: &zpns_core::Target) -> Key {
    Key {
        send,
        provider: target.provider.to_string(),
        token: target.token.as_str().to_owned(),
    }
}
