//! One `[strategies.X]` table.

use std::collections::BTreeMap;
use std::path::Path;

use zpns_core::config::ConfigError;
use zpns_core::service::Strategy;

use super::FileError;

pub(super) fn strategies(
    tables: Vec<(String, toml::Table)>,
    file: &Path,
) -> Result<BTreeMap<String, Strategy>, FileError> {
    tables
        .into_iter()
        .map(|(name, table)| {
            let strategy = table.try_into().map_err(|error: toml::de::Error| {
                let error = ConfigError::section(error.message());
                FileError::in_table(file, "strategies", &name, &error)
            })?;
            Ok((name, strategy))
        })
        .collect()
}
