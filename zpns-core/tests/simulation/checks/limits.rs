//! How much at once, how fast, and who first.

use std::collections::HashMap;
use std::time::Duration;

use zpns_core::{ErrorKind, Outcome, Scope};

use super::{Facts, ensure};
use crate::day::millis;
use crate::journal::{Call, End, Entry, What};
use crate::schedule::{Class, SendPlan, provider};

const DAY: u64 = 86_400_000;

/// From an outage to the first probe, as it is by default.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

pub(super) fn requests_are_of_the_vendors_size(facts: &Facts<'_>) -> Result<(), String> {
    let most = |call: &&Call| (1..=facts.vendor(call).batch).contains(&call.tokens.len());
    let odd = facts.calls().iter().find(|call| !most(call));
    ensure(odd.is_none(), || format!("{odd:?}"))
}

pub(super) fn in_flight_keeps_to_the_bulkhead(facts: &Facts<'_>) -> Result<(), String> {
    let mut in_flight: HashMap<(usize, usize), usize> = HashMap::new();
    for (at, entry) in &facts.day.pages.entries {
        let (number, began) = match entry {
            Entry::Began(number) => (*number, true),
            Entry::Ended(number) => (*number, false),
            Entry::Other(_) => continue,
        };
        let call = facts.call(number);
        let now = in_flight.entry((call.vendor, call.instance)).or_default();
        *now = if began { *now + 1 } else { *now - 1 };
        let most = facts.vendor(call).settings.max_in_flight;
        ensure(*now <= most, || {
            format!("at {at:?}, {now} of {most}: {call:?}")
        })?;
    }
    Ok(())
}

/// Where no request waits for a place in the bulkhead after its turn came: then they come as they
/// were let go.
pub(super) fn requests_keep_to_the_rate(facts: &Facts<'_>) -> Result<(), String> {
    let mut came: HashMap<(usize, usize), Vec<(Duration, f64)>> = HashMap::new();
    for call in facts.calls() {
        let Some(rate) = facts.vendor(call).settings.rate else {
            continue;
        };
        if !never_waits_for_a_place(facts, call) {
            continue;
        }
        let weight = if rate.of_targets {
            call.tokens.len()
        } else {
            1
        };
        let came = came.entry((call.vendor, call.instance)).or_default();
        came.push((call.began, weight as f64));
        let most_at_once = if rate.of_targets {
            facts.vendor(call).batch
        } else {
            1
        };
        let burst = f64::from(rate.per_second / 10).max(most_at_once as f64);
        let mut sum = 0.0;
        for (at, weight) in came.iter().rev() {
            sum += weight;
            let span = (call.began - *at).as_secs_f64();
            let most = burst + span * f64::from(rate.per_second);
            ensure(sum <= most + 0.01, || {
                format!("{sum} within {span} s, {most} allowed: {call:?}")
            })?;
        }
    }
    Ok(())
}

fn never_waits_for_a_place(facts: &Facts<'_>, call: &Call) -> bool {
    let uses = |send: &&SendPlan| {
        let channels = send
            .targets
            .iter()
            .flat_map(|target| std::iter::once(&target.channel).chain(&target.next));
        channels
            .into_iter()
            .any(|channel| channel.vendor == call.vendor)
    };
    let leaves_places =
        facts.send(call).class == Class::Campaign && facts.vendor(call).settings.max_in_flight > 1;
    facts.schedule.sends.iter().filter(uses).count() == 1 && !leaves_places
}

/// Until midnight.
pub(super) fn a_used_up_quota_is_left_alone(facts: &Facts<'_>) -> Result<(), String> {
    let midnight = |at: Duration| {
        let to_midnight = millis(facts.schedule.to_midnight);
        let mut midnight = to_midnight;
        while midnight <= at {
            midnight += millis(DAY);
        }
        midnight
    };
    // By provider as it stood and class, all classes where it is of all.
    let mut used_up: HashMap<(usize, usize, Option<Class>), Duration> = HashMap::new();
    for (_, entry) in &facts.day.pages.entries {
        match entry {
            Entry::Began(number) => {
                let call = facts.call(*number);
                for class in [Some(facts.send(call).class), None] {
                    let until = used_up.get(&(call.vendor, call.instance, class));
                    let open = until.is_none_or(|until| call.began >= *until);
                    ensure(open, || format!("used up until {until:?}: {call:?}"))?;
                }
            }
            Entry::Ended(number) => {
                let call = facts.call(*number);
                if let End::Answered { at, outcomes } = &call.end
                    && let Some(scope) = quota_scope(outcomes)
                {
                    let class = (scope == Scope::Class).then_some(facts.send(call).class);
                    used_up.insert((call.vendor, call.instance, class), midnight(*at));
                }
            }
            Entry::Other(_) => {}
        }
    }
    Ok(())
}

fn quota_scope(outcomes: &[Outcome]) -> Option<Scope> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Rejected(rejection) if rejection.kind == ErrorKind::QuotaExceeded => {
            Some(rejection.scope())
        }
        _ => None,
    })
}

/// One request a pause, and one more in the place of each that was given up. They may wait for
/// their turn after they were let through.
pub(super) fn an_open_breaker_lets_probes_through(facts: &Facts<'_>) -> Result<(), String> {
    // When it opened, and the probes since.
    let mut open: HashMap<String, (Duration, Vec<usize>)> = HashMap::new();
    for (at, entry) in &facts.day.pages.entries {
        match entry {
            Entry::Other(What::BreakerOpened { provider }) if !facts.was_replaced(provider) => {
                open.insert(provider.clone(), (*at, Vec::new()));
            }
            Entry::Other(What::BreakerClosed { provider }) => {
                open.remove(provider);
            }
            Entry::Began(number) => {
                let call = facts.call(*number);
                let Some((since, probes)) = open.get_mut(&provider(call.vendor)) else {
                    continue;
                };
                let pauses = (call.began - *since).as_millis() / FIRST_PAUSE.as_millis();
                let ended = probes
                    .iter()
                    .filter_map(|probe| match facts.call(*probe).end {
                        End::GivenUp { at } => Some(at),
                        _ => None,
                    });
                let given_up = ended.filter(|at| *at <= call.began).count();
                probes.push(*number);
                ensure(probes.len() <= pauses as usize + given_up, || {
                    format!("open since {since:?}, {} probes: {call:?}", probes.len())
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where requests wait for a place in the bulkhead, and for nothing else.
pub(super) fn the_more_urgent_goes_first(facts: &Facts<'_>) -> Result<(), String> {
    if facts.has_slow_consumers() {
        return Ok(());
    }
    let waits_for_places_only = |vendor: usize| {
        let plan = &facts.schedule.vendors[vendor];
        let opened = facts.others().any(|(.., what)| matches!(what, What::BreakerOpened { provider: name } if *name == provider(vendor)));
        let unlimited = plan.settings.rate.is_none() && plan.allows_per_second.is_none();
        let too_fast = plan
            .spells
            .iter()
            .any(|spell| matches!(spell.weather, crate::schedule::Weather::TooFast(_)));
        unlimited
            && !too_fast
            && !opened
            && plan.quota.is_none()
            && !facts.was_replaced(&provider(vendor))
    };
    for (mark, at, what) in facts.others() {
        let What::Launched {
            provider: name,
            send,
            tokens,
        } = what
        else {
            continue;
        };
        let waiting = facts.schedule.sends[*send].class;
        let vendor = (0..facts.schedule.vendors.len()).find(|vendor| provider(*vendor) == *name);
        let Some(vendor) = vendor.filter(|vendor| waits_for_places_only(*vendor)) else {
            continue;
        };
        // Until its own turn came, nothing that can wait may go out at a later moment.
        let after = facts.day.pages.entries[mark..]
            .iter()
            .filter_map(|(_, entry)| match entry {
                Entry::Began(number) => Some(facts.call(*number)),
                _ => None,
            });
        let own = |call: &Call| {
            call.send == *send
                && call.vendor == vendor
                && call.tokens.iter().any(|token| tokens.contains(token))
        };
        let Some(turn) = after.clone().find(|call| own(call)) else {
            continue;
        };
        let rank = |class: Class| match class {
            Class::Call => 0,
            Class::Chat => 1,
            Class::Campaign => 2,
        };
        let ahead = after.into_iter().find(|call| {
            call.vendor == vendor
                && call.began > at
                && call.began < turn.began
                && rank(facts.send(call).class) > rank(waiting)
        });
        ensure(ahead.is_none(), || {
            format!(
                "a {} of send {send} waits since {at:?}, and goes first: {ahead:?}",
                waiting.name()
            )
        })?;
    }
    Ok(())
}

pub(super) fn a_shutdown_ends_in_time(facts: &Facts<'_>) -> Result<(), String> {
    let Some((_, grace)) = facts.schedule.shutdown() else {
        return Ok(());
    };
    let took = facts.day.shutdown_took;
    let most = millis(grace + 1_000 + 2);
    ensure(took.is_some_and(|took| took <= most), || {
        format!("it took {took:?} of {most:?}")
    })?;
    let began = facts
        .others()
        .position(|(.., what)| matches!(what, What::ShutdownBegan));
    let launched = facts
        .others()
        .skip(began.unwrap_or(usize::MAX))
        .find(|(.., what)| matches!(what, What::Launched { .. }));
    ensure(launched.is_none(), || format!("{launched:?}"))
}
