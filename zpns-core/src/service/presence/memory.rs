//! Presence in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Presence, PresenceState};
use crate::model::Timestamp;
use crate::service::{PushId, RegistryError, UserId};

/// A [`Presence`] in memory: for one process that holds all connections itself.
#[derive(Debug, Default)]
pub struct MemoryPresence(Mutex<Users>);

#[derive(Debug, Default)]
struct Users {
    online: HashMap<UserId, BTreeMap<PushId, (PresenceState, Timestamp)>>,
    /// Questions until the expired reports are swept out: as many as there were users then, so
    /// that a sweep costs each of them little.
    until_sweep: usize,
}

impl MemoryPresence {
    /// With everybody offline.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many users it remembers, those whose time is over among them until they are swept out.
    pub fn len(&self) -> usize {
        self.lock().online.len()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets every report that expired; done now and then without being asked.
    pub fn sweep(&self, now: Timestamp) {
        self.lock().sweep(now);
    }

    fn lock(&self) -> MutexGuard<'_, Users> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn sweep(&mut self, now: Timestamp) {
        self.online.retain(|_, devices| {
            devices.retain(|_, (_, until)| *until > now);
            !devices.is_empty()
        });
        self.until_sweep = self.online.len().max(1_024);
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn set(
        &self,
        user: &UserId,
        device: PushId,
        state: PresenceState,
        until: Timestamp,
    ) -> Result<(), RegistryError> {
        if state == PresenceState::Offline {
            return self.clear(user, Some(device)).await;
        }
        let mut users = self.lock();
        let devices = users.online.entry(user.clone()).or_default();
        devices.insert(device, (state, until));
        Ok(())
    }

    async fn online(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(PushId, PresenceState)>, RegistryError> {
        let mut users = self.lock();
        users.until_sweep = users.until_sweep.saturating_sub(1);
        if users.until_sweep == 0 {
            users.sweep(now);
        }
        let devices = users.online.get(user).into_iter().flatten();
        let online = devices.filter(|(_, (_, until))| *until > now);
        Ok(online.map(|(id, (state, _))| (*id, *state)).collect())
    }

    async fn clear(&self, user: &UserId, device: Option<PushId>) -> Result<(), RegistryError> {
        let mut users = self.lock();
        let Some(devices) = users.online.get_mut(user) else {
            return Ok(());
        };
        match device {
            Some(device) => drop(devices.remove(&device)),
            None => devices.clear(),
        }
        if devices.is_empty() {
            users.online.remove(user);
        }
        Ok(())
    }
}
