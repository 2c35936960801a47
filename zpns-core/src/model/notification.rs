//! What the host says once, for every vendor.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MessageId, OnClick, Timestamp, VendorOptions, duration_ms};

/// One message, in the words that every vendor shares.
///
/// Every field but the content is optional. What a vendor cannot do is refused before anything
/// is sent or, where leaving it out is harmless, listed in the report (see
/// [`Fields`](crate::Fields)). In JSON the fields are named as here, `ttl` and `not_before` as
/// `ttl_ms` and `not_before_ms`; an unknown field is an error.
///
/// ```
/// use zpns_core::{Category, Notification};
///
/// let notification = Notification::alert("Alice", "Lunch?")
///     .with_category(Category::InstantMessage)
///     .with_payload(r#"{"chat":7}"#);
/// assert_eq!(notification.title.as_deref(), Some("Alice"));
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
// Defaults field by field: those of the whole would make an id for every message that is read.
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Notification {
    /// The idempotency key, carried to the vendor by every retry.
    #[serde(default)]
    pub id: MessageId,
    /// What sort of push it is.
    #[serde(default)]
    pub kind: Kind,

    /// The title. An empty one falls back to [`sender`](Self::sender).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The line under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The https URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The key of the title in the app's own translations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_loc_key: Option<String>,
    /// What fills the gaps of the translated title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub title_loc_args: Vec<String>,
    /// The key of the subtitle in the app's own translations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle_loc_key: Option<String>,
    /// What fills the gaps of the translated subtitle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtitle_loc_args: Vec<String>,
    /// The key of the text in the app's own translations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_loc_key: Option<String>,
    /// What fills the gaps of the translated text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body_loc_args: Vec<String>,
    /// Who it is from; stands in for an empty title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,

    /// Handed back to the app untouched when the user taps. Any text; wrapped where a vendor
    /// needs JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Further data for the app.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// What opens on a tap.
    #[serde(default)]
    pub on_click: OnClick,

    /// The sound.
    #[serde(default)]
    pub sound: Sound,
    /// The number on the app's icon.
    #[serde(default)]
    pub badge: Badge,
    /// What the message is about: decides the vendor's class, and so quota and volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The Android notification channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// How urgent it is; by its kind unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How long the vendor keeps it for a device that is away. No retry outlives it.
    #[serde(
        default,
        rename = "ttl_ms",
        with = "duration_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub ttl: Option<Duration>,
    /// A later message with the same key replaces this one on the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collapse_key: Option<String>,
    /// Groups messages in the notification list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Not to be shown before, where the vendor can wait.
    #[serde(
        default,
        rename = "not_before_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub not_before: Option<Timestamp>,

    /// What only one vendor has.
    #[serde(default, skip_serializing_if = "VendorOptions::is_empty")]
    pub vendor: VendorOptions,
}

impl Notification {
    /// A visible notification with title and text.
    pub fn alert(title: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            title: Some(title.into()),
            body: Some(body.into()),
            ..Self::default()
        }
    }

    /// Wakes the app without showing anything.
    pub fn silent() -> Self {
        Self {
            kind: Kind::Silent,
            ..Self::default()
        }
    }

    /// A ringing call and what follows it.
    pub fn call(event: CallEvent) -> Self {
        Self {
            kind: Kind::Call(event),
            ..Self::default()
        }
    }

    /// The title to show: [`title`](Self::title), or the sender's nickname, or the sender's id.
    ///
    /// ```
    /// use zpns_core::{Notification, Sender};
    ///
    /// let mut message = Notification::alert("", "Hi");
    /// message.sender = Some(Sender::new("u7").with_nickname("Bob"));
    /// assert_eq!(message.display_title(), Some("Bob"));
    /// ```
    pub fn display_title(&self) -> Option<&str> {
        let own = self.title.as_deref().filter(|title| !title.is_empty());
        own.or_else(|| self.sender.as_ref().map(Sender::display_name))
    }

    /// Leaves what the app gets, and nothing that the user sees or hears, as a push of this kind.
    pub(crate) fn silence(&mut self, kind: Kind) {
        let told = std::mem::take(self);
        *self = Self {
            id: told.id,
            kind,
            payload: told.payload,
            data: told.data,
            category: told.category,
            priority: told.priority,
            ttl: told.ttl,
            collapse_key: told.collapse_key,
            not_before: told.not_before,
            vendor: told.vendor,
            ..Self::default()
        };
    }

    /// With a payload for the app.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<String>) -> Self {
        self.payload = Some(payload.into());
        self
    }

    /// With one entry of data for the app.
    #[must_use]
    pub fn with_data(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.insert(key.into(), value.into());
        self
    }

    /// With a click action.
    #[must_use]
    pub fn with_on_click(mut self, on_click: OnClick) -> Self {
        self.on_click = on_click;
        self
    }

    /// With a sound.
    #[must_use]
    pub fn with_sound(mut self, sound: Sound) -> Self {
        self.sound = sound;
        self
    }

    /// With a badge.
    #[must_use]
    pub fn with_badge(mut self, badge: Badge) -> Self {
        self.badge = badge;
        self
    }

    /// With a category.
    #[must_use]
    pub fn with_category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// With a priority.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// With a time to live.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// With a collapse key.
    #[must_use]
    pub fn with_collapse_key(mut self, key: impl Into<String>) -> Self {
        self.collapse_key = Some(key.into());
        self
    }
}

/// What sort of push it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Shown to the user.
    #[default]
    Alert,
    /// Wakes the app in the background; shows nothing.
    Silent,
    /// A call. VoIP push where there is one, an urgent alert elsewhere.
    Call(CallEvent),
    /// Starts, updates or ends a live activity.
    LiveActivity,
    /// A push type that only one vendor has, by that vendor's name for it.
    Other(String),
}

/// What happened to a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallEvent {
    /// It rings.
    Invite,
    /// The caller gave up.
    Cancel,
    /// It was answered on another device.
    Answered,
    /// It was declined on another device.
    Declined,
    /// Nobody answered.
    Missed,
}

/// Who a message is from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sender {
    /// The user's id.
    pub id: String,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
}

impl Sender {
    /// A sender known by id only.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            nickname: None,
        }
    }

    /// With a name to show.
    #[must_use]
    pub fn with_nickname(mut self, nickname: impl Into<String>) -> Self {
        self.nickname = Some(nickname.into());
        self
    }

    /// The nickname, or the id where that is empty.
    pub fn display_name(&self) -> &str {
        let nickname = self.nickname.as_deref().filter(|name| !name.is_empty());
        nickname.unwrap_or(&self.id)
    }
}

/// The sound of an alert.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sound {
    /// The system's.
    #[default]
    Default,
    /// None.
    None,
    /// A file in the app.
    Named(String),
    /// One that sounds through "do not disturb", where the vendor allows it.
    Critical {
        /// A file in the app, or `default`.
        name: String,
        /// From 0.0 to 1.0.
        volume: f64,
    },
}

/// The number on the app's icon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Badge {
    /// As it was.
    #[default]
    Unchanged,
    /// This number.
    Set(u32),
    /// So many more, where the device counts.
    Add(u32),
    /// None.
    Clear,
}

/// How urgent a push is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Priority {
    /// Whenever the device is awake anyway.
    Low,
    /// Soon, sparing the battery.
    Normal,
    /// Now.
    High,
}

/// What a message is about: one classification, mapped to every vendor's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Category {
    /// A message from a person.
    InstantMessage,
    /// A voice or video call.
    Call,
    /// The user's account: log-in, security.
    Account,
    /// An order and its delivery.
    Order,
    /// Money.
    Finance,
    /// A journey.
    Travel,
    /// Health and sport.
    Health,
    /// Work and school: tasks, calendar.
    Work,
    /// A device of the user's needs attention.
    DeviceReminder,
    /// Mail.
    Mail,
    /// Likes, comments, followers.
    Social,
    /// News and content.
    News,
    /// Advertising.
    Marketing,
}

impl Category {
    /// Every category, in the order of declaration.
    pub const ALL: [Self; 13] = [
        Self::InstantMessage,
        Self::Call,
        Self::Account,
        Self::Order,
        Self::Finance,
        Self::Travel,
        Self::Health,
        Self::Work,
        Self::DeviceReminder,
        Self::Mail,
        Self::Social,
        Self::News,
        Self::Marketing,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_file_needs_no_more_than_its_content() {
        let message: Notification = serde_json::from_str(r#"{"title": "T", "body": "B"}"#).unwrap();
        assert_eq!(message.kind, Kind::Alert);
        assert_eq!(message.title.as_deref(), Some("T"));
    }

    #[test]
    fn an_unknown_field_is_an_error_that_names_it() {
        let error = serde_json::from_str::<Notification>(r#"{"titel": "T"}"#).unwrap_err();
        assert!(error.to_string().contains("titel"), "{error}");
    }

    #[test]
    fn every_field_survives_its_json_form() {
        let json = serde_json::json!({
            "id": "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10",
            "kind": {"call": "invite"},
            "title": "t", "subtitle": "s", "body": "b", "image": "https://example.com/a.png",
            "title_loc_key": "TK", "title_loc_args": ["1"],
            "subtitle_loc_key": "SK", "subtitle_loc_args": ["2"],
            "body_loc_key": "BK", "body_loc_args": ["3"],
            "sender": {"id": "u1", "nickname": "Al"},
            "payload": "p", "data": {"k": "v"},
            "on_click": {"deep_link": "app://x"},
            "sound": {"critical": {"name": "a.caf", "volume": 0.5}},
            "badge": {"set": 3}, "category": "instant_message", "channel": "chat",
            "priority": "high", "ttl_ms": 1000, "collapse_key": "c", "thread": "th",
            "not_before_ms": 5, "vendor": {"apns": {"raw": {"x": 1}}},
        });
        let message: Notification = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), json);
    }

    #[test]
    fn an_empty_title_falls_back_to_nickname_then_id() {
        let mut message = Notification::alert("", "b");
        assert_eq!(message.display_title(), None);
        message.sender = Some(Sender::new("u1"));
        assert_eq!(message.display_title(), Some("u1"));
        message.sender = Some(Sender::new("u1").with_nickname("Al"));
        assert_eq!(message.display_title(), Some("Al"));
        message.title = Some("T".into());
        assert_eq!(message.display_title(), Some("T"));
    }
}
