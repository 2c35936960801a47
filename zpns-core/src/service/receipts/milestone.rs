//! What is known of one push: how far it came, and why not further.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{ErrorKind, MessageId, Outcome, ProviderId, Timestamp, Token};
use crate::receipt::{Receipt, ReceiptEvent};
use crate::router::Step;
use crate::service::PushId;

/// So many milestones are kept of a push. A vendor has fewer; a stranger may invent more.
const MOST: usize = 16;
/// A code that is longer is no vendor's, and is not kept.
const LONGEST_CODE: usize = 256;

/// One push: a message, on one channel of one device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PushRecord {
    /// Which message.
    pub message: MessageId,
    /// What it is [counted](super::Milestones::counts) with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Arc<str>>,
    /// To which device.
    pub device: PushId,
    /// Through which provider …
    pub provider: ProviderId,
    /// … under which token.
    pub token: Token,
    /// What the vendor calls it, if it took it and said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<Arc<str>>,
    /// How far it came, in the order in which it became known.
    pub milestones: Vec<Milestone>,
}

/// One thing that became of a push.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Milestone {
    /// What.
    pub stage: Stage,
    /// When: by the vendor's clock where the vendor says so, else when it became known.
    #[serde(rename = "at_ms")]
    pub at: Timestamp,
    /// The vendor's code for it, or its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Arc<str>>,
}

/// What can become of a push.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// The vendor took it.
    Accepted,
    /// A verdict was against it.
    Rejected(ErrorKind),
    /// There was no verdict.
    Failed(ErrorKind),
    /// The vendor's receipt said so.
    Reported(ReceiptEvent),
}

impl PushRecord {
    /// A push of which nothing is known yet.
    pub fn new(
        message: MessageId,
        device: PushId,
        provider: impl Into<ProviderId>,
        token: impl Into<Token>,
    ) -> Self {
        Self {
            message,
            campaign: None,
            device,
            provider: provider.into(),
            token: token.into(),
            vendor_id: None,
            milestones: Vec::with_capacity(2),
        }
    }

    /// What one step of a message to a device left behind; `sent` is when it began.
    pub fn of_step(message: MessageId, device: PushId, step: &Step, sent: Timestamp) -> Self {
        let target = &step.target;
        let mut record = Self::new(
            message,
            device,
            target.provider.clone(),
            target.token.clone(),
        );
        let (stage, detail) = match &step.outcome {
            Outcome::Accepted(accepted) => {
                record.vendor_id = accepted.vendor_id.as_deref().map(Arc::from);
                (Stage::Accepted, None)
            }
            Outcome::Rejected(rejection) => (
                Stage::Rejected(rejection.kind),
                Some(Arc::from(&*rejection.reason)),
            ),
            Outcome::Failed(error) => {
                (Stage::Failed(error.kind()), Some(Arc::from(error.reason())))
            }
        };
        let at = sent;
        record.milestones.push(Milestone { stage, at, detail });
        record
    }

    /// Counted with a campaign.
    #[must_use]
    pub fn in_campaign(mut self, campaign: impl Into<Option<Arc<str>>>) -> Self {
        self.campaign = campaign.into();
        self
    }

    /// Under the vendor's id.
    #[must_use]
    pub fn with_vendor_id(mut self, id: impl Into<Option<Arc<str>>>) -> Self {
        self.vendor_id = id.into();
        self
    }

    /// With one more milestone.
    #[must_use]
    pub fn with(mut self, stage: Stage, at: Timestamp) -> Self {
        let detail = None;
        self.milestones.push(Milestone { stage, at, detail });
        self
    }

    /// Notes what a receipt says; whether that is news. The same said twice is said once.
    pub fn note(&mut self, receipt: &Receipt, now: Timestamp) -> bool {
        let stage = Stage::Reported(receipt.event.clone());
        let mut known = self.milestones.iter();
        if self.milestones.len() >= MOST || known.any(|known| known.stage == stage) {
            return false;
        }
        self.milestones.push(Milestone {
            stage,
            at: receipt.at.map_or(now, |at| at.min(now)),
            detail: Some(&receipt.code)
                .filter(|code| code.len() <= LONGEST_CODE)
                .cloned(),
        });
        true
    }

    /// When the vendor took it.
    pub fn accepted(&self) -> Option<Timestamp> {
        self.first(|stage| *stage == Stage::Accepted)
    }

    /// When it reached the device; at the latest when it was tapped there.
    pub fn delivered(&self) -> Option<Timestamp> {
        self.first(|stage| matches!(stage, Stage::Reported(event) if event.is_delivered()))
    }

    /// When it was tapped.
    pub fn clicked(&self) -> Option<Timestamp> {
        self.first(|stage| *stage == Stage::Reported(ReceiptEvent::Clicked))
    }

    /// Why it did not reach the device; nothing if it did, or if nobody said that it did not.
    pub fn why_not(&self) -> Option<&Milestone> {
        if self.delivered().is_some() {
            return None;
        }
        let mut latest = self.milestones.iter().rev();
        latest.find(|milestone| match &milestone.stage {
            Stage::Accepted => false,
            Stage::Rejected(_) | Stage::Failed(_) => true,
            Stage::Reported(event) => !matches!(
                event,
                ReceiptEvent::Deferred | ReceiptEvent::Replaced(_) | ReceiptEvent::Unknown
            ),
        })
    }

    fn first(&self, which: impl Fn(&Stage) -> bool) -> Option<Timestamp> {
        let mut milestones = self.milestones.iter();
        let found = milestones.find(|milestone| which(&milestone.stage))?;
        Some(found.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Rejection, Target};
    use crate::receipt::DropReason;

    fn record() -> PushRecord {
        PushRecord::new(MessageId::new(), PushId::new(), "mi", "token").with(Stage::Accepted, at(1))
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn told(event: ReceiptEvent) -> Receipt {
        Receipt::new("token", event, "7")
    }

    #[test]
    fn a_push_goes_from_accepted_to_delivered_to_clicked() {
        let mut push = record();
        assert!(push.note(&told(ReceiptEvent::Delivered).at(at(5)), at(9)));
        assert!(push.note(&told(ReceiptEvent::Clicked), at(9)));
        let reached = (push.accepted(), push.delivered(), push.clicked());
        assert_eq!(reached, (Some(at(1)), Some(at(5)), Some(at(9))));
        assert_eq!(push.why_not(), None);
    }

    #[test]
    fn what_was_tapped_was_delivered_though_nobody_said_so() {
        let mut push = record();
        push.note(&told(ReceiptEvent::Clicked), at(9));
        assert_eq!(push.delivered(), Some(at(9)));
    }

    #[test]
    fn the_same_said_twice_is_said_once() {
        let mut push = record();
        assert!(push.note(&told(ReceiptEvent::Muted), at(2)));
        assert!(!push.note(&told(ReceiptEvent::Muted), at(3)));
        assert_eq!(push.milestones.len(), 2);
    }

    #[test]
    fn a_vendors_clock_that_is_ahead_is_not_believed() {
        let mut push = record();
        push.note(&told(ReceiptEvent::Delivered).at(at(u64::MAX)), at(9));
        assert_eq!(push.delivered(), Some(at(9)));
    }

    #[test]
    fn why_not_is_the_latest_word_that_says_so() {
        let expired = ReceiptEvent::Dropped(DropReason::Expired);
        for (event, says) in [
            (ReceiptEvent::Deferred, false),
            (ReceiptEvent::Unknown, false),
            (ReceiptEvent::Replaced("new".into()), false),
            (ReceiptEvent::QuotaDropped, true),
            (ReceiptEvent::TokenInvalid, true),
            (expired.clone(), true),
        ] {
            let mut push = record();
            push.note(&told(event.clone()), at(2));
            assert_eq!(push.why_not().is_some(), says, "{event:?}");
        }
        let mut push = record();
        push.note(&told(expired.clone()), at(2));
        push.note(&told(ReceiptEvent::Deferred), at(3));
        let why = push.why_not().map(|milestone| &milestone.stage);
        assert_eq!(why, Some(&Stage::Reported(expired)));
    }

    #[test]
    fn a_step_that_was_refused_keeps_the_words() {
        let step = Step {
            target: Target::new("mi", "token"),
            outcome: Rejection::new(ErrorKind::TokenInvalid, "uninstalled").into(),
            notes: None,
        };
        let push = PushRecord::of_step(MessageId::new(), PushId::new(), &step, at(4));
        let why = push.why_not().cloned();
        let wanted = Milestone {
            stage: Stage::Rejected(ErrorKind::TokenInvalid),
            at: at(4),
            detail: Some("uninstalled".into()),
        };
        assert_eq!(why, Some(wanted));
        assert_eq!(push.accepted(), None);
    }

    #[test]
    fn no_stranger_makes_a_push_grow_without_end() {
        let mut push = record();
        for number in 0..100 {
            let token = format!("successor-{number}").as_str().into();
            push.note(&told(ReceiptEvent::Replaced(token)), at(2));
        }
        assert_eq!(push.milestones.len(), MOST);
        let mut push = record();
        let long = "7".repeat(LONGEST_CODE + 1);
        push.note(&Receipt::new("token", ReceiptEvent::Delivered, long), at(2));
        assert_eq!(push.milestones.last().unwrap().detail, None);
    }
}
