//! Who a provider is and what it is built from.

use serde::{Deserialize, Serialize};

use crate::config::Connection;
use crate::model::{ProviderId, Timestamp, Vendor};
use crate::resources::Resources;

/// The vendor of a provider that there is not.
const UNKNOWN: Vendor = Vendor::new("unknown");

/// Who a provider is. Immutable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// The name in the config file, by which targets refer to it.
    pub id: ProviderId,
    /// The vendor behind it.
    pub vendor: Vendor,
    /// Which of the vendor's environments it talks to.
    pub environment: Environment,
}

impl ProviderInfo {
    /// A provider of the vendor's production environment.
    pub fn new(id: impl Into<ProviderId>, vendor: Vendor) -> Self {
        Self {
            id: id.into(),
            vendor,
            environment: Environment::Production,
        }
    }

    /// What observers are told of where a target names a provider that there is not: the id is the
    /// target's, the vendor `unknown`.
    pub fn unknown(id: ProviderId) -> Self {
        Self::new(id, UNKNOWN)
    }

    /// Whether there is no such provider.
    pub fn is_unknown(&self) -> bool {
        self.vendor == UNKNOWN
    }

    /// In another environment.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }
}

/// A vendor's environment. Tokens of one do not work in the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Apps from the store.
    #[default]
    Production,
    /// Apps in development.
    Sandbox,
}

/// What an adapter is built from beside its own section of the config.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    /// The provider's name.
    pub id: ProviderId,
    /// How to reach the vendor.
    pub connection: Connection,
    /// HTTP, clock and randomness.
    pub resources: Resources,
}

impl Setup {
    /// With the vendor's own host and the default time-out.
    pub fn new(id: impl Into<ProviderId>, resources: Resources) -> Self {
        Self {
            id: id.into(),
            connection: Connection::default(),
            resources,
        }
    }

    /// With another way to reach the vendor.
    #[must_use]
    pub fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }
}

/// A credential that ends at a known time, and that a human has to replace before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Expiry {
    /// What ends: `certificate`, `key`, …
    pub what: String,
    /// When.
    pub at: Timestamp,
}

impl Expiry {
    /// It ends then.
    pub fn new(what: impl Into<String>, at: Timestamp) -> Self {
        Self {
            what: what.into(),
            at,
        }
    }
}

/// The good result of a credential check.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// What was proved, and what could not be.
    pub reason: String,
}

impl Check {
    /// A check that says what it proved.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}
