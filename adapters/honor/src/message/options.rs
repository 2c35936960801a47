//! What only HONOR has: the typed halves of its message.

use serde::{Deserialize, Serialize};
use zpns_core::model::VendorSection;

/// The options of HONOR Push, under `vendor.honor` of a [`Notification`](zpns_core::Notification):
/// the message as HONOR documents it, in snake_case.
///
/// What is set here beats what the notification says; an unknown field is an error. The raw merge
/// (`vendor.honor.raw`) goes into the whole request body, in HONOR's spelling; it may not name
/// tokens.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_honor::Options;
/// use zpns_honor::message::AndroidConfig;
///
/// let mut android = AndroidConfig::default();
/// android.target_user_type = Some(1);
/// let mut options = Options::default();
/// options.android = Some(android);
///
/// let mut message = Notification::alert("Alice", "Lunch?");
/// message.vendor.set(&options)?;
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// The app's own data, instead of the notification's payload and data. Beside a text it has to
    /// be JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Texts and picture where `android.notification` has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<BasicNotification>,
    /// Everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android: Option<AndroidConfig>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// `notification`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BasicNotification {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// An https picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// `android`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AndroidConfig {
    /// How long it is kept, in whole seconds, such as `86400s`; `1296000s` at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// Comes back in receipts; the message's id unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bi_tag: Option<String>,
    /// Beats the `data` beside `android`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// 1 for a test message, of which an app has 1,000 a day, and which no device's quota counts;
    /// 0 otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_user_type: Option<i64>,
    /// How it looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<AndroidNotification>,
}

/// `android.notification`: how it looks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AndroidNotification {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What a tap does, instead of `on_click`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_action: Option<ClickAction>,
    /// The class, and with it sound and quota; by the notification's category unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// A small https picture; of a `normal` message only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// 0 plain, 1 big text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<i64>,
    /// Title of style 1. HONOR asks that it be the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_title: Option<String>,
    /// Text of style 1. HONOR asks that it be the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_body: Option<String>,
    /// When what it tells of happened, in UTC: `2014-10-02T15:01:23.045123456Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Three at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buttons: Option<Vec<Button>>,
    /// The number on the launcher's icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    /// The notification's number: an equal one overwrites, -1 never does. Derived from the
    /// message's id unless this or `tag` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_id: Option<i64>,
    /// An equal tag overwrites. The notification's collapse key unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Of a group only the newest is shown, and how many there are. The notification's thread
    /// unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// HONOR's class of a message. Without the right to classify oneself all is `low` to HONOR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Importance {
    /// Information and marketing: silent, two a day for each device.
    Low,
    /// Service and communication: sound, vibration, lock screen.
    Normal,
}

impl Importance {
    pub(crate) const fn wire(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
        }
    }
}

/// What a tap does (`clickAction`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClickAction {
    /// 1 a page of the app, 2 a web page, 3 the app.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<i64>,
    /// The intent URI of a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The action of a page's intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The https address of a web page. Not for games.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The number on the launcher's icon.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Badge {
    /// Added to the number, 1 to 99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_num: Option<i64>,
    /// The number, 0 to 99; beats `add_num`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_num: Option<i64>,
    /// The launcher activity's class, without which there is no number; the provider's own unless
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge_class: Option<String>,
}

/// A button under a notification.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Button {
    /// Its caption, 40 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 0 the app, 1 a page of the app, 2 a web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_type: Option<i64>,
    /// What `intent` is of action 1: 0 an intent URI, 1 an action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_type: Option<i64>,
    /// What action 1 opens, or the https address of action 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// For the app, 1,024 characters at the most; a JSON object for actions 0 and 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}
