//! `zpns rules`.

use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use zpns::Config;
use zpns::preflight::{Severity, rules_of};

use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns rules`.
#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// The config file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Serialize)]
struct RuleLine<'a> {
    provider: &'a str,
    rule: &'a str,
    severity: Severity,
    says: &'a str,
}

/// Prints the rules of every provider, with what the config file makes of them.
pub(crate) fn run(args: &RulesArgs) -> Result<Ending> {
    let config = Config::load(&args.config)?;
    let router = config.router()?;
    let mut stdout = io::stdout().lock();
    for section in &config.providers {
        let Some(provider) = router.provider(&section.id) else {
            continue;
        };
        for rule in rules_of(&*provider) {
            let line = RuleLine {
                provider: section.id.as_str(),
                rule: rule.name,
                severity: section.delivery.preflight.severity(rule),
                says: rule.says,
            };
            json_line(&mut stdout, &line).context("stdout")?;
        }
    }
    Ok(Ending::AllWell)
}
