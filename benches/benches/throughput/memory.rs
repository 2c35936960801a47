//! Peak memory of a process that streams an audience through the router.

use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Builder;
use zpns_benches::contest::Pushes;
use zpns_benches::message::APNS_SIZES;
use zpns_benches::ours::{self, Credentials, Place};
use zpns_benches::remote::RemoteServer;
use zpns_benches::server::{Behaviour, Vendor};
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage;

use super::scale::{IN_FLIGHT, Scale};

/// The hidden argument that makes this binary stream an audience and print its peak memory.
const ARGUMENT: &str = "--stream";

/// How much more the large audience may take: what an allocator makes of the same work, done
/// longer.
const MOST_GROWTH: f64 = 1.1;

pub(crate) fn report(scale: &Scale) -> anyhow::Result<()> {
    println!(
        "## Peak memory\n\nAPNs through the router's stream, {IN_FLIGHT} in flight; each \
              audience in a process of its own.\n"
    );
    let mut table = Table::new(&["targets", "peak memory in KiB", "growth", "goal"]);
    let mut first = None;
    for audience in scale.audiences {
        let Some(peak) = peak_of(audience)? else {
            println!("This system does not tell a process's peak memory.\n");
            return Ok(());
        };
        let first = *first.get_or_insert(peak);
        let growth = peak as f64 / first as f64;
        let goal = format!("≤ {MOST_GROWTH} {}", verdict(growth <= MOST_GROWTH));
        let goal = if peak == first { String::new() } else { goal };
        table.row([
            audience.to_string(),
            peak.to_string(),
            format!("{growth:.2}"),
            goal,
        ]);
    }
    println!("{table}");
    Ok(())
}

fn peak_of(audience: usize) -> anyhow::Result<Option<u64>> {
    let output = Command::new(std::env::current_exe()?)
        .args([ARGUMENT, &audience.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(
        output.status.success(),
        "the streaming process failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text.trim().parse().ok())
}

/// Streams an audience and prints the peak memory, if the arguments ask for it. Whether they did.
pub(crate) fn stream_if_asked() -> anyhow::Result<bool> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(ARGUMENT) {
        return Ok(false);
    }
    let total = arguments.next().context("the audience")?.parse()?;
    usage::pin_to_core(0);
    let server = RemoteServer::start(Behaviour {
        stream_limit: 1_000,
        latency: Duration::ZERO,
    })?;
    let credentials = Credentials::generate()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let notification = ours::notification(Vendor::Apns, &credentials, APNS_SIZES[0]).await?;
        let place = Place::Server(server.ready());
        let router = ours::router(Vendor::Apns, place, &credentials, IN_FLIGHT)?;
        let send = ours::through_router(Vendor::Apns, router, notification);
        send(Pushes {
            total,
            in_flight: IN_FLIGHT,
        })
        .await
    })?;
    if let Some(peak) = usage::peak_memory_kib() {
        println!("{peak}");
    }
    Ok(true)
}
