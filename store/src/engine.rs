//! What an engine has to be able to do. It knows rows; the rules are the [`Store`](crate::Store)'s.

use std::fmt::Debug;

use async_trait::async_trait;
use zpns_core::model::{MessageId, ProviderId, Timestamp, Token};
use zpns_core::service::{PushId, UserId};

use crate::difference::Difference;
use crate::select::{Dialect, Select};

/// A database of devices.
#[async_trait]
pub trait Engine: Debug + Send + Sync + 'static {
    /// A transaction.
    type Unit: Unit;

    /// How its SQL differs from the other's.
    const DIALECT: Dialect;

    /// Begins a transaction.
    async fn begin(&self) -> Result<Self::Unit, sqlx::Error>;

    /// The bodies of devices, in the order of their ids.
    async fn bodies(&self, select: Select) -> Result<Vec<String>, sqlx::Error>;

    /// Whether the same transaction may well succeed if it is made again.
    fn is_conflict(error: &sqlx::Error) -> bool;

    /// A user's counter.
    async fn badge(&self, user: &UserId) -> Result<Option<i64>, sqlx::Error>;

    /// Sets a user's counter; none takes it away.
    async fn set_badge(&self, user: &UserId, count: Option<i64>) -> Result<(), sqlx::Error>;

    /// Counts a message, unless it was counted; the counter afterwards, `most` at the most.
    async fn count(
        &self,
        user: &UserId,
        message: MessageId,
        by: i64,
        most: i64,
    ) -> Result<i64, sqlx::Error>;
}

/// A transaction. Dropped without a commit, it has changed nothing.
#[async_trait]
pub trait Unit: Send {
    /// The bodies of these devices and of those that have these tokens, each once. Until the end
    /// of the transaction nobody else alters them, or takes one of the tokens that are `gained`.
    async fn lock(&mut self, concerned: &Concerned) -> Result<Vec<String>, sqlx::Error>;

    /// A user's devices.
    async fn ids_of(&mut self, user: &UserId) -> Result<Vec<PushId>, sqlx::Error>;

    /// Devices that have been dead since before then, the longest dead first.
    async fn ids_dead(&mut self, before: Timestamp, limit: i64)
    -> Result<Vec<PushId>, sqlx::Error>;

    /// Writes rows.
    async fn write(&mut self, difference: &Difference) -> Result<(), sqlx::Error>;

    /// Makes all of it visible at once.
    async fn commit(self) -> Result<(), sqlx::Error>;
}

/// The devices that a change is about.
#[derive(Debug, Default)]
pub struct Concerned {
    /// By name.
    pub(crate) ids: Vec<PushId>,
    /// Whoever has these tokens.
    pub(crate) tokens: Vec<(ProviderId, Token)>,
    /// Whether the tokens, and the names, may get another owner by it.
    pub(crate) gained: bool,
}
