//! The config file: TOML in, a running router out.

mod delivery;
mod environment;
mod error;
mod section;
mod strategy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zpns_core::resources::SystemClock;
use zpns_core::router::RouterBuilder;
use zpns_core::service::Strategy;
use zpns_core::{Clock, Receipts, Resources, Router, Secret};

use crate::receipt_path::receipt_path;

pub use self::error::FileError;
pub use self::section::ProviderSection;

/// A config file that has been read: every key known, every key file readable by name.
///
/// ```toml
/// [providers.ios]                 # the provider id that targets refer to
/// vendor = "apns"
/// team_id = "2M7JG8A5HK"
/// key_id = "ABC123DEFG"
/// key_path = "AuthKey.p8"         # beside the config file
/// topic = "com.example.chat"
/// rate_per_second = "${IOS_RATE}" # any value may come from the environment
///
/// [strategies.sync]               # a resource id
/// silent = true
///
/// [strategies.chat.vendors.oppo]  # for one vendor alone
/// channel = "im"
/// ```
///
/// Keys that every provider may have: `endpoint` (base URL instead of the vendor's host),
/// `ca_path` (extra root, PEM), `proxy`, `timeout_ms`, `rate_per_second`, `max_in_flight`. The
/// vendor's own keys are documented at its config type. Relative paths start at the folder of
/// the config file.
///
/// Delivery has the same defaults as in code: transient faults are retried without being asked.
///
#[doc = include_str!("delivery.md")]
#[derive(Debug)]
#[non_exhaustive]
pub struct Config {
    /// The providers, by id in order.
    pub providers: Vec<ProviderSection>,
    /// The strategies, by resource id.
    pub strategies: BTreeMap<String, Strategy>,
    file: PathBuf,
}

impl Config {
    /// Reads a config file.
    ///
    /// # Errors
    /// One line that names the file, the table and the key: an unreadable file, a syntax error,
    /// an unknown table, a wrong common key, an unset environment variable. The vendors' own keys
    /// are checked by [`router`](Self::router).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|error| FileError::new(path, format!("cannot be read: {error}")))?;
        Self::parse(&text, path)
    }

    /// Reads the text of a config file; `path` names it in errors, and relative paths start at
    /// its folder.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let mut root: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            FileError::new(path, format!("line {line}: {message}"))
        })?;
        environment::expand(&mut root, path)?;
        let providers =
            section::providers(tables(root.remove("providers"), "providers", path)?, path)?;
        let strategies =
            strategy::strategies(tables(root.remove("strategies"), "strategies", path)?, path)?;
        if let Some(unknown) = root.keys().next() {
            let message = format!("unknown table `{unknown}`; there are `providers`, `strategies`");
            return Err(FileError::new(path, message));
        }
        Ok(Self {
            providers,
            strategies,
            file: path.to_owned(),
        })
    }

    /// A router with every provider of the file, over the transports of [`zpns_http`].
    ///
    /// # Errors
    /// One line that names the file, the provider's table and the key at fault.
    pub fn router(&self) -> Result<Router, FileError> {
        self.router_with(Resources::new(Arc::new(zpns_http::Connector::new())))
    }

    /// A router with every provider of the file, over these resources.
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_with(&self, resources: Resources) -> Result<Router, FileError> {
        Ok(self.router_builder_with(resources)?.build())
    }

    /// Begins such a router, for a host that adds observers or providers of its own.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use zpns::{Config, telemetry::Spans};
    ///
    /// let config = Config::parse("", "push.toml")?;
    /// let router = config.router_builder()?.observer(Arc::new(Spans)).build();
    /// # Ok::<(), zpns::FileError>(())
    /// ```
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_builder(&self) -> Result<RouterBuilder, FileError> {
        self.router_builder_with(Resources::new(Arc::new(zpns_http::Connector::new())))
    }

    /// Begins a router with every provider of the file, over these resources.
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_builder_with(&self, resources: Resources) -> Result<RouterBuilder, FileError> {
        let mut builder = Router::builder(resources.clone());
        for section in &self.providers {
            let provider = section.build(resources.clone()).map_err(|error| {
                FileError::in_table(&self.file, "providers", section.id.as_str(), &error)
            })?;
            builder = builder.provider_with(provider, section.delivery.clone());
        }
        Ok(builder)
    }

    /// The readers of every provider whose vendor reports back, each at an address of its own that
    /// nobody can guess: [`receipt_path`](crate::receipt_path) of `secret`.
    ///
    /// Huawei's and HarmonyOS' `receipt_user` and `receipt_key` are the user name and the key of
    /// the console's receipt address; without them nothing is signed. Meizu's `receipt_key` is the
    /// access token there; without it, Meizu's receipts are not taken, and the provider has no
    /// address.
    ///
    /// # Errors
    /// `secret` is shorter than 16 bytes; or one line that names the file, the provider's table
    /// and the key at fault.
    pub fn receipts(&self, secret: &Secret) -> Result<Receipts, FileError> {
        self.receipts_with(secret, Arc::new(SystemClock::new()))
    }

    /// The same, by this clock.
    ///
    /// # Errors
    /// As [`receipts`](Self::receipts).
    pub fn receipts_with(
        &self,
        secret: &Secret,
        clock: Arc<dyn Clock>,
    ) -> Result<Receipts, FileError> {
        let mut receipts = Receipts::new();
        for section in &self.providers {
            let id = &section.id;
            let reader = section.receipts(clock.clone()).map_err(|error| {
                FileError::in_table(&self.file, "providers", id.as_str(), &error)
            })?;
            if let Some(reader) = reader {
                let path = receipt_path(secret, id)
                    .map_err(|too_short| FileError::new(&self.file, too_short.to_string()))?;
                receipts = receipts.with(id.clone(), path, reader);
            }
        }
        Ok(receipts)
    }
}

/// The sub-tables of one of the file's top tables.
fn tables(
    value: Option<toml::Value>,
    name: &str,
    path: &Path,
) -> Result<Vec<(String, toml::Table)>, FileError> {
    let table = match value {
        None => return Ok(Vec::new()),
        Some(toml::Value::Table(table)) => table,
        Some(_) => return Err(FileError::new(path, format!("`{name}` must be a table"))),
    };
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::Table(table) => Ok((key, table)),
            _ => Err(FileError::new(
                path,
                format!("[{name}]: `{key}` must be a table"),
            )),
        })
        .collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    1 + before.filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests;
