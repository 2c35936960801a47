//! A server to try the webhook with: `cargo run -p zpns-webhook-plugin --example receiver -- FOLDER`.
//!
//! It writes `ca.pem` into the folder, prints the keys for the config file, and then every batch.
#![allow(
    clippy::print_stdout,
    reason = "a server to look at prints what it sees"
)]

mod server;

use std::path::PathBuf;
use std::time::Duration;

use crate::server::Receiver;

/// What batches are signed with.
const SECRET: &str = "open-sesame";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let ca = PathBuf::from(folder).join("ca.pem");
    let receiver = Receiver::start(SECRET).await?;
    std::fs::write(&ca, &receiver.ca_pem)?;
    println!("ca_path = \"{}\"", ca.display());
    println!("[providers.cars.config]");
    println!("url = \"https://{}/hook\"", receiver.address);
    println!("secret = \"{SECRET}\"");
    let mut printed = 0;
    loop {
        tokio::select! {
            ended = tokio::signal::ctrl_c() => return Ok(ended?),
            () = pause() => {}
        }
        let batches = receiver
            .batches
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?;
        for batch in &batches[printed..] {
            println!("{}", String::from_utf8_lossy(batch));
        }
        printed = batches.len();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a server for people to look at lives in real time"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}
