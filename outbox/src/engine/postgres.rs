//! A queue in a database that several hosts share.

use std::time::Duration;

use apalis::prelude::{TaskBuilder, WorkerBuilder, WorkerBuilderExt};
use apalis_postgres::{Config, PostgresStorage};
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use zpns_core::Timestamp;
use zpns_core::service::PushId;

use super::common::engine;
use super::statements::{self, JobRow, beginning, json, millis, place, strange};
use super::{Claim, End, Engine, Lease, Progress, migrator};
use crate::error::chain;
use crate::worker::Shift;
use crate::{Job, JobId, JobState, JobStatus, Lane, OutboxError};

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(crate) async fn open(url: &str) -> Result<Self, OutboxError> {
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(PATIENCE)
            .connect(url)
            .await?;
        let queue = PostgresStorage::setup(&pool).await;
        queue.map_err(|error| OutboxError::Migration(error.into()))?;
        let own = migrator();
        let own = own.run(&pool).await;
        own.map_err(|error| OutboxError::Migration(error.into()))?;
        Ok(Self { pool })
    }
}

engine!(Postgres, PostgresStorage, "BEGIN");

/// Puts a job into its queue.
async fn push(
    connection: &mut PgConnection,
    id: JobId,
    lane: Lane,
    at: Timestamp,
) -> Result<(), OutboxError> {
    let task = TaskBuilder::new(json(&id).into_bytes())
        .run_at_timestamp(at.as_millis().div_ceil(1_000))
        .build();
    let pushed = apalis_postgres::queries::push_tasks(connection, lane.queue(), vec![task]).await;
    pushed.map_err(|error| OutboxError::Queue(error.into()))
}
