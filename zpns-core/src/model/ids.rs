//! Names: of a message, a provider, a vendor, a device.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siphasher::sip128::SipHasher24;
use uuid::Uuid;

/// Names one message; the idempotency key that every retry carries to the vendor.
///
/// A UUIDv7 unless the host brings its own UUID.
///
/// ```
/// use zpns_core::MessageId;
///
/// let id = MessageId::new();
/// assert_eq!(id.to_string().len(), 36);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Uuid);

impl MessageId {
    /// A new UUIDv7.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The UUID itself.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// An id for one part of this message (one target, one request), always the same for the
    /// same `part`: a UUIDv8 that holds the part's SipHash-2-4 under this message's id as the key.
    ///
    /// UUIDv5 would do as well; its SHA-1 is dearer than all else that the library does for one
    /// push but the transport.
    ///
    /// ```
    /// use zpns_core::MessageId;
    ///
    /// let id = MessageId::new();
    /// assert_eq!(id.derive("alice"), id.derive("alice"));
    /// assert_ne!(id.derive("alice"), id.derive("bob"));
    /// ```
    pub fn derive(self, part: &str) -> Uuid {
        let hash = SipHasher24::new_with_key(self.0.as_bytes()).hash(part.as_bytes());
        Uuid::new_v8(hash.as_bytes())
    }
}

impl Default for MessageId {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Uuid> for MessageId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! shared_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

shared_name! {
    /// Names one *configured* provider: one vendor, one app, one environment, one set of
    /// credentials (what vendors' consoles call a certificate id).
    ///
    /// ```
    /// let id = zpns_core::ProviderId::from("ios-production");
    /// assert_eq!(id.as_str(), "ios-production");
    /// ```
    ProviderId
}

impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

shared_name! {
    /// What a vendor gave a device to be reached by. Cheap to clone; masked in `Debug`, and
    /// without `Display`, so that it does not reach a log by accident.
    ///
    /// ```
    /// let token = zpns_core::Token::from("0123456789abcdef");
    /// assert_eq!(token.as_str(), "0123456789abcdef");
    /// assert_eq!(format!("{token:?}"), "Token(0123…, 16)");
    /// ```
    Token
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", mask(&self.0))
    }
}

/// A token made fit for a log: the first four characters and the length.
///
/// Texts under twelve characters show nothing but their length.
///
/// ```
/// assert_eq!(zpns_core::model::mask("0123456789abcdef"), "0123…, 16");
/// assert_eq!(zpns_core::model::mask("short"), "…, 5");
/// ```
pub fn mask(token: &str) -> String {
    let length = token.chars().count();
    let shown = if length < 12 { 0 } else { 4 };
    let head: String = token.chars().take(shown).collect();
    format!("{head}…, {length}")
}

/// A vendor's name as in the config file: `apns`, `fcm`, …
///
/// ```
/// assert_eq!(zpns_core::Vendor::new("apns").as_str(), "apns");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vendor(Cow<'static, str>);

impl Vendor {
    /// From a name known at compile time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Vendor {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One device as one provider reaches it.
///
/// ```
/// use zpns_core::Target;
///
/// let target = Target::new("ios", "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0");
/// assert_eq!(target.provider.as_str(), "ios");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The configured provider to go through.
    pub provider: ProviderId,
    /// The vendor's token for the device.
    pub token: Token,
    /// This device's own badge number; beats the notification's [`Badge`](crate::Badge).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<u32>,
}

impl Target {
    /// A target without a badge of its own.
    pub fn new(provider: impl Into<ProviderId>, token: impl Into<Token>) -> Self {
        Self {
            provider: provider.into(),
            token: token.into(),
            badge: None,
        }
    }

    /// The same target with a badge number of its own.
    #[must_use]
    pub fn with_badge(mut self, badge: u32) -> Self {
        self.badge = Some(badge);
        self
    }
}
