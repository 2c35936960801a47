//! Time, as a resource that tests can move.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::Timestamp;

/// What [`Clock::sleep`] returns.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time that never goes back, since a moment of the clock's own choice. Deadlines are
    /// counted in it.
    fn monotonic(&self) -> Duration;

    /// Ready once `duration` has passed. May be dropped at any time.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// The machine's clock, waiting on tokio's timer (and so on tokio's paused time in tests).
#[derive(Debug)]
pub struct SystemClock {
    start: tokio::time::Instant,
}

impl SystemClock {
    /// Counts monotonic time from now.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place where the library reads the machine's clock"
    )]
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place where the library reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::default() + since_epoch
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place where the library waits on the machine's clock"
    )]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is told to move.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::{Clock, Timestamp, resources::ManualClock};
///
/// let clock = ManualClock::at(Timestamp::from_secs(1_000));
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now(), Timestamp::from_secs(1_005));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    state: Mutex<ManualState>,
    moved: tokio::sync::watch::Sender<Duration>,
}

#[derive(Debug, Default)]
struct ManualState {
    /// When the sleepers want to wake, for [`ManualClock::next_wake`].
    wakes: Vec<Duration>,
}

impl ManualClock {
    /// Stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            state: Mutex::default(),
            moved: tokio::sync::watch::Sender::new(Duration::ZERO),
        }
    }

    /// Moves on, and wakes whoever slept until then.
    pub fn advance(&self, by: Duration) {
        self.moved
            .send_modify(|elapsed| *elapsed = elapsed.saturating_add(by));
        let now = self.monotonic();
        self.lock().wakes.retain(|wake| *wake > now);
    }

    /// How long until the earliest sleeper wants to wake.
    pub fn next_wake(&self) -> Option<Duration> {
        let now = self.monotonic();
        let wakes = &self.lock().wakes;
        wakes.iter().min().map(|wake| wake.saturating_sub(now))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ManualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.moved.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut moved = self.moved.subscribe();
        let wake = self.monotonic().saturating_add(duration);
        self.lock().wakes.push(wake);
        Box::pin(async move {
            // The sender lives in the clock; without a clock there is nobody left to wait for.
            let _ = moved.wait_for(|elapsed| *elapsed >= wake).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_manual_clock_reaches_it() {
        let clock = Arc::new(ManualClock::at(Timestamp::default()));
        let sleeper = tokio::spawn(clock.sleep(Duration::from_secs(10)));
        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        assert_eq!(clock.next_wake(), Some(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }
}
