//! Which faults hit a request: rules are matched and counted under one lock, so that a count is
//! exact however many requests come at once.

use std::sync::Mutex;
use std::time::Duration;

use super::{Fault, FaultScript, Rule, Target};
use crate::CallKind;
use crate::call::Place;
use crate::random::Random;
use crate::sync::lock;

/// The script in force, with its counts.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    rules: Mutex<Vec<State>>,
}

#[derive(Debug)]
struct State {
    rule: Rule,
    seen: u64,
    hits: u64,
    random: Random,
}

/// What the script does to one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) stream_limit: Option<u32>,
    /// The targets that are unavailable this time.
    pub(crate) flaky: Vec<String>,
    /// The fault that answers, if one does.
    pub(crate) fault: Option<Fault>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            rules: Mutex::default(),
        }
    }

    /// Puts `script` in force, with all counts at zero.
    pub(crate) fn set(&self, script: FaultScript) {
        let seed = script.seed.unwrap_or(self.seed);
        let states = script
            .rules
            .into_iter()
            .enumerate()
            .map(|(index, rule)| State {
                rule,
                seen: 0,
                hits: 0,
                random: Random::new(seed.wrapping_add((index as u64) << 32)),
            });
        *lock(&self.rules) = states.collect();
    }

    /// Decides about a request. `expired` says whether its credential was declared expired
    /// already; it is asked only if a rule would declare it so.
    pub(crate) fn plan(&self, vendor: &str, place: &Place, expired: impl Fn() -> bool) -> Plan {
        let mut plan = Plan::default();
        let mut rules = lock(&self.rules);
        for state in rules
            .iter_mut()
            .filter(|state| matches(&state.rule, vendor, place))
        {
            if matches!(state.rule.fault, Fault::ExpiredAuth {}) && expired() {
                continue;
            }
            if !state.hit() {
                continue;
            }
            match &state.rule.fault {
                Fault::Delay { ms } => plan.delay += Duration::from_millis(*ms),
                Fault::StreamLimit { limit } => plan.stream_limit = Some(*limit),
                Fault::Flaky {} => {
                    let named = place
                        .tokens
                        .iter()
                        .filter(|token| names(&state.rule, token));
                    plan.flaky.extend(named.cloned());
                }
                fault => {
                    plan.fault = Some(fault.clone());
                    break;
                }
            }
        }
        plan
    }
}

impl State {
    /// Counts a matching request, and says whether this rule hits it.
    fn hit(&mut self) -> bool {
        self.seen += 1;
        if self.seen <= self.rule.after || self.rule.count.is_some_and(|count| self.hits >= count) {
            return false;
        }
        if self
            .rule
            .share
            .is_some_and(|share| !self.random.chance(share))
        {
            return false;
        }
        self.hits += 1;
        true
    }
}

fn matches(rule: &Rule, vendor: &str, place: &Place) -> bool {
    let kind = match rule.target {
        Target::Any => true,
        Target::Push => place.kind == CallKind::Push,
        Target::Auth => place.kind == CallKind::Auth,
        Target::Other => place.kind == CallKind::Other,
    };
    let any_token = || {
        let is_bound = rule.token.is_some() || rule.token_prefix.is_some();
        !is_bound || place.tokens.iter().any(|token| names(rule, token))
    };
    kind && rule.provider.as_deref().is_none_or(|name| name == vendor) && any_token()
}

/// Whether a rule looks at this token.
fn names(rule: &Rule, token: &str) -> bool {
    let (whole, prefix) = (rule.token.as_deref(), rule.token_prefix.as_deref());
    whole.is_none_or(|whole| token == whole)
        && prefix.is_none_or(|prefix| token.starts_with(prefix))
}
