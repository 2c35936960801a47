//! What comes from outside: HTTP, the clock, randomness.
//!
//! They arrive at construction in one [`Resources`] value; nothing in the tree reads the clock or
//! opens a socket by itself, so that a test can move time and see every byte.

mod clock;
mod http;
mod random;

use std::sync::Arc;

pub use self::clock::{Clock, ManualClock, Sleep, SystemClock};
pub use self::http::{
    AddressFilter, ClientIdentity, HttpClient, HttpConnector, HttpError, HttpErrorKind,
    HttpOptions, HttpRequest, HttpResponse, MakeRequest, Origin, Transport,
};
pub use self::random::{Random, SeededRandom, SystemRandom};

/// Everything that a provider needs from its surroundings. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resources {
    /// Opens HTTP clients.
    pub http: Arc<dyn HttpConnector>,
    /// Tells and waits for time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and ids.
    pub random: Arc<dyn Random>,
}

impl Resources {
    /// With the system's clock and randomness.
    pub fn new(http: Arc<dyn HttpConnector>) -> Self {
        Self {
            http,
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(SystemRandom::new()),
        }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// With other randomness.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }
}
