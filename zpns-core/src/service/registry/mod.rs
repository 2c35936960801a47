//! Which devices there are, how each is reached, and whose it is.

mod device;
mod ids;
mod lines;
mod memory;

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;

pub use self::device::{
    AttributeValue, Channel, ChannelState, Device, DeviceUpdate, Platform, Registration,
};
pub use self::ids::{PushId, UserId};
pub use self::lines::{ImportError, export, import_line};
pub use self::memory::MemoryRegistry;
use super::Expression;
use crate::model::{ProviderId, Timestamp, Token, TokenAction};

/// The devices. Every method is atomic: whoever looks at the same time sees all of it or nothing.
///
/// What always holds: a (provider, token) belongs to one device at the most, and a device to one
/// user at the most; so a token has one live owner. Whoever takes a token over evicts the device
/// that had it in the same step.
///
/// Times are handed in, so that a store needs no clock.
///
/// ```
/// use zpns_core::Timestamp;
/// use zpns_core::service::{MemoryRegistry, Platform, Registration, Registry};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = MemoryRegistry::new();
/// let now = Timestamp::from_secs(1_764_000_000);
/// let app = Registration::new(Platform::Ios).channel("ios", "11fe0d2a6c9b4e3f8a7d5c1b2e4f6071");
/// let id = registry.register(app, now).await?;
/// registry.bind(id, &"alice".into()).await?;
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Registry: Debug + Send + Sync + 'static {
    /// Registers a device, or what changed about it, and tells its name. The same registration
    /// again changes nothing but the time of its channels. Whose it is stays as it was.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`] if the registration names a device that there is not;
    /// [`RegistryError::Invalid`] if it has no channel, an empty provider or token, or two
    /// channels of one provider.
    async fn register(
        &self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<PushId, RegistryError>;

    /// Gives a device another token of one provider: in the place of the one that it has from
    /// that provider, or after its other channels.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`]; [`RegistryError::Invalid`] for an empty provider or
    /// token.
    async fn rotate(
        &self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), RegistryError>;

    /// Changes what a device is found by.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`].
    async fn update(&self, id: PushId, update: &DeviceUpdate) -> Result<(), RegistryError>;

    /// Log-in: the device is this user's from now on, and nobody else's. Whose it was before.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`].
    async fn bind(&self, id: PushId, user: &UserId) -> Result<Option<UserId>, RegistryError>;

    /// Log-out: the device is nobody's. With a user, only if it is that user's: the late log-out
    /// of one does not log out the next. Whether it was anybody's (that user's).
    ///
    /// # Errors
    /// None but the store's own; an unknown device is nobody's.
    async fn unbind(&self, id: PushId, user: Option<&UserId>) -> Result<bool, RegistryError>;

    /// Forced log-out: every device of the user but one is nobody's. Which ones those are.
    ///
    /// # Errors
    /// None but the store's own.
    async fn unbind_all(
        &self,
        user: &UserId,
        except: Option<PushId>,
    ) -> Result<Vec<PushId>, RegistryError>;

    /// Forgets a device and all its channels; no push reaches it afterwards. Whether it was there.
    ///
    /// # Errors
    /// None but the store's own.
    async fn unregister(&self, id: PushId) -> Result<bool, RegistryError>;

    /// One device.
    ///
    /// # Errors
    /// None but the store's own.
    async fn device(&self, id: PushId) -> Result<Option<Device>, RegistryError>;

    /// The device that has this token.
    ///
    /// # Errors
    /// None but the store's own.
    async fn find(
        &self,
        provider: &ProviderId,
        token: &Token,
    ) -> Result<Option<Device>, RegistryError>;

    /// Devices in the order of their ids, beginning after `after`. A device that is there from
    /// the first page to the last is on exactly one of them, whatever is registered and removed
    /// in between. A page may be short, even empty, and not the last.
    ///
    /// # Errors
    /// None but the store's own.
    async fn page(
        &self,
        query: &DeviceQuery,
        after: Option<PushId>,
        limit: NonZeroUsize,
    ) -> Result<Page, RegistryError>;

    /// Writes vendors' verdicts on tokens down, in order, all of them in one go. For each whether
    /// it changed anything.
    ///
    /// # Errors
    /// None but the store's own; a token that there is not changes nothing.
    async fn apply(&self, changes: &[TokenChange]) -> Result<Vec<bool>, RegistryError>;

    /// Forgets devices that have been dead since before `dead_before`, `limit` of them at the
    /// most. How many were forgotten.
    ///
    /// # Errors
    /// None but the store's own.
    async fn purge(
        &self,
        dead_before: Timestamp,
        limit: NonZeroUsize,
    ) -> Result<usize, RegistryError>;

    /// Puts a device in as it is, in the place of the one of the same name; its tokens are taken
    /// from whoever has them. For imports.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] for an empty provider or token, or two channels of one provider.
    async fn restore(&self, device: Device) -> Result<(), RegistryError>;
}

/// Which devices a page is of.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub enum DeviceQuery {
    /// All.
    #[default]
    All,
    /// One user's.
    User(UserId),
    /// These users'.
    Users(Arc<[UserId]>),
    /// Those that an expression means.
    Matching(Arc<Expression>),
}

/// Some devices, and where to go on.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The devices, in the order of their ids.
    pub devices: Vec<Device>,
    /// What to ask for next; none after the last page.
    pub next: Option<PushId>,
}

impl Page {
    /// These devices, and where to go on.
    pub fn new(devices: Vec<Device>, next: Option<PushId>) -> Self {
        Self { devices, next }
    }
}

/// What a vendor said of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TokenChange {
    /// The provider.
    pub provider: ProviderId,
    /// The token.
    pub token: Token,
    /// What it said.
    pub verdict: TokenVerdict,
}

/// What becomes of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenVerdict {
    /// It is dead, unless it was registered after `since`.
    Drop {
        /// When the vendor saw it die, or when the push was sent that found it dead.
        since: Timestamp,
    },
    /// The device has this one now, unless the old one was registered after `at`.
    Replace {
        /// The new token.
        token: Token,
        /// When the vendor said so.
        at: Timestamp,
    },
    /// It is not used for a while. A dead one stays dead.
    Mute {
        /// Until then.
        until: Timestamp,
    },
}

impl TokenChange {
    /// What becomes of a token.
    pub fn new(
        provider: impl Into<ProviderId>,
        token: impl Into<Token>,
        verdict: TokenVerdict,
    ) -> Self {
        Self {
            provider: provider.into(),
            token: token.into(),
            verdict,
        }
    }
}

impl TokenVerdict {
    /// From what an [`Outcome`](crate::Outcome) asks for; none if the token is kept.
    ///
    /// `sent` is when the push went out: where the vendor does not say since when the token is
    /// dead, it cannot speak of a registration later than that. `mute_until` holds where the
    /// vendor does not say how long.
    pub fn from_action(
        action: &TokenAction,
        sent: Timestamp,
        mute_until: Timestamp,
    ) -> Option<Self> {
        match action {
            TokenAction::Keep => None,
            TokenAction::Drop { since } => Some(Self::Drop {
                since: since.unwrap_or(sent),
            }),
            TokenAction::Replace(token) => Some(Self::Replace {
                token: token.clone(),
                at: sent,
            }),
            TokenAction::Mute { until } => Some(Self::Mute {
                until: until.unwrap_or(mute_until),
            }),
        }
    }
}

/// Why a registry did not do as it was told.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is no such device: the app has to register without a name.
    #[error("there is no device {0}")]
    UnknownDevice(PushId),
    /// What was asked for is not possible.
    #[error("{0}")]
    Invalid(String),
    /// The store is out of order.
    #[error("the registry's store failed")]
    Storage(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl RegistryError {
    /// The store is out of order.
    pub fn storage(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Storage(Arc::new(source))
    }
}

/// What every registry checks before it takes channels in.
///
/// # Errors
/// [`RegistryError::Invalid`] for an empty provider or token, or two channels of one provider.
pub fn check_channels<'a>(
    channels: impl IntoIterator<Item = (&'a ProviderId, &'a Token)>,
) -> Result<(), RegistryError> {
    let mut seen: Vec<&ProviderId> = Vec::new();
    for (provider, token) in channels {
        if provider.as_str().is_empty() || token.as_str().is_empty() {
            let message = "a channel needs a provider and a token".to_owned();
            return Err(RegistryError::Invalid(message));
        }
        if seen.contains(&provider) {
            let message = format!("two channels of the provider `{provider}`");
            return Err(RegistryError::Invalid(message));
        }
        seen.push(provider);
    }
    Ok(())
}
