//! The jobs in a database: one set of statements, which both engines understand.

mod common;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;

use std::fmt::Debug;

use async_trait::async_trait;
#[cfg(feature = "postgres")]
pub(crate) use postgres::Postgres;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::Sqlite;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use zpns_core::Timestamp;
use zpns_core::service::{Checkpoint, PushId, Tally};

use crate::worker::Shift;
use crate::{Job, JobId, JobState, JobStatus, Lane, OutboxError};

/// A database with jobs in it. Every method is one transaction.
#[async_trait]
pub(crate) trait Engine: Debug + Send + Sync + 'static {
    /// Takes a job in and puts it into its queue; whether it is new.
    async fn add(&self, job: &Job, now: Timestamp) -> Result<bool, OutboxError>;

    async fn find(&self, id: JobId) -> Result<Option<JobStatus>, OutboxError>;

    /// Jobs (in this state) in the order of their ids, beginning after `after`.
    async fn list(
        &self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: i64,
    ) -> Result<Vec<JobStatus>, OutboxError>;

    /// Takes a job that is queued, or that nobody has touched since `stale`.
    async fn claim(
        &self,
        id: JobId,
        worker: &str,
        now: Timestamp,
        stale: Timestamp,
    ) -> Result<Claim, OutboxError>;

    /// Writes down how far it is; what the job's state is by now, or none if it is another's.
    async fn advance(
        &self,
        lease: &Lease,
        progress: &Progress,
        left: &[PushId],
        now: Timestamp,
    ) -> Result<Option<JobState>, OutboxError>;

    /// Devices that were left in a round, in order.
    async fn left(
        &self,
        id: JobId,
        round: u32,
        after: Option<PushId>,
        limit: i64,
    ) -> Result<Vec<PushId>, OutboxError>;

    /// Says that somebody is still there; whether the job is still that one's.
    async fn beat(&self, lease: &Lease, now: Timestamp) -> Result<bool, OutboxError>;

    /// Gives a job back. Whether it was still that one's.
    async fn settle(&self, lease: &Lease, end: End, now: Timestamp) -> Result<bool, OutboxError>;

    /// Somebody's word: from one of these states to another one, and into its queue if it is to
    /// be run then. None if it is in no such state.
    async fn turn(
        &self,
        id: JobId,
        from: &[JobState],
        to: JobState,
        now: Timestamp,
    ) -> Result<Option<JobStatus>, OutboxError>;

    /// Puts a job into its queue once more, at that time.
    async fn wake(&self, id: JobId, lane: Lane, at: Timestamp) -> Result<(), OutboxError>;

    /// Forgets jobs that ended before; how many.
    async fn purge(&self, before: Timestamp) -> Result<u64, OutboxError>;

    /// Works on one lane's queue for as long as it is polled.
    async fn serve(&self, lane: Lane, shift: Shift) -> Result<(), OutboxError>;

    async fn close(&self);
}

/// What came of asking for a job.
#[derive(Debug)]
pub(crate) enum Claim {
    Taken(Box<Lease>, Progress),
    /// Somebody has it, and was there at this time.
    Busy(Lane, Timestamp),
    /// There is nothing to do.
    Nothing,
}

/// One run of a job, until another one begins.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) id: JobId,
    pub(crate) lane: Lane,
    pub(crate) epoch: i64,
    pub(crate) job: Job,
}

/// How far a job is.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Where the roster goes on; none after its end, and in later rounds.
    pub(crate) next: Option<Checkpoint>,
    /// The last device that was tried again in this round.
    pub(crate) again: Option<PushId>,
    pub(crate) round: u32,
    pub(crate) attempts: u32,
    pub(crate) tally: Tally,
}

/// How a run ends.
#[derive(Debug)]
pub(crate) enum End {
    /// It is what somebody made of it: paused or cancelled.
    AsItIs,
    Done,
    Dead(String),
    /// Goes on later, from where it is.
    Later {
        at: Timestamp,
        /// Why, if it failed.
        reason: Option<String>,
        progress: Progress,
    },
}

/// Makes our own tables, and keeps book of it where nobody else does.
fn migrator() -> Migrator {
    let jobs = include_str!("../../migrations/0001_jobs.sql");
    let jobs = Migration::new(
        1,
        "jobs".into(),
        MigrationType::Simple,
        jobs.into_sql_str(),
        false,
    );
    let mut migrator = Migrator::with_migrations(vec![jobs]);
    migrator.dangerous_set_table_name("zpns_outbox_migrations");
    migrator
}
