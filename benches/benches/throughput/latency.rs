//! Throughput and connections against a server that answers after 50 ms.

use std::time::Duration;

use tokio::runtime::Builder;
use zpns_benches::contest::{Contestant, Pushes, Scheduler};
use zpns_benches::message::APNS_SIZES;
use zpns_benches::ours::{self, Credentials, Place};
use zpns_benches::peers;
use zpns_benches::remote::RemoteServer;
use zpns_benches::server::{Behaviour, Vendor};
use zpns_benches::table::{Table, verdict};

use super::scale::Scale;

const LATENCY: Duration = Duration::from_millis(50);
/// Least throughput, as a share of in-flight/latency.
const GOAL: f64 = 0.85;
/// The server's stream limit and the pushes in flight.
const CASES: [(u32, usize); 3] = [(1_000, 1_000), (1_000, 4_000), (100, 1_000)];

pub(crate) fn report(scale: &Scale, credentials: &Credentials) -> anyhow::Result<()> {
    println!("## Answers after {} ms\n", LATENCY.as_millis());
    println!(
        "APNs, {} bytes. Connections count from the first push on.\n",
        APNS_SIZES[0]
    );
    let mut table = Table::new(&[
        "in flight",
        "stream limit",
        "scheduler",
        "client",
        "µs CPU per push",
        "pushes/s",
        "of in-flight/latency",
        "goal",
        "connections",
        "at most",
    ]);
    for (stream_limit, in_flight) in CASES {
        let mut server = RemoteServer::start(Behaviour {
            stream_limit,
            latency: LATENCY,
        })?;
        for scheduler in [Scheduler::CurrentThread, Scheduler::MultiThread] {
            hold(
                scale,
                credentials,
                scheduler,
                in_flight,
                &mut server,
                &mut table,
            )?;
        }
    }
    println!("{table}");
    Ok(())
}

fn hold(
    scale: &Scale,
    credentials: &Credentials,
    scheduler: Scheduler,
    in_flight: usize,
    server: &mut RemoteServer,
    table: &mut Table,
) -> anyhow::Result<()> {
    let size = APNS_SIZES[0];
    let notification = Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ours::notification(Vendor::Apns, credentials, size))?;
    let place = Place::Server(server.ready());
    let mut contestants = [
        Contestant::new("a2 0.10", scheduler, || {
            peers::a2::client(server.ready(), size)
        })?,
        Contestant::new("zpns, provider", scheduler, || {
            let provider = ours::provider(Vendor::Apns, place, credentials)?;
            ours::through_provider(Vendor::Apns, provider, &notification)
        })?,
        Contestant::new("zpns, router", scheduler, || {
            let router = ours::router(Vendor::Apns, place, credentials, in_flight)?;
            Ok(ours::through_router(
                Vendor::Apns,
                router,
                notification.clone(),
            ))
        })?,
    ];
    let pushes = |turns| Pushes {
        total: in_flight * turns,
        in_flight,
    };
    for contestant in &mut contestants {
        contestant.warm_up(pushes(2), server)?;
    }
    for _ in 0..scale.rounds.min(3) {
        for contestant in &mut contestants {
            contestant.measure(pushes(scale.turns), server)?;
        }
    }
    let limit = server.behaviour().stream_limit;
    for contestant in &contestants {
        tabulate(contestant, in_flight, limit, table);
    }
    Ok(())
}

fn tabulate(contestant: &Contestant, in_flight: usize, stream_limit: u32, table: &mut Table) {
    let run = contestant.median();
    let share = run.pushes_per_second / (in_flight as f64 / LATENCY.as_secs_f64());
    let most = in_flight.div_ceil(stream_limit as usize) as u64 + 1;
    let (goal, at_most) = if contestant.name().starts_with("zpns") {
        (
            format!("≥ {GOAL} {}", verdict(share >= GOAL)),
            format!("{most} {}", verdict(contestant.connections() <= most)),
        )
    } else {
        (String::new(), String::new())
    };
    table.row([
        in_flight.to_string(),
        stream_limit.to_string(),
        contestant.scheduler().name().to_owned(),
        contestant.name().to_owned(),
        format!("{:.2}", run.cpu_micros),
        format!("{:.0}", run.pushes_per_second),
        format!("{share:.2}"),
        goal,
        contestant.connections().to_string(),
        at_most,
    ]);
}
