//! Where milestones are kept.

use std::fmt::Debug;
use std::num::NonZeroUsize;

use async_trait::async_trait;

use super::{CampaignCounts, PushRecord};
use crate::model::{MessageId, ProviderId, Timestamp};
use crate::receipt::Receipt;
use crate::service::{PushId, RegistryError};

/// What became of the pushes of the last days: accepted → delivered → clicked, or why not.
///
/// Every method is atomic. How long pushes are kept is the store's own matter; a receipt for one
/// that it has forgotten, or never knew, joins nothing.
///
/// ```
/// use zpns_core::receipt::{Receipt, ReceiptEvent};
/// use zpns_core::service::{MemoryMilestones, Milestones, PushId, PushRecord, Stage};
/// use zpns_core::{MessageId, Timestamp};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let milestones = MemoryMilestones::new();
/// let now = Timestamp::from_secs(1_764_000_000);
/// let push = PushRecord::new(MessageId::new(), PushId::new(), "mi", "a-token")
///     .with_vendor_id(std::sync::Arc::<str>::from("scm7"))
///     .with(Stage::Accepted, now);
/// milestones.record(&[push], now).await?;
/// let told = Receipt::new("a-token", ReceiptEvent::Delivered, "1")
///     .with_vendor_id(std::sync::Arc::<str>::from("scm7"));
/// let joined = milestones.join(&"mi".into(), &[told], now).await?;
/// assert_eq!(joined[0].as_ref().unwrap().push.delivered(), Some(now));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Milestones: Debug + Send + Sync + 'static {
    /// Writes pushes down. A vendor may be so fast that receipts for them are there already: those
    /// are joined now, and handed back.
    ///
    /// # Errors
    /// None but the store's own.
    async fn record(
        &self,
        pushes: &[PushRecord],
        now: Timestamp,
    ) -> Result<Vec<Early>, RegistryError>;

    /// Adds receipts of a provider to the pushes that they are about: those of its vendor's id, or
    /// else of the message that the [tag](Receipt::message_id) names, and of the token. For each
    /// receipt the push with it; none if no such push is known.
    ///
    /// # Errors
    /// None but the store's own.
    async fn join(
        &self,
        provider: &ProviderId,
        receipts: &[Receipt],
        now: Timestamp,
    ) -> Result<Vec<Option<Joined>>, RegistryError>;

    /// What became of a message: its pushes, `limit` of them at the most.
    ///
    /// # Errors
    /// None but the store's own.
    async fn of_message(
        &self,
        message: MessageId,
        limit: NonZeroUsize,
    ) -> Result<Vec<PushRecord>, RegistryError>;

    /// The latest pushes to a device, the latest first, `limit` of them at the most.
    ///
    /// # Errors
    /// None but the store's own.
    async fn of_device(
        &self,
        device: PushId,
        limit: NonZeroUsize,
    ) -> Result<Vec<PushRecord>, RegistryError>;

    /// How many pushes of a campaign came how far; zeros for one that is not known.
    ///
    /// # Errors
    /// None but the store's own.
    async fn counts(&self, campaign: &str) -> Result<CampaignCounts, RegistryError>;
}

/// A push that a receipt was for.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Joined {
    /// The push, with what the receipt said.
    pub push: PushRecord,
    /// Whether the receipt said anything new.
    pub news: bool,
}

impl Joined {
    /// A push, and whether the receipt for it was news.
    pub fn new(push: PushRecord, news: bool) -> Self {
        Self { push, news }
    }
}

/// A receipt that was there before its push was written down.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Early {
    /// The receipt.
    pub receipt: Receipt,
    /// The push that it is for.
    pub push: PushRecord,
}

impl Early {
    /// A receipt, and the push that it is for.
    pub fn new(receipt: Receipt, push: PushRecord) -> Self {
        Self { receipt, push }
    }
}
