//! `zpns.create/1`: what an instance is made from.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an instance is made from. It holds secrets: `Debug` shows the id only, and the host wipes
/// its bytes.
#[derive(Clone, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Create {
    /// The provider's id in the host's config.
    pub id: String,
    /// The plugin's own table of the config.
    #[serde(default)]
    pub config: Value,
    /// How to reach the vendor. The host's own HTTP obeys it without being told.
    #[serde(default)]
    pub connection: Connection,
}

impl Create {
    /// With the default connection.
    pub fn new(id: impl Into<String>, config: Value) -> Self {
        Self {
            id: id.into(),
            config,
            connection: Connection::default(),
        }
    }

    /// With another way to reach the vendor.
    #[must_use]
    pub fn with_connection(mut self, connection: &zpns_core::Connection) -> Self {
        self.connection = Connection::from(connection);
        self
    }
}

impl fmt::Debug for Create {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The keys that all HTTP vendors share.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Connection {
    /// Instead of the vendor's own host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Trusted beside the public roots, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_roots_pem: Option<String>,
    /// An HTTP proxy; may hold a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// One attempt, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl From<&zpns_core::Connection> for Connection {
    fn from(connection: &zpns_core::Connection) -> Self {
        let roots = connection.extra_roots_pem.as_deref();
        let proxy = connection.proxy.as_ref();
        Self {
            endpoint: connection.endpoint.clone(),
            extra_roots_pem: roots.map(|pem| String::from_utf8_lossy(pem).into_owned()),
            proxy: proxy.map(|proxy| proxy.expose().to_owned()),
            timeout_ms: u64::try_from(connection.timeout.as_millis()).ok(),
        }
    }
}

impl From<Connection> for zpns_core::Connection {
    fn from(wire: Connection) -> Self {
        let mut connection = Self::default();
        connection.endpoint = wire.endpoint;
        connection.extra_roots_pem = wire.extra_roots_pem.map(Into::into);
        connection.proxy = wire.proxy.map(zpns_core::Secret::from);
        if let Some(millis) = wire.timeout_ms {
            connection.timeout = Duration::from_millis(millis);
        }
        connection
    }
}
