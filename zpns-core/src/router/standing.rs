//! How each provider stands: what waits, what is under way, what ends soon.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::providers::Entry;
use super::{MassInvalidation, Router};
use crate::layers::{LayersStatus, Urgency};
use crate::observer::Event;
use crate::provider::{Expiry, ProviderInfo};

/// How long before its end a credential is worth a warning.
const NEAR: Duration = Duration::from_secs(14 * 24 * 3_600);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// How one provider stands at the moment.
///
/// ```
/// # fn example(router: &zpns_core::Router) {
/// for status in router.status() {
///     println!("{}: {} targets wait", status.provider.id, status.waiting);
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProviderStatus {
    /// Which provider.
    pub provider: ProviderInfo,
    /// Targets that wait for a batch, or for room in the provider's window: all lanes together.
    pub waiting: usize,
    /// The same by lane: as many numbers as there are [urgencies](Urgency::ALL), in their order.
    pub lanes: [usize; Urgency::ALL.len()],
    /// Batches under way, the pauses between their attempts included.
    pub in_flight: usize,
    /// Why no token is dropped, if so.
    pub guard: Option<MassInvalidation>,
    /// Which credentials end, and when.
    pub expiries: Vec<Expiry>,
    /// How its layers stand: breaker, rate, quotas, and what waits there.
    pub layers: LayersStatus,
}

impl Router {
    /// How the providers stand, by id in order. Cheap enough for every scrape of metrics.
    pub fn status(&self) -> Vec<ProviderStatus> {
        let entries = self.0.providers.entries().into_iter();
        entries
            .map(|entry| {
                let lanes = entry.load.lanes();
                ProviderStatus {
                    provider: entry.provider.info().clone(),
                    waiting: lanes.iter().sum(),
                    lanes,
                    in_flight: entry.load.in_flight.load(Ordering::Relaxed),
                    guard: entry.guard.alarm(),
                    expiries: entry.provider.expiries(),
                    layers: entry.layered.status(),
                }
            })
            .collect()
    }

    /// Once an hour, tells of every credential that ends soon.
    pub(super) fn watch_expiries(&self) {
        let now = self.0.context.resources.clock.monotonic();
        if !self.0.expiry_watch.is_due(now) {
            return;
        }
        for entry in self.0.providers.entries() {
            // One that is new is looked at early; of the others that would be news to nobody.
            if entry.expiry_watch.is_due(now) {
                self.tell_of_expiries(&entry);
            }
        }
    }

    fn tell_of_expiries(&self, entry: &Entry) {
        let context = &self.0.context;
        let now = context.resources.clock.now();
        let provider = entry.provider.info();
        for expiry in entry.provider.expiries() {
            let left = expiry.at.since(now);
            if left > NEAR {
                continue;
            }
            tracing::warn!(
                provider = provider.id.as_str(),
                days_left = left.as_secs() / 86_400,
                "a credential ends soon: {}",
                expiry.what
            );
            context.observers.tell(&Event::CredentialExpiring {
                provider,
                expiry: &expiry,
                left,
            });
        }
    }
}

/// When the credentials are looked at next.
#[derive(Debug, Default)]
pub(super) struct ExpiryWatch(AtomicU64);

impl ExpiryWatch {
    /// Whether it is time; to one of those who ask at the same time.
    fn is_due(&self, now: Duration) -> bool {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let due = self.0.load(Ordering::Relaxed);
        let next = millis(now.saturating_add(LOOK_EVERY));
        millis(now) >= due
            && (self.0)
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Looks again at once: a provider is new.
    pub(super) fn hasten(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// What all streams together have for one provider.
#[derive(Debug, Default)]
pub(super) struct Load {
    waiting: [AtomicUsize; Urgency::ALL.len()],
    in_flight: AtomicUsize,
}

impl Load {
    /// What waits, by urgency.
    fn lanes(&self) -> [usize; Urgency::ALL.len()] {
        self.waiting
            .each_ref()
            .map(|waiting| waiting.load(Ordering::Relaxed))
    }
}

/// What one stream has for one provider; gone from the load when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    load: Arc<Load>,
    urgency: Urgency,
    waiting: usize,
    in_flight: usize,
}

impl Share {
    pub(super) fn new(load: Arc<Load>, urgency: Urgency) -> Self {
        Self {
            load,
            urgency,
            waiting: 0,
            in_flight: 0,
        }
    }

    /// Makes the load count so many of it.
    pub(super) fn publish(&mut self, waiting: usize, in_flight: usize) {
        if let Some(total) = self.load.waiting.get(self.urgency as usize) {
            change(total, &mut self.waiting, waiting);
        }
        change(&self.load.in_flight, &mut self.in_flight, in_flight);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.publish(0, 0);
    }
}

fn change(total: &AtomicUsize, own: &mut usize, to: usize) {
    if to > *own {
        total.fetch_add(to - *own, Ordering::Relaxed);
    } else if to < *own {
        total.fetch_sub(*own - to, Ordering::Relaxed);
    }
    *own = to;
}
