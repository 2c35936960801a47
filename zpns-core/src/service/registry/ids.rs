//! Names of devices and users.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one device (one installation of the app), whatever its tokens are at the moment.
///
/// A UUIDv7: ids of later devices sort after those of earlier ones, which is the order in which
/// [pages](super::Registry::page) come.
///
/// ```
/// use zpns_core::service::PushId;
///
/// let id = PushId::new();
/// assert_eq!(id.to_string().parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PushId(Uuid);

impl PushId {
    /// A new UUIDv7.
    #[allow(
        clippy::new_without_default,
        reason = "a default that differs every time surprises"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The UUID itself.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for PushId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl FromStr for PushId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user, by the host's own id. Cheap to clone.
///
/// ```
/// let alice = zpns_core::service::UserId::from("alice");
/// assert_eq!(alice.as_str(), "alice");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UserId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for UserId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
