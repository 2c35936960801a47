//! The one trait that a vendor implements, and what goes through it.

mod batch;
mod capability;
mod fields;
mod info;
mod variant;

use std::borrow::Cow;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use self::batch::Batch;
pub(crate) use self::batch::Early;
pub use self::capability::{Capability, Kinds};
pub use self::fields::{FieldRule, Fields, Missing};
pub use self::info::{Check, Environment, Expiry, ProviderInfo, Setup};
pub use self::variant::{LimitPolicy, Variant};
use crate::model::{Error, Notification, Report, Token};
use crate::preflight::Rule;

/// One configured channel to one vendor: an adapter, a plugin, or a layer around one.
///
/// Every method is cancel-safe: dropping its future loses no verdict that was already handed
/// out, and leaves the provider usable.
#[async_trait]
pub trait PushProvider: Debug + Send + Sync + 'static {
    /// Who it is. Never changes.
    fn info(&self) -> &ProviderInfo;

    /// What it can do.
    fn capability(&self) -> Capability;

    /// Which of the vendor's parts a token belongs to: a router puts tokens of different parts
    /// into different batches, each of them cut to [`Capability::batch`]. All belong to one part
    /// unless this says otherwise; providers that take one target per request are not asked.
    ///
    /// For a vendor whose regions have hosts of their own, told by the token. It is called for
    /// every target: cheap, and always the same for the same token. Whoever calls
    /// [`send`](Self::send) without a router may still mix them.
    ///
    /// ```
    /// use zpns_core::Token;
    ///
    /// // What an adapter may answer whose tokens begin with their region.
    /// fn partition(token: &Token) -> u8 {
    ///     u8::from(!token.as_str().starts_with("CN_"))
    /// }
    /// assert_eq!(partition(&Token::from("CN_00aa")), 0);
    /// assert_eq!(partition(&Token::from("IN_00aa")), 1);
    /// ```
    fn partition(&self, token: &Token) -> u8 {
        let _ = token;
        0
    }

    /// What a look at a message tells of this vendor before anything is sent: rows of data, from
    /// the vendor's documents (see [`preflight`](crate::preflight)). None unless this says
    /// otherwise. May depend on how the provider is configured; never changes.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }

    /// What the vendor counts together with this message, where it has quotas of the day: a word
    /// for the class that the message is in by its category, channel and options. A used-up quota
    /// of a class ([`Scope::Class`](crate::Scope::Class)) closes exactly the messages with the same
    /// word. Unless this says otherwise, messages share a quota whose kind, category, channel and
    /// options are all the same.
    ///
    /// Asked for only while some quota is used up. Always the same for the same message.
    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        let _ = message;
        None
    }

    /// When certificates and keys end that a human has to replace. What the provider renews by
    /// itself is none of them. None unless this says otherwise.
    fn expiries(&self) -> Vec<Expiry> {
        Vec::new()
    }

    /// Sends one batch: one [`Outcome`](crate::Outcome) per target, in the same order, never
    /// fewer. Makes one attempt (one more after refreshing an expired token); layers retry.
    async fn send(&self, batch: &Batch) -> Report;

    /// Whether the credentials work. Sends nothing to a device.
    ///
    /// # Errors
    /// Why they do not, or why that could not be found out.
    async fn check(&self) -> Result<Check, Error>;

    /// Refuses new batches, lets those under way finish for up to `grace`, then closes.
    async fn shutdown(&self, grace: Duration);
}
