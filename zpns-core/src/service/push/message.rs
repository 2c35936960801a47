//! What is sent to users, and to which.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde::{Deserialize, Serialize};

use crate::model::Notification;
use crate::service::{Expression, PresencePolicy, PushId, UserId};

/// A message of the host's, with how it is to be pushed.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_core::service::Message;
///
/// let message = Message::new(Notification::alert("", "Lunch?")).with_strategy("chat");
/// assert_eq!(message.strategy.as_deref(), Some("chat"));
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Message {
    /// What is pushed. An empty title is the sender's nickname, or else the sender's id.
    pub notification: Notification,
    /// The resource id of a [`Strategy`](crate::service::Strategy).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// What its pushes are [counted](crate::service::Milestones::counts) with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// A type of the host's own, whose payload no human can read: pushed as an alert only if the
    /// notification has a body that describes it.
    #[serde(default)]
    pub custom: bool,
    /// Not pushed at all; devices that are online still get it from the host.
    #[serde(default)]
    pub no_push: bool,
    /// Which devices get a push; as the service is set unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PresencePolicy>,
}

impl Message {
    /// Pushed by the service's own rules.
    pub fn new(notification: Notification) -> Self {
        Self {
            notification,
            strategy: None,
            campaign: None,
            custom: false,
            no_push: false,
            policy: None,
        }
    }

    /// By a strategy.
    #[must_use]
    pub fn with_strategy(mut self, id: impl Into<String>) -> Self {
        self.strategy = Some(id.into());
        self
    }

    /// Counted with a campaign.
    #[must_use]
    pub fn in_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(campaign.into());
        self
    }

    /// Of a type of the host's own.
    #[must_use]
    pub fn custom(mut self) -> Self {
        self.custom = true;
        self
    }

    /// Not pushed.
    #[must_use]
    pub fn without_push(mut self) -> Self {
        self.no_push = true;
        self
    }

    /// To devices in these states.
    #[must_use]
    pub fn with_policy(mut self, policy: PresencePolicy) -> Self {
        self.policy = Some(policy);
        self
    }
}

impl From<Notification> for Message {
    fn from(notification: Notification) -> Self {
        Self::new(notification)
    }
}

/// Whom a message is for.
#[non_exhaustive]
pub enum Audience {
    /// One device, whoever uses it.
    Device(PushId),
    /// These devices, whoever uses them, any number of them.
    Devices(BoxStream<'static, PushId>),
    /// Every device of these users, any number of them. Whoever is among them twice gets the
    /// message once.
    Users(BoxStream<'static, UserId>),
    /// Every device whose tags and attributes are so.
    Matching(Arc<Expression>),
    /// Every device there is. Refused unless [confirmed](Self::everyone_confirmed).
    Everyone {
        /// Whether somebody means it.
        confirmed: bool,
    },
}

impl Audience {
    /// Several devices.
    pub fn devices<I>(devices: I) -> Self
    where
        I: IntoIterator<Item = PushId>,
        I::IntoIter: Send + 'static,
    {
        Self::Devices(stream::iter(devices).boxed())
    }

    /// One user.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self::users([user.into()])
    }

    /// Several users.
    pub fn users<I>(users: I) -> Self
    where
        I: IntoIterator<Item = UserId>,
        I::IntoIter: Send + 'static,
    {
        Self::Users(stream::iter(users).boxed())
    }

    /// A stream of users, read as far as is needed.
    pub fn stream(users: impl Stream<Item = UserId> + Send + 'static) -> Self {
        Self::Users(users.boxed())
    }

    /// The members of a group, but not the one who sent the message.
    ///
    /// ```
    /// use zpns_core::service::Audience;
    ///
    /// let group = ["alice", "bob", "carol"].map(Into::into);
    /// let others = Audience::group(group, "alice");
    /// assert!(matches!(others, Audience::Users(_)));
    /// ```
    pub fn group<I>(members: I, sender: impl Into<UserId>) -> Self
    where
        I: IntoIterator<Item = UserId>,
        I::IntoIter: Send + 'static,
    {
        let sender = sender.into();
        Self::users(members.into_iter().filter(move |user| *user != sender))
    }

    /// Those that an expression means.
    pub fn matching(expression: Expression) -> Self {
        Self::Matching(Arc::new(expression))
    }

    /// Everybody, asked for by a mistake or not.
    pub fn everyone() -> Self {
        Self::Everyone { confirmed: false }
    }

    /// Truly everybody.
    pub fn everyone_confirmed() -> Self {
        Self::Everyone { confirmed: true }
    }
}

impl std::fmt::Debug for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Device(id) => write!(f, "Device({id})"),
            Self::Devices(_) => f.write_str("Devices(..)"),
            Self::Users(_) => f.write_str("Users(..)"),
            Self::Matching(expression) => write!(f, "Matching({expression})"),
            Self::Everyone { confirmed } => write!(f, "Everyone {{ confirmed: {confirmed} }}"),
        }
    }
}
