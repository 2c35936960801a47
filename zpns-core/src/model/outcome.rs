//! What came of one target: accepted, rejected, or failed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Error, ErrorKind, Scope, Timestamp, Token, VendorCode};

/// What came of one target. Three, never two: a verdict against it is not a failure to get one.
///
/// ```
/// use zpns_core::{Error, ErrorKind, Outcome, Rejection};
///
/// let refused = Outcome::from(Error::new(ErrorKind::CredentialInvalid, "revoked"));
/// assert!(matches!(refused, Outcome::Rejected(_)));
/// let broken = Outcome::from(Error::new(ErrorKind::Timeout, "no answer in 10 s"));
/// assert!(matches!(broken, Outcome::Failed(_)));
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The vendor took it. Not a proof of delivery.
    Accepted(Accepted),
    /// A verdict against it, which waiting does not change.
    Rejected(Rejection),
    /// No verdict.
    Failed(Error),
}

impl Outcome {
    /// Accepted under the vendor's id, if it gave one.
    pub fn accepted(vendor_id: impl Into<Option<String>>) -> Self {
        Self::Accepted(Accepted::new(vendor_id))
    }

    /// Whether the vendor took it.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// What went wrong, unless it was accepted.
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(rejection) => Some(rejection.kind),
            Self::Failed(error) => Some(error.kind()),
        }
    }

    /// The vendor's own code, if it gave one.
    pub fn vendor(&self) -> Option<&VendorCode> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(rejection) => rejection.vendor.as_ref(),
            Self::Failed(error) => error.vendor(),
        }
    }
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Error> for Outcome {
    /// Rejected if the error's kind is a verdict ([`ErrorKind::is_verdict`]), else failed.
    fn from(error: Error) -> Self {
        if error.kind().is_verdict() {
            Self::Rejected(Rejection {
                kind: error.kind(),
                token: TokenAction::Keep,
                scope: error.own_scope(),
                vendor: error.vendor().cloned(),
                reason: error.reason().into(),
                held_back: error.is_held_back(),
            })
        } else {
            Self::Failed(error)
        }
    }
}

/// The vendor took a push.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accepted {
    /// What the vendor calls it, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// What finds it in the vendor's own delivery log, where that is another id
    /// (`apns-unique-id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
}

impl Accepted {
    /// Under the vendor's id, if it gave one.
    pub fn new(vendor_id: impl Into<Option<String>>) -> Self {
        Self {
            vendor_id: vendor_id.into(),
            log_id: None,
        }
    }

    /// With the id in the vendor's delivery log.
    #[must_use]
    pub fn with_log_id(mut self, log_id: impl Into<Option<String>>) -> Self {
        self.log_id = log_id.into();
        self
    }
}

/// A verdict against a target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rejection {
    /// What is wrong; one for which [`ErrorKind::is_verdict`] holds.
    pub kind: ErrorKind,
    /// What to do with the token.
    pub token: TokenAction,
    /// Whom it concerns, where that is not [whom its kind does](Scope::of).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The vendor's own code; none if the library itself refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorCode>,
    /// A sentence for a human.
    pub reason: Cow<'static, str>,
    /// Whether a layer of ours refused before the provider was called.
    #[serde(skip)]
    held_back: bool,
}

impl Rejection {
    /// A verdict that keeps the token.
    pub fn new(kind: ErrorKind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            token: TokenAction::Keep,
            scope: None,
            vendor: None,
            reason: reason.into(),
            held_back: false,
        }
    }

    /// With what to do with the token.
    #[must_use]
    pub fn with_token(mut self, token: TokenAction) -> Self {
        self.token = token;
        self
    }

    /// With whom it concerns, where that is not [whom its kind does](Scope::of).
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Whom it concerns beside the target that it was given for.
    pub fn scope(&self) -> Scope {
        self.scope.unwrap_or(Scope::of(self.kind))
    }

    /// With the vendor's code.
    #[must_use]
    pub fn with_vendor(mut self, vendor: VendorCode) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// As one of a layer that did not call the provider.
    pub(crate) fn held_back(mut self) -> Self {
        self.held_back = true;
        self
    }

    /// Whether the provider was not called for it.
    pub(crate) fn is_held_back(&self) -> bool {
        self.held_back
    }
}

/// What a host does with a token after a verdict.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenAction {
    /// Nothing.
    #[default]
    Keep,
    /// Forget it, unless it was registered after `since`.
    Drop {
        /// When the vendor saw it die, if it says so.
        since: Option<Timestamp>,
    },
    /// Use this one from now on.
    Replace(Token),
    /// Send nothing to it for a while.
    Mute {
        /// Until when, if the vendor says so.
        until: Option<Timestamp>,
    },
}

impl TokenAction {
    /// The action's name on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop { .. } => "drop",
            Self::Replace(_) => "replace",
            Self::Mute { .. } => "mute",
        }
    }
}
