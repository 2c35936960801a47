//! What nine vendors lose while the tenth answers after thirty seconds, or not at all.
//!
//! One stream goes to all ten at once, one request for each target, over TLS to the simulator,
//! which runs on a thread of its own and answers after 20 ms: what is measured is who waits for
//! whom, not the machine. Each vendor is the sick one in its turn, between two runs in which all are
//! well. Prints Markdown.
//!
//! `--test` makes one vendor sick, with few pushes; its figures mean nothing.
#![allow(clippy::print_stdout, reason = "the table is the result")]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own clock"
)]

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::{Stream, StreamExt, stream};
use zpns::{Config, Event, Notification, Observer, Resources, Router, Target};
use zpns_benches::contest::median;
use zpns_benches::table::{Table, verdict};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::{FaultScript, Simulator};

/// How long every answer takes.
const LATENCY: Duration = Duration::from_millis(20);
/// Requests in flight at each vendor.
const IN_FLIGHT: i64 = 10;
/// The least throughput of the others, as a share of that in the runs around it.
const GOAL: f64 = 0.95;

/// What a sick vendor does, in words and as a fault.
type Sickness = (&'static str, fn() -> Fault);

const SICKNESSES: [Sickness; 2] = [
    ("answers after 30 s", || {
        Fault::delay(Duration::from_secs(30))
    }),
    ("never answers", Fault::stall),
];

/// How much is measured.
struct Scale {
    /// Targets of each vendor in one run.
    targets: usize,
    rounds: usize,
    vendors: usize,
}

const FULL: Scale = Scale {
    targets: 400,
    rounds: 3,
    vendors: usize::MAX,
};

const SMOKE: Scale = Scale {
    targets: 20,
    rounds: 1,
    vendors: 1,
};

fn main() -> anyhow::Result<()> {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let scale = if smoke { SMOKE } else { FULL };
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let simulator = server.block_on(
        Simulator::builder()
            .latency(LATENCY)
            .keep_received(0)
            .start(),
    )?;
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    client.block_on(report(&simulator, &scale))
}

async fn report(simulator: &Simulator, scale: &Scale) -> anyhow::Result<()> {
    let bench = Bench::new(simulator, scale)?;
    bench.run(None).await.context("to warm up")?;
    println!("## One sick vendor, nine well ones\n");
    let mut table = Table::new(&[
        "sick vendor",
        "sickness",
        "others, pushes/s",
        "of all well",
        "goal",
        "others, p99 in ms",
        "p99, all well",
    ]);
    for vendor in simulator.vendors().into_iter().take(scale.vendors) {
        for (sickness, fault) in SICKNESSES {
            let (mut well, mut sick) = (Vec::new(), Vec::new());
            for _ in 0..scale.rounds {
                well.push(bench.run_without(vendor, None).await?);
                sick.push(bench.run_without(vendor, Some(fault())).await?);
            }
            well.push(bench.run_without(vendor, None).await?);
            let rate = |runs: &[Run]| median(runs.iter().map(|run| run.per_second));
            let p99 = |runs: &[Run]| median(runs.iter().map(|run| run.p99_millis));
            let share = rate(&sick) / rate(&well);
            table.row([
                vendor.to_owned(),
                sickness.to_owned(),
                format!("{:.0}", rate(&sick)),
                format!("{share:.3}"),
                format!("≥ {GOAL} {}", verdict(share >= GOAL)),
                format!("{:.1}", p99(&sick)),
                format!("{:.1}", p99(&well)),
            ]);
        }
    }
    println!("{table}");
    Ok(())
}

/// What came of the vendors that are well.
struct Run {
    per_second: f64,
    p99_millis: f64,
}

struct Bench<'a> {
    simulator: &'a Simulator,
    router: Router,
    watch: Watch,
    targets: usize,
}

impl<'a> Bench<'a> {
    fn new(simulator: &'a Simulator, scale: &Scale) -> anyhow::Result<Self> {
        let mut config: toml::Table = simulator.config_toml()?.parse()?;
        let providers = config
            .get_mut("providers")
            .and_then(toml::Value::as_table_mut);
        for (_, keys) in providers.context("no providers")?.iter_mut() {
            let keys = keys.as_table_mut().context("a provider without keys")?;
            keys.insert("max_in_flight".to_owned(), IN_FLIGHT.into());
        }
        let config = Config::parse(&config.to_string(), "bench.toml")?;
        let resources = Resources::new(Arc::new(zpns::http::Connector::new()));
        let watch = Watch::default();
        let mut router = Router::builder(resources.clone()).observer(Arc::new(watch.clone()));
        for section in config.providers {
            let provider = section.build(resources.clone())?;
            router = router.provider_with(provider, section.delivery);
        }
        Ok(Self {
            simulator,
            router: router.build(),
            watch,
            targets: scale.targets,
        })
    }

    /// A run in which this vendor is sick, if it is, and does not count.
    async fn run_without(&self, vendor: &'static str, fault: Option<Fault>) -> anyhow::Result<Run> {
        let mut script = FaultScript::new();
        if let Some(fault) = &fault {
            script = script.rule(Rule::new(fault.clone()).provider(vendor));
        }
        self.simulator.set_faults(script)?;
        let run = self.run(Some((vendor, fault.is_some()))).await;
        self.simulator.clear_faults();
        run
    }

    /// One stream to all, until all outcomes of those that count are there. What the sick one
    /// still owes then is dropped.
    async fn run(&self, left_out: Option<(&str, bool)>) -> anyhow::Result<Run> {
        let vendors = self.simulator.vendors();
        let counts = |vendor: &str| left_out.is_none_or(|(out, _)| out != vendor);
        let counting = vendors.iter().filter(|vendor| counts(vendor)).count();
        let message = Notification::alert("Hello", "How are you?");
        self.watch.begin(left_out.map(|(vendor, _)| vendor));
        let start = Instant::now();
        let mut flow = self.router.stream(&message, self.audience(&vendors));
        let mut left = counting * self.targets;
        let mut took = Duration::ZERO;
        // One that is well and does not count is waited for all the same: it must not go on into
        // the next run.
        let mut all = vendors.len() * self.targets;
        while left > 0 || (all > 0 && left_out.is_none_or(|(_, sick)| !sick)) {
            let delivery = flow.next().await.context("too few outcomes")?;
            anyhow::ensure!(delivery.outcome.is_accepted(), "{:?}", delivery.outcome);
            all -= 1;
            if counts(delivery.target.provider.as_str()) {
                left -= 1;
                took = start.elapsed();
            }
        }
        Ok(Run {
            per_second: (counting * self.targets) as f64 / took.as_secs_f64(),
            p99_millis: self.watch.p99().as_secs_f64() * 1e3,
        })
    }

    /// A target of each vendor in turn, and a pause after each round: one request for each.
    fn audience(&self, vendors: &[&'static str]) -> impl Stream<Item = Target> + Unpin + use<> {
        let models: Vec<(&'static str, String)> = vendors
            .iter()
            .filter_map(|vendor| {
                Some((*vendor, self.simulator.tokens(vendor).live.first()?.clone()))
            })
            .collect();
        let (total, mut given, mut paused) = (self.targets, 0, true);
        stream::poll_fn(move |context| {
            let (round, turn) = (given / models.len(), given % models.len());
            if round == total {
                return Poll::Ready(None);
            }
            if turn == 0 && !std::mem::replace(&mut paused, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            paused = false;
            given += 1;
            let target = models.get(turn);
            Poll::Ready(target.map(|(vendor, model)| Target::new(*vendor, numbered(model, round))))
        })
    }
}

/// The same token with its last letters or digits replaced by a number.
fn numbered(token: &str, number: usize) -> String {
    let digits = format!("{number:04}");
    // In a subscription it is the end of its URL.
    let end = token.find("\",\"").unwrap_or(token.len());
    let (start, rest) = token.split_at(end);
    let kept = start.get(..start.len() - digits.len()).unwrap_or(start);
    format!("{kept}{digits}{rest}")
}

/// How long the attempts of those that count took.
#[derive(Clone, Debug, Default)]
struct Watch(Arc<Mutex<(Option<String>, Vec<Duration>)>>);

impl Watch {
    fn begin(&self, left_out: Option<&str>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = (left_out.map(str::to_owned), Vec::new());
    }

    fn p99(&self) -> Duration {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.sort_unstable();
        let at = state.1.len() * 99 / 100;
        state.1.get(at).copied().unwrap_or_default()
    }
}

impl Observer for Watch {
    fn observe(&self, event: &Event<'_>) {
        if let Event::AttemptEnded { provider, took, .. } = event {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.0.as_deref() != Some(provider.id.as_str()) {
                state.1.push(*took);
            }
        }
    }
}
