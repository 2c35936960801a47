//! A device as it lies in memory: small, because there may be millions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{AttributeValue, Channel, ChannelState, Device, Platform, PushId, UserId};
use crate::model::{ProviderId, Timestamp, Token};
use crate::provider::Environment;

/// One device.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: PushId,
    pub(super) user: Option<UserId>,
    channels: Channels,
    /// What most devices do not have.
    extras: Option<Box<Extras>>,
    registered: Timestamp,
    platform: Platform,
    environment: Environment,
}

/// Nearly every device has one channel.
#[derive(Debug)]
enum Channels {
    One(Slim),
    Many(Box<[Slim]>),
}

/// A channel, with the provider as a number.
#[derive(Debug)]
struct Slim {
    /// Without the counts that a shared text has in front.
    token: Box<str>,
    registered: Timestamp,
    /// Of a muted one until when, of a dead one since when.
    at: Timestamp,
    provider: u32,
    mark: Mark,
}

#[derive(Clone, Copy, Debug)]
enum Mark {
    Live,
    Muted,
    Dead,
}

#[derive(Debug)]
struct Extras {
    tags: BTreeSet<String>,
    attributes: BTreeMap<String, AttributeValue>,
    locale: Option<String>,
    dead: Option<Timestamp>,
}

/// The providers' names, each once.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<ProviderId>);

impl Names {
    fn number(&mut self, provider: ProviderId) -> u32 {
        let known = self.0.iter().position(|name| *name == provider);
        let position = known.unwrap_or_else(|| {
            self.0.push(provider);
            self.0.len() - 1
        });
        // A device holds at most one channel of each, in memory: there are not four billion.
        u32::try_from(position).unwrap_or(u32::MAX)
    }

    fn name(&self, number: u32) -> Option<&ProviderId> {
        self.0.get(usize::try_from(number).ok()?)
    }
}

impl Record {
    pub(super) fn new(device: Device, names: &mut Names) -> Self {
        let mut channels: Vec<Slim> = device
            .channels
            .into_iter()
            .map(|channel| Slim::new(channel, names))
            .collect();
        let channels = match channels.pop() {
            Some(only) if channels.is_empty() => Channels::One(only),
            last => {
                channels.extend(last);
                Channels::Many(channels.into())
            }
        };
        let extras = Extras {
            tags: device.tags,
            attributes: device.attributes,
            locale: device.locale,
            dead: device.dead,
        };
        Self {
            id: device.id,
            user: device.user,
            channels,
            extras: (!extras.is_empty()).then(|| Box::new(extras)),
            registered: device.registered,
            platform: device.platform,
            environment: device.environment,
        }
    }

    pub(super) fn device(&self, names: &Names) -> Device {
        let mut device = Device::new(self.id, self.registered);
        device.user.clone_from(&self.user);
        device.platform = self.platform;
        device.environment = self.environment;
        let channels = self.slim().iter();
        device.channels = channels
            .filter_map(|channel| channel.channel(names))
            .collect();
        if let Some(extras) = &self.extras {
            device.tags.clone_from(&extras.tags);
            device.attributes.clone_from(&extras.attributes);
            device.locale.clone_from(&extras.locale);
            device.dead = extras.dead;
        }
        device
    }

    pub(super) fn has(&self, provider: &ProviderId, token: &Token, names: &Names) -> bool {
        let mut channels = self.slim().iter();
        channels.any(|channel| {
            &*channel.token == token.as_str() && names.name(channel.provider) == Some(provider)
        })
    }

    pub(super) fn tokens<'a>(
        &'a self,
        names: &'a Names,
    ) -> impl Iterator<Item = (&'a ProviderId, &'a str)> {
        let channels = self.slim().iter();
        channels.filter_map(|channel| Some((names.name(channel.provider)?, &*channel.token)))
    }

    pub(super) fn dead(&self) -> Option<Timestamp> {
        self.extras.as_ref()?.dead
    }

    fn slim(&self) -> &[Slim] {
        match &self.channels {
            Channels::One(one) => std::slice::from_ref(one),
            Channels::Many(many) => many,
        }
    }
}

impl Slim {
    fn new(channel: Channel, names: &mut Names) -> Self {
        let (mark, at) = match channel.state {
            ChannelState::Live => (Mark::Live, Timestamp::default()),
            ChannelState::Muted { until_ms } => (Mark::Muted, until_ms),
            ChannelState::Dead { since_ms } => (Mark::Dead, since_ms),
        };
        Self {
            token: channel.token.as_str().into(),
            registered: channel.registered,
            at,
            provider: names.number(channel.provider),
            mark,
        }
    }

    fn channel(&self, names: &Names) -> Option<Channel> {
        let provider = names.name(self.provider)?.clone();
        let mut channel = Channel::new(provider, &*self.token, self.registered);
        channel.state = match self.mark {
            Mark::Live => ChannelState::Live,
            Mark::Muted => ChannelState::Muted { until_ms: self.at },
            Mark::Dead => ChannelState::Dead { since_ms: self.at },
        };
        Some(channel)
    }
}

impl Extras {
    fn is_empty(&self) -> bool {
        let Self {
            tags,
            attributes,
            locale,
            dead,
        } = self;
        tags.is_empty() && attributes.is_empty() && locale.is_none() && dead.is_none()
    }
}
