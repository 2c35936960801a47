//! Milestones in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::early::EarlyReceipts;
use super::{CampaignCounts, Early, Joined, Milestones, PushRecord};
use crate::model::{MessageId, ProviderId, Timestamp, Token};
use crate::receipt::Receipt;
use crate::service::{PushId, RegistryError};

/// Campaigns whose counts are kept at once.
const CAMPAIGNS: usize = 10_000;

/// [`Milestones`] in memory: of the last pushes and days, gone with the process.
///
/// A push takes about half a kilobyte. Counts of a campaign live as long as its latest push; those
/// of ten thousand campaigns are kept.
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::time::Duration;
/// use zpns_core::service::MemoryMilestones;
///
/// let day = Duration::from_secs(24 * 3_600);
/// let million = NonZeroUsize::new(1_000_000).unwrap();
/// let milestones = MemoryMilestones::new().keeping(million, 7 * day);
/// ```
#[derive(Debug)]
pub struct MemoryMilestones {
    most: usize,
    retention: Duration,
    state: Mutex<State>,
}

type ByVendorId = (ProviderId, Arc<str>, Token);
type ByMessage = (MessageId, ProviderId, Token);

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were written down.
    pushes: VecDeque<Kept>,
    /// The number of the first of them; they are numbered without a gap.
    first: u64,
    by_vendor_id: HashMap<ByVendorId, u64>,
    by_message: BTreeMap<ByMessage, u64>,
    by_device: BTreeSet<(PushId, u64)>,
    campaigns: HashMap<Arc<str>, Campaign>,
    early: EarlyReceipts,
}

#[derive(Debug)]
struct Kept {
    push: PushRecord,
    since: Timestamp,
}

#[derive(Debug, Default)]
struct Campaign {
    counts: CampaignCounts,
    latest: Timestamp,
}

impl Default for MemoryMilestones {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMilestones {
    /// Keeps the last hundred thousand pushes, for three days.
    pub fn new() -> Self {
        Self {
            most: 100_000,
            retention: Duration::from_secs(3 * 24 * 3_600),
            state: Mutex::default(),
        }
    }

    /// Keeps so many pushes, and for so long.
    #[must_use]
    pub fn keeping(mut self, most: NonZeroUsize, retention: Duration) -> Self {
        self.most = most.get();
        self.retention = retention;
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Milestones for MemoryMilestones {
    async fn record(
        &self,
        pushes: &[PushRecord],
        now: Timestamp,
    ) -> Result<Vec<Early>, RegistryError> {
        let mut state = self.lock();
        state.forget(now, self.retention);
        let mut early = Vec::new();
        for push in pushes {
            early.extend(state.insert(push.clone(), now));
            while state.pushes.len() > self.most {
                state.pop();
            }
        }
        Ok(early)
    }

    async fn join(
        &self,
        provider: &ProviderId,
        receipts: &[Receipt],
        now: Timestamp,
    ) -> Result<Vec<Option<Joined>>, RegistryError> {
        let mut state = self.lock();
        state.forget(now, self.retention);
        let joined = receipts.iter().map(|receipt| {
            let joined = state.join(provider, receipt, now);
            if joined.is_none() {
                state.early.insert(provider, receipt, now);
            }
            joined
        });
        Ok(joined.collect())
    }

    async fn of_message(
        &self,
        message: MessageId,
        limit: NonZeroUsize,
    ) -> Result<Vec<PushRecord>, RegistryError> {
        let state = self.lock();
        let from = (message, ProviderId::from(""), Token::from(""));
        let numbers = state.by_message.range(from..);
        let numbers = numbers.take_while(|((of, ..), _)| *of == message);
        let pushes = numbers.filter_map(|(_, number)| state.get(*number));
        Ok(pushes.take(limit.get()).cloned().collect())
    }

    async fn of_device(
        &self,
        device: PushId,
        limit: NonZeroUsize,
    ) -> Result<Vec<PushRecord>, RegistryError> {
        let state = self.lock();
        let numbers = state.by_device.range((device, 0)..=(device, u64::MAX));
        let pushes = numbers.rev().filter_map(|(_, number)| state.get(*number));
        Ok(pushes.take(limit.get()).cloned().collect())
    }

    async fn counts(&self, campaign: &str) -> Result<CampaignCounts, RegistryError> {
        let state = self.lock();
        let campaign = state.campaigns.get(campaign);
        Ok(campaign
            .map(|campaign| campaign.counts.clone())
            .unwrap_or_default())
    }
}

impl State {
    fn get(&self, number: u64) -> Option<&PushRecord> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.pushes.get(place).map(|kept| &kept.push)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut PushRecord> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.pushes.get_mut(place).map(|kept| &mut kept.push)
    }

    /// Writes a push down; what was told of it already.
    fn insert(&mut self, push: PushRecord, now: Timestamp) -> Vec<Early> {
        let number = self.first + self.pushes.len() as u64;
        let mut early = Vec::new();
        if let Some(id) = &push.vendor_id {
            let key = (push.provider.clone(), Arc::clone(id), push.token.clone());
            early = self.early.take(&key);
            self.by_vendor_id.insert(key, number);
        }
        let key = (push.message, push.provider.clone(), push.token.clone());
        self.by_message.insert(key, number);
        self.by_device.insert((push.device, number));
        if let Some(name) = &push.campaign {
            let campaign = campaign(&mut self.campaigns, name, now);
            campaign.counts.add(&push);
        }
        let provider = push.provider.clone();
        self.pushes.push_back(Kept { push, since: now });
        let joined = early.into_iter().filter_map(|receipt| {
            let joined = self.join(&provider, &receipt, now)?;
            Some(Early::new(receipt, joined.push))
        });
        joined.collect()
    }

    fn join(&mut self, provider: &ProviderId, receipt: &Receipt, now: Timestamp) -> Option<Joined> {
        let number = self.find(provider, receipt)?;
        let push = self.get_mut(number)?;
        let news = push.note(receipt, now);
        let push = push.clone();
        if let (true, Some(name)) = (news, &push.campaign) {
            let campaign = campaign(&mut self.campaigns, name, now);
            campaign.counts.add_latest(&push.milestones);
        }
        Some(Joined::new(push, news))
    }

    fn find(&self, provider: &ProviderId, receipt: &Receipt) -> Option<u64> {
        let token = || receipt.token.clone();
        let by_id = receipt.vendor_id.as_ref().and_then(|id| {
            let key = (provider.clone(), Arc::clone(id), token());
            self.by_vendor_id.get(&key)
        });
        let by_tag = || {
            let key = (receipt.message_id()?, provider.clone(), token());
            self.by_message.get(&key)
        };
        by_id.or_else(by_tag).copied()
    }

    /// Forgets what is too old.
    fn forget(&mut self, now: Timestamp, retention: Duration) {
        let old = |kept: &Kept| now.since(kept.since) > retention;
        while self.pushes.front().is_some_and(old) {
            self.pop();
        }
        self.early.forget(now);
        if self.pushes.is_empty() || self.campaigns.len() >= CAMPAIGNS {
            let live = |campaign: &Campaign| now.since(campaign.latest) <= retention;
            self.campaigns.retain(|_, campaign| live(campaign));
        }
    }

    /// Forgets the oldest.
    fn pop(&mut self) {
        let Some(Kept { push, .. }) = self.pushes.pop_front() else {
            return;
        };
        let number = self.first;
        self.first += 1;
        if let Some(id) = push.vendor_id {
            let key = (push.provider.clone(), id, push.token.clone());
            if self.by_vendor_id.get(&key) == Some(&number) {
                self.by_vendor_id.remove(&key);
            }
        }
        let key = (push.message, push.provider, push.token);
        // The same message may have gone to the same token again.
        if self.by_message.get(&key) == Some(&number) {
            self.by_message.remove(&key);
        }
        self.by_device.remove(&(push.device, number));
    }
}

/// A campaign that counts at `now`, in the place of the stalest one where there are too many.
fn campaign<'a>(
    campaigns: &'a mut HashMap<Arc<str>, Campaign>,
    name: &Arc<str>,
    now: Timestamp,
) -> &'a mut Campaign {
    if !campaigns.contains_key(name) && campaigns.len() >= CAMPAIGNS {
        let stalest = campaigns.iter().min_by_key(|(_, campaign)| campaign.latest);
        if let Some(stalest) = stalest.map(|(name, _)| Arc::clone(name)) {
            campaigns.remove(&stalest);
        }
    }
    let campaign = campaigns.entry(Arc::clone(name)).or_default();
    campaign.latest = now;
    campaign
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
