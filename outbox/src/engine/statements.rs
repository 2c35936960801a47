//! The statements, and how rows are written and read. Placeholders are `$1`, which both engines
//! take.

use serde::{Deserialize, Serialize};
use sqlx::{ColumnIndex, Decode, Row, Type};
use zpns_core::Timestamp;
use zpns_core::service::{Checkpoint, PushId};

use super::{Lease, Progress};
use crate::{Job, JobId, JobState, JobStatus, Lane, OutboxError};

pub(super) const ADD: &str = "\
    INSERT INTO zpns_jobs (id, lane, state, job, checkpoint, round, attempts, tally, epoch, \
        created_ms, due_ms, updated_ms) \
    VALUES ($1, $2, 'queued', $3, $4, 0, 0, '{}', 0, $5, $6, $5) \
    ON CONFLICT (id) DO NOTHING";

pub(super) const FIND: &str = "SELECT * FROM zpns_jobs WHERE id = $1";

pub(super) const LIST: &str = "\
    SELECT * FROM zpns_jobs WHERE id > $1 AND ($2 = '' OR state = $2) ORDER BY id LIMIT $3";

/// Takes what is queued, or what is run by somebody who has not been there for long.
pub(super) const CLAIM: &str = "\
    UPDATE zpns_jobs SET state = 'running', epoch = epoch + 1, worker = $2, updated_ms = $3 \
    WHERE id = $1 AND (state = 'queued' OR (state = 'running' AND updated_ms <= $4)) \
    RETURNING *";

/// Whoever ran what was paused is gone.
pub(super) const LEAVE: &str = "\
    UPDATE zpns_jobs SET worker = NULL WHERE id = $1 AND state <> 'running' AND updated_ms <= $2";

pub(super) const ADVANCE: &str = "\
    UPDATE zpns_jobs SET checkpoint = $3, round = $4, attempts = $5, tally = $6, updated_ms = $7 \
    WHERE id = $1 AND epoch = $2 RETURNING state";

pub(super) const ADD_LEFT: &str = "\
    INSERT INTO zpns_job_left (job, round, device) VALUES ($1, $2, $3) \
    ON CONFLICT (job, round, device) DO NOTHING";

pub(super) const LEFT: &str = "\
    SELECT device FROM zpns_job_left WHERE job = $1 AND round = $2 AND device > $3 \
    ORDER BY device LIMIT $4";

pub(super) const BEAT: &str = "\
    UPDATE zpns_jobs SET updated_ms = $3 WHERE id = $1 AND epoch = $2 AND state = 'running'";

/// Ends a run that nobody else has ended.
pub(super) const END: &str = "\
    UPDATE zpns_jobs SET state = $3, reason = $4, worker = NULL, updated_ms = $5 \
    WHERE id = $1 AND epoch = $2 AND state = 'running'";

/// What was resumed in the meantime is queued again.
pub(super) const RELEASE: &str = "\
    UPDATE zpns_jobs SET worker = NULL, updated_ms = $3, \
        state = CASE WHEN state = 'running' THEN 'queued' ELSE state END \
    WHERE id = $1 AND epoch = $2";

pub(super) const LATER: &str = "\
    UPDATE zpns_jobs SET state = 'queued', worker = NULL, reason = $3, due_ms = $4, \
        checkpoint = $5, round = $6, attempts = $7, tally = $8, updated_ms = $9 \
    WHERE id = $1 AND epoch = $2 AND state = 'running'";

/// What is resumed while its worker has not noticed the pause yet simply goes on.
pub(super) const TURN: &str = "\
    UPDATE zpns_jobs SET updated_ms = $4, \
        state = CASE WHEN $3 = 'queued' AND worker IS NOT NULL THEN 'running' ELSE $3 END, \
        reason = CASE WHEN $3 = 'queued' THEN NULL ELSE reason END, \
        attempts = CASE WHEN $3 = 'queued' THEN 0 ELSE attempts END, \
        due_ms = CASE WHEN $3 = 'queued' THEN $4 ELSE due_ms END \
    WHERE id = $1 AND state = $2";

pub(super) const PURGE_LEFT: &str = "\
    DELETE FROM zpns_job_left WHERE job IN (SELECT id FROM zpns_jobs \
        WHERE state IN ('done', 'cancelled', 'dead') AND updated_ms < $1)";

pub(super) const PURGE: &str = "\
    DELETE FROM zpns_jobs \
    WHERE state IN ('done', 'cancelled', 'dead') AND updated_ms < $1";

/// The column `checkpoint`.
#[derive(Serialize, Deserialize)]
struct Place {
    next: Option<Checkpoint>,
    again: Option<PushId>,
}

pub(super) fn place(progress: &Progress) -> String {
    let place = Place {
        next: progress.next,
        again: progress.again,
    };
    json(&place)
}

/// Where every job begins.
pub(super) fn beginning() -> String {
    json(&Place {
        next: Some(Checkpoint::default()),
        again: None,
    })
}

/// What we made ourselves, which is always possible as JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// A row of `zpns_jobs`, whatever the engine.
pub(super) struct JobRow {
    id: String,
    lane: String,
    state: String,
    job: String,
    checkpoint: String,
    round: i64,
    attempts: i64,
    tally: String,
    reason: Option<String>,
    epoch: i64,
    worker: Option<String>,
    created_ms: i64,
    due_ms: i64,
    updated_ms: i64,
}

impl JobRow {
    pub(super) fn read<R: Row>(row: &R) -> Result<Self, sqlx::Error>
    where
        for<'a> String: Decode<'a, R::Database> + Type<R::Database>,
        for<'a> Option<String>: Decode<'a, R::Database> + Type<R::Database>,
        for<'a> i64: Decode<'a, R::Database> + Type<R::Database>,
        for<'a> &'a str: ColumnIndex<R>,
    {
        Ok(Self {
            id: row.try_get("id")?,
            lane: row.try_get("lane")?,
            state: row.try_get("state")?,
            job: row.try_get("job")?,
            checkpoint: row.try_get("checkpoint")?,
            round: row.try_get("round")?,
            attempts: row.try_get("attempts")?,
            tally: row.try_get("tally")?,
            reason: row.try_get("reason")?,
            epoch: row.try_get("epoch")?,
            worker: row.try_get("worker")?,
            created_ms: row.try_get("created_ms")?,
            due_ms: row.try_get("due_ms")?,
            updated_ms: row.try_get("updated_ms")?,
        })
    }

    pub(super) fn status(self) -> Result<JobStatus, OutboxError> {
        let id = self.id()?;
        Ok(JobStatus {
            id,
            state: state(&self.state)?,
            lane: lane(&self.lane)?,
            tally: parsed(id, &self.tally)?,
            round: u32::try_from(self.round).unwrap_or_default(),
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            reason: self.reason,
            worker: self.worker,
            created: time(self.created_ms),
            due: time(self.due_ms),
            updated: time(self.updated_ms),
        })
    }

    pub(super) fn lease(self) -> Result<(Lease, Progress), OutboxError> {
        let id = self.id()?;
        let place: Place = parsed(id, &self.checkpoint)?;
        let job: Job = parsed(id, &self.job)?;
        let progress = Progress {
            next: place.next,
            again: place.again,
            round: u32::try_from(self.round).unwrap_or_default(),
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            tally: parsed(id, &self.tally)?,
        };
        let lease = Lease {
            id,
            lane: lane(&self.lane)?,
            epoch: self.epoch,
            job,
        };
        Ok((lease, progress))
    }

    fn id(&self) -> Result<JobId, OutboxError> {
        self.id.parse().map_err(|_| strange("id", &self.id))
    }
}

fn parsed<T: for<'a> Deserialize<'a>>(id: JobId, text: &str) -> Result<T, OutboxError> {
    serde_json::from_str(text).map_err(|source| OutboxError::Unreadable { id, source })
}

pub(super) fn state(name: &str) -> Result<JobState, OutboxError> {
    name.parse().map_err(|_| strange("state", name))
}

fn lane(name: &str) -> Result<Lane, OutboxError> {
    let named = Lane::ALL.into_iter().find(|lane| lane.as_str() == name);
    named.ok_or_else(|| strange("lane", name))
}

/// A value that no version of this library has written.
pub(super) fn strange(column: &str, value: &str) -> OutboxError {
    let message = format!("the column `{column}` holds `{value}`");
    OutboxError::Database(sqlx::Error::Decode(message.into()))
}
