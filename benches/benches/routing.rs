//! What the router and its layers cost per target, over a provider that does nothing.
//!
//! One iteration is one target: the times are nanoseconds per target. `direct` is the same
//! provider without a router, so that the difference is the router's own.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench measures the machine's clock, has nothing to measure without its set-up, and criterion's macros make undocumented functions"
)]

use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Builder;
use zpns_benches::routes::Routes;

fn routing(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for (name, batch) in [("unary", 1), ("batch of 500", 500)] {
        let routes = Routes::new(batch);
        let mut group = criterion.benchmark_group(name);
        group.bench_function("direct", |bencher| {
            bencher.iter_custom(|targets| {
                let targets = routes.targets(targets as usize);
                let (total, start) = (targets.len(), Instant::now());
                let accepted = runtime.block_on(routes.direct(targets)).expect("a variant");
                let elapsed = start.elapsed();
                assert_eq!(accepted, total);
                elapsed
            });
        });
        group.bench_function("routed", |bencher| {
            bencher.iter_custom(|targets| {
                let targets = routes.targets(targets as usize);
                let (total, start) = (targets.len(), Instant::now());
                let accepted = runtime.block_on(routes.routed(targets));
                let elapsed = start.elapsed();
                assert_eq!(accepted, total);
                elapsed
            });
        });
        group.finish();
    }
}

criterion_group!(benches, routing);
criterion_main!(benches);
