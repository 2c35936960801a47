//! The registry in memory: at most 250 bytes a device beyond its strings.

mod record;
mod state;

use std::num::NonZeroUsize;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;

use self::state::State;
use super::{
    Device, DeviceQuery, DeviceUpdate, Page, PushId, Registration, Registry, RegistryError,
    TokenChange, UserId,
};
use crate::model::{ProviderId, Timestamp, Token};

/// A [`Registry`] in memory: fast, and gone with the process. For tests, for servers that fill it
/// from a database of their own, and as the model of what every other one does.
#[derive(Debug, Default)]
pub struct MemoryRegistry(RwLock<State>);

impl MemoryRegistry {
    /// Without any device.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many devices there are.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn register(
        &self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<PushId, RegistryError> {
        self.write().register(registration, now)
    }

    async fn rotate(
        &self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.write().rotate(id, provider, token, now)
    }

    async fn update(&self, id: PushId, update: &DeviceUpdate) -> Result<(), RegistryError> {
        self.write().update(id, update)
    }

    async fn bind(&self, id: PushId, user: &UserId) -> Result<Option<UserId>, RegistryError> {
        self.write().bind(id, user)
    }

    async fn unbind(&self, id: PushId, user: Option<&UserId>) -> Result<bool, RegistryError> {
        Ok(self.write().unbind(id, user))
    }

    async fn unbind_all(
        &self,
        user: &UserId,
        except: Option<PushId>,
    ) -> Result<Vec<PushId>, RegistryError> {
        Ok(self.write().unbind_all(user, except))
    }

    async fn unregister(&self, id: PushId) -> Result<bool, RegistryError> {
        Ok(self.write().remove(id).is_some())
    }

    async fn device(&self, id: PushId) -> Result<Option<Device>, RegistryError> {
        Ok(self.read().device(id))
    }

    async fn find(
        &self,
        provider: &ProviderId,
        token: &Token,
    ) -> Result<Option<Device>, RegistryError> {
        let state = self.read();
        let owner = state.owner(provider, token);
        Ok(owner.and_then(|id| state.device(id)))
    }

    async fn page(
        &self,
        query: &DeviceQuery,
        after: Option<PushId>,
        limit: NonZeroUsize,
    ) -> Result<Page, RegistryError> {
        Ok(self.read().page(query, after, limit.get()))
    }

    async fn apply(&self, changes: &[TokenChange]) -> Result<Vec<bool>, RegistryError> {
        let mut state = self.write();
        Ok(changes.iter().map(|change| state.apply(change)).collect())
    }

    async fn purge(
        &self,
        dead_before: Timestamp,
        limit: NonZeroUsize,
    ) -> Result<usize, RegistryError> {
        Ok(self.write().purge(dead_before, limit.get()))
    }

    async fn restore(&self, device: Device) -> Result<(), RegistryError> {
        self.write().restore(device)
    }
}
