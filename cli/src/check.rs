//! `zpns check`.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use futures_util::future::join_all;
use serde::Serialize;
use zpns::{Config, PushProvider};

use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The config file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Serialize)]
struct CheckLine<'a> {
    provider: &'a str,
    vendor: &'a str,
    ok: bool,
    reason: String,
    /// What has to be replaced by a human one day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expires: Vec<ExpiryPart>,
}

#[derive(Serialize)]
struct ExpiryPart {
    what: String,
    at_ms: u64,
}

/// Checks every provider at once, and prints a line for each, by id in order.
pub(crate) async fn run(args: CheckArgs) -> Result<Ending> {
    let router = Config::load(&args.config)?.router()?;
    let checks = router.providers().into_iter().map(check);
    let mut ending = Ending::AllWell;
    let mut stdout = io::stdout().lock();
    for (provider, ok, reason) in join_all(checks).await {
        if !ok {
            ending = Ending::SomeNot;
        }
        let info = provider.info();
        let line = CheckLine {
            provider: info.id.as_str(),
            vendor: info.vendor.as_str(),
            ok,
            reason,
            expires: (provider.expiries().into_iter())
                .map(|expiry| ExpiryPart {
                    what: expiry.what,
                    at_ms: expiry.at.as_millis(),
                })
                .collect(),
        };
        json_line(&mut stdout, &line).context("stdout")?;
    }
    Ok(ending)
}

async fn check(provider: Arc<dyn PushProvider>) -> (Arc<dyn PushProvider>, bool, String) {
    match provider.check().await {
        Ok(check) => (provider, true, check.reason),
        Err(error) => (provider, false, error.to_string()),
    }
}
