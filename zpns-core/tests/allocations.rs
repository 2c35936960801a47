//! What the router with all its default layers allocates for each target in steady state, beside
//! what the provider allocates itself. A number that grows is to be noticed here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use tokio::runtime::{Builder, Runtime};
use zpns_core::{
    Batch, Capability, Check, Error, Event, Fields, Kinds, LimitPolicy, Notification, Observer,
    Outcome, ProviderInfo, PushProvider, Report, Router, Target, Variant, Vendor,
};

/// Nothing for itself: targets share what they are read and cut in.
const NEXT_TO_NOTHING: f64 = 0.05;
/// The timer of an attempt that is not answered at once.
const A_TIMER: f64 = 1.0;

#[test]
fn a_target_that_is_answered_at_once_costs_no_allocation() {
    for batch in [1, 500] {
        let adds = Stack::new(batch, false).adds(&current_thread());
        assert_at_most(NEXT_TO_NOTHING, adds, batch);
    }
}

#[test]
fn a_target_that_is_answered_later_costs_one_allocation_at_the_most() {
    for batch in [1, 500] {
        let adds = Stack::new(batch, true).adds(&current_thread());
        assert_at_most(A_TIMER / batch as f64 + NEXT_TO_NOTHING, adds, batch);
    }
}

#[test]
fn an_observer_makes_no_target_allocate() {
    for (batch, later) in [(1, false), (1, true), (500, false), (500, true)] {
        let unobserved = Stack::new(batch, later).adds(&current_thread());
        let observed = Stack::new(batch, later).observed().adds(&current_thread());
        for (unobserved, observed) in unobserved.into_iter().zip(observed) {
            assert!(
                observed <= unobserved + 0.001,
                "{observed} and {unobserved}"
            );
        }
    }
}

#[test]
fn the_multi_thread_scheduler_allocates_no_more() {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all();
    for (batch, later) in [(1, false), (1, true), (500, false), (500, true)] {
        let timer = if later { A_TIMER } else { 0.0 };
        let adds = Stack::new(batch, later).adds(&runtime.build().unwrap());
        assert_at_most(timer / batch as f64 + NEXT_TO_NOTHING, adds, batch);
    }
}

fn assert_at_most(most: f64, adds: [f64; 2], batch: usize) {
    for (way, adds) in ["stream", "send"].into_iter().zip(adds) {
        assert!(
            adds <= most,
            "`{way}` to a vendor that takes {batch}: {adds} allocations per target, {most} allowed"
        );
    }
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A provider and a router around it.
struct Stack {
    provider: Arc<dyn PushProvider>,
    batch: usize,
    router: Router,
    message: Notification,
}

impl Stack {
    fn new(batch: usize, later: bool) -> Self {
        let provider: Arc<dyn PushProvider> = Arc::new(Accepting {
            info: ProviderInfo::new("phones", Vendor::new("accepting")),
            batch,
            later,
        });
        Self {
            router: Router::builder(common::paused())
                .provider(Arc::clone(&provider))
                .build(),
            provider,
            batch,
            message: common::alert(),
        }
    }

    fn observed(self) -> Self {
        let router = Router::builder(common::paused())
            .provider(Arc::clone(&self.provider))
            .observer(Arc::new(Onlooker));
        Self {
            router: router.build(),
            ..self
        }
    }

    /// Allocations per target, on the thread that polls, beyond those of the provider alone:
    /// through the stream, and through `send`.
    fn adds(&self, runtime: &Runtime) -> [f64; 2] {
        let alone = per_target(|targets| runtime.block_on(self.direct(targets)));
        let stream = per_target(|targets| runtime.block_on(self.stream(targets)));
        let send = per_target(|targets| runtime.block_on(self.send(targets)));
        [stream - alone, send - alone]
    }

    async fn direct(&self, targets: Vec<Target>) -> usize {
        let capability = self.provider.capability();
        let variant = Variant::new(&self.message, &capability, None, LimitPolicy::default());
        let all = Batch::new(Arc::new(variant.unwrap()), targets.into());
        let mut accepted = 0;
        for start in (0..all.targets().len()).step_by(self.batch) {
            let batch = all.slice(start, self.batch);
            accepted += self.provider.send(&batch).await.accepted();
        }
        accepted
    }

    async fn stream(&self, targets: Vec<Target>) -> usize {
        let deliveries = self.router.stream(&self.message, stream::iter(targets));
        let accepted = deliveries.filter(|delivery| {
            let accepted = delivery.outcome.is_accepted();
            async move { accepted }
        });
        accepted.count().await
    }

    async fn send(&self, targets: Vec<Target>) -> usize {
        self.router.send(&self.message, targets).await.accepted()
    }
}

/// Of many targets, less those of half as many: what is allocated once is no matter.
fn per_target(go: impl Fn(Vec<Target>) -> usize) -> f64 {
    let [half, all] = [10_000, 20_000].map(|total| {
        let targets = common::targets("phones", total);
        let mut accepted = 0;
        let info = measure(|| accepted = go(targets));
        assert_eq!(accepted, total);
        info.count_total as f64
    });
    (all - half) / 10_000.0
}

/// Accepts everything, at once or when it is polled for the second time.
#[derive(Debug)]
struct Accepting {
    info: ProviderInfo,
    batch: usize,
    later: bool,
}

#[async_trait]
impl PushProvider for Accepting {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let in_flight = if self.batch == 1 { 1_000 } else { 8 };
        let mut capability = Capability::batched(self.batch, in_flight);
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY;
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        if self.later {
            tokio::task::yield_now().await;
        }
        batch.report_all(Outcome::accepted(None))
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("nothing to prove"))
    }

    async fn shutdown(&self, _grace: Duration) {}
}

/// Is told of everything and does nothing about it.
#[derive(Debug)]
struct Onlooker;

impl Observer for Onlooker {
    fn observe(&self, event: &Event<'_>) {
        std::hint::black_box(event);
    }
}
