//! Who is looking at the app, so that nobody is woken for what is on their screen.

mod memory;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryPresence;
use super::{PushId, RegistryError, UserId};
use crate::model::Timestamp;

/// How near a user is to the app on one device.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Not connected.
    #[default]
    Offline,
    /// Connected, and not on the screen: messages arrive and stay unread.
    Background,
    /// On the screen.
    Foreground,
}

/// Who is online. The host reports what it sees of its connections, again before it expires.
///
/// Times are handed in, so that a store needs no clock.
#[async_trait]
pub trait Presence: Debug + Send + Sync + 'static {
    /// A user's device is in this state until then.
    ///
    /// # Errors
    /// None but the store's own.
    async fn set(
        &self,
        user: &UserId,
        device: PushId,
        state: PresenceState,
        until: Timestamp,
    ) -> Result<(), RegistryError>;

    /// A user's devices that are not offline, in the order of their ids.
    ///
    /// # Errors
    /// None but the store's own.
    async fn online(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<(PushId, PresenceState)>, RegistryError>;

    /// The user is offline on this device, or on all: at log-out.
    ///
    /// # Errors
    /// None but the store's own.
    async fn clear(&self, user: &UserId, device: Option<PushId>) -> Result<(), RegistryError>;
}

/// How long a report holds unless the host says otherwise: two missed heartbeats of a minute.
pub const PRESENCE_TTL: Duration = Duration::from_secs(150);

/// Which devices get a push.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PresencePolicy {
    /// Those that are offline.
    #[default]
    OfflineOnly,
    /// Those that do not have the app on the screen.
    UnlessForeground,
    /// All.
    Always,
}

impl PresencePolicy {
    /// Whether a device in this state gets a push; otherwise the host delivers within the app.
    ///
    /// ```
    /// use zpns_core::service::{PresencePolicy, PresenceState};
    ///
    /// let background = PresenceState::Background;
    /// assert!(!PresencePolicy::OfflineOnly.pushes(background));
    /// assert!(PresencePolicy::UnlessForeground.pushes(background));
    /// ```
    pub const fn pushes(self, state: PresenceState) -> bool {
        match self {
            Self::OfflineOnly => matches!(state, PresenceState::Offline),
            Self::UnlessForeground => !matches!(state, PresenceState::Foreground),
            Self::Always => true,
        }
    }
}
