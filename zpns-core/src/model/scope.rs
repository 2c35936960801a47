//! Whom a refusal concerns beside the target that it was given for.

use serde::{Deserialize, Serialize};

use super::ErrorKind;

/// Whom a refusal concerns beside the target that it was given for: what follows for the other
/// pushes of the provider.
///
/// Circuit breaker, rate limit and quota latch act on what concerns more than one target. Unless
/// an adapter says otherwise, faults of credentials and of the way to the vendor concern the
/// provider, and everything else the target.
///
/// ```
/// use zpns_core::{ErrorKind, Rejection, Scope};
///
/// let revoked = Rejection::new(ErrorKind::CredentialInvalid, "revoked");
/// assert_eq!(revoked.scope(), Scope::Provider);
/// let full = Rejection::new(ErrorKind::QuotaExceeded, "the day's messages are used up");
/// assert_eq!(full.scope(), Scope::Target);
/// assert_eq!(full.with_scope(Scope::Class).scope(), Scope::Class);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// This target, or this message, alone.
    Target,
    /// Every push through the provider that the vendor counts together with this one
    /// ([`PushProvider::quota_class`](crate::PushProvider::quota_class)): those of this kind,
    /// category and channel unless the adapter knows better.
    Class,
    /// Every push through the provider.
    Provider,
}

impl Scope {
    /// Whom a refusal of this kind concerns unless it says otherwise.
    pub const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::CredentialInvalid
            | ErrorKind::PermissionDenied
            | ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Protocol => Self::Provider,
            _ => Self::Target,
        }
    }
}
