//! Why a device may get no pushes.

use std::num::NonZeroUsize;

use super::PushService;
use crate::service::diagnose::{Patient, examine};
use crate::service::{Diagnosis, PushId, RegistryError};

/// Latest pushes that are looked at.
const PUSHES: NonZeroUsize = NonZeroUsize::new(4).unwrap();

impl PushService {
    /// Says in words why a device may get no pushes: whether it is registered and has a channel
    /// that is used, who is logged in and online there, how the providers of its channels stand,
    /// and what became of its latest push. The most likely cause comes first; nothing is sent.
    ///
    /// # Errors
    /// Whatever the registry, the presence or the milestones report.
    pub async fn diagnose(&self, device: PushId) -> Result<Diagnosis, RegistryError> {
        let inner = &self.0;
        let now = inner.clock.now();
        let found = inner.registry.device(device).await?;
        let mut presence = Default::default();
        if let Some(user) = found.as_ref().and_then(|found| found.user.as_ref()) {
            let states = inner.presence.online(user, now).await?;
            let own = states.iter().find(|(id, _)| *id == device);
            presence = own.map(|(_, state)| *state).unwrap_or_default();
        }
        Ok(examine(&Patient {
            id: device,
            device: found,
            presence,
            policy: inner.policy,
            router: &inner.router,
            pushes: inner.milestones.of_device(device, PUSHES).await?,
            now,
        }))
    }
}
