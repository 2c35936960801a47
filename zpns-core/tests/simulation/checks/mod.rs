//! What has to hold of every day, whatever happens on it.

mod attempts;
mod fallback;
mod hope;
mod limits;
mod outcomes;
mod tokens;

use std::collections::HashMap;
use std::time::Duration;

use zpns_core::{ErrorKind, Outcome, Retry, Sent};

use crate::day::{Day, targets};
use crate::journal::{Call, End, Entry, Key, What};
use crate::schedule::{Schedule, SendPlan, VendorPlan, provider, token};

/// A rule, and what it says if it is broken.
type Rule = fn(&Facts<'_>) -> Result<(), String>;

/// In the order in which they are looked at: the first that is broken is told.
const RULES: &[(&str, Rule)] = &[
    ("every send ends", outcomes::every_send_ends),
    (
        "every target ends with exactly one outcome",
        outcomes::every_target_has_one_outcome,
    ),
    (
        "an outcome is what the vendor said",
        outcomes::an_outcome_is_what_the_vendor_said,
    ),
    (
        "nothing is sent again without a reason",
        attempts::nothing_is_sent_again_without_a_reason,
    ),
    (
        "no device shows a message twice",
        attempts::no_device_shows_a_message_twice,
    ),
    (
        "a verdict that came is handed out",
        outcomes::a_verdict_that_came_is_handed_out,
    ),
    (
        "no attempt starts too late",
        attempts::no_attempt_starts_too_late,
    ),
    (
        "no attempt starts before the vendor allows it",
        attempts::no_attempt_starts_too_early,
    ),
    (
        "no attempt is one too many",
        attempts::no_attempt_is_one_too_many,
    ),
    (
        "retries keep to their budget",
        attempts::retries_keep_to_their_budget,
    ),
    ("dropped tokens are dead", tokens::dropped_tokens_are_dead),
    (
        "a channel is used once, and only if the one before it failed",
        fallback::channels_are_used_in_turn,
    ),
    (
        "a request has as many targets as the vendor allows",
        limits::requests_are_of_the_vendors_size,
    ),
    (
        "requests in flight keep to the bulkhead",
        limits::in_flight_keeps_to_the_bulkhead,
    ),
    (
        "requests keep to the rate",
        limits::requests_keep_to_the_rate,
    ),
    (
        "a quota that is used up is left alone",
        limits::a_used_up_quota_is_left_alone,
    ),
    (
        "an open breaker lets one probe through at a time",
        limits::an_open_breaker_lets_probes_through,
    ),
    (
        "the more urgent goes first",
        limits::the_more_urgent_goes_first,
    ),
    (
        "a shutdown lets nothing new out and ends in time",
        limits::a_shutdown_ends_in_time,
    ),
    (
        "what can be delivered is delivered",
        hope::what_can_be_delivered_is_delivered,
    ),
];

/// The first rule that was broken, and how.
pub(crate) fn check(schedule: &Schedule, day: &Day) -> Result<(), String> {
    let facts = Facts::new(schedule, day);
    for (name, rule) in RULES {
        rule(&facts).map_err(|how| format!("broken rule: {name}: {how}"))?;
    }
    Ok(())
}

/// The day, sorted.
struct Facts<'a> {
    schedule: &'a Schedule,
    day: &'a Day,
    /// How often each token is in the audience of a send, further channels included.
    copies: HashMap<Key, usize>,
    calls: HashMap<Key, Vec<usize>>,
    told: HashMap<Key, Vec<Option<ErrorKind>>>,
}

/// What a request meant for one of its tokens.
enum Answer<'a> {
    Verdict(&'a Outcome),
    Failed {
        retry: Retry,
        sent: Sent,
    },
    /// Still under way when the day ended, or nobody waits for it any more.
    None,
}

impl<'a> Facts<'a> {
    fn new(schedule: &'a Schedule, day: &'a Day) -> Self {
        let mut copies = HashMap::new();
        for (send, plan) in schedule.sends.iter().enumerate() {
            if plan.is_to_recipients() {
                for (target, plan) in plan.targets.iter().enumerate() {
                    let channels = std::iter::once(&plan.channel).chain(&plan.next);
                    for (channel, plan) in channels.enumerate() {
                        let token = token(target, channel, plan.truth);
                        copies.insert(
                            Key {
                                send,
                                provider: provider(plan.vendor),
                                token,
                            },
                            1,
                        );
                    }
                }
                continue;
            }
            for target in targets(plan) {
                let key = Key {
                    send,
                    provider: target.provider.to_string(),
                    token: target.token.as_str().to_owned(),
                };
                *copies.entry(key).or_default() += 1;
            }
        }
        let mut calls: HashMap<Key, Vec<usize>> = HashMap::new();
        for (number, call) in day.pages.calls.iter().enumerate() {
            let mut tokens = call.tokens.clone();
            tokens.sort();
            tokens.dedup();
            for token in tokens {
                calls.entry(call.key(&token)).or_default().push(number);
            }
        }
        let mut told: HashMap<Key, Vec<Option<ErrorKind>>> = HashMap::new();
        for (_, entry) in &day.pages.entries {
            if let Entry::Other(What::Told { key, kind }) = entry {
                told.entry(key.clone()).or_default().push(*kind);
            }
        }
        Self {
            schedule,
            day,
            copies,
            calls,
            told,
        }
    }

    fn call(&self, number: usize) -> &Call {
        &self.day.pages.calls[number]
    }

    fn calls(&self) -> &[Call] {
        &self.day.pages.calls
    }

    fn vendor(&self, call: &Call) -> &VendorPlan {
        &self.schedule.vendors[call.vendor]
    }

    fn send(&self, call: &Call) -> &SendPlan {
        &self.schedule.sends[call.send]
    }

    /// What happened beside requests, with the time.
    fn others(&self) -> impl Iterator<Item = (usize, Duration, &What)> {
        let entries = self.day.pages.entries.iter().enumerate();
        entries.filter_map(|(mark, (at, entry))| match entry {
            Entry::Other(what) => Some((mark, *at, what)),
            _ => None,
        })
    }

    /// Whether the host gave up on a send before it was over.
    fn was_dropped(&self, send: usize) -> bool {
        self.others()
            .any(|(.., what)| matches!(what, What::Dropped { send: dropped } if *dropped == send))
    }

    fn was_replaced(&self, name: &str) -> bool {
        self.others()
            .any(|(.., what)| matches!(what, What::Replaced { provider } if provider == name))
    }

    /// Whether some consumer takes its time: what it does not poll does not move.
    fn has_slow_consumers(&self) -> bool {
        use crate::schedule::Way;
        self.schedule
            .sends
            .iter()
            .any(|send| matches!(send.way, Way::Streamed { consumer, .. } if consumer > 0))
    }

    /// What each request with this token meant for it, once for each time that it is in there.
    fn answers(&self, key: &Key) -> impl Iterator<Item = (&Call, Answer<'_>)> {
        let calls = self
            .calls
            .get(key)
            .into_iter()
            .flatten()
            .map(|number| self.call(*number));
        let token = key.token.clone();
        calls.flat_map(move |call| {
            let own = token.clone();
            let places = call
                .tokens
                .iter()
                .enumerate()
                .filter(move |(_, token)| **token == own);
            places.map(move |(place, _)| (call, call.answer(place)))
        })
    }
}

impl Call {
    fn key(&self, token: &str) -> Key {
        Key {
            send: self.send,
            provider: provider(self.vendor),
            token: token.to_owned(),
        }
    }

    /// When it was over, if it was.
    fn ended(&self) -> Option<Duration> {
        match self.end {
            End::Pending => None,
            End::GivenUp { at } | End::Answered { at, .. } => Some(at),
        }
    }

    fn answer(&self, place: usize) -> Answer<'_> {
        match &self.end {
            End::Pending => Answer::None,
            End::GivenUp { .. } => Answer::Failed {
                retry: Retry::Backoff,
                sent: Sent::Maybe,
            },
            End::Answered { outcomes, .. } => match outcomes.get(place) {
                Some(Outcome::Failed(error)) => Answer::Failed {
                    retry: error.retry(),
                    sent: error.sent(),
                },
                Some(verdict) => Answer::Verdict(verdict),
                None => Answer::Failed {
                    retry: Retry::Never,
                    sent: Sent::Maybe,
                },
            },
        }
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
