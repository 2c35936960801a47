//! The tables `[store]` and `[presence]`.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, optional_number};
use zpns_core::service::{Badges, Presence, PresencePolicy, Registry};
use zpns_core::{Clock, Secret};

use super::FileError;
use super::section::taken;

/// The devices and the users' counters of a `[store]` table. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stores {
    /// The devices.
    pub registry: Arc<dyn Registry>,
    /// The counters.
    pub badges: Arc<dyn Badges>,
}

/// The table `[store]`.
#[derive(Clone, Debug)]
pub(super) struct StoreSection {
    url: Secret,
    connections: Option<NonZeroU32>,
    folder: PathBuf,
}

/// The table `[presence]`.
#[derive(Clone, Debug, Default)]
pub(super) struct PresenceSection {
    url: Option<Secret>,
    prefix: Option<String>,
    pub(super) policy: PresencePolicy,
}

#[derive(Deserialize)]
struct StoreKeys {
    url: Option<Secret>,
    #[serde(default, deserialize_with = "optional_number")]
    connections: Option<NonZeroU32>,
}

#[derive(Deserialize)]
struct PresenceKeys {
    url: Option<Secret>,
    prefix: Option<String>,
    policy: Option<PresencePolicy>,
}

const STORE_KEYS: [&str; 2] = ["url", "connections"];
const PRESENCE_KEYS: [&str; 3] = ["url", "prefix", "policy"];

pub(super) fn store(
    value: Option<toml::Value>,
    file: &Path,
) -> Result<Option<StoreSection>, FileError> {
    let Some(mut table) = table(value, "store", file)? else {
        return Ok(None);
    };
    let mut read = || {
        let keys: StoreKeys = taken(&mut table, &STORE_KEYS)?;
        nothing_else(&table, &STORE_KEYS)?;
        let missing = || ConfigError::key("url", "is missing");
        Ok(StoreSection {
            url: keys.url.ok_or_else(missing)?,
            connections: keys.connections,
            folder: file.parent().unwrap_or(Path::new("")).to_owned(),
        })
    };
    let section = in_table(file, "store", read())?;
    Ok(Some(section))
}

pub(super) fn presence(
    value: Option<toml::Value>,
    file: &Path,
) -> Result<PresenceSection, FileError> {
    let Some(mut table) = table(value, "presence", file)? else {
        return Ok(PresenceSection::default());
    };
    let mut read = || {
        let keys: PresenceKeys = taken(&mut table, &PRESENCE_KEYS)?;
        nothing_else(&table, &PRESENCE_KEYS)?;
        Ok(PresenceSection {
            url: keys.url,
            prefix: keys.prefix,
            policy: keys.policy.unwrap_or_default(),
        })
    };
    in_table(file, "presence", read())
}

pub(super) fn table(
    value: Option<toml::Value>,
    name: &str,
    file: &Path,
) -> Result<Option<toml::Table>, FileError> {
    match value {
        None => Ok(None),
        Some(toml::Value::Table(table)) => Ok(Some(table)),
        Some(_) => Err(FileError::new(file, format!("`{name}` must be a table"))),
    }
}

pub(super) fn nothing_else(table: &toml::Table, known: &[&str]) -> Result<(), ConfigError> {
    let Some(unknown) = table.keys().next() else {
        return Ok(());
    };
    let known = known.join("`, `");
    let message = format!("unknown field `{unknown}`; there are `{known}`");
    Err(ConfigError::section(message))
}

/// Names file and table.
pub(super) fn in_table<T>(
    file: &Path,
    table: &str,
    result: Result<T, ConfigError>,
) -> Result<T, FileError> {
    result.map_err(|error| {
        let error = error.to_string();
        let line: Vec<&str> = error.lines().map(str::trim).collect();
        FileError::new(file, format!("[{table}]: {}", line.join(" ")))
    })
}

impl StoreSection {
    /// Opens it, makes its tables if they are not there, and brings them up to date.
    pub(super) async fn open(&self) -> Result<Stores, ConfigError> {
        let url = self.url.expose();
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                self.open_sqlite(&self.folder.join(path)).await
            }
            Some(("postgres" | "postgresql", _)) => self.open_postgres(url).await,
            _ => {
                let wrong = "must begin with `sqlite:` (and a path) or `postgres://`";
                Err(ConfigError::key("url", wrong))
            }
        }
    }

    #[cfg(feature = "sqlite")]
    async fn open_sqlite(&self, path: &Path) -> Result<Stores, ConfigError> {
        if self.connections.is_some() {
            let wrong = "is for PostgreSQL; a file has as many as it needs";
            return Err(ConfigError::key("connections", wrong));
        }
        let store = zpns_store::SqliteStore::open_file(path).await;
        Ok(Stores::of(store.map_err(|error| at_url(&error))?))
    }

    #[cfg(not(feature = "sqlite"))]
    async fn open_sqlite(&self, _: &Path) -> Result<Stores, ConfigError> {
        Err(not_in_this_build("SQLite", "sqlite"))
    }

    #[cfg(feature = "postgres")]
    async fn open_postgres(&self, url: &str) -> Result<Stores, ConfigError> {
        let store = match self.connections {
            None => zpns_store::PostgresStore::open(url).await,
            Some(most) => zpns_store::PostgresStore::open_with(url, most.get()).await,
        };
        Ok(Stores::of(store.map_err(|error| at_url(&error))?))
    }

    #[cfg(not(feature = "postgres"))]
    async fn open_postgres(&self, _: &str) -> Result<Stores, ConfigError> {
        let _ = self.connections;
        Err(not_in_this_build("PostgreSQL", "postgres"))
    }
}

impl Stores {
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn of(store: impl Registry + Badges) -> Self {
        let store = Arc::new(store);
        Self {
            registry: Arc::clone(&store) as Arc<dyn Registry>,
            badges: store,
        }
    }
}

impl PresenceSection {
    /// Connects; nothing where the table names no server.
    #[cfg(feature = "redis")]
    pub(super) async fn open(
        &self,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Arc<dyn Presence>>, ConfigError> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let presence = zpns_store::RedisPresence::connect(url, clock).await;
        let mut presence = presence.map_err(|error| at_url(&error))?;
        if let Some(prefix) = &self.prefix {
            presence = presence.with_prefix(prefix);
        }
        Ok(Some(Arc::new(presence)))
    }

    /// Nothing where the table names no server.
    #[cfg(not(feature = "redis"))]
    pub(super) async fn open(
        &self,
        _: Arc<dyn Clock>,
    ) -> Result<Option<Arc<dyn Presence>>, ConfigError> {
        let _ = &self.prefix;
        match &self.url {
            None => Ok(None),
            Some(_) => Err(not_in_this_build("Redis", "redis")),
        }
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
pub(super) fn not_in_this_build(what: &str, feature: &str) -> ConfigError {
    let message = format!(
        "names {what}, which this build lacks: it has to be built with the feature `{feature}`"
    );
    ConfigError::key("url", message)
}

/// An error with its causes, none of which repeats the URL.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
pub(super) fn at_url(error: &dyn std::error::Error) -> ConfigError {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    ConfigError::key("url", causes.join(": "))
}
