//! A quota of the day that is used up is not asked for again before the day is over.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::settings;
use super::{Around, Layer, LayerContext, Next, Urgency, Wrapped};
use crate::model::{
    Category, ErrorKind, Kind, Notification, Outcome, Rejection, Report, Scope, Sent, Timestamp,
};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, ProviderInfo, PushProvider};
use crate::resources::Clock;

/// Classes that are remembered as used up at the most: more than any vendor has.
const CLASSES: usize = 64;

/// Devices whose pushes of the day are counted at the most, some twenty megabytes; those beyond
/// are not counted.
const DEVICES: usize = 1 << 20;

const DAY: i64 = 24 * 3_600_000;

/// Keeps to the vendor's daily quotas.
///
/// A [`QuotaExceeded`](ErrorKind::QuotaExceeded) that concerns a class or the provider
/// ([`Scope`]) closes it until the vendor's midnight
/// ([`Capability::quota_day`](crate::Capability::quota_day)): pushes in it are answered with
/// `QuotaExceeded` without a call, which some vendors would answer with a lower quota. A verdict
/// on one device closes nothing.
///
/// What one device may get in a day is known to the host better than to us: it depends on the
/// app's category and rights. Where it is set, pushes beyond it are answered without a call. About
/// a million devices are counted at the most; those beyond are not.
///
/// ```
/// use std::num::NonZeroU32;
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.quota.marketing_per_device = NonZeroU32::new(2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quota {
    /// Whether it is kept to. It is unless set.
    pub enabled: bool,
    /// Silent pushes that one device gets in a day at the most. Any number unless set.
    #[serde(deserialize_with = "settings::optional_number")]
    pub silent_per_device: Option<NonZeroU32>,
    /// News and advertising that one device gets in a day at the most. Any number unless set.
    #[serde(deserialize_with = "settings::optional_number")]
    pub marketing_per_device: Option<NonZeroU32>,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            enabled: true,
            silent_per_device: None,
            marketing_per_device: None,
        }
    }
}

impl Layer for Quota {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        match AroundQuota::new(*self, &*inner, context) {
            Some(around) => Wrapped::around(inner, around),
            None => inner,
        }
    }
}

#[derive(Debug)]
pub(super) struct AroundQuota {
    settings: Quota,
    vendor: String,
    /// Seconds east of UTC of the vendor's clock.
    offset: Option<i32>,
    clock: Arc<dyn Clock>,
    observers: Observers,
    /// Whether `used_up` is worth a look.
    latched: AtomicBool,
    used_up: Mutex<HashMap<Class, UsedUp>>,
    /// Another provider took this one's place: late verdicts are news to nobody.
    retired: AtomicBool,
    devices: Mutex<Devices>,
}

/// What a quota is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Class {
    All,
    /// The vendor's own word for it, or kind, category, channel and its options; hashed.
    Some(u64),
}

/// A quota of the day that is used up: its pushes are answered without a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct UsedUp {
    /// Of which category and what else makes a class; none if it is everything, or of pushes
    /// without a category.
    pub category: Option<Category>,
    /// When the quota begins anew.
    pub until: Timestamp,
}

/// How many pushes of a capped kind each device got today.
#[derive(Debug, Default)]
struct Devices {
    until: Timestamp,
    counts: HashMap<u64, u32>,
}

impl Around for AroundQuota {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        if let Some(rejection) = self.turns_away(next.provider(), batch) {
            return batch.report_all(rejection);
        }
        let report = match self.cap(batch.notification()) {
            Some(cap) => Box::pin(self.capped(next, batch, cap)).await,
            None => next.pass(batch).await,
        };
        if let Some((scope, rejection)) = used_up(&report) {
            self.close(next.provider(), batch, scope, rejection);
        }
        report
    }
}

impl AroundQuota {
    /// None where there is nothing to keep to.
    pub(super) fn new(
        settings: Quota,
        provider: &dyn PushProvider,
        context: &LayerContext,
    ) -> Option<Self> {
        let offset = provider.capability().quota_day;
        let caps = settings.silent_per_device.or(settings.marketing_per_device);
        (settings.enabled && (offset.is_some() || caps.is_some())).then(|| Self {
            settings,
            vendor: provider.info().vendor.as_str().to_owned(),
            offset,
            clock: Arc::clone(&context.resources.clock),
            observers: context.observers.clone(),
            latched: AtomicBool::new(false),
            used_up: Mutex::default(),
            retired: AtomicBool::new(false),
            devices: Mutex::default(),
        })
    }

    /// What a batch is answered whose quota is used up.
    pub(super) fn turns_away(
        &self,
        provider: &dyn PushProvider,
        batch: &Batch,
    ) -> Option<Rejection> {
        let until = self.latch(provider, batch)?;
        let minutes = until.since(self.clock.now()).as_secs().div_ceil(60);
        let reason = format!(
            "not sent: the vendor said that the day's quota is used up; it begins anew in \
             {minutes} minutes"
        );
        Some(Rejection::new(ErrorKind::QuotaExceeded, reason).held_back())
    }

    /// Until when this class, or everything, is used up.
    fn latch(&self, provider: &dyn PushProvider, batch: &Batch) -> Option<Timestamp> {
        if !self.latched.load(Ordering::Acquire) {
            return None;
        }
        let now = self.clock.now();
        let mut used_up = lock(&self.used_up);
        let over: Vec<UsedUp> = used_up
            .extract_if(|_, used_up| used_up.until <= now)
            .map(|(_, used_up)| used_up)
            .collect();
        self.latched.store(!used_up.is_empty(), Ordering::Release);
        let class = self.class(provider, batch.notification());
        let until = used_up.get(&Class::All).or_else(|| used_up.get(&class));
        let until = until.map(|used_up| used_up.until);
        drop(used_up);
        if !self.retired.load(Ordering::Acquire) {
            self.released(provider.info(), &over);
        }
        until
    }

    fn released(&self, provider: &ProviderInfo, over: &[UsedUp]) {
        for UsedUp { category, .. } in over {
            self.observers.tell(&Event::QuotaReleased {
                provider,
                category: *category,
            });
        }
    }

    /// What is used up at present.
    pub(super) fn used_up(&self) -> Vec<UsedUp> {
        if !self.latched.load(Ordering::Acquire) {
            return Vec::new();
        }
        let now = self.clock.now();
        let used_up = lock(&self.used_up);
        let still = used_up.values().filter(|used_up| used_up.until > now);
        still.copied().collect()
    }

    /// Another provider takes this one's place, and asks its vendor anew.
    pub(super) fn retire(&self, provider: &ProviderInfo) {
        if self.retired.swap(true, Ordering::AcqRel) {
            return;
        }
        let over: Vec<UsedUp> = lock(&self.used_up).values().copied().collect();
        self.released(provider, &over);
    }

    fn close(
        &self,
        provider: &dyn PushProvider,
        batch: &Batch,
        scope: Scope,
        rejection: &Rejection,
    ) {
        let Some(until) = self.offset.and_then(|offset| self.midnight(offset)) else {
            return;
        };
        let class = match scope {
            Scope::Provider => Class::All,
            _ => self.class(provider, batch.notification()),
        };
        let category = match class {
            Class::All => None,
            Class::Some(_) => batch.notification().category,
        };
        let mut used_up = lock(&self.used_up);
        if used_up.len() >= CLASSES {
            return;
        }
        let before = used_up.insert(class, UsedUp { category, until });
        self.latched.store(true, Ordering::Release);
        drop(used_up);
        if before.is_some() || self.retired.load(Ordering::Acquire) {
            return;
        }
        self.observers.tell(&Event::QuotaLatched {
            provider: provider.info(),
            category,
            until,
            reason: &rejection.reason,
        });
    }

    /// The next midnight of the vendor's clock.
    fn midnight(&self, offset: i32) -> Option<Timestamp> {
        let offset = i64::from(offset) * 1_000;
        let there = i64::try_from(self.clock.now().as_millis()).ok()? + offset;
        let next = (there.div_euclid(DAY) + 1) * DAY - offset;
        u64::try_from(next).ok().map(Timestamp::from_millis)
    }

    /// Where the adapter has no word for it: the vendor's own options may choose another class than
    /// the category does, and what differs in them shares no quota as far as we know.
    fn class(&self, provider: &dyn PushProvider, message: &Notification) -> Class {
        let mut hasher = DefaultHasher::new();
        if let Some(word) = provider.quota_class(message) {
            word.hash(&mut hasher);
            return Class::Some(hasher.finish());
        }
        message.kind.hash(&mut hasher);
        message.category.hash(&mut hasher);
        message.channel.hash(&mut hasher);
        let options = serde_json::to_value(&message.vendor).unwrap_or_default();
        let own = options.get(&self.vendor).map(ToString::to_string);
        own.hash(&mut hasher);
        Class::Some(hasher.finish())
    }

    fn cap(&self, message: &Notification) -> Option<NonZeroU32> {
        match (&message.kind, Urgency::of(message)) {
            (Kind::Silent, _) => self.settings.silent_per_device,
            (_, Urgency::Campaign) => self.settings.marketing_per_device,
            _ => None,
        }
    }

    /// Sends to those devices that have had fewer than `cap` today. A push is counted before it
    /// goes out, and not any more if it did not arrive.
    async fn capped<N: Next>(&self, next: &N, batch: &Batch, cap: NonZeroU32) -> Report {
        let silent = batch.notification().kind == Kind::Silent;
        let keys: Vec<u64> = batch
            .targets()
            .iter()
            .map(|target| {
                let mut hasher = DefaultHasher::new();
                (silent, target.token.as_str()).hash(&mut hasher);
                hasher.finish()
            })
            .collect();
        let counted = self.count(&keys, cap);
        let positions: Vec<usize> = (0..keys.len()).filter(|at| counted.fits(*at)).collect();
        if positions.len() == keys.len() {
            let report = next.pass(batch).await;
            counted.settle(report.outcomes());
            return report;
        }
        let reason = format!("not sent: the device has had its {cap} of today (`delivery.quota`)");
        let full = Rejection::new(ErrorKind::QuotaExceeded, reason).held_back();
        let mut report = batch.report_all(full);
        if positions.is_empty() {
            return report;
        }
        let targets = positions
            .iter()
            .filter_map(|&at| batch.targets().get(at).cloned())
            .collect();
        let sent = next.pass(&batch.with_targets(targets)).await;
        report.adopt_notes(&sent);
        let sent = sent.of_length(positions.len());
        for (at, outcome) in positions.into_iter().zip(sent.into_outcomes()) {
            report.replace(at, outcome);
        }
        counted.settle(report.outcomes());
        report
    }

    fn count<'a>(&'a self, keys: &'a [u64], cap: NonZeroU32) -> Counted<'a> {
        let now = self.clock.now();
        let mut devices = lock(&self.devices);
        if now >= devices.until {
            devices.counts.clear();
            devices.until = self
                .midnight(self.offset.unwrap_or(0))
                .unwrap_or(now + Duration::from_secs(86_400));
        }
        let fits = keys
            .iter()
            .map(|key| {
                let known = devices.counts.contains_key(key);
                if !known && devices.counts.len() >= DEVICES {
                    return Place::Uncounted;
                }
                let count = devices.counts.entry(*key).or_default();
                if *count >= cap.get() {
                    return Place::Full;
                }
                *count += 1;
                Place::Counted
            })
            .collect();
        Counted {
            quota: self,
            keys,
            fits,
            of_day: devices.until,
        }
    }
}

/// What one device's count says to a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Counted,
    Uncounted,
    Full,
}

/// Pushes that are counted. Those whose outcome is never known stay so: they may have arrived.
struct Counted<'a> {
    quota: &'a AroundQuota,
    keys: &'a [u64],
    fits: Vec<Place>,
    of_day: Timestamp,
}

impl Counted<'_> {
    fn fits(&self, at: usize) -> bool {
        self.fits.get(at) != Some(&Place::Full)
    }

    /// Takes back what did not arrive.
    fn settle(self, outcomes: &[Outcome]) {
        let mut devices = lock(&self.quota.devices);
        if devices.until != self.of_day {
            return;
        }
        for ((key, place), outcome) in self.keys.iter().zip(&self.fits).zip(outcomes) {
            let arrived = match outcome {
                Outcome::Accepted(_) => true,
                Outcome::Rejected(_) => false,
                Outcome::Failed(error) => error.sent() == Sent::Maybe,
            };
            if *place == Place::Counted
                && !arrived
                && let Some(count) = devices.counts.get_mut(key)
            {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// The first verdict on a quota that concerns more than its target.
fn used_up(report: &Report) -> Option<(Scope, &Rejection)> {
    report.outcomes().iter().find_map(|outcome| match outcome {
        Outcome::Rejected(rejection)
            if rejection.kind == ErrorKind::QuotaExceeded && rejection.scope() > Scope::Target =>
        {
            Some((rejection.scope(), rejection))
        }
        _ => None,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
