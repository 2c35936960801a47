//! The users' counters on an engine.

use async_trait::async_trait;
use zpns_core::model::MessageId;
use zpns_core::service::{Badges, RegistryError, UserId};

use crate::engine::Engine;
use crate::store::{Store, storage};

/// Counted messages that are remembered at the least.
pub(crate) const REMEMBERED: i64 = 1_000_000;
/// Counted messages after which those before are forgotten.
pub(crate) const SWEEP: i64 = 1_000;

/// Remembers at least the last 1,000,000 messages that it counted.
#[async_trait]
impl<E: Engine> Badges for Store<E> {
    async fn get(&self, user: &UserId) -> Result<u32, RegistryError> {
        let count = self.engine.badge(user).await.map_err(storage)?;
        Ok(count.map_or(0, counter))
    }

    async fn set(&self, user: &UserId, count: u32) -> Result<(), RegistryError> {
        let count = (count > 0).then(|| count.into());
        let set = self.engine.set_badge(user, count);
        set.await.map_err(storage)
    }

    async fn add(&self, user: &UserId, message: MessageId, by: u32) -> Result<u32, RegistryError> {
        let count = self.engine.count(user, message, by.into(), u32::MAX.into());
        Ok(counter(count.await.map_err(storage)?))
    }
}

fn counter(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}
