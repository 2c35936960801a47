//! Why a device may get no pushes, in words.

mod advice;
mod examine;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::ProviderId;
use crate::service::PushId;

pub(super) use self::examine::{Patient, examine};

/// What is found when it is asked why a device gets no pushes: the most likely cause first.
///
/// ```
/// # async fn example(
/// #     service: zpns_core::service::PushService,
/// #     device: zpns_core::service::PushId,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// for finding in service.diagnose(device).await?.findings {
///     println!("{} {}", finding.sentence, finding.advice);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Which device.
    pub device: PushId,
    /// What was found; at least one finding.
    pub findings: Vec<Finding>,
}

/// One thing that may keep pushes from a device, or that speaks against it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub cause: Cause,
    /// The provider that it is about; none if it is about the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// What was found, as a sentence.
    pub sentence: String,
    /// What to do about it, as a sentence.
    pub advice: Cow<'static, str>,
}

/// What may keep pushes from a device. In the order of how much it explains: what stops every push
/// comes before what stops some, and what is certain before what is likely.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// There is no such device.
    UnknownDevice,
    /// It has no channel.
    NoChannel,
    /// All its channels are dead.
    Dead,
    /// All its channels that are alive are muted.
    Muted,
    /// The provider of a channel is not configured.
    UnknownProvider,
    /// The app is in development and the provider is not, or the other way round.
    WrongEnvironment,
    /// The provider is not called at present.
    BreakerOpen,
    /// A daily quota of the provider is used up.
    QuotaUsedUp,
    /// The vendor refused the latest push.
    Rejected,
    /// There was no verdict on the latest push.
    Failed,
    /// The vendor took the latest push, and says why the device did not get it.
    NotDelivered,
    /// The vendor took the latest push, and it waits.
    Deferred,
    /// The user looks at the app.
    Online,
    /// Nobody is logged in there.
    NobodyLoggedIn,
    /// One channel of several is dead or muted.
    ChannelDown,
    /// So many tokens of the provider died at once that none is dropped.
    GuardClosed,
    /// Nothing was pushed to it lately.
    NeverPushed,
    /// The vendor took the latest push, and said nothing since.
    NotConfirmed,
    /// The latest push reached the device.
    Delivered,
}
