//! What is sent again, when, and how often.

use std::collections::HashMap;
use std::time::Duration;

use zpns_core::{Retry, Sent};

use super::{Answer, Facts, ensure};
use crate::day::millis;
use crate::journal::{Call, Entry, Key, What};

/// Every request but the first with a token has a failure of an earlier one as its reason.
pub(super) fn nothing_is_sent_again_without_a_reason(facts: &Facts<'_>) -> Result<(), String> {
    let mut allowed: HashMap<Key, usize> = facts.copies.clone();
    let mut dropped = Vec::new();
    for (at, entry) in &facts.day.pages.entries {
        match entry {
            Entry::Began(number) => {
                let call = facts.call(*number);
                ensure(!dropped.contains(&call.send), || {
                    format!(
                        "at {at:?} something of send {} goes out, which nobody waits for",
                        call.send
                    )
                })?;
                for token in &call.tokens {
                    let key = call.key(token);
                    let allowed = allowed.entry(key.clone()).or_default();
                    ensure(*allowed > 0, || format!("at {at:?}, again: {key:?}"))?;
                    *allowed -= 1;
                }
            }
            Entry::Ended(number) => {
                let call = facts.call(*number);
                let may_repeat = facts.send(call).may_repeat(facts.vendor(call));
                for (place, token) in call.tokens.iter().enumerate() {
                    if let Answer::Failed { retry, sent } = call.answer(place)
                        && retry != Retry::Never
                        && (sent == Sent::No || may_repeat)
                    {
                        *allowed.entry(call.key(token)).or_default() += 1;
                    }
                }
            }
            Entry::Other(What::Dropped { send }) => dropped.push(*send),
            Entry::Other(_) => {}
        }
    }
    Ok(())
}

/// Unless the host said that it may. All channels of a recipient are one device.
pub(super) fn no_device_shows_a_message_twice(facts: &Facts<'_>) -> Result<(), String> {
    let mut devices: HashMap<(usize, String), usize> = HashMap::new();
    for (key, shown) in &facts.day.pages.shown {
        let send = &facts.schedule.sends[key.send];
        if send.at_least_once {
            continue;
        }
        let copies = facts.copies.get(key).copied().unwrap_or_default();
        ensure(*shown <= copies, || {
            format!("{key:?} is shown {shown} times")
        })?;
        if send.is_to_recipients() {
            let device = key
                .token
                .split(['-', '.'])
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            let all = devices.entry((key.send, device.clone())).or_default();
            *all += shown;
            ensure(*all <= 1, || {
                format!("send {}: device {device} is shown it {all} times", key.send)
            })?;
        }
    }
    Ok(())
}

/// After the deadline, the time to live, or the longest time that retries may take.
pub(super) fn no_attempt_starts_too_late(facts: &Facts<'_>) -> Result<(), String> {
    let mut launched: HashMap<Key, Duration> = HashMap::new();
    let mut first_failure: HashMap<Key, Duration> = HashMap::new();
    for (at, entry) in &facts.day.pages.entries {
        match entry {
            Entry::Other(What::Launched {
                provider,
                send,
                tokens,
            }) => {
                for token in tokens {
                    let (send, provider) = (*send, provider.clone());
                    launched.insert(
                        Key {
                            send,
                            provider,
                            token: token.clone(),
                        },
                        *at,
                    );
                }
            }
            Entry::Began(number) => {
                let call = facts.call(*number);
                let in_time = call.deadline.is_none_or(|deadline| call.began < deadline);
                ensure(in_time, || {
                    format!("at {at:?}, after its deadline: {call:?}")
                })?;
                for token in &call.tokens {
                    let key = call.key(token);
                    if let Some(launched) = launched.get(&key) {
                        starts_in_time(facts, call, *launched)?;
                    }
                    let elapsed = millis(facts.vendor(call).settings.elapsed);
                    let late = first_failure
                        .get(&key)
                        .is_some_and(|first| *at >= *first + elapsed);
                    ensure(!late || facts.copies.get(&key) != Some(&1), || {
                        format!("at {at:?}, {elapsed:?} after its first failure and more: {key:?}")
                    })?;
                }
            }
            Entry::Ended(number) => {
                let call = facts.call(*number);
                for (place, token) in call.tokens.iter().enumerate() {
                    if matches!(call.answer(place), Answer::Failed { .. }) {
                        first_failure.entry(call.key(token)).or_insert(*at);
                    }
                }
            }
            Entry::Other(_) => {}
        }
    }
    Ok(())
}

fn starts_in_time(facts: &Facts<'_>, call: &Call, launched: Duration) -> Result<(), String> {
    let send = facts.send(call);
    let waited = call.began - launched;
    let in_time = send.patience().is_none_or(|patience| waited < patience);
    ensure(in_time, || format!("{waited:?} after its launch: {call:?}"))?;
    let alive = match send.ttl {
        // Now or never: the first attempt, whenever it is its turn.
        Some(0) => call.attempt == 1,
        Some(ttl) => waited < millis(ttl),
        None => true,
    };
    ensure(alive, || {
        format!("{waited:?} after its launch it is not alive any more: {call:?}")
    })
}

/// A vendor's `Retry-After` is a floor.
pub(super) fn no_attempt_starts_too_early(facts: &Facts<'_>) -> Result<(), String> {
    for key in facts
        .calls
        .keys()
        .filter(|key| facts.copies.get(key) == Some(&1))
    {
        let mut not_before = Duration::ZERO;
        for (call, answer) in facts.answers(key) {
            ensure(call.began >= not_before, || {
                format!(
                    "at {:?}, although not before {not_before:?}: {key:?}",
                    call.began
                )
            })?;
            if let (
                Answer::Failed {
                    retry: Retry::After(pause),
                    ..
                },
                Some(ended),
            ) = (answer, call.ended())
            {
                not_before = ended + pause;
            }
        }
    }
    Ok(())
}

pub(super) fn no_attempt_is_one_too_many(facts: &Facts<'_>) -> Result<(), String> {
    for call in facts.calls() {
        let most = facts.vendor(call).settings.attempts;
        ensure((1..=most).contains(&call.attempt), || {
            format!("of {most} attempts: {call:?}")
        })?;
    }
    for (key, calls) in &facts.calls {
        let copies = facts.copies.get(key).copied().unwrap_or_default();
        let most = facts.vendor(facts.call(calls[0])).settings.attempts as usize * copies;
        ensure(calls.len() <= most, || {
            format!("{} requests, {most} allowed: {key:?}", calls.len())
        })?;
    }
    Ok(())
}

pub(super) fn retries_keep_to_their_budget(facts: &Facts<'_>) -> Result<(), String> {
    // By provider as it stood: its start, successes and retries.
    let mut spent: HashMap<(usize, usize), (f64, f64)> = HashMap::new();
    for (at, entry) in &facts.day.pages.entries {
        match entry {
            Entry::Ended(number) => {
                let call = facts.call(*number);
                let failed = (0..call.tokens.len())
                    .any(|place| matches!(call.answer(place), Answer::Failed { .. }));
                if !failed {
                    spent.entry((call.vendor, call.instance)).or_default().0 += 1.0;
                }
            }
            Entry::Began(number) if facts.call(*number).attempt > 1 => {
                let call = facts.call(*number);
                let (successes, retries) = spent.entry((call.vendor, call.instance)).or_default();
                *retries += 1.0;
                let Some((per_ten_seconds, per_ten_successes)) = facts.vendor(call).settings.budget
                else {
                    continue;
                };
                let kept = f64::from(per_ten_seconds).max(10.0);
                let earned = at.as_secs_f64() * f64::from(per_ten_seconds) / 10.0
                    + *successes * f64::from(per_ten_successes) / 10.0;
                let most = kept + earned;
                ensure(*retries <= most + 0.01, || {
                    format!("at {at:?} {retries} retries of {most}: {call:?}")
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}
