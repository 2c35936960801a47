//! The one trait that a vendor implements, and what goes through it.

mod batch;
mod capability;
mod fields;
mod info;
mod variant;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use self::batch::Batch;
pub use self::capability::{Capability, Kinds};
pub use self::fields::{FieldRule, Fields, Missing};
pub use self::info::{Check, Environment, ProviderInfo, Setup};
pub use self::variant::{LimitPolicy, Variant};
use crate::model::{Error, Report};

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
