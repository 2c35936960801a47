//! Real time, in which the pauses between attempts take none.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use zpns::resources::{Sleep, SystemClock};
use zpns::{Clock, Event, Observer, Timestamp};

/// The machine's clock, except that a pause before a retry is skipped: the clock jumps to its end.
///
/// It knows such a pause because the retry layer tells its observers of it before it sleeps. All
/// else (sockets, time-outs) passes in real time.
#[derive(Clone, Debug)]
pub(crate) struct SkippingClock {
    system: Arc<SystemClock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    skipped: Duration,
    /// Pauses that are about to be slept.
    announced: Vec<Duration>,
    /// Every pause so far.
    pauses: Vec<Duration>,
    dropped_tokens: usize,
    breaker_openings: usize,
}

impl SkippingClock {
    pub(crate) fn new() -> Self {
        Self {
            system: Arc::new(SystemClock::new()),
            state: Arc::default(),
        }
    }

    /// Jumps ahead.
    pub(crate) fn skip(&self, by: Duration) {
        self.state.lock().unwrap().skipped += by;
    }

    /// The pauses before every retry so far.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.state.lock().unwrap().pauses.clone()
    }

    /// How many tokens observers were told to drop.
    pub(crate) fn dropped_tokens(&self) -> usize {
        self.state.lock().unwrap().dropped_tokens
    }

    /// How often observers were told that a breaker opened.
    pub(crate) fn breaker_openings(&self) -> usize {
        self.state.lock().unwrap().breaker_openings
    }
}

impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        self.system.now() + self.state.lock().unwrap().skipped
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + self.state.lock().unwrap().skipped
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.state.lock().unwrap();
        let announced = state.announced.iter().position(|&pause| pause == duration);
        let Some(announced) = announced else {
            return self.system.sleep(duration);
        };
        state.announced.swap_remove(announced);
        let (clock, wake) = (
            self.clone(),
            self.system.monotonic() + state.skipped + duration,
        );
        Box::pin(async move {
            let mut state = clock.state.lock().unwrap();
            let left = wake.saturating_sub(clock.system.monotonic() + state.skipped);
            state.skipped += left;
        })
    }
}

impl Observer for SkippingClock {
    fn observe(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap();
        match event {
            Event::Retried { delay, .. } => {
                state.announced.push(*delay);
                state.pauses.push(*delay);
            }
            Event::TokenDropped { .. } => state.dropped_tokens += 1,
            Event::BreakerOpened { .. } => state.breaker_openings += 1,
            _ => {}
        }
    }
}
