//! `governor`, on the injected clock.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::resources::Clock;

/// So many a second.
#[derive(Debug)]
pub(super) struct Limit {
    limiter: RateLimiter<NotKeyed, InMemoryState, InjectedClock, NoOpMiddleware<Tick>>,
    clock: InjectedClock,
    per_second: f64,
    burst: NonZeroU32,
}

impl Limit {
    /// With bursts of a tenth of the rate, but of `most` at least: what is asked for at once.
    pub(super) fn new(per_second: f64, most: u32, clock: &Arc<dyn Clock>) -> Self {
        let clock = InjectedClock(Arc::clone(clock));
        let tenth = (per_second / 10.0) as u32;
        let burst = NonZeroU32::new(tenth.max(most)).unwrap_or(NonZeroU32::MIN);
        let interval = Duration::from_secs_f64(1.0 / per_second.max(0.001));
        let quota = Quota::with_period(interval)
            .unwrap_or(Quota::per_second(NonZeroU32::MAX))
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            per_second,
            burst,
        }
    }

    pub(super) fn per_second(&self) -> f64 {
        self.per_second
    }

    /// How long so much takes.
    pub(super) fn time_for(&self, weight: f64) -> Duration {
        let seconds = weight / self.per_second.max(0.001);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Lets it through, or says how long it has to wait.
    pub(super) fn check(&self, weight: u32) -> Result<(), Duration> {
        let weight = NonZeroU32::new(weight).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_n(weight.min(self.burst)) {
            // More than the burst is never asked for.
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(self.clock.now())),
        }
    }

    /// Uses up the burst.
    pub(super) fn empty(&self) {
        // A limiter that is empty already is as empty as can be.
        let _ = self.limiter.check_n(self.burst);
    }
}

/// The injected clock as `governor` wants to see it.
#[derive(Clone, Debug)]
struct InjectedClock(Arc<dyn Clock>);

/// A moment of the injected clock's monotonic time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Tick(Duration);

impl GovernorClock for InjectedClock {
    type Instant = Tick;

    fn now(&self) -> Tick {
        Tick(self.0.monotonic())
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.into()))
    }
}

impl std::ops::Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, duration: Nanos) -> Self {
        Self(self.0 + Duration::from(duration))
    }
}
