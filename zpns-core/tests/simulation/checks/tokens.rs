//! A live token is never dropped.

use std::collections::HashMap;

use zpns_core::{ErrorKind, Outcome, TokenAction};

use super::{Facts, ensure};
use crate::journal::{Result as SendResult, What};

/// What one provider's guard has let through since it last changed its mind.
#[derive(Default)]
struct Watch {
    is_closed: bool,
    dead: usize,
    dropped: usize,
}

/// And all dead ones are dropped, but none while the guard gives the alarm.
pub(super) fn dropped_tokens_are_dead(facts: &Facts<'_>) -> Result<(), String> {
    let mut providers: HashMap<&str, Watch> = HashMap::new();
    for (_, at, what) in facts.others() {
        match what {
            What::Told {
                key,
                kind: Some(ErrorKind::TokenInvalid),
            } if is_dead(&key.token) => {
                let watch = providers.entry(&key.provider).or_default();
                watch.dead += usize::from(!watch.is_closed);
            }
            What::TokenDropped { provider, token } => {
                let watch = providers.entry(provider).or_default();
                ensure(is_dead(token), || format!("at {at:?} {token} is dropped"))?;
                ensure(!watch.is_closed, || {
                    format!("at {at:?} {token} is dropped under alarm")
                })?;
                watch.dropped += 1;
            }
            What::GuardClosed { provider } => {
                providers.entry(provider).or_default().is_closed = true;
            }
            What::GuardReleased { provider } => {
                providers.entry(provider).or_default().is_closed = false;
            }
            _ => {}
        }
    }
    for (provider, watch) in providers {
        let Watch { dead, dropped, .. } = watch;
        ensure(dead == dropped, || {
            format!("{provider}: {dead} dead tokens, {dropped} dropped")
        })?;
    }
    for result in facts.day.results.iter().flatten() {
        let dropped: Vec<_> = match result {
            SendResult::Targets(outcomes) => outcomes
                .iter()
                .filter(|(.., outcome)| drops(outcome))
                .map(|(_, target, _)| target)
                .collect(),
            SendResult::Recipients(passages) => {
                let steps = passages.iter().flat_map(|passage| &passage.steps);
                steps
                    .filter(|step| drops(&step.outcome))
                    .map(|step| &step.target)
                    .collect()
            }
        };
        let alive = dropped
            .into_iter()
            .find(|target| !is_dead(target.token.as_str()));
        ensure(alive.is_none(), || {
            format!(
                "{} is to be dropped",
                alive.map_or("", |target| target.token.as_str())
            )
        })?;
    }
    Ok(())
}

fn is_dead(token: &str) -> bool {
    token.starts_with("dead-")
}

fn drops(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(rejection) if matches!(rejection.token, TokenAction::Drop { .. }))
}
