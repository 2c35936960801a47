//! Virtual time: tokio's paused clock, with a calendar of its own and a watch for busy loops.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zpns_core::Timestamp;
use zpns_core::resources::{Clock, Sleep, SystemClock};

/// Looks at the clock and sleeps at one moment that no honest day needs.
const MOST_AT_ONCE: u64 = 200_000;

/// Midnight of the vendors' clocks, somewhere in 2026.
const MIDNIGHT: Timestamp = Timestamp::from_secs(20_606 * 86_400 - 8 * 3_600);

#[derive(Debug)]
pub(crate) struct VirtualClock {
    time: SystemClock,
    start: Timestamp,
    /// The last moment that somebody saw, in milliseconds, and how often.
    moment: AtomicU64,
    looks: AtomicU64,
}

impl VirtualClock {
    /// So long before the vendors' midnight.
    pub(crate) fn before_midnight(to_midnight: u64) -> Self {
        Self {
            time: SystemClock::new(),
            start: Timestamp::from_millis(MIDNIGHT.as_millis() - to_midnight),
            moment: AtomicU64::new(0),
            looks: AtomicU64::new(0),
        }
    }

    fn look(&self) -> Duration {
        let now = self.time.monotonic();
        let millis = now.as_millis() as u64;
        if self.moment.swap(millis, Ordering::Relaxed) != millis {
            self.looks.store(0, Ordering::Relaxed);
        }
        let looks = self.looks.fetch_add(1, Ordering::Relaxed);
        assert!(looks < MOST_AT_ONCE, "a busy loop at {now:?}");
        now
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.start + self.look()
    }

    fn monotonic(&self) -> Duration {
        self.look()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.look();
        // Beyond what any schedule lasts; tokio's timer has an end.
        self.time
            .sleep(duration.min(Duration::from_secs(30 * 86_400)))
    }
}
