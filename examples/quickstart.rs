//! One notification through every vendor, without any account: the simulator runs in-process,
//! real HTTP/2 pushes go to strict servers, and every device gets a verdict.
//!
//! ```sh
//! cargo run --example quickstart
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use zpns::{Config, Kinds, Notification, Outcome, Target, TokenAction, model::mask};
use zpns_simulator::Simulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    // With accounts of your own this is `Config::load("push.toml")`, and nothing else changes.
    let config = Config::parse(&simulator.config_toml()?, "simulator.toml")?;
    let router = config.router()?;

    let alert = Notification::alert("Alice", "Lunch at noon? 🍜").with_payload(r#"{"chat":7}"#);
    let silent = Notification::silent().with_payload(r#"{"sync":"contacts"}"#);

    println!(
        "{:<10}{:<8}{:<14}{:<11}what the vendor said",
        "provider", "push", "device", "outcome"
    );
    for provider in router.providers() {
        let id = provider.info().id.clone();
        let tokens = simulator.tokens(id.as_str());
        let target = |token: &String| Target::new(id.clone(), token.as_str());

        let devices: Vec<Target> = tokens
            .live
            .iter()
            .take(2)
            .chain(tokens.dead.first())
            .map(target)
            .collect();
        let report = router.send(&alert, devices.clone()).await;
        print_rows("alert", &devices, report.outcomes());

        if provider.capability().kinds.contains(Kinds::SILENT) {
            let devices: Vec<Target> = tokens.live.iter().take(1).map(target).collect();
            let report = router.send(&silent, devices.clone()).await;
            print_rows("silent", &devices, report.outcomes());
        }
    }

    simulator.shutdown().await;
    Ok(())
}

fn print_rows(push: &str, devices: &[Target], outcomes: &[Outcome]) {
    for (target, outcome) in devices.iter().zip(outcomes) {
        let (word, said) = match outcome {
            Outcome::Accepted(accepted) => {
                let id = accepted.vendor_id.as_deref().unwrap_or("without an id");
                ("accepted", id.to_owned())
            }
            Outcome::Rejected(rejection) => {
                let code = rejection.vendor.as_ref().map_or("", |vendor| &vendor.code);
                let advice = match rejection.token {
                    TokenAction::Drop { .. } => "forget this token",
                    _ => "keep this token",
                };
                ("rejected", format!("{code}: {} → {advice}", rejection.kind))
            }
            Outcome::Failed(error) => ("failed", error.to_string()),
        };
        let token = mask(target.token.as_str());
        println!(
            "{:<10}{push:<8}{token:<14}{word:<11}{said}",
            target.provider.as_str()
        );
    }
}
