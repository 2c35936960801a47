//! How long to wait before the next dial.

use std::time::Duration;

use zpns_core::resources::{HttpError, Random};

use crate::time::{self, Instant};

/// Doubles from the first pause to the longest with full jitter, so that many hosts that lost the
/// same server do not come back together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<Instant>,
    last_error: Option<HttpError>,
}

/// The two ends of the pauses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Backoff {
    /// The server answered: the next dial needs no pause.
    pub(super) fn succeed(&mut self) {
        *self = Self::default();
    }

    /// A dial failed.
    pub(super) fn fail(&mut self, error: HttpError, pauses: Pauses, random: &dyn Random) {
        let doubled = pauses
            .first
            .saturating_mul(2u32.saturating_pow(self.failures))
            .min(pauses.longest);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(time::after(doubled.mul_f64(random.fraction())));
        self.last_error = Some(error);
    }

    /// A connection was made but ended before its first answer. The first one is let pass (the
    /// server may just be going away); a row of them is a server that accepts and hangs up, and
    /// dialling it without a pause would look like an attack.
    pub(super) fn fail_early(&mut self, error: HttpError, pauses: Pauses, random: &dyn Random) {
        if self.failures == 0 {
            self.failures = 1;
        } else {
            self.fail(error, pauses, random);
        }
    }

    /// The pause that is still to be kept, and why.
    pub(super) fn pause(&self) -> Option<(Duration, &HttpError)> {
        let left = self.until?.saturating_duration_since(time::now());
        (!left.is_zero()).then_some((left, self.last_error.as_ref()?))
    }

    /// Dials that failed in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use zpns_core::resources::SeededRandom;

    use super::*;
    use crate::errors::connect;

    const PAUSES: Pauses = Pauses {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(60),
    };

    #[derive(Debug)]
    struct Highest;

    impl Random for Highest {
        fn next_u64(&self) -> u64 {
            u64::MAX
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_from_a_second_to_a_minute() {
        let mut backoff = Backoff::default();
        let mut seconds = Vec::new();
        for _ in 0..8 {
            backoff.fail(connect("refused"), PAUSES, &Highest);
            seconds.push(backoff.pause().unwrap().0.as_secs_f64().round());
        }
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_spreads_a_pause_over_its_whole_length() {
        let random = SeededRandom::new(1);
        let pauses: Vec<_> = (0..100)
            .filter_map(|_| {
                let mut backoff = Backoff::default();
                backoff.fail(connect("refused"), PAUSES, &random);
                backoff.pause().map(|(left, _)| left)
            })
            .collect();
        assert!(pauses.iter().any(|left| left.as_millis() < 200));
        assert!(pauses.iter().any(|left| left.as_millis() > 800));
    }

    #[tokio::test(start_paused = true)]
    async fn one_early_end_is_let_pass_and_the_second_is_not() {
        let mut backoff = Backoff::default();
        backoff.fail_early(connect("gone"), PAUSES, &Highest);
        assert!(backoff.pause().is_none());
        backoff.fail_early(connect("gone again"), PAUSES, &Highest);
        assert_eq!(backoff.pause().unwrap().1.message, "gone again");
        backoff.succeed();
        assert!(backoff.pause().is_none());
        assert_eq!(backoff.failures(), 0);
    }
}
