//! What the sections of every vendor in the config file share: secrets, connection settings,
//! forgiving numbers.

mod lenient;
mod secret;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

pub use self::lenient::{id_string, number, optional_id_string, optional_number};
pub use self::secret::Secret;
use crate::provider::{PushProvider, Setup};
use crate::receipt::ReceiptReader;
use crate::resources::{Clock, HttpOptions, Origin, Transport};

/// A section of the config file that does not hold what it should.
///
/// `Display` is one line: the key, and what to change.
///
/// ```
/// use zpns_core::config::ConfigError;
///
/// let error = ConfigError::key("key_path", "cannot be read: no such file");
/// assert_eq!(error.to_string(), "`key_path` cannot be read: no such file");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{message}", .key.as_deref().map(|key| format!("`{key}` ")).unwrap_or_default())]
#[non_exhaustive]
pub struct ConfigError {
    /// The key at fault, if it is one key.
    pub key: Option<String>,
    /// What is wrong with it, written to follow the key.
    pub message: String,
}

impl ConfigError {
    /// A fault of one key.
    pub fn key(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            message: message.into(),
        }
    }

    /// A fault of the section as a whole.
    pub fn section(message: impl Into<String>) -> Self {
        Self {
            key: None,
            message: message.into(),
        }
    }
}

/// A vendor's section of the config file: deserialises from it, and builds the provider.
///
/// Implemented once by every adapter; the facade keeps a table of them.
pub trait VendorConfig: DeserializeOwned + Send + 'static {
    /// The vendor's name in `vendor = "…"`.
    const VENDOR: &'static str;

    /// Reads the key files it names and builds the provider. Makes no connection.
    ///
    /// # Errors
    /// A missing or contradictory key, or an unreadable file, by name.
    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError>;

    /// The keys with which this vendor's delivery receipts are verified: `receipt_user`,
    /// `receipt_key`. They stand in the section too, and come in [`ReceiptSetup`].
    const RECEIPT_KEYS: &'static [&'static str] = &[];

    /// What reads this provider's delivery receipts; nothing if its vendor sends none, or if what
    /// they are verified with is missing.
    ///
    /// # Errors
    /// A contradictory key, by name.
    fn receipts(&self, _: &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        Ok(None)
    }
}

/// What delivery receipts are verified with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceiptSetup {
    /// `receipt_user`: the user name of the console's receipt address.
    pub user_name: Option<String>,
    /// `receipt_key`: the key or access token that stands beside the address.
    pub key: Option<Secret>,
    /// Tells how old a signature is.
    pub clock: Arc<dyn Clock>,
}

impl ReceiptSetup {
    /// Without a user name and a key.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            user_name: None,
            key: None,
            clock,
        }
    }
}

/// How to reach a vendor: the keys that every HTTP vendor shares (`endpoint`, `ca_path`, `proxy`,
/// `timeout_ms`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// Instead of the vendor's own host.
    pub endpoint: Option<String>,
    /// Trusted beside the public roots, as PEM.
    pub extra_roots_pem: Option<Bytes>,
    /// An HTTP proxy; its URL may hold a password.
    pub proxy: Option<Secret>,
    /// One attempt, from the request to the last byte of the answer. Ten seconds unless set.
    pub timeout: Duration,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            endpoint: None,
            extra_roots_pem: None,
            proxy: None,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Connection {
    /// The vendor's origin: `endpoint` if given, else `default`.
    ///
    /// # Errors
    /// `endpoint` is not an `https://` URL without query or credentials.
    pub fn origin(&self, default: &str) -> Result<Origin, ConfigError> {
        let url = self.endpoint.as_deref().unwrap_or(default);
        url.parse()
            .map_err(|reason: String| ConfigError::key("endpoint", reason))
    }

    /// HTTP options with these roots and this proxy.
    pub fn http_options(&self, transport: Transport) -> HttpOptions {
        HttpOptions {
            extra_roots_pem: self.extra_roots_pem.clone(),
            proxy: self.proxy.clone(),
            ..HttpOptions::new(transport)
        }
    }
}

/// Reads a file that a key of the config names.
///
/// # Errors
/// The file cannot be read; the message names key and path.
pub fn read_file(key: &str, path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| {
        ConfigError::key(key, format!("`{}` cannot be read: {error}", path.display()))
    })
}

/// A secret that stands in the config itself (`key_pem`) or in a file it names (`key_path`).
///
/// # Errors
/// Neither or both are given, or the file cannot be read as text.
pub fn inline_or_file(
    inline: (&str, Option<Secret>),
    file: (&str, Option<&PathBuf>),
) -> Result<Secret, ConfigError> {
    match (inline, file) {
        ((_, Some(secret)), (_, None)) => Ok(secret),
        ((_, None), (key, Some(path))) => String::from_utf8(read_file(key, path)?)
            .map(Secret::new)
            .map_err(|_| ConfigError::key(key, format!("`{}` is not text", path.display()))),
        ((inline, None), (file, None)) => Err(ConfigError::key(
            file,
            format!("is missing (or `{inline}`)"),
        )),
        ((inline, Some(_)), (file, Some(_))) => Err(ConfigError::key(
            file,
            format!("and `{inline}` are both given; keep one"),
        )),
    }
}
