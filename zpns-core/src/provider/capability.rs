//! What a provider can do, as one flat value.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Fields;
use crate::model::Kind;

bitflags::bitflags! {
    /// Kinds of push, as a set.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
    pub struct Kinds: u8 {
        /// [`Kind::Alert`].
        const ALERT = 1;
        /// [`Kind::Silent`].
        const SILENT = 1 << 1;
        /// [`Kind::Call`].
        const CALL = 1 << 2;
        /// [`Kind::LiveActivity`].
        const LIVE_ACTIVITY = 1 << 3;
        /// [`Kind::Other`]; the adapter checks the name.
        const OTHER = 1 << 4;
    }
}

impl From<&Kind> for Kinds {
    fn from(kind: &Kind) -> Self {
        match kind {
            Kind::Alert => Self::ALERT,
            Kind::Silent => Self::SILENT,
            Kind::Call(_) => Self::CALL,
            Kind::LiveActivity => Self::LIVE_ACTIVITY,
            Kind::Other(_) => Self::OTHER,
        }
    }
}

/// What a provider can do. Flat and `Copy`; a layer may narrow it.
///
/// ```
/// use zpns_core::{Capability, Fields, Kinds};
///
/// let mut capability = Capability::unary();
/// capability.kinds = Kinds::ALERT | Kinds::SILENT;
/// capability.fields = Fields::TITLE | Fields::BODY;
/// assert_eq!(capability.batch, 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capability {
    /// Targets in one batch at the most.
    pub batch: usize,
    /// What a split may not leave over: the fewest targets of a batch that is not alone.
    pub batch_min: usize,
    /// Batches in flight at once by default.
    pub in_flight: usize,
    /// The kinds of push it can send.
    pub kinds: Kinds,
    /// The fields of a notification that it honours.
    pub fields: Fields,
    /// The encoded message in bytes at the most.
    pub payload_limit: Option<usize>,
    /// The same for calls, where it differs.
    pub call_payload_limit: Option<usize>,
    /// The longest time to live it keeps a message.
    pub max_ttl: Option<Duration>,
    /// Whether it drops a repeat that carries the same id, so that a retry repeats nothing.
    pub deduplicates: bool,
    /// Whether a repeat with the same collapse key replaces the first one on the device.
    pub collapse_replaces: bool,
    /// By whose midnight the vendor's daily quotas begin anew: seconds east of UTC. Unless it is
    /// known, no quota is taken for a daily one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_day: Option<i32>,
    /// Whether calls go to tokens of their own, beside those for everything else (PushKit).
    #[serde(default)]
    pub call_tokens: bool,
    /// Whether a notification can be taken back.
    pub recall: bool,
    /// Whether it reports deliveries.
    pub receipts: bool,
}

impl Capability {
    /// [`quota_day`](Self::quota_day) of the vendors in China, whose clocks all stand at +08:00.
    pub const CHINA: i32 = 8 * 3_600;

    /// A provider that takes one target per request, with no kind and no field yet.
    pub const fn unary() -> Self {
        Self::batched(1, 1_000)
    }

    /// A provider that takes up to `batch` targets per request, `in_flight` requests at once.
    pub const fn batched(batch: usize, in_flight: usize) -> Self {
        Self {
            batch,
            batch_min: 1,
            in_flight,
            kinds: Kinds::empty(),
            fields: Fields::empty(),
            payload_limit: None,
            call_payload_limit: None,
            max_ttl: None,
            deduplicates: false,
            collapse_replaces: false,
            quota_day: None,
            call_tokens: false,
            recall: false,
            receipts: false,
        }
    }
}
