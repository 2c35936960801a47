//! One `[strategies.X]` table.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use zpns_core::config::ConfigError;
use zpns_core::{Kind, Notification};

use super::FileError;

/// A named rule (the chat products' resource id) that fills in what the caller left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Strategy {
    /// Wake the app without showing anything.
    pub silent: bool,
}

impl Strategy {
    /// Fills in what `notification` leaves out.
    ///
    /// ```
    /// # use zpns::{Config, Kind, Notification};
    /// let config = Config::parse("[strategies.sync]\nsilent = true", "push.toml").unwrap();
    /// let mut message = Notification::default();
    /// config.strategies["sync"].apply(&mut message);
    /// assert_eq!(message.kind, Kind::Silent);
    /// ```
    pub fn apply(&self, notification: &mut Notification) {
        if self.silent && notification.kind == Kind::Alert {
            notification.kind = Kind::Silent;
        }
    }
}

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
