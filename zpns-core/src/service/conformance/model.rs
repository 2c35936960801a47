//! A registry so simple that it can be seen to be right: a list.

use crate::model::{ProviderId, Timestamp, Token};
use crate::service::{
    Channel, ChannelState, Device, DeviceUpdate, PushId, Registration, TokenChange, TokenVerdict,
    UserId,
};

/// The devices, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Model(pub(super) Vec<Device>);

impl Model {
    pub(super) fn owner(&self, provider: &ProviderId, token: &Token) -> Option<PushId> {
        let holds = |device: &&Device| {
            let mut channels = device.channels.iter();
            channels.any(|channel| channel.provider == *provider && channel.token == *token)
        };
        self.0.iter().find(holds).map(|device| device.id)
    }

    pub(super) fn get(&mut self, id: PushId) -> &mut Device {
        let mut devices = self.0.iter_mut();
        devices.find(|device| device.id == id).expect("known")
    }

    /// `id` is what the registry said.
    pub(super) fn register(&mut self, registration: Registration, id: PushId, now: Timestamp) {
        let mut channels = registration.channels.iter();
        let known = registration
            .id
            .or_else(|| channels.find_map(|(provider, token)| self.owner(provider, token)));
        match known {
            Some(known) => assert_eq!(id, known),
            None => {
                assert!(self.0.iter().all(|device| device.id != id), "a fresh name");
                self.0.push(Device::new(id, now));
            }
        }
        for (provider, token) in &registration.channels {
            self.evict(provider, token, id, now);
        }
        let device = self.get(id);
        device.channels.clear();
        for (provider, token) in registration.channels {
            device.channels.push(Channel::new(provider, token, now));
        }
        if let Some(tags) = registration.tags {
            device.tags = tags;
        }
        device.dead = None;
    }

    pub(super) fn rotate(
        &mut self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) {
        self.evict(provider, token, id, now);
        let device = self.get(id);
        let channel = Channel::new(provider.clone(), token.clone(), now);
        let place = (device.channels.iter()).position(|channel| channel.provider == *provider);
        match place {
            Some(place) => device.channels[place] = channel,
            None => device.channels.push(channel),
        }
        device.dead = None;
    }

    pub(super) fn update(&mut self, id: PushId, update: &DeviceUpdate) {
        let device = self.get(id);
        for tag in &update.add_tags {
            device.tags.insert(tag.clone());
        }
        for tag in &update.remove_tags {
            device.tags.remove(tag);
        }
    }

    pub(super) fn unbind(&mut self, id: PushId, user: Option<&UserId>) -> bool {
        let device = self.get(id);
        let theirs = device.user.is_some() && (user.is_none() || device.user.as_ref() == user);
        if theirs {
            device.user = None;
        }
        theirs
    }

    pub(super) fn apply(&mut self, change: &TokenChange) -> bool {
        let Some(id) = self.owner(&change.provider, &change.token) else {
            return false;
        };
        let taken = match &change.verdict {
            TokenVerdict::Replace { token, .. } => self.owner(&change.provider, token),
            _ => None,
        };
        let device = self.get(id);
        let channel = (device.channels.iter_mut())
            .find(|channel| channel.provider == change.provider)
            .expect("it has that token");
        let dead = matches!(channel.state, ChannelState::Dead { .. });
        let (changed, at) = match &change.verdict {
            TokenVerdict::Drop { since } => (!dead && *since >= channel.registered, *since),
            TokenVerdict::Replace { at, .. } if *at < channel.registered => (false, *at),
            TokenVerdict::Replace { at, .. } if taken == Some(id) => (false, *at),
            TokenVerdict::Replace { at, .. } => (taken.is_none() || !dead, *at),
            TokenVerdict::Mute { until } => (!dead, *until),
        };
        if !changed {
            return false;
        }
        channel.state = match &change.verdict {
            TokenVerdict::Mute { until } => ChannelState::Muted { until_ms: *until },
            TokenVerdict::Replace { token, at } if taken.is_none() => {
                *channel = Channel::new(channel.provider.clone(), token.clone(), *at);
                ChannelState::Live
            }
            _ => ChannelState::Dead { since_ms: at },
        };
        device.settle(at);
        true
    }

    pub(super) fn purge(&mut self, dead_before: Timestamp) -> usize {
        let count = self.0.len();
        self.0
            .retain(|device| device.dead.is_none_or(|since| since >= dead_before));
        count - self.0.len()
    }

    /// Takes a token from whoever has it, unless that is `heir`.
    fn evict(&mut self, provider: &ProviderId, token: &Token, heir: PushId, now: Timestamp) {
        if let Some(owner) = self.owner(provider, token).filter(|owner| *owner != heir) {
            let device = self.get(owner);
            device
                .channels
                .retain(|channel| channel.provider != *provider);
            device.settle(now);
        }
    }
}
