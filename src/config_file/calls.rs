//! The table `[calls]`.

use std::path::Path;

use serde::Deserialize;
use zpns_core::ProviderId;
use zpns_core::config::ConfigError;

use super::section::taken;
use super::store::{in_table, nothing_else, table};
use super::{FileError, ProviderSection};

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    providers: Vec<ProviderId>,
}

const KEYS: [&str; 1] = ["providers"];

/// The providers whose tokens are for calls alone: some of those that the file has.
pub(super) fn providers(
    value: Option<toml::Value>,
    known: &[ProviderSection],
    file: &Path,
) -> Result<Vec<ProviderId>, FileError> {
    let Some(mut table) = table(value, "calls", file)? else {
        return Ok(Vec::new());
    };
    let mut read = || {
        let keys: Keys = taken(&mut table, &KEYS)?;
        nothing_else(&table, &KEYS)?;
        let is_known = |id: &&ProviderId| known.iter().any(|section| section.id == **id);
        match keys.providers.iter().find(|id| !is_known(id)) {
            None => Ok(keys.providers),
            Some(id) => {
                let wrong = format!("names `{id}`, which is no provider of this file");
                Err(ConfigError::key("providers", wrong))
            }
        }
    };
    in_table(file, "calls", read())
}
