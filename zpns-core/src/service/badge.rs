//! The number on the app's icon: one counter per user, the same on all of the user's devices.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::recent::Recent;
use super::{RegistryError, UserId};
use crate::model::MessageId;

/// One counter per user.
///
/// A message with [`Badge::Add`](crate::Badge::Add) is counted once for each user of whom a
/// device gets a push, however often it is sent; devices then show the counter where the vendor
/// can set a number, and add to their own where it can only add.
/// [`Badge::Set`](crate::Badge::Set) and [`Badge::Clear`](crate::Badge::Clear) set the counter.
#[async_trait]
pub trait Badges: Debug + Send + Sync + 'static {
    /// The counter; zero for a user who has none.
    ///
    /// # Errors
    /// None but the store's own.
    async fn get(&self, user: &UserId) -> Result<u32, RegistryError>;

    /// Sets the counter: to zero when the user has read everything.
    ///
    /// # Errors
    /// None but the store's own.
    async fn set(&self, user: &UserId, count: u32) -> Result<(), RegistryError>;

    /// Counts a message, unless it was counted for this user already. The counter afterwards.
    ///
    /// # Errors
    /// None but the store's own.
    async fn add(&self, user: &UserId, message: MessageId, by: u32) -> Result<u32, RegistryError>;
}

/// [`Badges`] in memory. Remembers at least the last 500,000 messages that it counted.
#[derive(Debug, Default)]
pub struct MemoryBadges {
    counters: Mutex<HashMap<UserId, u32>>,
    counted: Recent,
}

impl MemoryBadges {
    /// With every counter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, u32>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Badges for MemoryBadges {
    async fn get(&self, user: &UserId) -> Result<u32, RegistryError> {
        Ok(self.lock().get(user).copied().unwrap_or_default())
    }

    async fn set(&self, user: &UserId, count: u32) -> Result<(), RegistryError> {
        let mut counters = self.lock();
        match count {
            0 => drop(counters.remove(user)),
            _ => drop(counters.insert(user.clone(), count)),
        }
        Ok(())
    }

    async fn add(&self, user: &UserId, message: MessageId, by: u32) -> Result<u32, RegistryError> {
        // Under the lock, so that two of the same message at once agree on the number.
        let mut counters = self.lock();
        let fresh = self.counted.insert((message, user));
        let counter = counters.get(user).copied().unwrap_or_default();
        if !fresh || by == 0 {
            return Ok(counter);
        }
        let counter = counter.saturating_add(by);
        counters.insert(user.clone(), counter);
        Ok(counter)
    }
}
