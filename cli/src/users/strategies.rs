//! `zpns strategies`.

use std::io;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};
use zpns::service::StrategyPart;

use super::ConfigArgs;
use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns strategies`.
#[derive(Args, Debug)]
pub(crate) struct StrategiesArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Serialize)]
struct StrategyLine<'a> {
    id: &'a str,
    /// As it stands in the config file: what it does not set is left out.
    strategy: Value,
}

/// Prints every strategy, by id in order.
pub(crate) fn run(args: &StrategiesArgs) -> Result<Ending> {
    let mut stdout = io::stdout().lock();
    for (id, strategy) in &args.config.load()?.strategies {
        let mut all = part(&strategy.all)?;
        if !strategy.vendors.is_empty() {
            let vendors = strategy.vendors.iter();
            let vendors = vendors.map(|(vendor, own)| Ok((vendor.clone(), part(own)?.into())));
            let vendors: Map<String, Value> = vendors.collect::<Result<_>>()?;
            all.insert("vendors".to_owned(), vendors.into());
        }
        let strategy = all.into();
        json_line(&mut stdout, &StrategyLine { id, strategy }).context("stdout")?;
    }
    Ok(Ending::AllWell)
}

/// What a part sets.
fn part(part: &StrategyPart) -> Result<Map<String, Value>> {
    let keys = serde_json::to_value(part)?;
    let Value::Object(mut keys) = keys else {
        return Ok(Map::new());
    };
    keys.retain(|_, value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Object(options) => !options.is_empty(),
        _ => true,
    });
    Ok(keys)
}
