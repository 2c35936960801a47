//! Time that a scene moves: it stands still while a request is on its way.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use zpns::resources::{Sleep, SystemClock};
use zpns::{Clock, Timestamp};

/// A clock that jumps from one sleeper's wake to the next when it is told to. Sockets take real
/// time, which is none of its own: a slow machine never makes a push late.
#[derive(Clone, Debug)]
pub(crate) struct SceneClock {
    start: Timestamp,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    made: u64,
    sleepers: BTreeMap<Key, Waker>,
}

/// When it wakes, and its number among those that wake then.
type Key = (Duration, u64);

impl SceneClock {
    pub(crate) fn new() -> Self {
        Self {
            start: SystemClock::new().now(),
            state: Arc::default(),
        }
    }

    /// Moves on, and wakes whoever slept until then.
    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.now += by;
        let now = state.now;
        let later = state
            .sleepers
            .split_off(&(now + Duration::from_nanos(1), 0));
        let woken = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        woken.into_values().for_each(Waker::wake);
    }

    /// How long until the next one wakes, if somebody sleeps.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let state = self.lock();
        let ((wake, _), _) = state.sleepers.first_key_value()?;
        Some(wake.saturating_sub(state.now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Clock for SceneClock {
    fn now(&self) -> Timestamp {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.lock().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        state.made += 1;
        Box::pin(Sleeper {
            key: (state.now.saturating_add(duration), state.made),
            clock: self.clone(),
        })
    }
}

/// One who sleeps. Dropped, nobody waits for it any more.
#[derive(Debug)]
struct Sleeper {
    clock: SceneClock,
    key: Key,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.key);
    }
}
