//! Ten million targets through faulty vendors in virtual time: memory does not grow with the
//! audience.
//!
//! The campaign is that of `zpns-core/tests/audience`: two vendors with dead, busy and lost
//! devices, an outage, a rate-limit wave and answers that never come in every minute. Each
//! audience runs in this process after the smaller one; what counts is the most that was
//! allocated at once, and what came of every target.
#![allow(clippy::print_stdout, reason = "the table is the result")]

extern crate zpns as zpns_core;

#[path = "../../zpns-core/tests/audience/campaign.rs"]
mod campaign;
#[path = "../../zpns-core/tests/audience/virtual_time.rs"]
mod virtual_time;

use std::time::Duration;

use allocation_counter::measure;
use anyhow::Context as _;
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::cpu_time;

use self::campaign::{Figures, stream_to};

const AUDIENCES: [u64; 3] = [100_000, 1_000_000, 10_000_000];
const SMOKE: [u64; 2] = [50_000, 100_000];

/// How much more the large audience may take at once.
const MOST_GROWTH: f64 = 1.1;

fn main() -> anyhow::Result<()> {
    let is_smoke_run = std::env::args().any(|argument| argument == "--test");
    let audiences = if is_smoke_run { &SMOKE[..] } else { &AUDIENCES };
    let mut table = Table::new(&[
        "targets",
        "most memory at once, KiB",
        "growth",
        "goal",
        "µs CPU per target",
        "virtual time, s",
        "accepted",
        "dropped",
        "failed",
        "requests repeated",
    ]);
    let mut first = None;
    for &audience in audiences {
        let (figures, most, took) = run(audience)?;
        anyhow::ensure!(figures.has_one_outcome_each(audience), "{figures:?}");
        anyhow::ensure!(figures.taken == figures.accepted, "sent again: {figures:?}");
        anyhow::ensure!(figures.wrong == 0, "a wrong verdict: {figures:?}");
        let growth = most as f64 / *first.get_or_insert(most) as f64;
        let holds = growth <= MOST_GROWTH;
        table.row([
            audience.to_string(),
            (most / 1_024).to_string(),
            format!("{growth:.2}"),
            format!("≤ {MOST_GROWTH} {}", verdict(holds)),
            format!("{:.2}", took.as_secs_f64() * 1e6 / audience as f64),
            figures.seconds.to_string(),
            figures.accepted.to_string(),
            figures.dropped.to_string(),
            figures.failed.to_string(),
            figures.retries.to_string(),
        ]);
        anyhow::ensure!(holds, "memory grows with the audience:\n{table}");
    }
    println!("{table}");
    Ok(())
}

/// One campaign: what came of it, the most bytes at once, and the CPU time.
fn run(audience: u64) -> anyhow::Result<(Figures, u64, Duration)> {
    let mut figures = None;
    let before = cpu_time()?;
    let info = measure(|| figures = stream_to(audience));
    let took = cpu_time()?.saturating_sub(before);
    let figures = figures.context("it hangs")?;
    Ok((figures, info.bytes_max, took))
}
