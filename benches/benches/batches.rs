//! What a target costs us at vendors that take many of them in one request.
//!
//! Providers and routers are driven through their public traits over a connector that answers as
//! the vendor does when all goes well, in this process. Batches are full; tokens are made before.
//! One iteration is one target: the times are per target. After criterion's own figures comes a
//! table of the CPU time of the process, which is what the goal speaks of.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench measures the machine's clock and prints, has nothing to measure without its set-up, and criterion's macros make undocumented functions"
)]

#[path = "../../tests/million/vendors.rs"]
mod vendors;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use criterion::{Criterion, criterion_group};
use futures_util::{StreamExt as _, stream};
use tokio::runtime::{Builder, Runtime};
use zpns::resources::{HttpClient, HttpError, HttpOptions, HttpRequest, HttpResponse};
use zpns::{Batch, HttpConnector, LimitPolicy, PushProvider, Router, Target, Variant};
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::cpu_time;

use crate::vendors::{BatchVendor, Call, VENDORS, VendorConnector};

/// CPU time per target through a provider that the project is judged by.
const GOAL: Duration = Duration::from_micros(2);
/// Batches of one measurement of the table, and how many measurements; the middle one counts.
const BATCHES: usize = 200;
const ROUNDS: usize = 5;

/// A vendor's provider and router over the same connector.
struct Bench {
    vendor: &'static BatchVendor,
    connector: Timed,
    provider: Arc<dyn PushProvider>,
    router: Router,
    /// A full batch of targets.
    targets: Arc<[Target]>,
}

impl Bench {
    fn new(vendor: &'static BatchVendor) -> Self {
        let connector = Timed::new(vendor);
        let http: Arc<dyn HttpConnector> = Arc::new(connector.clone());
        Self {
            vendor,
            provider: vendor.provider(Arc::clone(&http)).expect("a provider"),
            router: vendor.router(http).expect("a router"),
            connector,
            targets: (0..vendor.limit)
                .map(|number| vendor.target(number))
                .collect(),
        }
    }

    /// So many full batches of one message through the provider.
    async fn provide(&self, batches: usize) {
        let message = self.vendor.notification();
        let capability = self.provider.capability();
        let variant = Variant::new(&message, &capability, None, LimitPolicy::Reject);
        let variant = Arc::new(variant.expect("a variant"));
        let batch = Batch::new(variant, Arc::clone(&self.targets));
        let before = [Call::Push, Call::Save].map(|call| self.connector.vendor.count(call));
        for _ in 0..batches {
            let report = self.provider.send(&batch).await;
            assert_eq!(report.accepted(), self.vendor.limit);
        }
        let after = [Call::Push, Call::Save].map(|call| self.connector.vendor.count(call));
        let saves = usize::from(self.vendor.saves);
        assert_eq!(after, [before[0] + batches, before[1] + saves]);
    }

    /// The same through the router's stream.
    async fn route(&self, batches: usize) {
        let message = self.vendor.notification();
        let all = (0..batches).flat_map(|_| self.targets.iter().cloned());
        let mut flow = self.router.stream(&message, stream::iter(all));
        let mut accepted = 0;
        while let Some(delivery) = flow.next().await {
            accepted += usize::from(delivery.outcome.is_accepted());
        }
        assert_eq!(accepted, batches * self.vendor.limit);
    }

    /// The time that passes by `now` for one target, less what the vendor's side takes of it.
    fn per_target(
        &self,
        runtime: &Runtime,
        way: Way,
        batches: usize,
        now: impl Fn() -> Duration,
    ) -> Duration {
        let (start, other) = (now(), self.connector.spent());
        match way {
            Way::Provider => runtime.block_on(self.provide(batches)),
            Way::Router => runtime.block_on(self.route(batches)),
        }
        let ours = (now() - start).saturating_sub(self.connector.spent() - other);
        let targets = batches * self.vendor.limit;
        Duration::from_nanos((ours.as_nanos() / targets as u128) as u64)
    }
}

#[derive(Clone, Copy)]
enum Way {
    Provider,
    Router,
}

/// The vendor's side, which is not ours to be measured: what it takes to answer.
#[derive(Clone, Debug)]
struct Timed {
    vendor: VendorConnector,
    nanos: Arc<AtomicU64>,
}

impl Timed {
    fn new(vendor: &'static BatchVendor) -> Self {
        Self {
            vendor: VendorConnector::new(vendor),
            nanos: Arc::default(),
        }
    }

    fn spent(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}

impl HttpConnector for Timed {
    fn open(&self, _options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl HttpClient for Timed {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let start = Instant::now();
        let answer = self.vendor.answer(&request);
        let nanos = start.elapsed().as_nanos() as u64;
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok(answer)
    }

    async fn close(&self, _grace: Duration) {}
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

fn batches(criterion: &mut Criterion) {
    let (runtime, epoch) = (runtime(), Instant::now());
    for vendor in VENDORS {
        let bench = Bench::new(vendor);
        let mut group = criterion.benchmark_group(vendor.name);
        for (name, way) in [("provider", Way::Provider), ("router", Way::Router)] {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|targets| {
                    let whole = (targets as usize).div_ceil(vendor.limit);
                    let each = bench.per_target(&runtime, way, whole, || epoch.elapsed());
                    each * u32::try_from(targets).unwrap_or(u32::MAX)
                });
            });
        }
        group.finish();
    }
}

/// CPU time per target, all that this process does for it, as a table.
fn report(batches: usize) {
    let runtime = runtime();
    let mut table = Table::new(&[
        "vendor",
        "targets per request",
        "answers",
        "provider, µs CPU per target",
        "goal",
        "router, µs CPU per target",
    ]);
    for vendor in VENDORS {
        let bench = Bench::new(vendor);
        let middle = |way| {
            let now = || cpu_time().expect("CPU time");
            let measure = |_| bench.per_target(&runtime, way, batches, now);
            let mut measured: Vec<Duration> = (0..ROUNDS).map(measure).collect();
            measured.sort_unstable();
            measured[ROUNDS / 2]
        };
        let micros = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e6);
        let (provider, router) = (middle(Way::Provider), middle(Way::Router));
        table.row([
            vendor.name.to_owned(),
            vendor.limit.to_string(),
            if vendor.answers_each() { "each" } else { "all" }.to_owned(),
            micros(provider),
            format!("≤ {} {}", GOAL.as_micros(), verdict(provider <= GOAL)),
            micros(router),
        ]);
    }
    println!("{table}");
}

criterion_group!(benches, batches);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let is_smoke_run = std::env::args().any(|argument| argument == "--test");
    report(if is_smoke_run { 1 } else { BATCHES });
}
