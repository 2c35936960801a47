//! A bound on retries of all pushes of a provider together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::settings;

/// How many retries the pushes of one provider make together, so that an outage is not
/// multiplied: a retry beyond it waits for its turn, or is not made if its deadline comes first.
///
/// Every request that succeeds allows [`per_success`](Self::per_success) retries, time alone
/// [`per_second`](Self::per_second) of them; unused ones add up to those of ten seconds, but to
/// ten at least.
///
/// ```
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.retries.budget.per_second = 20.0;
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryBudget {
    /// Retries that each success allows. One unless set.
    #[serde(deserialize_with = "settings::fraction")]
    pub per_success: f64,
    /// Retries that each second allows. One hundred unless set; more than 0.
    #[serde(deserialize_with = "settings::above_zero")]
    pub per_second: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            per_success: 1.0,
            per_second: 100.0,
        }
    }
}

/// Unused retries are kept for so many seconds.
const KEPT: f64 = 10.0;
/// So many are kept in any case.
const LEAST: f64 = 10.0;

#[derive(Debug)]
pub(super) struct Budget {
    settings: RetryBudget,
    /// Successes since the last retry: counted without a lock.
    successes: AtomicU64,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    /// Below zero while retries that were promised wait for their turn.
    retries: f64,
    at: Duration,
}

impl Budget {
    pub(super) fn new(settings: RetryBudget, now: Duration) -> Self {
        Self {
            settings,
            successes: AtomicU64::new(0),
            left: Mutex::new(Left {
                retries: most(settings),
                at: now,
            }),
        }
    }

    pub(super) fn succeeded(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one retry, and says how long it has to wait for its turn. It is not taken if that
    /// is too long.
    pub(super) fn take(&self, now: Duration, fits: impl Fn(Duration) -> bool) -> Option<Duration> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let successes = self.successes.swap(0, Ordering::Relaxed) as f64;
        let elapsed = now.saturating_sub(left.at).as_secs_f64();
        let earned = successes * self.settings.per_success + elapsed * self.settings.per_second;
        left.retries = (left.retries + earned).min(most(self.settings));
        left.at = now;
        let after = left.retries - 1.0;
        let wait = Duration::try_from_secs_f64(-after / self.settings.per_second).unwrap_or(
            if after < 0.0 {
                Duration::MAX
            } else {
                Duration::ZERO
            },
        );
        if !fits(wait) {
            return None;
        }
        left.retries = after;
        Some(wait)
    }
}

fn most(settings: RetryBudget) -> f64 {
    (settings.per_second * KEPT).max(LEAST)
}
