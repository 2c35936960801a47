//! A bound on requests per second.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;

use super::turn::turn;
use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{Error, ErrorKind, Report, Retry, Sent};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Spaces requests out to so many a second, with bursts of a tenth of that, in the order in which
/// they come. One whose turn does not come before its deadline fails.
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
            turn: Semaphore::new(1),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundRate {
    limiter: RateLimiter<NotKeyed, InMemoryState, InjectedClock, NoOpMiddleware<Tick>>,
    clock: InjectedClock,
    /// Held by the one that waits for the limiter. All others wait for it in line, so that a
    /// moment of the limiter wakes one of them and not all.
    turn: Semaphore,
}

impl AroundRate {
    /// Waits for the limiter; the error is when it makes sense to ask again.
    async fn pass(&self, batch: &Batch) -> Result<(), Retry> {
        let _turn = turn(&self.turn, batch, &*self.clock.0)
            .await
            .ok_or(Retry::Backoff)?;
        while let Err(not_yet) = self.limiter.check() {
            let now = self.clock.now();
            let wait = not_yet.wait_time_from(now);
            if wait > batch.time_left(now.0, Duration::MAX) {
                return Err(Retry::After(wait));
            }
            self.clock.0.sleep(wait).await;
        }
        Ok(())
    }
}

impl Around for AroundRate {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        if let Err(retry) = self.pass(batch).await {
            let message = "the provider's own `rate_per_second` leaves no room before the deadline";
            let error = Error::new(ErrorKind::RateLimited, message)
                .with_retry(retry)
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
