//! A queue in a file.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use apalis::prelude::{TaskBuilder, WorkerBuilder, WorkerBuilderExt};
use apalis_sqlite::{Config, SqliteStorage};
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use zpns_core::Timestamp;
use zpns_core::service::PushId;

use super::common::engine;
use super::statements::{self, JobRow, beginning, json, millis, place, strange};
use super::{Claim, End, Engine, Lease, Progress, migrator};
use crate::error::chain;
use crate::worker::Shift;
use crate::{Job, JobId, JobState, JobStatus, Lane, OutboxError};

/// How long a change waits for another one's.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    pub(crate) async fn open(url: &str) -> Result<Self, OutboxError> {
        Self::with(SqliteConnectOptions::from_str(url)?).await
    }

    pub(crate) async fn open_file(path: &Path) -> Result<Self, OutboxError> {
        Self::with(SqliteConnectOptions::new().filename(path)).await
    }

    async fn with(options: SqliteConnectOptions) -> Result<Self, OutboxError> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await?;
        // Not `SqliteStorage::setup`, which turns the file's durability off.
        let mut queue = SqliteStorage::migrations();
        queue.set_ignore_missing(true);
        for migrator in [queue, migrator()] {
            let done = migrator.run(&pool).await;
            done.map_err(|error| OutboxError::Migration(error.into()))?;
        }
        Ok(Self { pool })
    }
}

engine!(Sqlite, SqliteStorage, "BEGIN IMMEDIATE");

/// Puts a job into its queue.
async fn push(
    connection: &mut SqliteConnection,
    id: JobId,
    lane: Lane,
    at: Timestamp,
) -> Result<(), OutboxError> {
    let task = TaskBuilder::new(json(&id).into_bytes())
        .run_at_timestamp(at.as_millis().div_ceil(1_000))
        .build();
    let pushed = apalis_sqlite::queries::push_tasks(connection, lane.queue(), &[task]).await;
    pushed.map_err(|error| OutboxError::Queue(error.into()))
}
