//! How many pushes of a campaign came how far.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PushRecord, Stage};
use crate::receipt::{DropReason, ReceiptEvent};

/// How many pushes of a campaign came how far. A push is counted once in each number, however
/// often its vendor tells.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CampaignCounts {
    /// Taken by their vendors.
    pub accepted: u64,
    /// Refused.
    pub rejected: u64,
    /// Without a verdict.
    pub failed: u64,
    /// On their devices; those that were tapped are among them.
    pub delivered: u64,
    /// Tapped.
    pub clicked: u64,
    /// Tapped, and what they were to open did not open.
    pub click_failed: u64,
    /// Waiting at some time, by a receipt.
    pub deferred: u64,
    /// Not seen, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Kept back by a quota.
    pub quota_dropped: u64,
    /// To tokens that turned out to be dead.
    pub token_invalid: u64,
    /// To devices that do not get the app's pushes for now.
    pub muted: u64,
    /// To tokens that have a successor.
    pub replaced: u64,
    /// Told of with a code that nobody has documented.
    pub unknown: u64,
}

impl CampaignCounts {
    /// Counts a push that is new with all that is known of it.
    pub fn add(&mut self, push: &PushRecord) {
        for end in 1..=push.milestones.len() {
            self.add_latest(push.milestones.get(..end).unwrap_or_default());
        }
    }

    /// Counts the latest of a push's milestones; those before it are counted already.
    pub(super) fn add_latest(&mut self, milestones: &[super::Milestone]) {
        let Some((latest, before)) = milestones.split_last() else {
            return;
        };
        let event = match &latest.stage {
            Stage::Accepted => return self.accepted += 1,
            Stage::Rejected(_) => return self.rejected += 1,
            Stage::Failed(_) => return self.failed += 1,
            Stage::Reported(event) => event,
        };
        let reached =
            |stage: &Stage| matches!(stage, Stage::Reported(event) if event.is_delivered());
        if event.is_delivered() && !before.iter().any(|known| reached(&known.stage)) {
            self.delivered += 1;
        }
        let count = match event {
            ReceiptEvent::Delivered => return,
            ReceiptEvent::Clicked => &mut self.clicked,
            ReceiptEvent::ClickFailed => &mut self.click_failed,
            ReceiptEvent::Deferred => &mut self.deferred,
            ReceiptEvent::Dropped(reason) => self.dropped.entry(*reason).or_default(),
            ReceiptEvent::QuotaDropped => &mut self.quota_dropped,
            ReceiptEvent::TokenInvalid => &mut self.token_invalid,
            ReceiptEvent::Muted => &mut self.muted,
            ReceiptEvent::Replaced(_) => &mut self.replaced,
            ReceiptEvent::Unknown => &mut self.unknown,
        };
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorKind, MessageId, Timestamp};
    use crate::service::PushId;

    #[test]
    fn a_push_is_counted_once_in_each_number() {
        let at = Timestamp::from_millis(1);
        let new = || PushRecord::new(MessageId::new(), PushId::new(), "mi", "token");
        let taken = || new().with(Stage::Accepted, at);
        let pushes = [
            taken(),
            taken()
                .with(Stage::Reported(ReceiptEvent::Delivered), at)
                .with(Stage::Reported(ReceiptEvent::Clicked), at),
            taken().with(Stage::Reported(ReceiptEvent::ClickFailed), at),
            taken().with(
                Stage::Reported(ReceiptEvent::Dropped(DropReason::Expired)),
                at,
            ),
            new().with(Stage::Rejected(ErrorKind::Muted), at),
            new().with(Stage::Failed(ErrorKind::Timeout), at),
        ];
        let mut counts = CampaignCounts::default();
        pushes.iter().for_each(|push| counts.add(push));
        let wanted = CampaignCounts {
            accepted: 4,
            rejected: 1,
            failed: 1,
            delivered: 2,
            clicked: 1,
            click_failed: 1,
            dropped: BTreeMap::from([(DropReason::Expired, 1)]),
            ..CampaignCounts::default()
        };
        assert_eq!(counts, wanted);
        let text = serde_json::to_value(&counts).unwrap();
        assert_eq!(text["dropped"]["expired"], 1);
    }
}
