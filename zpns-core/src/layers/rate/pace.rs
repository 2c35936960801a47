//! How fast it goes, and how fast it should.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::resources::Clock;

/// A complaint halves the rate.
const SLOWER: f64 = 0.5;
/// A second without one lets it grow by a quarter.
const FASTER: f64 = 1.25;
/// How long all complaints are taken for one, and a rate is tried before it grows.
const STEP: Duration = Duration::from_secs(1);
/// Where no rate is set it never falls below this: an estimate from a few pushes in a quiet hour
/// must not throttle the campaign that comes after them.
const LEAST_UNSET: f64 = 50.0;
/// Where one is set, it never falls below its hundredth.
const LEAST_SET: f64 = 0.01;
/// The clock is read for the estimate once in so many pushes.
const EVERY: u64 = 64;

#[derive(Debug)]
pub(super) struct Pace {
    /// The rate that the host set.
    set: Option<f64>,
    most: u32,
    counted: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When a count began, and where it stood then.
    mark: (Duration, u64),
    /// The last change, and the last complaint.
    changed: Option<Duration>,
    /// Where no rate is set: beyond this there is no bound any more.
    enough: f64,
}

impl Pace {
    pub(super) fn new(set: Option<f64>, most: u32, now: Duration) -> Self {
        Self {
            set,
            most,
            counted: AtomicU64::new(0),
            state: Mutex::new(State {
                mark: (now, 0),
                changed: None,
                enough: f64::INFINITY,
            }),
        }
    }

    /// The most that is asked for at once.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// The rate that the host set.
    pub(super) fn set(&self) -> Option<f64> {
        self.set
    }

    /// Counts what goes out.
    pub(super) fn count(&self, weight: u32, clock: &dyn Clock) {
        let weight = u64::from(weight);
        let before = self.counted.fetch_add(weight, Ordering::Relaxed);
        if before / EVERY != (before + weight) / EVERY {
            let now = clock.monotonic();
            let mut state = self.lock();
            if now.saturating_sub(state.mark.0) > STEP {
                state.mark = (now, before + weight);
            }
        }
    }

    /// The rate after a complaint; none if it was lowered for it already.
    pub(super) fn slower(&self, current: Option<f64>, now: Duration) -> Option<f64> {
        let mut state = self.lock();
        if state.changed.is_some_and(|changed| now < changed + STEP) {
            return None;
        }
        let seen = self.counted.load(Ordering::Relaxed) - state.mark.1;
        let span = now.saturating_sub(state.mark.0).max(STEP);
        let rate = current.unwrap_or(seen as f64 / span.as_secs_f64());
        let least = self.set.map_or(LEAST_UNSET, |set| set * LEAST_SET);
        if current.is_none() {
            state.enough = (rate * 2.0).max(LEAST_UNSET * 2.0);
        }
        state.changed = Some(now);
        Some((rate * SLOWER).max(least))
    }

    /// The rate after a while without complaints, `Some(None)` for no bound; none if it stays.
    pub(super) fn faster(&self, current: f64, now: Duration) -> Option<Option<f64>> {
        let mut state = self.lock();
        let steps = match state.changed {
            Some(changed) => now.saturating_sub(changed).as_secs() / STEP.as_secs(),
            None => return None,
        };
        if steps == 0 {
            return None;
        }
        let steps = i32::try_from(steps).unwrap_or(i32::MAX);
        let grown = current * FASTER.powi(steps);
        let rate = match self.set {
            Some(set) if grown >= set => {
                state.changed = None;
                return (current < set).then_some(Some(set));
            }
            None if grown >= state.enough => {
                state.changed = None;
                return Some(None);
            }
            _ => grown,
        };
        state.changed = Some(now);
        Some(Some(rate))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
