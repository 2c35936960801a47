//! A stream of 100,000 devices in flat memory, with progress and totals.
//!
//! ```sh
//! cargo run --release --example many_devices
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use zpns::{Clock, Config, Notification, Target, resources::SystemClock};
use zpns_simulator::Simulator;

const DEVICES: u64 = 100_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let devices: u64 = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => DEVICES,
    };
    let simulator = Simulator::builder()
        .latency(Duration::from_millis(20))
        .keep_received(0)
        .start()
        .await?;
    let router = Config::parse(&simulator.config_toml()?, "simulator.toml")?.router()?;
    let message = Notification::alert("Maintenance", "We are back at six.");

    // Every 50th device is gone. A real host streams its registry here, page by page.
    let targets = stream::iter(0..devices).map(|number| {
        let first = if number % 50 == 0 { "dead" } else { "11fe" };
        Target::new("apns", format!("{first}{number:060x}"))
    });

    let clock = SystemClock::new();
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    let mut deliveries = router.stream(&message, targets);
    let mut done = 0;
    while let Some(delivery) = deliveries.next().await {
        let what = match delivery.outcome.kind() {
            None => "accepted".to_owned(),
            Some(kind) => kind.to_string(),
        };
        *totals.entry(what).or_default() += 1;
        done += 1;
        if done % (devices / 10).max(1) == 0 {
            println!("{done:>9} of {devices}");
        }
    }

    let seconds = clock.monotonic().as_secs_f64();
    println!("{:.0} devices a second", done as f64 / seconds);
    for (what, count) in &totals {
        println!("{count:>9} {what}");
    }
    router.shutdown(Duration::from_secs(5)).await;
    simulator.shutdown().await;
    if done == devices {
        Ok(())
    } else {
        Err(format!("{done} outcomes for {devices} devices").into())
    }
}
