//! CPU time per push, of every client at every size on both schedulers.

use std::time::Duration;

use tokio::runtime::Builder;
use zpns::Notification;
use zpns_benches::contest::{Contestant, Scheduler, Send};
use zpns_benches::message::{APNS_SIZES, FCM_SIZE};
use zpns_benches::ours::{self, Credentials, Place};
use zpns_benches::peers;
use zpns_benches::remote::RemoteServer;
use zpns_benches::server::{Behaviour, Ready, Vendor};
use zpns_benches::table::{Table, verdict};

use super::scale::{IN_FLIGHT, Scale};

const STREAM_LIMIT: u32 = 1_000;
/// Most CPU time of ours, as a share of the peer's.
const APNS_GOAL: f64 = 0.5;
const FCM_GOAL: f64 = 0.3;

const COLUMNS: [&str; 10] = [
    "vendor",
    "bytes",
    "scheduler",
    "client",
    "µs CPU per push",
    "of the peer's",
    "goal",
    "pushes/s",
    "pushes per server read",
    "connections",
];

/// One vendor at one size: ours by the provider, ours by the router, and the peer.
struct Match {
    vendor: Vendor,
    name: &'static str,
    size: usize,
    peer: &'static str,
    peer_client: fn(&Ready, usize) -> anyhow::Result<Send>,
    goal: f64,
}

pub(crate) fn report(scale: &Scale, credentials: &Credentials) -> anyhow::Result<()> {
    let mut server = RemoteServer::start(Behaviour {
        stream_limit: STREAM_LIMIT,
        latency: Duration::ZERO,
    })?;
    println!(
        "## CPU per push\n\n{IN_FLIGHT} in flight, up to {STREAM_LIMIT} streams a connection, \
         median of {} runs of {} pushes.\n",
        scale.rounds, scale.run.total
    );
    let apns = APNS_SIZES.map(|size| Match {
        vendor: Vendor::Apns,
        name: "APNs",
        size,
        peer: "a2 0.10",
        peer_client: peers::a2::client,
        goal: APNS_GOAL,
    });
    let fcm = Match {
        vendor: Vendor::Fcm,
        name: "FCM",
        size: FCM_SIZE,
        peer: "reqwest 0.13",
        peer_client: peers::reqwest::client,
        goal: FCM_GOAL,
    };
    for contest in apns.iter().chain([&fcm]) {
        let mut table = Table::new(&COLUMNS);
        for scheduler in [Scheduler::CurrentThread, Scheduler::MultiThread] {
            contest.hold(scale, credentials, scheduler, &mut server, &mut table)?;
        }
        println!("{table}");
    }
    let refused = server.counts()?.refused;
    println!("Pushes beyond the server's stream limit, by all clients together: {refused}.\n");
    Ok(())
}

impl Match {
    fn hold(
        &self,
        scale: &Scale,
        credentials: &Credentials,
        scheduler: Scheduler,
        server: &mut RemoteServer,
        table: &mut Table,
    ) -> anyhow::Result<()> {
        let notification = Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(ours::notification(self.vendor, credentials, self.size))?;
        let mut contestants = self.contestants(scheduler, credentials, &notification, server)?;
        for contestant in &mut contestants {
            contestant.warm_up(scale.warm_up, server)?;
        }
        for _ in 0..scale.rounds {
            for contestant in &mut contestants {
                contestant.measure(scale.run, server)?;
            }
        }
        self.tabulate(&contestants, table);
        Ok(())
    }

    fn contestants(
        &self,
        scheduler: Scheduler,
        credentials: &Credentials,
        notification: &Notification,
        server: &RemoteServer,
    ) -> anyhow::Result<[Contestant; 3]> {
        let (vendor, place) = (self.vendor, Place::Server(server.ready()));
        Ok([
            Contestant::new(self.peer, scheduler, || {
                (self.peer_client)(server.ready(), self.size)
            })?,
            Contestant::new("zpns, provider", scheduler, || {
                let provider = ours::provider(vendor, place, credentials)?;
                ours::through_provider(vendor, provider, notification)
            })?,
            Contestant::new("zpns, router", scheduler, || {
                let router = ours::router(vendor, place, credentials, IN_FLIGHT)?;
                Ok(ours::through_router(vendor, router, notification.clone()))
            })?,
        ])
    }

    fn tabulate(&self, contestants: &[Contestant; 3], table: &mut Table) {
        let [peer, provider, router] = contestants;
        let peer_cpu = peer.median().cpu_micros;
        for contestant in [peer, provider, router] {
            let run = contestant.median();
            let ratio = run.cpu_micros / peer_cpu;
            let goal = if std::ptr::eq(contestant, provider) {
                format!("≤ {:.1} {}", self.goal, verdict(ratio <= self.goal))
            } else {
                String::new()
            };
            table.row([
                self.name.to_owned(),
                self.size.to_string(),
                contestant.scheduler().name().to_owned(),
                contestant.name().to_owned(),
                format!("{:.2}", run.cpu_micros),
                format!("{ratio:.2}"),
                goal,
                format!("{:.0}", run.pushes_per_second),
                format!("{:.1}", run.pushes_per_read),
                contestant.connections().to_string(),
            ]);
        }
    }
}
