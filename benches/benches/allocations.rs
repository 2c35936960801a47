//! Allocations per push of the APNs and FCM providers over an HTTP client that answers at once.
//! What the router adds is in the bench `overhead`.
//!
//! A bench of its own, because counting slows the allocator down.
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::sync::Arc;

use allocation_counter::measure;
use tokio::runtime::{Builder, Runtime};
use zpns::Batch;
use zpns_benches::message::{APNS_SIZES, FCM_SIZE};
use zpns_benches::null::NullConnector;
use zpns_benches::ours::{self, Credentials, Place};
use zpns_benches::server::Vendor;
use zpns_benches::table::Table;

const TARGETS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::new(&["path", "allocations per target", "bytes per target"]);
    let mut row = |name: &str, (count, bytes): (f64, f64)| {
        table.row([
            name.to_owned(),
            format!("{count:.2}"),
            format!("{bytes:.0}"),
        ]);
    };
    let credentials = Credentials::generate()?;
    row(
        "APNs provider",
        of_provider(&runtime, &credentials, Vendor::Apns, APNS_SIZES[0])?,
    );
    row(
        "FCM provider",
        of_provider(&runtime, &credentials, Vendor::Fcm, FCM_SIZE)?,
    );
    println!("{table}");
    Ok(())
}

/// One push after the other, each with a batch of its own, the encoding shared.
fn of_provider(
    runtime: &Runtime,
    credentials: &Credentials,
    vendor: Vendor,
    size: usize,
) -> anyhow::Result<(f64, f64)> {
    let connector = NullConnector::default();
    let _guard = runtime.enter();
    let provider = ours::provider(vendor, Place::Null(&connector), credentials)?;
    let notification = runtime.block_on(ours::notification(vendor, credentials, size))?;
    let variant = Arc::new(ours::variant(&*provider, &notification)?);
    let targets = (0..TARGETS)
        .map(|number| ours::target(vendor, number))
        .collect();
    let all = Batch::new(variant, targets);
    // The first push signs, logs in and encodes.
    runtime.block_on(ours::send(&*provider, &all.slice(0, 1)))?;
    let mut result = Ok(());
    let info = measure(|| {
        result = runtime.block_on(async {
            for number in 0..TARGETS {
                ours::send(&*provider, &all.slice(number, 1)).await?;
            }
            Ok(())
        });
    });
    result.map(|()| (per_target(info.count_total), per_target(info.bytes_total)))
}

fn per_target(total: u64) -> f64 {
    total as f64 / TARGETS as f64
}
