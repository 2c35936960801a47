//! Dropping stops when an implausible share of a provider's tokens dies at once.
//!
//! A wrong topic, project or environment looks to a vendor like thousands of dead devices. A host
//! that believes it forgets its whole audience, and nobody can give that back.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::receipts::Told;
use crate::config::number;
use crate::model::{ErrorKind, Outcome, Rejection, Report, Timestamp, TokenAction};

/// The parts of the window that are forgotten one by one.
const SLICES: usize = 10;

/// When so many tokens of a provider die at once that it is more likely a mistake of ours.
///
/// The verdicts on tokens (accepted, dead, of another app, muted) of the last
/// [`window`](Self::window) are counted. Once [`at_least`](Self::at_least) of them were to be
/// dropped, and these are more than [`share`](Self::share) of all, no token of that provider is
/// dropped any more: verdicts are handed out as before, with [`TokenAction::Keep`] and the
/// reason, until [`Router::release_guard`](crate::Router::release_guard). A batch is counted
/// before it is judged, so that the one that gives the alarm drops nothing either.
///
/// ```
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.guard.share = 0.5;
/// // Or, for a provider whose tokens are to be cleaned up:
/// delivery.guard.enabled = false;
/// ```
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GuardSettings {
    /// Whether there is a guard. There is unless set.
    pub enabled: bool,
    /// The share of dead tokens, from 0 to 1, that is still plausible. One fifth unless set.
    #[serde(deserialize_with = "share")]
    pub share: f64,
    /// Fewer dead tokens than this are always plausible. Fifty unless set.
    #[serde(deserialize_with = "number")]
    pub at_least: u64,
    /// How far back verdicts count. Ten minutes unless set; `window_ms` where it is written down.
    #[serde(rename = "window_ms", deserialize_with = "window")]
    pub window: Duration,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            share: 0.2,
            at_least: 50,
            window: Duration::from_secs(600),
        }
    }
}

impl GuardSettings {
    /// No guard: every verdict is believed.
    pub fn off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }
}

fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let share: f64 = number(from)?;
    if share.is_finite() && (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(serde::de::Error::custom(format!(
            "`{share}` is not a share from 0 to 1"
        )))
    }
}

fn window<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    number::<D, std::num::NonZeroU64>(from).map(|millis| Duration::from_millis(millis.get()))
}

/// What the guard saw when it gave the alarm.
///
/// ```
/// # use zpns_core::{ProviderId, Router};
/// # fn example(router: &Router) {
/// let ios = ProviderId::from("ios");
/// if let Some(alarm) = router.guard(&ios) {
///     println!("{alarm}");
///     // Once somebody has looked at topic, project and environment:
///     router.release_guard(&ios);
/// }
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MassInvalidation {
    /// So many tokens were dead …
    pub invalid: u64,
    /// … of so many on which there was a verdict …
    pub verdicts: u64,
    /// … within this time.
    pub window: Duration,
}

impl fmt::Display for MassInvalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invalid,
            verdicts,
            window,
        } = self;
        write!(
            f,
            "{invalid} of {verdicts} tokens turned invalid within {window:?}, which a wrong \
             topic, project or environment does too"
        )
    }
}

/// One provider's guard. Outlives replacements of the provider: it needs an explicit release.
#[derive(Debug)]
pub(super) struct Guard(Mutex<State>);

#[derive(Debug)]
struct State {
    settings: GuardSettings,
    slices: [Slice; SLICES],
    alarm: Option<MassInvalidation>,
}

/// What was counted in one part of the window.
#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    number: u64,
    verdicts: u64,
    invalid: u64,
}

impl Guard {
    pub(super) fn new(settings: GuardSettings) -> Self {
        Self(Mutex::new(State {
            settings,
            slices: [Slice::default(); SLICES],
            alarm: None,
        }))
    }

    /// Goes on with other settings; an alarm stays.
    pub(super) fn configure(&self, settings: GuardSettings) {
        let mut state = self.lock();
        if state.settings.window != settings.window {
            // The slices are numbered by the length of the window.
            state.slices = [Slice::default(); SLICES];
        }
        state.settings = settings;
    }

    /// Why no token is dropped, if so.
    pub(super) fn alarm(&self) -> Option<MassInvalidation> {
        let state = self.lock();
        state.alarm.filter(|_| state.settings.enabled)
    }

    /// Counts from nothing again. What the alarm was, if there was one.
    pub(super) fn release(&self) -> Option<MassInvalidation> {
        let mut state = self.lock();
        state.slices = [Slice::default(); SLICES];
        state.alarm.take()
    }

    /// Counts a report's verdicts; with an alarm on, makes every dropped token of it a kept one.
    /// The alarm, if this report gave it.
    pub(super) fn judge(&self, now: Duration, report: &mut Report) -> Option<MassInvalidation> {
        let (verdicts, invalid) = count(report.outcomes());
        if verdicts == 0 {
            return None;
        }
        let (alarm, news) = {
            let mut state = self.lock();
            if !state.settings.enabled {
                return None;
            }
            let before = state.alarm;
            let alarm = before.or_else(|| state.count(now, verdicts, invalid));
            state.alarm = alarm;
            (alarm?, before.is_none())
        };
        if invalid > 0 {
            keep_tokens(report, &alarm);
        }
        news.then_some(alarm)
    }

    /// Counts what receipts say. A push that was taken within the window is among the verdicts
    /// already; a receipt for an older one is a verdict of its own. The alarm, if they gave it.
    pub(super) fn judge_receipts(
        &self,
        now: Duration,
        today: Timestamp,
        told: &[Told],
    ) -> Option<MassInvalidation> {
        let mut state = self.lock();
        if !state.settings.enabled || state.alarm.is_some() {
            return None;
        }
        let window = state.settings.window;
        let is_counted = |told: &&Told| told.accepted.is_some_and(|at| today.since(at) <= window);
        let counted = told.iter().filter(is_counted).count();
        let verdicts = told.len().saturating_sub(counted) as u64;
        let invalid = told.iter().filter(|told| told.dead).count() as u64;
        state.alarm = state.count(now, verdicts, invalid);
        state.alarm
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds to the counts; the alarm, if they are implausible now.
    fn count(&mut self, now: Duration, verdicts: u64, invalid: u64) -> Option<MassInvalidation> {
        // In 64 bits, enough for centuries: for each push, a division of 128 would be dear.
        let length = (nanos(self.settings.window) / SLICES as u64).max(1);
        let number = nanos(now) / length;
        let place = usize::try_from(number % SLICES as u64).unwrap_or_default();
        if let Some(slice) = self.slices.get_mut(place) {
            if slice.number != number {
                *slice = Slice {
                    number,
                    ..Slice::default()
                };
            }
            slice.verdicts += verdicts;
            slice.invalid += invalid;
        }
        if invalid == 0 {
            return None;
        }
        let current = self
            .slices
            .iter()
            .filter(|slice| number.saturating_sub(slice.number) < SLICES as u64);
        let (verdicts, invalid) = current.fold((0, 0), |(verdicts, invalid), slice| {
            (verdicts + slice.verdicts, invalid + slice.invalid)
        });
        // Beyond 2^53 verdicts in one window the share would be inexact.
        let implausible = invalid >= self.settings.at_least
            && invalid as f64 > self.settings.share * verdicts as f64;
        implausible.then_some(MassInvalidation {
            invalid,
            verdicts,
            window: self.settings.window,
        })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// How many verdicts speak of the token, and how many of them would drop it.
fn count(outcomes: &[Outcome]) -> (u64, u64) {
    let (mut verdicts, mut invalid) = (0, 0);
    for outcome in outcomes {
        match outcome {
            Outcome::Accepted(_) => verdicts += 1,
            Outcome::Rejected(rejection) if drops(rejection) => {
                verdicts += 1;
                invalid += 1;
            }
            Outcome::Rejected(rejection) if is_about_the_token(rejection.kind) => verdicts += 1,
            // Of a message or a provider nobody can say whether the device lives.
            Outcome::Rejected(_) | Outcome::Failed(_) => {}
        }
    }
    (verdicts, invalid)
}

fn drops(rejection: &Rejection) -> bool {
    matches!(rejection.token, TokenAction::Drop { .. })
}

fn is_about_the_token(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TokenInvalid | ErrorKind::TokenMismatch | ErrorKind::Muted
    )
}

fn keep_tokens(report: &mut Report, alarm: &MassInvalidation) {
    for position in 0..report.len() {
        let Some(Outcome::Rejected(rejection)) = report.outcomes().get(position) else {
            continue;
        };
        if !drops(rejection) {
            continue;
        }
        let mut kept = rejection.clone();
        kept.reason = format!(
            "{}; the token is kept by the mass-invalidation guard: {alarm}",
            kept.reason
        )
        .into();
        kept.token = TokenAction::Keep;
        report.replace(position, kept.into());
    }
}
