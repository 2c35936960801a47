//! What only Web Push has.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zpns_core::model::VendorSection;

/// The options of Web Push: `vendor.webpush` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Unknown names are an error; the raw merge
/// comes last into the JSON that the service worker gets.
///
/// ```
/// use zpns_core::{Notification, OnClick};
/// use zpns_webpush::{Options, Urgency};
///
/// let mut message = Notification::alert("Alice", "Lunch?")
///     .with_on_click(OnClick::Url("https://example.com/chat/7".into()));
/// let mut options = Options::default();
/// options.urgency = Some(Urgency::VeryLow);
/// options.declarative = Some(true);
/// message.vendor.set(&options)?;
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// `Urgency`; by the notification's priority, else by its kind, unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// `Topic`: 1 to 32 characters of `A-Za-z0-9-_`. Made of the notification's `collapse_key`
    /// unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Makes the body a declarative push message (`"web_push": 8030`), which Safari 18.4 and later
    /// shows without a service worker; others hand it to theirs. Needs a title and an address to
    /// navigate to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declarative: Option<bool>,
    /// Lets a service worker change a declarative message before it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutable: Option<bool>,
    /// Sends no body at all: wakes the service worker and says nothing. Needs no keys in the
    /// subscription, and a message without content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<bool>,
    /// Pads the plaintext to a multiple of so many bytes, as far as the limit allows, to hide its
    /// length. 1 to 3993; not padded unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad_to: Option<u16>,
    /// How the notification looks, beyond what every vendor has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<NotificationOptions>,
    /// A whole body instead of the one built from the notification, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// `Urgency` of RFC 8030: how much of the device's battery the message is worth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On either power or Wi-Fi.
    Low,
    /// On neither.
    Normal,
    /// Even on a low battery.
    High,
}

impl Urgency {
    /// The value of the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// Members of the Notifications API, in snake_case. The service worker gets them as
/// `showNotification()` takes them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NotificationOptions {
    /// What a tap opens; beats the notification's `on_click`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub navigate: Option<String>,
    /// The URL of an icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The URL of a small monochrome icon, for where there is little room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// Replaces a notification with the same tag on the device; beats the `collapse_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Alerts again when it replaces one. Needs a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renotify: Option<bool>,
    /// Makes no sound and no vibration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
    /// Stays until the user acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_interaction: Option<bool>,
    /// The language of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The direction of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<Direction>,
    /// Pauses and pulses in milliseconds, a pulse first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vibrate: Option<Vec<u32>>,
    /// When it happened, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    /// Buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
}

/// The direction of texts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// As the texts themselves tell.
    Auto,
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

/// A button of a notification.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Action {
    /// What the service worker knows it by.
    pub action: String,
    /// What is written on it.
    pub title: String,
    /// The URL of an icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What a tap on it opens; needed in a declarative message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub navigate: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_option_survives_its_json_form() {
        let json = json!({
            "urgency": "very_low", "topic": "t", "declarative": true, "mutable": true,
            "empty": false, "pad_to": 128, "body": {"a": 1},
            "notification": {
                "navigate": "https://example.com", "icon": "/i.png", "badge": "/b.png", "tag": "t",
                "renotify": true, "silent": false, "require_interaction": true, "lang": "en",
                "dir": "rtl", "vibrate": [200, 100], "timestamp": 1,
                "actions": [{"action": "a", "title": "A", "icon": "/a.png", "navigate": "/a"}],
            },
        });
        let options: Options = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&options).unwrap(), json);
    }

    #[test]
    fn a_misspelt_option_is_an_error_that_names_it() {
        for wrong in [
            json!({"urgancy": "low"}),
            json!({"notification": {"titel": "t"}}),
        ] {
            assert!(serde_json::from_value::<Options>(wrong).is_err());
        }
    }
}
