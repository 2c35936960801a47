//! What only Meizu has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zpns_core::model::VendorSection;

use super::NoticeMsgType;

/// The options of Meizu Push: `vendor.meizu` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Objects and names are Meizu's, in
/// `snake_case`; unknown ones are an error. A name that Meizu invents tomorrow goes through the
/// raw merge, by the parameters of the form as they stand on the wire.
///
/// What only pushes to a whole app or a tag have (`push_time_type`, `start_time`, `fix_speed`,
/// `fix_speed_rate`), and what Meizu has stopped (pictures in the bar, clicks that the client
/// defines), is missing.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_meizu::message::{NoticeMsgType, Options};
///
/// let mut message = Notification::alert("Alice", "Lunch?");
/// let mut options = Options::default();
/// options.notice_bar_info.notice_msg_type = Some(NoticeMsgType::Private);
/// message.vendor.set(&options)?;
/// let raw = serde_json::json!({"messageJson": {"advanceInfo": {"newMember": 1}}});
/// message.vendor.set_raw("meizu", raw);
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Class and style.
    pub notice_bar_info: NoticeBarInfo,
    /// What it shows when it is pulled open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_expand_info: Option<NoticeExpandInfo>,
    /// What a tap opens.
    pub click_type_info: ClickTypeInfo,
    /// How long it is kept.
    pub push_time_info: PushTimeInfo,
    /// How it behaves in the notification list.
    pub advance_info: AdvanceInfo,
    /// What only apps with VIP rights may set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vip_info: Option<VipInfo>,
    /// Where Meizu reports what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Extra>,
    /// The packages that it may reach, for apps that have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restricted_package_names: Option<Vec<String>>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// `noticeBarInfo`, but for title and text, which are the notification's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NoticeBarInfo {
    /// The class, which decides the quota; by the notification's category unless set, and public
    /// without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_msg_type: Option<NoticeMsgType>,
    /// The style; Meizu's unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_bar_type: Option<NoticeBarType>,
}

/// The style of a notification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeBarType {
    /// 0: Meizu's.
    Standard,
    /// 2: plain Android's.
    Android,
}

impl NoticeBarType {
    pub(crate) const fn wire(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Android => 2,
        }
    }
}

/// `noticeExpandInfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NoticeExpandInfo {
    /// What is shown; by the two fields below unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_expand_type: Option<NoticeExpandType>,
    /// The longer text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_expand_content: Option<String>,
    /// The picture, uploaded to Meizu first: 328×120 pixels, 200 KB. Apps with VIP rights only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_expand_img_url: Option<String>,
}

/// What a notification shows when it is pulled open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeExpandType {
    /// 0: nothing more.
    Standard,
    /// 1: a longer text.
    Text,
    /// 2: a big picture.
    BigPicture,
}

impl NoticeExpandType {
    pub(crate) const fn wire(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Text => 1,
            Self::BigPicture => 2,
        }
    }
}

/// `clickTypeInfo`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClickTypeInfo {
    /// What a tap opens; by the two fields below unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_type: Option<ClickType>,
    /// The full class name of an activity; 1000 bytes at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// A URI; 1000 bytes at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Further members of what the app is handed, which beat those of the notification's data.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

/// What a tap opens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClickType {
    /// 0: the app.
    App,
    /// 1: an activity of the app.
    Activity,
    /// 2: a URI.
    Uri,
}

impl ClickType {
    pub(crate) const fn wire(self) -> u8 {
        match self {
            Self::App => 0,
            Self::Activity => 1,
            Self::Uri => 2,
        }
    }
}

/// `pushTimeInfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PushTimeInfo {
    /// Whether it is kept for devices that are offline, as it is unless set to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_line: Option<bool>,
    /// For how many hours, 1 to 72; 24 unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_time: Option<u8>,
}

/// `advanceInfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdvanceInfo {
    /// Whether it floats over the screen, as it does unless set to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Whether the user can clear it, as they can unless set to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_notice_bar: Option<bool>,
    /// Shows it in a window of time only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_display: Option<FixDisplay>,
    /// What it alerts by; by everything unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_type: Option<NotificationType>,
    /// A later message with the same key replaces this one: 1 to 8 of `[0-9A-Za-z_-]`. Derived
    /// from the collapse key, else from the message id, unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_key: Option<String>,
}

/// A window of time, both ends as `yyyy-MM-dd HH:mm:ss`. Meizu does not say in which time zone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixDisplay {
    /// `fixStartDisplayTime`.
    pub start: String,
    /// `fixEndDisplayTime`.
    pub end: String,
}

/// What a notification alerts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationType {
    /// Vibration.
    pub vibrate: bool,
    /// The light.
    pub lights: bool,
    /// The sound.
    pub sound: bool,
}

impl Default for NotificationType {
    /// By everything, as Meizu has it.
    fn default() -> Self {
        Self {
            vibrate: true,
            lights: true,
            sound: true,
        }
    }
}

/// `vipInfo`. Pictures have to be uploaded to Meizu first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct VipInfo {
    /// The line under the title, 16 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Whether it is pinned to the top at once. Excludes `time_top`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_down_top: Option<bool>,
    /// For how many seconds it is pinned to the top, 1800 to 7200. Excludes `pull_down_top`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_top: Option<u16>,
    /// Whether it stands in a group of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_group: Option<bool>,
    /// The title's colour. Excludes `background_img_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_color: Option<TitleColor>,
    /// A picture behind the text: 352×91 pixels, 200 KB. Excludes the title's colour, the big icon
    /// and the big picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_img_url: Option<String>,
    /// The small icon: 18×18 pixels, 100 KB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_icon_url: Option<String>,
    /// The big icon: 42×42 pixels, 100 KB. Excludes `background_img_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_icon_url: Option<String>,
}

/// A colour that Meizu allows for titles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TitleColor {
    /// `#206CFF`.
    Blue,
    /// `#E42D22`.
    Red,
}

impl TitleColor {
    pub(crate) const fn wire(self) -> &'static str {
        match self {
            Self::Blue => "#206CFF",
            Self::Red => "#E42D22",
        }
    }
}

/// `extra`: where Meizu reports what became of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Extra {
    /// The URL that is called, registered in the console first; 128 bytes at the most.
    pub callback: String,
    /// `callback.param`: comes back in every report; 64 bytes at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_param: Option<String>,
    /// `callback.type`: what is reported; both unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_type: Option<CallbackType>,
}

/// What is reported of a message (`callback.type`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallbackType {
    /// 1: that the device got it.
    Delivered,
    /// 2: that the user tapped it.
    Clicked,
    /// 3: both.
    Both,
}

impl CallbackType {
    pub(crate) const fn wire(self) -> u8 {
        match self {
            Self::Delivered => 1,
            Self::Clicked => 2,
            Self::Both => 3,
        }
    }
}
