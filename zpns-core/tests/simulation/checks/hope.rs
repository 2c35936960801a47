//! Nothing is given up that need not be: a router that refused everything would break no other
//! rule.

use zpns_core::Outcome;

use super::{Facts, ensure};
use crate::journal::Result as SendResult;
use crate::schedule::{Hiccup, SendPlan, Truth, VendorPlan};

/// Time enough for six attempts with pauses of up to a second at first, and for a queue.
const ENOUGH: u64 = 100_000;

/// A live token of a vendor in good health, with time to get there, and little enough going wrong.
pub(super) fn what_can_be_delivered_is_delivered(facts: &Facts<'_>) -> Result<(), String> {
    let schedule = facts.schedule;
    if schedule.shutdown().is_some() || facts.has_slow_consumers() {
        return Ok(());
    }
    for (send, result) in facts.day.results.iter().enumerate() {
        let plan = &schedule.sends[send];
        let (Some(SendResult::Targets(outcomes)), true) = (result, has_time(plan)) else {
            continue;
        };
        for (position, target, outcome) in outcomes {
            let plans = plan
                .targets
                .iter()
                .flat_map(|target| std::iter::repeat_n(target, target.copies));
            let Some(plan) = plans.into_iter().nth(*position as usize) else {
                continue;
            };
            let vendor = schedule.vendors.get(plan.channel.vendor);
            let healthy = vendor.is_some_and(|vendor| {
                is_healthy(vendor) && little_goes_wrong(facts, vendor, plan.channel.vendor)
            });
            let accepted = matches!(outcome, Outcome::Accepted(_));
            ensure(
                accepted || !healthy || plan.channel.truth != Truth::Live,
                || format!("send {send}, {target:?}: {outcome:?}"),
            )?;
        }
    }
    Ok(())
}

fn has_time(plan: &SendPlan) -> bool {
    plan.dropped_after.is_none()
        && plan.timeout.is_none_or(|timeout| timeout >= ENOUGH)
        && plan.ttl.is_none_or(|ttl| ttl >= ENOUGH)
}

fn is_healthy(vendor: &VendorPlan) -> bool {
    let settings = &vendor.settings;
    vendor.spells.is_empty()
        && vendor.allows_per_second.is_none()
        && vendor.quota.is_none()
        && vendor.latency < settings.attempt_timeout
        && settings.rate.is_none()
        && settings.budget.is_none()
        && settings.base <= 1_000
        && settings.elapsed >= ENOUGH
}

/// Fewer failures than attempts for each token, and than open the breaker for all.
fn little_goes_wrong(facts: &Facts<'_>, vendor: &VendorPlan, number: usize) -> bool {
    let mut failures = 0;
    for target in facts.schedule.sends.iter().flat_map(|send| &send.targets) {
        for channel in std::iter::once(&target.channel).chain(&target.next) {
            if channel.vendor != number {
                continue;
            }
            let enough_attempts = channel.hiccups.len() < vendor.settings.attempts as usize;
            let harmless = channel
                .hiccups
                .iter()
                .all(|hiccup| matches!(hiccup, Hiccup::Busy));
            if !enough_attempts || !harmless {
                return false;
            }
            failures += channel.hiccups.len() as u64;
        }
    }
    failures < vendor.settings.breaker_at_least
}
