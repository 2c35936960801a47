//! What the boundary of a plugin costs: the same provider called directly, and through it.
//!
//! The provider accepts everything at once, so that what is left is the boundary. It is linked in
//! here (`load_linked`), which goes the same way as a loaded library: JSON across, calls by number,
//! the instance's own thread. One iteration of criterion's is one batch. After its own figures
//! comes a table of what the boundary adds, beside the goals.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench measures the machine's clock and prints, has nothing to measure without its set-up, and criterion's macros make undocumented functions"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime as Tokio};
use zpns::config::{ConfigError, VendorConfig};
use zpns::plugins::{Calls, Linked, PluginOptions, load_linked};
use zpns::{Batch, LimitPolicy, Notification, PushProvider, Resources, Setup, Target, Variant};
use zpns_benches::message;
use zpns_benches::noop::NoopProvider;
use zpns_benches::null::NullConnector;
use zpns_benches::table::{Table, verdict};
use zpns_plugin_api::{Manifest, Runtime};

/// Targets of a batch.
const SIZES: [usize; 2] = [100, 1_000];
/// What the boundary may add to a call, and to each of its targets.
const PER_CALL: Duration = Duration::from_nanos(300);
const PER_TARGET: Duration = Duration::from_nanos(600);
/// Calls in flight at once, and what one of them may take.
const IN_FLIGHT: usize = 256;
const IN_FLIGHT_GOAL: Duration = Duration::from_micros(5);
/// How many measurements of the table there are; the middle one counts.
const ROUNDS: usize = 9;

#[derive(Deserialize)]
struct NoopConfig {
    batch: usize,
}

impl VendorConfig for NoopConfig {
    const VENDOR: &'static str = "noop";

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(NoopProvider::new(setup.id.as_str(), self.batch)))
    }
}

mod on_the_hosts_thread {
    use super::{Manifest, NoopConfig, Runtime};

    zpns_plugin_api::export_provider!(
        static_name: plugin,
        NoopConfig,
        Manifest::new("com.example.noop.host").with_runtime(Runtime::Host),
    );
}

mod on_a_thread_of_its_own {
    use super::{Manifest, NoopConfig};

    zpns_plugin_api::export_provider!(
        static_name: plugin,
        NoopConfig,
        Manifest::new("com.example.noop.own"),
    );
}

/// A plugin, and on which thread it is called.
type Way = (fn() -> Linked, Calls);

/// The ways to the provider.
const WAYS: [(&str, Option<Way>); 5] = [
    ("direct", None),
    (
        "plugin, on the caller's thread",
        Some((on_the_hosts_thread::plugin, Calls::CallersThread)),
    ),
    (
        "plugin, on the instance's",
        Some((on_the_hosts_thread::plugin, Calls::OwnThread)),
    ),
    (
        "plugin with its own runtime, on the caller's",
        Some((on_a_thread_of_its_own::plugin, Calls::CallersThread)),
    ),
    (
        "plugin with its own runtime, on the instance's",
        Some((on_a_thread_of_its_own::plugin, Calls::OwnThread)),
    ),
];

fn provider(way: Option<Way>, batch: usize) -> Arc<dyn PushProvider> {
    let setup = Setup::new("noop", Resources::new(Arc::new(NullConnector::default())));
    let Some((plugin, calls)) = way else {
        return NoopConfig { batch }.build(setup).expect("a provider");
    };
    let plugin = load_linked(plugin()).expect("a plugin");
    let config = serde_json::json!({ "batch": batch });
    let mut options = PluginOptions::default();
    options.calls = calls;
    let provider = plugin.provider(&config, setup, options);
    provider.expect("an instance")
}

fn batch(provider: &dyn PushProvider, targets: usize) -> Batch {
    let message = Notification::alert("Alice", "Shall we have lunch at one?");
    let capability = provider.capability();
    let variant = Variant::new(&message, &capability, None, LimitPolicy::Reject);
    let targets = (0..targets).map(|number| Target::new("noop", message::apns_token(number)));
    Batch::new(Arc::new(variant.expect("a variant")), targets.collect())
}

/// So many batches, one after the other.
async fn one_by_one(provider: &dyn PushProvider, batch: &Batch, batches: usize) {
    for _ in 0..batches {
        let report = provider.send(batch).await;
        assert_eq!(report.accepted(), batch.targets().len());
    }
}

/// So many batches, many at once.
async fn at_once(provider: &dyn PushProvider, batch: &Batch, batches: usize) {
    let sends = stream::iter(0..batches).map(|_| provider.send(batch));
    let mut reports = sends.buffer_unordered(IN_FLIGHT);
    let mut accepted = 0;
    while let Some(report) = reports.next().await {
        accepted += report.accepted();
    }
    assert_eq!(accepted, batches * batch.targets().len());
}

fn tokio() -> Tokio {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

fn plugins(criterion: &mut Criterion) {
    let runtime = tokio();
    for targets in SIZES {
        let mut group = criterion.benchmark_group(format!("{targets} targets"));
        for (name, way) in WAYS {
            let provider = provider(way, targets);
            let batch = batch(&*provider, targets);
            group.bench_function(name, |bencher| {
                bencher.iter(|| runtime.block_on(one_by_one(&*provider, &batch, 1)));
            });
        }
        group.finish();
    }
}

/// What one batch takes, in the middle of several measurements.
fn middle(each: usize, mut run: impl FnMut()) -> Duration {
    run();
    let mut measured: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed() / u32::try_from(each).unwrap_or(u32::MAX)
        })
        .collect();
    measured.sort_unstable();
    measured[ROUNDS / 2]
}

fn micros(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e6)
}

/// What the boundary adds, as a table.
fn report(batches: usize) {
    let runtime = tokio();
    let mut table = Table::new(&["call", "takes, µs", "adds, µs", "goal, µs", ""]);
    for targets in SIZES {
        let took = WAYS.map(|(_, way)| {
            let provider = provider(way, targets);
            let batch = batch(&*provider, targets);
            middle(batches, || {
                runtime.block_on(one_by_one(&*provider, &batch, batches));
            })
        });
        let goal = PER_CALL + PER_TARGET * u32::try_from(targets).unwrap_or(u32::MAX);
        for ((name, _), time) in WAYS.into_iter().zip(took).skip(1) {
            let adds = time.saturating_sub(took[0]);
            table.row([
                format!("{targets} targets, {name}"),
                micros(time),
                micros(adds),
                micros(goal),
                verdict(adds <= goal).to_owned(),
            ]);
        }
    }
    let plugin = on_a_thread_of_its_own::plugin;
    for (name, calls) in [
        ("on the caller's thread", Calls::CallersThread),
        ("on the instance's", Calls::OwnThread),
    ] {
        let provider = provider(Some((plugin, calls)), 1);
        let batch = batch(&*provider, 1);
        let calls = batches * 50;
        let time = middle(calls, || {
            runtime.block_on(at_once(&*provider, &batch, calls));
        });
        table.row([
            format!("1 target, plugin with its own runtime, {name}, {IN_FLIGHT} in flight"),
            micros(time),
            String::new(),
            micros(IN_FLIGHT_GOAL),
            verdict(time <= IN_FLIGHT_GOAL).to_owned(),
        ]);
    }
    println!("{table}");
}

criterion_group!(benches, plugins);

fn main() {
    benches();
    let smoke = std::env::args().any(|argument| argument == "--test");
    report(if smoke { 2 } else { 200 });
    Criterion::default().configure_from_args().final_summary();
}
