//! What the router with all its default layers adds to a provider, per target: time and
//! allocations.
//!
//! The provider accepts everything and does nothing. Called directly it is sent one batch after the
//! other; the same targets then go through `Router::stream` and `Router::send`. The ways take turns,
//! round by round, and the quickest round of each counts: other work on the machine only ever adds.
//! Time is CPU time of this process, in which nothing else runs. Allocations are counted in a run of
//! their own, on the thread that polls.
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use tokio::runtime::{Builder, Runtime};
use zpns_benches::noop::Answers;
use zpns_benches::routes::{Routes, Way};
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::cpu_time;

/// What the project is judged by: for a vendor that takes one target per request …
const UNARY: Goal = Goal {
    nanos: 1_000.0,
    allocations: 2.0,
};
/// … and for one that takes many.
const BATCHED: Goal = Goal {
    nanos: 100.0,
    allocations: 2.0,
};

const VENDORS: [(&str, usize, Goal); 2] = [
    ("one target a request", 1, UNARY),
    ("500 a request", 500, BATCHED),
];

#[derive(Clone, Copy)]
struct Goal {
    nanos: f64,
    allocations: f64,
}

fn main() -> anyhow::Result<()> {
    // `cargo bench -- --test`: does it run at all?
    let smoke = std::env::args().any(|argument| argument == "--test");
    let (targets, rounds) = if smoke { (1_000, 1) } else { (20_000, 40) };
    let one = Builder::new_current_thread().enable_all().build()?;
    let several = Builder::new_multi_thread().enable_all().build()?;
    let mut table = Table::new(&[
        "vendor takes",
        "answers",
        "scheduler",
        "observer",
        "through",
        "provider alone, ns",
        "adds, ns",
        "goal",
        "adds allocations",
        "goal",
    ]);
    for (vendor, batch, goal) in VENDORS {
        for answers in [Answers::AtOnce, Answers::Later] {
            for (scheduler, runtime) in [("current-thread", &one), ("multi-thread", &several)] {
                for observed in [false, true] {
                    let routes = Arc::new(Routes::new(batch, answers, observed));
                    let direct = quickest(runtime, &routes, targets, rounds)?;
                    let alone = allocations(runtime, &routes, Way::Direct, targets)?;
                    for (way, took) in [(Way::Stream, direct[1]), (Way::Send, direct[2])] {
                        let adds = (took - direct[0]).max(0.0);
                        let allocates = allocations(runtime, &routes, way, targets)? - alone;
                        table.row([
                            vendor.to_owned(),
                            answers.as_str().to_owned(),
                            scheduler.to_owned(),
                            if observed { "one" } else { "none" }.to_owned(),
                            way.as_str().to_owned(),
                            format!("{:.0}", direct[0]),
                            format!("{adds:.0}"),
                            format!("≤ {:.0} {}", goal.nanos, verdict(adds <= goal.nanos)),
                            format!("{allocates:.2}"),
                            format!(
                                "≤ {:.0} {}",
                                goal.allocations,
                                verdict(allocates <= goal.allocations)
                            ),
                        ]);
                    }
                }
            }
        }
    }
    println!("{table}");
    Ok(())
}

/// Nanoseconds per target of the quickest round: directly, through the stream, through `send`.
fn quickest(
    runtime: &Runtime,
    routes: &Arc<Routes>,
    targets: usize,
    rounds: usize,
) -> anyhow::Result<[f64; 3]> {
    let mut best = [Duration::MAX; 3];
    for _ in 0..rounds {
        for (way, best) in [Way::Direct, Way::Stream, Way::Send]
            .into_iter()
            .zip(&mut best)
        {
            let (routes, given) = (Arc::clone(routes), routes.targets(targets));
            // A task of its own: that is where a server sends from.
            let took = runtime.block_on(runtime.spawn(async move {
                let start = cpu_time()?;
                let accepted = routes.go(way, given).await?;
                anyhow::ensure!(accepted == targets, "not all were accepted");
                anyhow::Ok(cpu_time()? - start)
            }))??;
            *best = took.min(*best);
        }
    }
    Ok(best.map(|took| took.as_nanos() as f64 / targets as f64))
}

fn allocations(
    runtime: &Runtime,
    routes: &Routes,
    way: Way,
    targets: usize,
) -> anyhow::Result<f64> {
    let given = routes.targets(targets);
    let mut accepted = Ok(0);
    let info = measure(|| accepted = runtime.block_on(routes.go(way, given)));
    anyhow::ensure!(accepted? == targets, "not all were accepted");
    Ok(info.count_total as f64 / targets as f64)
}
