//! The table `[calls]`.

use std::path::Path;

use serde::Deserialize;
use zpns_core::ProviderId;

use super::FileError;
use super::section::taken;
use super::store::{in_table, nothing_else, table};

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    providers: Vec<ProviderId>,
}

const KEYS: [&str; 1] = ["providers"];

/// The providers whose tokens are for calls alone.
pub(super) fn providers(
    value: Option<toml::Value>,
    file: &Path,
) -> Result<Vec<ProviderId>, FileError> {
    let Some(mut table) = table(value, "calls", file)? else {
        return Ok(Vec::new());
    };
    let mut read = || {
        let keys: Keys = taken(&mut table, &KEYS)?;
        nothing_else(&table, &KEYS)?;
        Ok(keys.providers)
    };
    in_table(file, "calls", read())
}
