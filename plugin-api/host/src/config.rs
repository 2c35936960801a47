//! What a section of the config file holds: `vendor = "plugin"`.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use zpns_core::config::{ConfigError, VendorConfig};
use zpns_core::{PushProvider, Setup};

use crate::load::{PluginOptions, load};
use crate::policy::{LoadPolicy, Sha256};
use crate::trace::{LoadError, LoadErrorKind};

/// A plugin's section of the config file.
///
/// ```toml
/// [providers.cars]
/// vendor = "plugin"
/// path = "/opt/push/libcars.so"   # a relative path starts at the folder of the config file
/// sha256 = "e3b0c442…"            # may be left out; with it, nothing else is ever loaded
/// endpoint = "https://push.cars.example"   # and the other keys that every provider may have
///
/// [providers.cars.config]         # handed to the plugin as it is
/// app_key = "${CARS_KEY}"
/// ```
///
/// # Trust
/// A plugin runs inside this process with all of its rights. Whoever writes its path into the
/// config file vouches for it, as [`load`] asks of whoever calls it; that is why building a
/// provider from a section is not `unsafe`. A config file holds keys and names code: let nobody
/// write it who may not do both. Paths of a file that others could change are refused
/// ([`LoadPolicy`]).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PluginConfig {
    /// The shared library.
    pub path: PathBuf,
    /// The SHA-256 that it must have, as 64 hexadecimal digits.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Handed to the plugin.
    #[serde(default)]
    pub config: Map<String, Value>,
}

impl VendorConfig for PluginConfig {
    const VENDOR: &'static str = "plugin";

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        let mut policy = LoadPolicy::caller_vouches();
        if let Some(text) = &self.sha256 {
            let hash = text.parse::<Sha256>();
            let hash = hash.map_err(|error| ConfigError::key("sha256", error))?;
            policy = policy.with_sha256(hash);
        }
        // Never a bare name: that would be looked for in the linker's own folders.
        let path = std::path::absolute(&self.path)
            .map_err(|error| ConfigError::key("path", format!("is not a path: {error}")))?;
        // SAFETY: whoever wrote the section vouches for the plugin (see the type's `Trust`).
        let plugin = unsafe { load(path, &policy) }.map_err(|error| named(&error))?;
        let mut options = PluginOptions::default();
        // One attempt is a request and, at the worst, a log-in and a repeat of both.
        options.timeout = options.timeout.max(setup.connection.timeout * 3);
        let config = plain(Value::Object(self.config));
        let provider = plugin.provider(&config, setup, options);
        Ok(provider.map_err(|error| named(&error))?)
    }
}

impl std::fmt::Debug for PluginConfig {
    /// Leaves out the plugin's own config, which holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginConfig")
            .field("path", &self.path)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

/// Names the key at fault.
fn named(error: &LoadError) -> ConfigError {
    let key = match error.kind() {
        LoadErrorKind::Hash => "sha256",
        LoadErrorKind::Create => "config",
        _ => "path",
    };
    ConfigError::key(key, format!("is at fault: {error}"))
}

/// Dates, for which TOML has a type and JSON has not, as texts.
fn plain(value: Value) -> Value {
    /// What the crate `toml` calls the one member of the object that it makes of a date.
    const DATE: &str = "$__toml_private_datetime";
    match value {
        Value::Object(mut map) => match (map.len(), map.remove(DATE)) {
            (1, Some(date)) => date,
            _ => map
                .into_iter()
                .map(|(key, value)| (key, plain(value)))
                .collect(),
        },
        Value::Array(list) => list.into_iter().map(plain).collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_handed_on_as_texts() {
        let toml = serde_json::json!({
            "since": {"$__toml_private_datetime": "2026-11-25"},
            "list": [{"deep": {"a": 1}}],
        });
        let expected = serde_json::json!({"since": "2026-11-25", "list": [{"deep": {"a": 1}}]});
        assert_eq!(plain(toml), expected);
    }

    #[test]
    fn debug_shows_nothing_of_the_plugins_own_config() {
        let section = serde_json::json!({"path": "/p.so", "config": {"key": "hunter2"}});
        let config: PluginConfig = serde_json::from_value(section).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
