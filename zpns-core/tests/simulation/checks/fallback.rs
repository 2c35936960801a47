//! Several channels to one device.

use zpns_core::{ErrorKind, Outcome, Passage, Sent, Target};

use super::{Answer, Facts, ensure};
use crate::day::recipients;
use crate::journal::{Key, Result as SendResult};
use crate::schedule::SendPlan;

pub(super) fn channels_are_used_in_turn(facts: &Facts<'_>) -> Result<(), String> {
    for (send, result) in facts.day.results.iter().enumerate() {
        let Some(SendResult::Recipients(passages)) = result else {
            continue;
        };
        let plan = &facts.schedule.sends[send];
        let recipients = recipients(plan);
        for passage in passages {
            let channels = recipients[passage.position as usize].channels();
            used_in_turn(facts, send, channels, passage)?;
            used_as_far_as_needed(facts, plan, channels, passage)?;
        }
    }
    Ok(())
}

fn used_in_turn(
    facts: &Facts<'_>,
    send: usize,
    channels: &[Target],
    passage: &Passage,
) -> Result<(), String> {
    let used = passage.steps.len();
    let in_order = passage
        .steps
        .iter()
        .zip(channels)
        .all(|(step, channel)| step.target == *channel);
    ensure(used >= 1 && used <= channels.len() && in_order, || {
        format!("send {send}: {:?}", passage.steps)
    })?;
    for channel in &channels[used..] {
        let key = key(send, channel);
        ensure(!facts.calls.contains_key(&key), || {
            format!("not among the steps, but used: {key:?}")
        })?;
    }
    let at_least_once = facts.schedule.sends[send].at_least_once;
    for step in &passage.steps[..used - 1] {
        let key = key(send, &step.target);
        ensure(is_the_channels_own(&step.outcome, at_least_once), || {
            format!(
                "another channel is used after {:?} of {key:?}",
                step.outcome
            )
        })?;
        let reached = facts.answers(&key).any(|(_, answer)| {
            matches!(
                answer,
                Answer::Failed {
                    sent: Sent::Maybe,
                    ..
                }
            )
        });
        let dead = matches!(
            step.outcome.kind(),
            Some(ErrorKind::TokenInvalid | ErrorKind::TokenMismatch)
        );
        ensure(!reached || dead || at_least_once, || {
            format!("another channel is used although the device may have been reached: {key:?}")
        })?;
    }
    Ok(())
}

/// Where nothing speaks against it, all channels are tried.
fn used_as_far_as_needed(
    facts: &Facts<'_>,
    plan: &SendPlan,
    channels: &[Target],
    passage: &Passage,
) -> Result<(), String> {
    let lives = plan.ttl.is_none_or(|ttl| ttl == 0) && facts.schedule.shutdown().is_none();
    let dead = passage.steps.last().is_some_and(|last| {
        matches!(&last.outcome, Outcome::Rejected(rejection)
            if matches!(rejection.kind, ErrorKind::TokenInvalid | ErrorKind::TokenMismatch))
    });
    ensure(
        !lives || !dead || passage.steps.len() == channels.len(),
        || {
            format!(
                "the last channel that was used is dead, and others are left: {:?}",
                passage.steps
            )
        },
    )
}

fn is_the_channels_own(outcome: &Outcome, at_least_once: bool) -> bool {
    match outcome {
        Outcome::Accepted(_) => false,
        Outcome::Rejected(rejection) => !matches!(
            rejection.kind,
            ErrorKind::Muted
                | ErrorKind::Suppressed
                | ErrorKind::Expired
                | ErrorKind::MessageInvalid
        ),
        Outcome::Failed(error) => {
            error.kind() != ErrorKind::Cancelled && (at_least_once || error.sent() == Sent::No)
        }
    }
}

fn key(send: usize, target: &Target) -> Key {
    Key {
        send,
        provider: target.provider.to_string(),
        token: target.token.as_str().to_owned(),
    }
}
