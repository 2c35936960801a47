//! What it costs to turn a notification into requests: once per variant, and once per target.
//!
//! Providers are driven through their public trait over an HTTP client that answers at once. So
//! `variant` is everything from the notification to the first request (check, encoding, headers),
//! and `target` is everything that is left to do for each further one (path or token splice,
//! headers, decoding of the answer).
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a bench that cannot be set up has nothing to measure; criterion's macros make undocumented functions"
)]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use zpns::Batch;
use zpns_benches::message::{APNS_SIZES, FCM_SIZE};
use zpns_benches::null::NullConnector;
use zpns_benches::ours::{self, Credentials, Place};
use zpns_benches::server::Vendor;

fn encoding(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let credentials = Credentials::generate().expect("keys");
    for size in APNS_SIZES {
        encode(
            criterion,
            &runtime,
            &credentials,
            (Vendor::Apns, "apns"),
            size,
        );
    }
    for size in [FCM_SIZE, 507, 3_000] {
        encode(
            criterion,
            &runtime,
            &credentials,
            (Vendor::Fcm, "fcm"),
            size,
        );
    }
}

fn encode(
    criterion: &mut Criterion,
    runtime: &Runtime,
    credentials: &Credentials,
    (vendor, name): (Vendor, &str),
    size: usize,
) {
    let connector = NullConnector::default();
    let provider = {
        let _guard = runtime.enter();
        ours::provider(vendor, Place::Null(&connector), credentials).expect("a provider")
    };
    let notification = runtime
        .block_on(ours::notification(vendor, credentials, size))
        .expect("a notification of this size");
    let targets: Arc<[_]> = [ours::target(vendor, 0)].into();

    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(size as u64));
    group.bench_function(BenchmarkId::new("variant", size), |bencher| {
        bencher.to_async(runtime).iter(async || {
            let variant = ours::variant(&*provider, &notification).expect("a variant");
            let batch = Batch::new(Arc::new(variant), Arc::clone(&targets));
            ours::send(&*provider, &batch).await.expect("an acceptance");
        });
    });
    let variant = ours::variant(&*provider, &notification).expect("a variant");
    let batch = Batch::new(Arc::new(variant), targets);
    group.bench_function(BenchmarkId::new("target", size), |bencher| {
        bencher.to_async(runtime).iter(async || {
            ours::send(&*provider, &batch).await.expect("an acceptance");
        });
    });
    group.finish();
}

criterion_group!(benches, encoding);
criterion_main!(benches);
