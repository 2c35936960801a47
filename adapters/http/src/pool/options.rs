//! What can be set about the pool beyond the core's `HttpOptions`.

use std::time::Duration;

use super::backoff::Pauses;
use super::ping::Rhythm;

/// How the pooled transport keeps its connections. The defaults are what Apple's rules and the
/// experience of other clients ask for (`reference/apns.md` §5).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolOptions {
    /// Time between PINGs while requests are in flight. 60 seconds unless set.
    pub ping_interval: Duration,
    /// Time between PINGs while nothing is in flight. An hour unless set.
    pub idle_ping_interval: Duration,
    /// How long an answer to a PING may take before the connection is given up. 20 seconds unless
    /// set.
    pub ping_timeout: Duration,
    /// The longest pause after a first failed dial; doubled for every further one. The actual pause
    /// is anything from nothing to this. A second unless set.
    pub first_pause: Duration,
    /// Where the doubling ends. A minute unless set.
    pub longest_pause: Duration,
    /// Streams per connection at the most, whatever the server allows. As the server says unless
    /// set.
    pub max_streams: Option<usize>,
    /// Closes a connection that was unused for this long (noticed after up to twice the time).
    /// Never unless set: vendors take frequent reconnecting for an attack.
    pub idle_timeout: Option<Duration>,
    /// How often a request that the server provably did not process is sent again. Twice unless
    /// set.
    pub max_replays: u32,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(60),
            idle_ping_interval: Duration::from_secs(3600),
            ping_timeout: Duration::from_secs(20),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            max_streams: None,
            idle_timeout: None,
            max_replays: 2,
        }
    }
}

impl PoolOptions {
    pub(super) fn rhythm(&self) -> Rhythm {
        Rhythm {
            busy: self.ping_interval,
            idle: self.idle_ping_interval,
            timeout: self.ping_timeout,
        }
    }

    pub(super) fn pauses(&self) -> Pauses {
        Pauses {
            first: self.first_pause,
            longest: self.longest_pause,
        }
    }
}
