//! Why a push, a credential check or a configuration did not succeed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Scope;

/// What went wrong, in the words that every vendor shares.
///
/// ```
/// use zpns_core::ErrorKind;
///
/// assert_eq!(ErrorKind::TokenInvalid.as_str(), "token_invalid");
/// assert!(ErrorKind::TokenInvalid.is_verdict());
/// assert!(!ErrorKind::Timeout.is_verdict());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The device is gone, or the text never was a token.
    TokenInvalid,
    /// The token belongs to another app or environment.
    TokenMismatch,
    /// The user or the vendor muted this device.
    Muted,
    /// The vendor, or we, refuse the message.
    MessageInvalid,
    /// The message as a whole is over the vendor's limit.
    PayloadTooLarge,
    /// The vendor cannot do what the message asks for.
    Unsupported,
    /// The credentials are wrong, expired or revoked.
    CredentialInvalid,
    /// The credentials are right but do not allow this.
    PermissionDenied,
    /// A quota of the vendor is used up; waiting seconds does not help.
    QuotaExceeded,
    /// Too fast; waiting helps.
    RateLimited,
    /// The vendor, or the way to it, is out of order for now.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The vendor's answer cannot be read.
    Protocol,
    /// The message's life was over before it could be sent.
    Expired,
    /// A rule of ours or of the host forbade it; the reason names the rule.
    Suppressed,
    /// The caller, or a shutdown, gave up on it.
    Cancelled,
}

impl ErrorKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 16] = [
        Self::TokenInvalid,
        Self::TokenMismatch,
        Self::Muted,
        Self::MessageInvalid,
        Self::PayloadTooLarge,
        Self::Unsupported,
        Self::CredentialInvalid,
        Self::PermissionDenied,
        Self::QuotaExceeded,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::Protocol,
        Self::Expired,
        Self::Suppressed,
        Self::Cancelled,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenInvalid => "token_invalid",
            Self::TokenMismatch => "token_mismatch",
            Self::Muted => "muted",
            Self::MessageInvalid => "message_invalid",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Unsupported => "unsupported",
            Self::CredentialInvalid => "credential_invalid",
            Self::PermissionDenied => "permission_denied",
            Self::QuotaExceeded => "quota_exceeded",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether this is a verdict that waiting does not change (an
    /// [`Outcome::Rejected`](crate::Outcome::Rejected)), and not a failure to get one.
    pub const fn is_verdict(self) -> bool {
        !matches!(
            self,
            Self::RateLimited
                | Self::Unavailable
                | Self::Timeout
                | Self::Protocol
                | Self::Cancelled
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When trying again can help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Retry {
    /// It cannot.
    #[default]
    Never,
    /// Not before this long from now, as the vendor asked.
    After(Duration),
    /// Soon, with growing pauses.
    Backoff,
}

/// The JSON form of [`Retry`]: `{"mode": "after", "after_ms": 1500}`.
#[derive(Serialize, Deserialize)]
struct RetryWire {
    mode: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_ms: Option<u64>,
}

impl Serialize for Retry {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (mode, after_ms) = match self {
            Self::Never => ("never", None),
            Self::After(delay) => (
                "after",
                Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            ),
            Self::Backoff => ("backoff", None),
        };
        RetryWire {
            mode: mode.into(),
            after_ms,
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for Retry {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire = RetryWire::deserialize(from)?;
        match (&*wire.mode, wire.after_ms) {
            ("never", _) => Ok(Self::Never),
            ("backoff", _) => Ok(Self::Backoff),
            ("after", Some(millis)) => Ok(Self::After(Duration::from_millis(millis))),
            (mode, _) => Err(serde::de::Error::custom(format!(
                "retry mode `{mode}` is not one of never, backoff, after (with after_ms)"
            ))),
        }
    }
}

/// Whether the vendor may have acted on a request that got no verdict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// It provably has not: sending again repeats nothing.
    No,
    /// It may have: sending again may show the notification twice.
    Maybe,
}

/// A vendor's own words for what it answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VendorCode {
    /// The most specific code or reason for the target, verbatim.
    pub code: String,
    /// The vendor's sentence about it, if it sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The HTTP status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
}

impl VendorCode {
    /// A code alone.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            reason: None,
            http_status: None,
        }
    }

    /// With the vendor's sentence.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// With the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }
}

/// Why something did not succeed: kind, whether to retry, whether it may have been acted on, the
/// vendor's code, and a sentence for a human.
///
/// `Display` is one line and leaves out the source, which [`std::error::Error::source`] hands
/// out. No secret and no full token is ever part of it. Cheap to clone.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::{Error, ErrorKind, Retry, Sent};
///
/// let error = Error::new(ErrorKind::RateLimited, "too many requests")
///     .with_retry(Retry::After(Duration::from_secs(60)));
/// assert_eq!(error.to_string(), "rate_limited: too many requests");
/// assert_eq!(error.sent(), Sent::No);
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Error(Arc<Inner>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    #[serde(default)]
    retry: Retry,
    #[serde(default = "sent_maybe")]
    sent: Sent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    /// Whether a layer of ours gave up before the provider was called.
    #[serde(skip)]
    held_back: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor: Option<VendorCode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    context: Vec<(Cow<'static, str>, String)>,
    #[serde(skip)]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Who leaves it out does not know: the safe reading is that it may have been sent.
const fn sent_maybe() -> Sent {
    Sent::Maybe
}

impl Error {
    /// An error that is not to be retried and was not sent.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            retry: Retry::Never,
            sent: Sent::No,
            scope: None,
            held_back: false,
            vendor: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// With a hint when to retry.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.inner().retry = retry;
        self
    }

    /// With what is known about whether the vendor may have acted.
    #[must_use]
    pub fn with_sent(mut self, sent: Sent) -> Self {
        self.inner().sent = sent;
        self
    }

    /// With whom it concerns, where that is not [whom its kind does](Scope::of).
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.inner().scope = Some(scope);
        self
    }

    /// As one of a layer that did not call the provider: no attempt was made.
    pub(crate) fn held_back(mut self) -> Self {
        self.inner().held_back = true;
        self
    }

    /// Whether no attempt was made.
    pub(crate) fn is_held_back(&self) -> bool {
        self.0.held_back
    }

    /// With the vendor's code.
    #[must_use]
    pub fn with_vendor(mut self, vendor: VendorCode) -> Self {
        self.inner().vendor = Some(vendor);
        self
    }

    /// With one more fact for whoever reads the error. Never a secret, never a full token.
    #[must_use]
    pub fn with_context(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.inner().context.push((key.into(), value.into()));
        self
    }

    /// With the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.inner().source = Some(Arc::new(source));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence for a human, without the kind.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The sentence for a human with the further facts, without the kind: `Display` less its
    /// first word.
    ///
    /// ```
    /// use zpns_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Timeout, "no answer").with_context("after", "10 s");
    /// assert_eq!(error.reason(), "no answer (after: 10 s)");
    /// ```
    pub fn reason(&self) -> String {
        let mut reason = self.0.message.to_string();
        for (position, (key, value)) in self.context().enumerate() {
            reason.push_str(if position == 0 { " (" } else { ", " });
            reason.push_str(key);
            reason.push_str(": ");
            reason.push_str(value);
        }
        if !self.0.context.is_empty() {
            reason.push(')');
        }
        reason
    }

    /// When trying again can help.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// Whether the vendor may have acted on the request.
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// Whom it concerns beside the target that it was given for.
    pub fn scope(&self) -> Scope {
        self.0.scope.unwrap_or(Scope::of(self.0.kind))
    }

    /// The scope, if it was given one.
    pub(crate) fn own_scope(&self) -> Option<Scope> {
        self.0.scope
    }

    /// The vendor's own code.
    pub fn vendor(&self) -> Option<&VendorCode> {
        self.0.vendor.as_ref()
    }

    /// Further facts, in the order they were added.
    pub fn context(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.context.iter().map(|(key, value)| (&**key, &**value))
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind, self.reason())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("retry", &inner.retry)
            .field("sent", &inner.sent)
            .field("scope", &self.scope())
            .field("vendor", &inner.vendor)
            .field("context", &inner.context)
            .field("source", &inner.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl PartialEq for Error {
    /// Equal in everything but the source, which has no equality.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&*self.0, &*other.0);
        a.kind == b.kind
            && a.message == b.message
            && a.retry == b.retry
            && a.sent == b.sent
            && self.scope() == other.scope()
            && a.vendor == b.vendor
            && a.context == b.context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_as_its_name() {
        for kind in ErrorKind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
            assert_eq!(serde_json::from_str::<ErrorKind>(&json).unwrap(), kind);
        }
    }

    #[test]
    fn verdicts_are_exactly_those_of_the_contract() {
        let failures: Vec<_> = ErrorKind::ALL
            .into_iter()
            .filter(|kind| !kind.is_verdict())
            .map(ErrorKind::as_str)
            .collect();
        let contract = [
            "rate_limited",
            "unavailable",
            "timeout",
            "protocol",
            "cancelled",
        ];
        assert_eq!(failures, contract);
    }

    #[test]
    fn an_error_survives_its_json_form() {
        let error = Error::new(ErrorKind::Unavailable, "busy")
            .with_retry(Retry::After(Duration::from_millis(1500)))
            .with_sent(Sent::Maybe)
            .with_vendor(
                VendorCode::new("503")
                    .with_reason("try later")
                    .with_status(503),
            )
            .with_context("endpoint", "https://127.0.0.1");
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(
            json["retry"],
            serde_json::json!({"mode": "after", "after_ms": 1500})
        );
        assert_eq!(json["sent"], "maybe");
        assert_eq!(serde_json::from_value::<Error>(json).unwrap(), error);
    }

    #[test]
    fn an_error_that_does_not_say_whether_it_was_sent_may_have_been() {
        let error: Error = serde_json::from_str(r#"{"kind":"timeout","message":"m"}"#).unwrap();
        assert_eq!(error.sent(), Sent::Maybe);
    }
}
