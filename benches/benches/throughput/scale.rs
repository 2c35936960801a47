//! How much is sent: for figures, or only to see that everything works.

use zpns_benches::contest::Pushes;

/// In flight at once in the comparison of CPU time.
pub(crate) const IN_FLIGHT: usize = 1_000;

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Runs of each client, of which the median is shown.
    pub(crate) rounds: usize,
    /// Before the first round.
    pub(crate) warm_up: Pushes,
    /// In one run.
    pub(crate) run: Pushes,
    /// How many times over the pushes in flight are sent in a run with latency.
    pub(crate) turns: usize,
    /// The two audiences whose peak memory is compared.
    pub(crate) audiences: [usize; 2],
}

impl Scale {
    pub(crate) fn full() -> Self {
        Self {
            rounds: 5,
            warm_up: pushes(20_000),
            run: pushes(50_000),
            turns: 40,
            audiences: [10_000, 1_000_000],
        }
    }

    pub(crate) fn smoke() -> Self {
        Self {
            rounds: 1,
            warm_up: pushes(1_000),
            run: pushes(1_000),
            turns: 2,
            audiences: [1_000, 5_000],
        }
    }
}

fn pushes(total: usize) -> Pushes {
    Pushes {
        total,
        in_flight: IN_FLIGHT,
    }
}
