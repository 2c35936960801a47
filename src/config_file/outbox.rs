//! The table `[outbox]`.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use zpns_core::Secret;
use zpns_core::config::{ConfigError, optional_number};
use zpns_outbox::{Outbox, WorkOptions};

use super::FileError;
use super::section::taken;
use super::store::{at_url, in_table, nothing_else, table};

/// The table `[outbox]`.
#[derive(Clone, Debug)]
pub(super) struct OutboxSection {
    url: Secret,
    folder: PathBuf,
    pub(super) options: WorkOptions,
}

#[derive(Deserialize)]
struct OutboxKeys {
    url: Option<Secret>,
    #[serde(default, deserialize_with = "optional_number")]
    jobs: Option<NonZeroUsize>,
    #[serde(default, deserialize_with = "optional_number")]
    attempts: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "optional_number")]
    rounds: Option<u32>,
    #[serde(default, deserialize_with = "optional_number")]
    pause_ms: Option<NonZeroU64>,
    #[serde(default, deserialize_with = "optional_number")]
    heartbeat_ms: Option<NonZeroU64>,
}

const KEYS: [&str; 6] = [
    "url",
    "jobs",
    "attempts",
    "rounds",
    "pause_ms",
    "heartbeat_ms",
];

pub(super) fn outbox(
    value: Option<toml::Value>,
    file: &Path,
) -> Result<Option<OutboxSection>, FileError> {
    let Some(mut table) = table(value, "outbox", file)? else {
        return Ok(None);
    };
    let mut read = || {
        let keys: OutboxKeys = taken(&mut table, &KEYS)?;
        nothing_else(&table, &KEYS)?;
        let missing = || ConfigError::key("url", "is missing");
        Ok(OutboxSection {
            url: keys.url.clone().ok_or_else(missing)?,
            folder: file.parent().unwrap_or(Path::new("")).to_owned(),
            options: options(&keys)?,
        })
    };
    in_table(file, "outbox", read()).map(Some)
}

fn options(keys: &OutboxKeys) -> Result<WorkOptions, ConfigError> {
    let mut options = WorkOptions::default();
    if let Some(jobs) = keys.jobs {
        options.jobs = jobs;
    }
    if let Some(attempts) = keys.attempts {
        options.attempts = attempts.get();
    }
    if let Some(rounds) = keys.rounds {
        options.rounds = rounds;
    }
    if let Some(pause) = keys.pause_ms {
        options.pause = Duration::from_millis(pause.get());
    }
    if let Some(heartbeat) = keys.heartbeat_ms {
        if !heartbeat.get().is_multiple_of(1_000) {
            let wrong = "must be whole seconds, like 10000";
            return Err(ConfigError::key("heartbeat_ms", wrong));
        }
        options.heartbeat = Duration::from_millis(heartbeat.get());
    }
    Ok(options)
}

impl OutboxSection {
    pub(super) async fn open(&self) -> Result<Outbox, ConfigError> {
        let url = self.url.expose();
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                open_sqlite(&self.folder.join(path)).await
            }
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await,
            _ => {
                let wrong = "must begin with `sqlite:` (and a path) or `postgres://`";
                Err(ConfigError::key("url", wrong))
            }
        }
    }
}

#[cfg(feature = "sqlite")]
async fn open_sqlite(path: &Path) -> Result<Outbox, ConfigError> {
    let outbox = Outbox::sqlite_file(path).await;
    outbox.map_err(|error| at_url(&error))
}

#[cfg(not(feature = "sqlite"))]
async fn open_sqlite(_: &Path) -> Result<Outbox, ConfigError> {
    Err(super::store::not_in_this_build("SQLite", "sqlite"))
}

#[cfg(feature = "postgres")]
async fn open_postgres(url: &str) -> Result<Outbox, ConfigError> {
    let outbox = Outbox::postgres(url).await;
    outbox.map_err(|error| at_url(&error))
}

#[cfg(not(feature = "postgres"))]
async fn open_postgres(_: &str) -> Result<Outbox, ConfigError> {
    Err(super::store::not_in_this_build("PostgreSQL", "postgres"))
}
