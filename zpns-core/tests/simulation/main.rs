//! Bad days at random: router and all layers against a model of faulty vendors, on virtual time.
//!
//! A [`Schedule`](schedule::Schedule) says what a day is like: what each vendor knows, its
//! weather, what the host sends with which options, and what happens meanwhile (a provider is
//! replaced, the host gives up, the router shuts down). [`day::live`] runs it, and [`checks`]
//! hold what came of it against what the vendors know.
//!
//! 2,000 days unless `PROPTEST_CASES` says otherwise, the same ones each time unless
//! `PROPTEST_RNG_SEED` does. A day that breaks a rule is shrunk and told as a story; its seed is
//! kept beside this file. A mistake that was found gets a test of its own in `found.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod broken;
mod checks;
mod clock;
mod day;
mod found;
mod journal;
mod schedule;
mod story;
mod strategy;
mod trouble;
mod vendor;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use crate::day::Broken;
use crate::schedule::Schedule;

/// How many days are tried unless the environment says otherwise.
const DAYS: u32 = 2_000;
const SEED: u64 = 2_026;

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = DAYS;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config.max_shrink_iters = 20_000;
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(
        "tests/simulation/regressions.txt",
    )));
    config
}

/// Lives through a day and checks it. The error is the rule that was broken.
fn check(schedule: &Arc<Schedule>, broken: &Broken) -> Result<(), String> {
    let day = day::live(schedule, broken);
    checks::check(schedule, &day)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_the_rules_hold(schedule in strategy::schedules()) {
        check(&schedule, &Broken::default()).map_err(TestCaseError::fail)?;
    }
}
