//! The devices with their indexes, and what each change means.
//!
//! A change of anything but the user takes a device out, alters it, and puts it back: that keeps
//! the indexes right in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;

use super::super::{
    Channel, ChannelState, Device, DeviceQuery, DeviceUpdate, Page, PushId, Registration,
    RegistryError, TokenChange, TokenVerdict, UserId, check_channels,
};
use super::record::{Names, Record};
use crate::model::{ProviderId, Timestamp, Token};
use crate::service::Expression;

/// Records of one block. Blocks never move, so that growing copies nothing and wastes little.
const BLOCK: usize = 1_024;

/// Devices that a search looks at for one page.
const LOOKED_AT: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct State {
    names: Names,
    blocks: Vec<Vec<Option<Record>>>,
    free: Vec<u32>,
    by_id: BTreeMap<PushId, u32>,
    /// By the hash of provider and token: half of what a map with the texts would need.
    by_token: BTreeSet<(u64, u32)>,
    /// By the hash of the user.
    by_user: BTreeSet<(u64, u32)>,
    /// Since when, and which.
    dead: BTreeSet<(Timestamp, PushId)>,
    hasher: RandomState,
}

impl State {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn register(
        &mut self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<PushId, RegistryError> {
        let channels = registration.channels.iter();
        check_channels(channels.map(|(provider, token)| (provider, token)))?;
        if registration.channels.is_empty() {
            let message = "a registration needs a channel".to_owned();
            return Err(RegistryError::Invalid(message));
        }
        let mut device = match registration.id {
            Some(id) => self.take(id)?,
            None => self.owner_or_new(&registration, now),
        };
        device.platform = registration.platform;
        device.environment = registration.environment;
        device.channels = (registration.channels.into_iter())
            .map(|(provider, token)| Channel::new(provider, token, now))
            .collect();
        if let Some(tags) = registration.tags {
            device.tags = tags;
        }
        if let Some(attributes) = registration.attributes {
            device.attributes = attributes;
        }
        if registration.locale.is_some() {
            device.locale = registration.locale;
        }
        Ok(self.put(device, now))
    }

    fn owner_or_new(&mut self, registration: &Registration, now: Timestamp) -> Device {
        let mut channels = registration.channels.iter();
        let owner = channels.find_map(|(provider, token)| self.owner(provider, token));
        owner
            .and_then(|id| self.remove(id))
            .unwrap_or_else(|| Device::new(PushId::new(), now))
    }

    pub(super) fn rotate(
        &mut self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        check_channels([(provider, token)])?;
        let mut device = self.take(id)?;
        let channel = Channel::new(provider.clone(), token.clone(), now);
        let mut channels = device.channels.iter_mut();
        match channels.find(|channel| channel.provider == *provider) {
            Some(place) => *place = channel,
            None => device.channels.push(channel),
        }
        self.put(device, now);
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        id: PushId,
        update: &DeviceUpdate,
    ) -> Result<(), RegistryError> {
        let mut device = self.take(id)?;
        update.apply(&mut device.tags, &mut device.attributes, &mut device.locale);
        self.put_unchanged(device);
        Ok(())
    }

    pub(super) fn bind(
        &mut self,
        id: PushId,
        user: &UserId,
    ) -> Result<Option<UserId>, RegistryError> {
        // The text that another device of this user has already.
        let user = self.known_user(user).unwrap_or_else(|| user.clone());
        self.set_user(id, Some(user))
            .ok_or(RegistryError::UnknownDevice(id))
    }

    pub(super) fn unbind(&mut self, id: PushId, user: Option<&UserId>) -> bool {
        let current = self.record(id).and_then(|record| record.user.as_ref());
        let theirs = current.is_some() && (user.is_none() || user == current);
        theirs && self.set_user(id, None).is_some()
    }

    pub(super) fn unbind_all(&mut self, user: &UserId, except: Option<PushId>) -> Vec<PushId> {
        let mut ids = self.ids_of(user);
        ids.retain(|id| Some(*id) != except);
        ids.sort_unstable();
        for id in &ids {
            self.unbind(*id, Some(user));
        }
        ids
    }

    pub(super) fn device(&self, id: PushId) -> Option<Device> {
        Some(self.record(id)?.device(&self.names))
    }

    pub(super) fn page(&self, query: &DeviceQuery, after: Option<PushId>, limit: usize) -> Page {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        if let DeviceQuery::Matching(expression) = query {
            return self.matching(expression, from, limit);
        }
        // One more than asked for tells whether there is a next page.
        let wanted = limit.saturating_add(1);
        let mut ids: Vec<PushId> = match query {
            DeviceQuery::All | DeviceQuery::Matching(_) => {
                let ids = self.by_id.range((from, Bound::Unbounded));
                ids.map(|(id, _)| *id).take(wanted).collect()
            }
            DeviceQuery::User(user) => self.next_of(std::slice::from_ref(user), after, wanted),
            DeviceQuery::Users(users) => self.next_of(users, after, wanted),
        };
        let more = ids.len() > limit;
        ids.truncate(limit);
        let next = if more { ids.last().copied() } else { None };
        let devices = ids.into_iter().filter_map(|id| self.device(id)).collect();
        Page::new(devices, next)
    }

    /// Looks at so many devices at the most, so that nobody waits long for the lock.
    fn matching(&self, expression: &Expression, from: Bound<PushId>, limit: usize) -> Page {
        let mut page = Page::default();
        let ids = self.by_id.range((from, Bound::Unbounded));
        for (looked, (id, _)) in ids.enumerate() {
            if page.devices.len() == limit || looked == LOOKED_AT {
                return page;
            }
            let device = self.device(*id);
            let meant = device.filter(|device| expression.matches(device));
            page.devices.extend(meant);
            page.next = Some(*id);
        }
        page.next = None;
        page
    }

    fn next_of(&self, users: &[UserId], after: Option<PushId>, wanted: usize) -> Vec<PushId> {
        let ids: BTreeSet<PushId> = users.iter().flat_map(|user| self.ids_of(user)).collect();
        let later = ids.into_iter().filter(|id| Some(*id) > after);
        later.take(wanted).collect()
    }

    pub(super) fn apply(&mut self, change: &TokenChange) -> bool {
        let TokenChange {
            provider,
            token,
            verdict,
        } = change;
        let Some(mut device) = self
            .owner(provider, token)
            .and_then(|owner| self.device(owner))
        else {
            return false;
        };
        let mut channels = device.channels.iter_mut();
        let Some(channel) =
            channels.find(|channel| channel.token == *token && channel.provider == *provider)
        else {
            return false;
        };
        let at = match verdict {
            TokenVerdict::Drop { since } => *since,
            TokenVerdict::Replace { at, .. } => *at,
            TokenVerdict::Mute { .. } => Timestamp::default(),
        };
        let taken = match verdict {
            // By the device itself, where the vendor names the token that it has: nothing changes.
            TokenVerdict::Replace { token: new, .. } if new == token => return false,
            TokenVerdict::Replace { token: new, .. } => self.owner(provider, new),
            _ => None,
        };
        if !alter(channel, verdict, taken.is_some()) {
            return false;
        }
        if self.remove(device.id).is_some() {
            self.put(device, at);
        }
        true
    }

    pub(super) fn purge(&mut self, dead_before: Timestamp, limit: usize) -> usize {
        let dead = self.dead.iter();
        let old: Vec<PushId> = dead
            .take_while(|(since, _)| *since < dead_before)
            .take(limit)
            .map(|(_, id)| *id)
            .collect();
        for id in &old {
            self.remove(*id);
        }
        old.len()
    }

    pub(super) fn restore(&mut self, device: Device) -> Result<(), RegistryError> {
        let channels = device.channels.iter();
        check_channels(channels.map(|channel| (&channel.provider, &channel.token)))?;
        self.remove(device.id);
        let at = device.registered;
        self.put(device, at);
        Ok(())
    }

    /// The device that has a token.
    pub(super) fn owner(&self, provider: &ProviderId, token: &Token) -> Option<PushId> {
        let hash = self.hasher.hash_one((provider, token.as_str()));
        let mut found = slots(&self.by_token, hash).filter_map(|slot| self.at(slot));
        let owner = found.find(|record| record.has(provider, token, &self.names));
        owner.map(|record| record.id)
    }

    fn ids_of(&self, user: &UserId) -> Vec<PushId> {
        let records = self.records_of(user);
        records.map(|record| record.id).collect()
    }

    fn known_user(&self, user: &UserId) -> Option<UserId> {
        self.records_of(user).next()?.user.clone()
    }

    fn records_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Record> {
        let hash = self.hasher.hash_one(user);
        slots(&self.by_user, hash)
            .filter_map(|slot| self.at(slot))
            .filter(move |record| record.user.as_ref() == Some(user))
    }

    fn record(&self, id: PushId) -> Option<&Record> {
        self.at(*self.by_id.get(&id)?)
    }

    fn at(&self, slot: u32) -> Option<&Record> {
        let slot = usize::try_from(slot).ok()?;
        self.blocks.get(slot / BLOCK)?.get(slot % BLOCK)?.as_ref()
    }

    /// Whose it was; none if there is no such device.
    fn set_user(&mut self, id: PushId, user: Option<UserId>) -> Option<Option<UserId>> {
        let slot = *self.by_id.get(&id)?;
        let position = usize::try_from(slot).ok()?;
        let block = self.blocks.get_mut(position / BLOCK)?;
        let record = block.get_mut(position % BLOCK)?.as_mut()?;
        let before = std::mem::replace(&mut record.user, user);
        if let Some(user) = &before {
            self.by_user.remove(&(self.hasher.hash_one(user), slot));
        }
        if let Some(user) = &record.user {
            self.by_user.insert((self.hasher.hash_one(user), slot));
        }
        Some(before)
    }

    /// Takes a device out, to be altered and put back.
    fn take(&mut self, id: PushId) -> Result<Device, RegistryError> {
        self.remove(id).ok_or(RegistryError::UnknownDevice(id))
    }

    /// Takes a device out, with all that leads to it.
    pub(super) fn remove(&mut self, id: PushId) -> Option<Device> {
        let slot = self.by_id.remove(&id)?;
        let position = usize::try_from(slot).ok()?;
        let block = self.blocks.get_mut(position / BLOCK)?;
        let record = block.get_mut(position % BLOCK)?.take()?;
        self.free.push(slot);
        for token in record.tokens(&self.names) {
            self.by_token.remove(&(self.hasher.hash_one(token), slot));
        }
        if let Some(user) = &record.user {
            self.by_user.remove(&(self.hasher.hash_one(user), slot));
        }
        if let Some(since) = record.dead() {
            self.dead.remove(&(since, id));
        }
        Some(record.device(&self.names))
    }

    /// Puts a device in whose channels are as they were.
    fn put_unchanged(&mut self, device: Device) {
        let record = Record::new(device, &mut self.names);
        self.place(record);
    }

    /// Puts a device in, and evicts whoever had its tokens. `at` is when that happens.
    fn put(&mut self, mut device: Device, at: Timestamp) -> PushId {
        for channel in &device.channels {
            if let Some(owner) = self.owner(&channel.provider, &channel.token) {
                self.evict(owner, &channel.provider, at);
            }
        }
        device.settle(at);
        let id = device.id;
        self.put_unchanged(device);
        id
    }

    fn evict(&mut self, owner: PushId, provider: &ProviderId, at: Timestamp) {
        if let Some(mut device) = self.remove(owner) {
            device
                .channels
                .retain(|channel| channel.provider != *provider);
            device.settle(at);
            self.put_unchanged(device);
        }
    }

    fn place(&mut self, record: Record) {
        let slot = self.free.pop().unwrap_or_else(|| self.grow());
        self.by_id.insert(record.id, slot);
        for token in record.tokens(&self.names) {
            self.by_token.insert((self.hasher.hash_one(token), slot));
        }
        if let Some(user) = &record.user {
            self.by_user.insert((self.hasher.hash_one(user), slot));
        }
        if let Some(since) = record.dead() {
            self.dead.insert((since, record.id));
        }
        let position = usize::try_from(slot).unwrap_or(usize::MAX);
        let block = self.blocks.get_mut(position / BLOCK);
        if let Some(place) = block.and_then(|block| block.get_mut(position % BLOCK)) {
            *place = Some(record);
        }
    }

    /// A new slot at the end.
    fn grow(&mut self) -> u32 {
        let full = self.blocks.len() * BLOCK;
        let slot = match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => {
                block.push(None);
                full - BLOCK + block.len() - 1
            }
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(None);
                self.blocks.push(block);
                full
            }
        };
        // Four billion devices do not fit into memory.
        u32::try_from(slot).unwrap_or(u32::MAX)
    }
}

/// The slots under one hash.
fn slots(index: &BTreeSet<(u64, u32)>, hash: u64) -> impl Iterator<Item = u32> {
    index
        .range((hash, 0)..=(hash, u32::MAX))
        .map(|(_, slot)| *slot)
}

/// Alters a channel by a verdict; whether that changes anything. `taken`: another device has the
/// new token already, so that this one has lost the old one and gained nothing.
fn alter(channel: &mut Channel, verdict: &TokenVerdict, taken: bool) -> bool {
    let is_dead = matches!(channel.state, ChannelState::Dead { .. });
    match verdict {
        TokenVerdict::Drop { since } if !is_dead && *since >= channel.registered => {
            channel.state = ChannelState::Dead { since_ms: *since };
            true
        }
        TokenVerdict::Replace { at, .. } if taken && !is_dead && *at >= channel.registered => {
            channel.state = ChannelState::Dead { since_ms: *at };
            true
        }
        TokenVerdict::Replace { token, at } if !taken && *at >= channel.registered => {
            channel.token = token.clone();
            channel.registered = *at;
            channel.state = ChannelState::Live;
            true
        }
        TokenVerdict::Mute { until } if !is_dead => {
            channel.state = ChannelState::Muted { until_ms: *until };
            true
        }
        _ => false,
    }
}
