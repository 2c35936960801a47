//! One receipt, in the words of every vendor.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{MessageId, Timestamp, Token, TokenAction};

/// What became of one push on one device.
///
/// Several of them for one push are normal (delivered, then clicked), and vendors may send one
/// again: what is done about it has to be the same when it is done twice.
///
/// What the devices of one report have in common is held once, however many they are: a body of
/// two megabytes makes no gigabytes of receipts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The device.
    pub token: Token,
    /// What happened.
    pub event: ReceiptEvent,
    /// The vendor's own code, verbatim; `type/subtype` where it has two.
    pub code: Arc<str>,
    /// What the code means, in words, where somebody documented it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Cow<'static, str>>,
    /// The id with which the vendor accepted the push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<Arc<str>>,
    /// What the host gave the push to come back with: a tag, or the callback's parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Arc<str>>,
    /// When it happened, by the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Receipt {
    /// A receipt for a device, with the vendor's code for it.
    pub fn new(token: impl Into<Token>, event: ReceiptEvent, code: impl Into<Arc<str>>) -> Self {
        Self {
            token: token.into(),
            event,
            code: code.into(),
            meaning: None,
            vendor_id: None,
            tag: None,
            at: None,
        }
    }

    /// With the words for the code.
    #[must_use]
    pub fn with_meaning(mut self, meaning: impl Into<Option<&'static str>>) -> Self {
        self.meaning = meaning.into().map(Cow::Borrowed);
        self
    }

    /// With the vendor's id of the push.
    #[must_use]
    pub fn with_vendor_id(mut self, id: impl Into<Option<Arc<str>>>) -> Self {
        self.vendor_id = id.into();
        self
    }

    /// With what the host gave along.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<Option<Arc<str>>>) -> Self {
        self.tag = tag.into();
        self
    }

    /// With the time of it.
    #[must_use]
    pub fn at(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        self.at = at.into();
        self
    }

    /// The message, where the tag is its id, which it is for Huawei and HONOR unless the host set
    /// another.
    pub fn message_id(&self) -> Option<MessageId> {
        Uuid::parse_str(self.tag.as_deref()?)
            .ok()
            .map(MessageId::from)
    }

    /// What becomes of the token. It is dead since the receipt at the latest, and may have been
    /// registered anew after it.
    ///
    /// ```
    /// use zpns_core::receipt::{Receipt, ReceiptEvent};
    /// use zpns_core::{Timestamp, TokenAction};
    ///
    /// let at = Timestamp::from_millis(7);
    /// let receipt = Receipt::new("token", ReceiptEvent::TokenInvalid, "2").at(at);
    /// assert_eq!(receipt.action(), TokenAction::Drop { since: Some(at) });
    /// ```
    pub fn action(&self) -> TokenAction {
        match &self.event {
            ReceiptEvent::TokenInvalid => TokenAction::Drop { since: self.at },
            ReceiptEvent::Muted => TokenAction::Mute { until: None },
            ReceiptEvent::Replaced(token) => TokenAction::Replace(token.clone()),
            _ => TokenAction::Keep,
        }
    }
}

/// What a receipt can say.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReceiptEvent {
    /// It reached the device. Not a proof that anybody saw it.
    Delivered,
    /// The user tapped it.
    Clicked,
    /// The user tapped it, and what it was to open did not open.
    ClickFailed,
    /// It waits, and is to be delivered yet.
    Deferred,
    /// It will not be seen.
    Dropped(DropReason),
    /// A quota of the app, or a cap of the device, kept it back.
    QuotaDropped,
    /// The token is no device's any more.
    TokenInvalid,
    /// The device, or its user, does not get the app's pushes for now.
    Muted,
    /// The device is reached by this token from now on.
    Replaced(Token),
    /// A code that nobody has documented.
    Unknown,
}

impl ReceiptEvent {
    /// What happened, in one word: as it stands in JSON.
    ///
    /// ```
    /// assert_eq!(zpns_core::ReceiptEvent::QuotaDropped.name(), "quota_dropped");
    /// ```
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Clicked => "clicked",
            Self::ClickFailed => "click_failed",
            Self::Deferred => "deferred",
            Self::Dropped(_) => "dropped",
            Self::QuotaDropped => "quota_dropped",
            Self::TokenInvalid => "token_invalid",
            Self::Muted => "muted",
            Self::Replaced(_) => "replaced",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the push reached its device.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered | Self::Clicked | Self::ClickFailed)
    }
}

/// Why a push will not be seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// Its time ran out.
    Expired,
    /// A newer one took its place.
    Superseded,
    /// The device was not online, which it asked for.
    Offline,
    /// A filter of the message left the device out.
    Filtered,
    /// A rule of the vendor, such as its night hours, kept it back.
    Controlled,
    /// The vendor refused the content.
    ContentRefused,
    /// The device did not show it.
    NotShown,
    /// Something else, which the code tells.
    Other,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_what_speaks_of_the_token_touches_it() {
        let rows = [
            (ReceiptEvent::Delivered, TokenAction::Keep),
            (ReceiptEvent::Clicked, TokenAction::Keep),
            (ReceiptEvent::ClickFailed, TokenAction::Keep),
            (ReceiptEvent::Deferred, TokenAction::Keep),
            (
                ReceiptEvent::Dropped(DropReason::Expired),
                TokenAction::Keep,
            ),
            (ReceiptEvent::QuotaDropped, TokenAction::Keep),
            (ReceiptEvent::Unknown, TokenAction::Keep),
            (
                ReceiptEvent::TokenInvalid,
                TokenAction::Drop { since: None },
            ),
            (ReceiptEvent::Muted, TokenAction::Mute { until: None }),
            (
                ReceiptEvent::Replaced("new".into()),
                TokenAction::Replace("new".into()),
            ),
        ];
        for (event, action) in rows {
            let receipt = Receipt::new("t", event.clone(), "1");
            assert_eq!(receipt.action(), action, "{event:?}");
            let written = serde_json::to_value(&event).unwrap();
            let name = written.as_str().map(str::to_owned);
            let name = name.or_else(|| written.as_object()?.keys().next().cloned());
            assert_eq!(name.as_deref(), Some(event.name()));
        }
    }

    #[test]
    fn a_tag_that_is_a_message_id_is_found_and_another_is_none() {
        let id = MessageId::new();
        let receipt = Receipt::new("t", ReceiptEvent::Delivered, "0");
        assert_eq!(receipt.message_id(), None);
        let receipt = receipt.with_tag(Arc::<str>::from(id.to_string()));
        assert_eq!(receipt.message_id(), Some(id));
        assert_eq!(
            receipt.with_tag(Arc::<str>::from("campaign")).message_id(),
            None
        );
    }

    #[test]
    fn a_receipt_survives_a_round_trip() {
        let receipt = Receipt::new("t", ReceiptEvent::Replaced("n".into()), "16")
            .with_meaning("moved")
            .with_vendor_id(Arc::<str>::from("v"))
            .at(Timestamp::from_millis(7));
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
        assert!(text.contains(r#""replaced":"n""#), "{text}");
    }
}
