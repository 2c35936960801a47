//! What is known of one device.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PushId, UserId};
use crate::model::{ProviderId, Timestamp, Token};
use crate::provider::Environment;

/// One installation of the app.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Device {
    /// Its name.
    pub id: PushId,
    /// Whose it is at the moment: one user at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// What it runs.
    #[serde(default)]
    pub platform: Platform,
    /// Whether its app is from the store or in development.
    #[serde(default)]
    pub environment: Environment,
    /// How it is reached, the preferred way first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// What it is found by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// What it is found by, with values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeValue>,
    /// Its language (BCP 47), as the app says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// When it was registered first.
    #[serde(rename = "registered_ms")]
    pub registered: Timestamp,
    /// Since when no channel reaches it; none while one may.
    #[serde(rename = "dead_ms", default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Timestamp>,
}

impl Device {
    /// A device without anything but a name and a date.
    pub fn new(id: PushId, registered: Timestamp) -> Self {
        Self {
            id,
            user: None,
            platform: Platform::default(),
            environment: Environment::default(),
            channels: Vec::new(),
            tags: BTreeSet::new(),
            attributes: BTreeMap::new(),
            locale: None,
            registered,
            dead: None,
        }
    }

    /// The channels to use now, the preferred one first: neither dead nor muted.
    pub fn usable(&self, now: Timestamp) -> impl Iterator<Item = &Channel> {
        let channels = self.channels.iter();
        channels.filter(move |channel| channel.is_usable(now))
    }

    /// Sets since when it is dead after its channels changed at `at`: not at all while one of
    /// them is not dead. Every registry does so.
    pub fn settle(&mut self, at: Timestamp) {
        let dead = |channel: &Channel| matches!(channel.state, ChannelState::Dead { .. });
        self.dead = if self.channels.iter().all(dead) {
            Some(self.dead.unwrap_or(at))
        } else {
            None
        };
    }
}

/// What a device runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Platform {
    /// Android in all its kinds.
    #[default]
    Android,
    /// iOS, iPadOS.
    Ios,
    /// HarmonyOS 5 and later.
    Harmony,
    /// A browser.
    Web,
    /// Something else.
    Other,
}

impl Platform {
    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Harmony => "harmony",
            Self::Web => "web",
            Self::Other => "other",
        }
    }
}

/// One way to reach a device: a vendor's token, under one configured provider.
///
/// In the whole registry a token exists once per provider.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Channel {
    /// The configured provider (the certificate id). One vendor may have several.
    pub provider: ProviderId,
    /// The vendor's token.
    pub token: Token,
    /// When the app last said that this is its token. A vendor's word that it died before that
    /// is about an earlier life, and changes nothing.
    #[serde(rename = "registered_ms")]
    pub registered: Timestamp,
    /// Whether it is used.
    #[serde(default, skip_serializing_if = "ChannelState::is_live")]
    pub state: ChannelState,
}

impl Channel {
    /// A live channel.
    pub fn new(
        provider: impl Into<ProviderId>,
        token: impl Into<Token>,
        registered: Timestamp,
    ) -> Self {
        Self {
            provider: provider.into(),
            token: token.into(),
            registered,
            state: ChannelState::Live,
        }
    }

    /// Whether it is to be used now: neither dead nor muted.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        match self.state {
            ChannelState::Live => true,
            ChannelState::Muted { until_ms } => until_ms <= now,
            ChannelState::Dead { .. } => false,
        }
    }
}

/// Whether a channel is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// It is.
    #[default]
    Live,
    /// Not for a while.
    Muted {
        /// Until then.
        until_ms: Timestamp,
    },
    /// Not until the app registers it again.
    Dead {
        /// Since then.
        since_ms: Timestamp,
    },
}

impl ChannelState {
    fn is_live(&self) -> bool {
        *self == Self::Live
    }
}

/// The value of an attribute.
///
/// ```
/// use zpns_core::service::AttributeValue;
///
/// assert_eq!(AttributeValue::from("Berlin"), AttributeValue::Text("Berlin".into()));
/// assert_eq!(serde_json::to_string(&AttributeValue::from(30.0)).unwrap(), "30.0");
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum AttributeValue {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

impl From<bool> for AttributeValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for AttributeValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for AttributeValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

/// What the app says of itself when it has obtained a token.
///
/// ```
/// use zpns_core::service::{Platform, Registration};
///
/// let registration = Registration::new(Platform::Android)
///     .channel("xiaomi", "d//igwEhgBGCI2TG6lWqlN")
///     .channel("fcm", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1")
///     .tag("vip");
/// assert_eq!(registration.channels.len(), 2);
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Registration {
    /// The device, if the app knows its name already. Without it the device is the one that has
    /// one of the tokens, or else a new one.
    pub id: Option<PushId>,
    /// What it runs.
    pub platform: Platform,
    /// Whether the app is from the store or in development.
    pub environment: Environment,
    /// All its channels, the preferred one first; at least one, and one per provider. Channels
    /// that it had before and that are not among these are gone.
    pub channels: Vec<(ProviderId, Token)>,
    /// Its tags; as they were if none.
    pub tags: Option<BTreeSet<String>>,
    /// Its attributes; as they were if none.
    pub attributes: Option<BTreeMap<String, AttributeValue>>,
    /// Its language; as it was if none.
    pub locale: Option<String>,
}

impl Registration {
    /// Of an app on this platform, without a channel yet.
    pub fn new(platform: Platform) -> Self {
        Self {
            platform,
            ..Self::default()
        }
    }

    /// Of a device whose name is known.
    #[must_use]
    pub fn of(mut self, id: PushId) -> Self {
        self.id = Some(id);
        self
    }

    /// With one more channel, after those that it has.
    #[must_use]
    pub fn channel(mut self, provider: impl Into<ProviderId>, token: impl Into<Token>) -> Self {
        self.channels.push((provider.into(), token.into()));
        self
    }

    /// Of an app from the store, or in development.
    #[must_use]
    pub fn in_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// With one more tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.get_or_insert_default().insert(tag.into());
        self
    }

    /// With one more attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        let attributes = self.attributes.get_or_insert_default();
        attributes.insert(name.into(), value.into());
        self
    }

    /// With a language.
    #[must_use]
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = Some(locale.into());
        self
    }
}

/// A change to what a device is found by.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DeviceUpdate {
    /// Tags that it gets.
    pub add_tags: BTreeSet<String>,
    /// Tags that it loses.
    pub remove_tags: BTreeSet<String>,
    /// Attributes that are set; removed where there is no value.
    pub attributes: BTreeMap<String, Option<AttributeValue>>,
    /// Its language, if it changed.
    pub locale: Option<String>,
}

impl DeviceUpdate {
    /// With a tag that it gets.
    #[must_use]
    pub fn add_tag(mut self, tag: impl Into<String>) -> Self {
        self.add_tags.insert(tag.into());
        self
    }

    /// With a tag that it loses.
    #[must_use]
    pub fn remove_tag(mut self, tag: impl Into<String>) -> Self {
        self.remove_tags.insert(tag.into());
        self
    }

    /// With an attribute that is set.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.insert(name.into(), Some(value.into()));
        self
    }

    /// With an attribute that is removed.
    #[must_use]
    pub fn unset(mut self, name: impl Into<String>) -> Self {
        self.attributes.insert(name.into(), None);
        self
    }

    /// Makes the change, the removals last.
    pub fn apply(
        &self,
        tags: &mut BTreeSet<String>,
        attributes: &mut BTreeMap<String, AttributeValue>,
        locale: &mut Option<String>,
    ) {
        tags.extend(self.add_tags.iter().cloned());
        tags.retain(|tag| !self.remove_tags.contains(tag));
        for (name, value) in &self.attributes {
            match value {
                Some(value) => attributes.insert(name.clone(), value.clone()),
                None => attributes.remove(name),
            };
        }
        if self.locale.is_some() {
            locale.clone_from(&self.locale);
        }
    }
}
