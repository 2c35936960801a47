//! What goes wrong with a queue.

use crate::JobId;

/// Why the queue did not do as it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The database cannot be reached, or is out of order.
    #[error("the outbox's database failed")]
    Database(#[source] sqlx::Error),
    /// Its tables could not be made, or are of a later version of this library.
    #[error("the outbox's tables could not be brought up to date")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The queue underneath failed.
    #[error("the outbox's queue failed")]
    Queue(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A job cannot be taken in, and why.
    #[error("the job cannot be taken in: {0}")]
    Invalid(String),
    /// What stands in the database is no job of this version's.
    #[error("the job {id} cannot be read")]
    Unreadable {
        /// Which job.
        id: JobId,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl From<sqlx::Error> for OutboxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// An error and what is behind it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
