//! The providers that a router holds, replaceable while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::guard::Guard;
use super::standing::{ExpiryWatch, Load};
use crate::layers::{Delivery, LayerContext, Layered};
use crate::model::ProviderId;
use crate::preflight::Checks;
use crate::provider::{Capability, PushProvider};

/// Read on the sending path without a lock; written rarely.
#[derive(Debug, Default)]
pub(super) struct Providers {
    map: ArcSwap<BTreeMap<ProviderId, Arc<Entry>>>,
    version: AtomicU64,
}

/// One provider with all that routing needs to know of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: ProviderId,
    /// With its layers.
    pub(super) provider: Arc<dyn PushProvider>,
    /// The same, as a type.
    pub(super) layered: Layered,
    pub(super) capability: Capability,
    /// Batches under way at once, at the most.
    pub(super) window: usize,
    /// The same one through every replacement.
    pub(super) guard: Arc<Guard>,
    /// The same one through every replacement.
    pub(super) load: Arc<Load>,
    pub(super) checks: Checks,
    pub(super) expiry_watch: ExpiryWatch,
    /// As it was given to the router.
    bare: Arc<dyn PushProvider>,
}

impl Providers {
    /// Adds or replaces; returns the one replaced, as it was given.
    pub(super) fn insert(
        &self,
        provider: Arc<dyn PushProvider>,
        delivery: Delivery,
        context: &LayerContext,
    ) -> Option<Arc<dyn PushProvider>> {
        let layered = delivery.layered(Arc::clone(&provider), context);
        let wrapped = layered.provider();
        let capability = wrapped.capability();
        let id = wrapped.info().id.clone();
        if let Err(error) = delivery.preflight.check(&*wrapped) {
            // Nothing is refused for it: rules may differ between versions of a provider.
            tracing::warn!(provider = id.as_str(), %error, "a setting without effect");
        }
        let entry = Arc::new(Entry {
            id: id.clone(),
            guard: self.guard(&id, &delivery),
            load: self
                .get(&id)
                .map(|entry| Arc::clone(&entry.load))
                .unwrap_or_default(),
            checks: Checks::new(
                &*wrapped,
                &delivery.preflight,
                Arc::clone(&context.resources.clock),
            ),
            expiry_watch: ExpiryWatch::default(),
            window: delivery
                .max_in_flight
                .map_or(capability.in_flight, usize::from)
                .max(1),
            capability,
            provider: wrapped,
            layered,
            bare: provider,
        });
        let before = self.map.rcu(|map| {
            let mut map = BTreeMap::clone(map);
            map.insert(id.clone(), Arc::clone(&entry));
            map
        });
        self.version.fetch_add(1, Ordering::Release);
        let before = before.get(&id)?;
        before.layered.retire();
        Some(Arc::clone(&before.bare))
    }

    /// The guard that watches over this provider's tokens already, or a new one.
    fn guard(&self, id: &ProviderId, delivery: &Delivery) -> Arc<Guard> {
        match self.map.load().get(id) {
            Some(entry) => {
                entry.guard.configure(delivery.guard.clone());
                Arc::clone(&entry.guard)
            }
            None => Arc::new(Guard::new(delivery.guard.clone())),
        }
    }

    pub(super) fn get(&self, id: &ProviderId) -> Option<Arc<Entry>> {
        self.map.load().get(id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<dyn PushProvider>> {
        let map = self.map.load();
        map.values()
            .map(|entry| Arc::clone(&entry.provider))
            .collect()
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.map.load().values().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.map.load().len()
    }

    /// The ids, for an error that says which there are.
    pub(super) fn ids(&self) -> Vec<ProviderId> {
        self.map.load().keys().cloned().collect()
    }

    /// Grows with every change.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}
