//! A bound on requests per second.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{Error, ErrorKind, Report, Retry, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Spaces requests out to so many a second, with bursts of a tenth of that. Those that would
/// have to wait beyond their deadline fail at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    per_second: NonZeroU32,
}

impl Rate {
    /// So many requests a second.
    pub const fn new(per_second: NonZeroU32) -> Self {
        Self { per_second }
    }
}

impl Layer for Rate {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let clock = InjectedClock(Arc::clone(&context.resources.clock));
        let burst = NonZeroU32::new(self.per_second.get() / 10).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(self.per_second).allow_burst(burst);
        let around = AroundRate {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            interval: Duration::from_secs(1) / self.per_second.get(),
            waiting: AtomicUsize::new(0),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundRate {
    limiter: RateLimiter<NotKeyed, InMemoryState, InjectedClock, NoOpMiddleware<Tick>>,
    clock: InjectedClock,
    interval: Duration,
    /// How many wait. Each of them sleeps until about its own moment and only then asks the
    /// limiter: asking together would wake all of them at every moment, and standing in line
    /// would let one that is not polled (a paused stream) hold up all others.
    waiting: AtomicUsize,
}

/// One of those that wait, until it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AroundRate {
    /// Waits for the limiter. The error is how long that would take, if it is too long.
    async fn pass(&self, batch: &Batch) -> Result<(), Duration> {
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.waiting);
        if ahead > 0 {
            let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.sleep(self.interval.saturating_mul(ahead), batch)
                .await?;
        }
        while let Err(not_yet) = self.limiter.check() {
            self.sleep(not_yet.wait_time_from(self.clock.now()), batch)
                .await?;
        }
        Ok(())
    }

    async fn sleep(&self, wait: Duration, batch: &Batch) -> Result<(), Duration> {
        if wait > batch.time_left(self.clock.now().0, Duration::MAX) {
            return Err(wait);
        }
        self.clock.0.sleep(wait).await;
        Ok(())
    }
}

impl Around for AroundRate {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        if let Err(wait) = self.pass(batch).await {
            let message = "the provider's own `rate_per_second` leaves no room before the deadline";
            let error = Error::new(ErrorKind::RateLimited, message)
                .with_retry(Retry::After(wait))
                .with_sent(Sent::No);
            return batch.report_all(error);
        }
        inner.send(batch).await
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
