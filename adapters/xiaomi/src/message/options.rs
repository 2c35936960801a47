//! What only Xiaomi has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zpns_core::model::VendorSection;

/// The options of Xiaomi Push: `vendor.xiaomi` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Names are Xiaomi's, without the `extra.`
/// under which most of them go out; unknown ones are an error. A key that Xiaomi invents tomorrow
/// goes through the raw merge.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_xiaomi::Options;
///
/// let mut message = Notification::alert("Alice", "Lunch?");
/// let mut options = Options::default();
/// options.channel_id = Some("100001".into());
/// options.template_id = Some("M10001".into());
/// options.template_param = Some([("sender".into(), "Alice".into())].into());
/// message.vendor.set(&options)?;
/// message.vendor.set_raw("xiaomi", serde_json::json!({"extra": {"new_key": "1"}}));
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// The channel's id, issued by the console after approval: decides the quota class. Beats the
    /// notification's `channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// The channel for categories of the private class, where no channel is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_channel_id: Option<String>,
    /// The channel for categories of the public class, where no channel is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_channel_id: Option<String>,
    /// The channel's name as the user sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
    /// The channel's description as the user sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_description: Option<String>,
    /// The approved template of a private channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// What fills the template's variables: all of them, nine at the most, 1 to 128 characters
    /// each, without emoji. None if the template has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_param: Option<BTreeMap<String, String>>,

    /// What a tap opens; by the fields below unless set. Any of the five beats `on_click`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_effect: Option<NotifyEffect>,
    /// The intent URI of an activity. `${package}` is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_uri: Option<String>,
    /// The page to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_uri: Option<String>,
    /// The class name of an activity. `${package}` is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// Flags of the intent that starts `class_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_flag: Option<String>,

    /// Whether it is shown while the app is in front, as it is unless set to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_foreground: Option<bool>,
    /// What it alerts by, as bits: sound 1, vibration 2, light 4; -1 is all. Older devices only:
    /// newer ones go by the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_type: Option<i32>,
    /// The notification's number, by which a later one replaces it: 0 to 2147483647. Derived from
    /// the collapse key, else from the message id, unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_id: Option<u32>,
    /// `android.resource://<package>/raw/<name>`; the channel has to allow sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound_uri: Option<String>,
    /// The text that runs through the status bar of old devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticker: Option<String>,
    /// The number on the launcher's icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<u32>,
    /// Big text, big picture, icons and buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,

    /// How long it is kept for a device that is away, in milliseconds: at most 10 days, of which
    /// the public class gets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<u64>,
    /// When it is sent, in milliseconds since the Unix epoch: at most 7 days ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_send: Option<u64>,
    /// The batch id, of which a device shows the first message only: 1 to 20 of
    /// `[0-9A-Za-z_-]`, not starting with `_`. Derived from the message id unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobkey: Option<String>,
    /// How many a second Xiaomi passes on at the most, to spare the host's own servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_control: Option<u32>,
    /// Only to devices that are online: nothing is kept for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_send_once: Option<bool>,
    /// The SDK's `instant_notify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant_notify: Option<bool>,
    /// The SDK's `collapse_key`, which is not part of the public API. The notification's own
    /// collapse key becomes `notify_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapse_key: Option<String>,
    /// The packages it may reach, instead of the provider's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restricted_package_name: Option<Vec<String>>,

    /// Where Xiaomi reports what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,

    /// Only devices in these languages, such as `zh_CN`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locale: Vec<String>,
    /// No device in these languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locale_not_in: Vec<String>,
    /// Only these versions of the app (`versionName` of the manifest).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub app_version: Vec<String>,
    /// None of these versions of the app.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub app_version_not_in: Vec<String>,
    /// Only these models, brands or price bands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<String>,
    /// None of these models, brands or price bands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_not_in: Vec<String>,
    /// Only on this sort of network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connpt: Option<Network>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// What a tap opens (`extra.notify_effect`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotifyEffect {
    /// The app, as its icon does.
    Launcher,
    /// An activity of the app.
    Activity,
    /// A web page.
    Web,
}

impl NotifyEffect {
    pub(crate) const fn wire(self) -> &'static str {
        match self {
            Self::Launcher => "1",
            Self::Activity => "2",
            Self::Web => "3",
        }
    }
}

/// A sort of network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// Wireless LAN.
    Wifi,
}

/// How a notification looks. Pictures have to be uploaded to Xiaomi first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Style {
    /// Big text or big picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<StyleKind>,
    /// `notification_large_icon_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_icon_uri: Option<String>,
    /// `notification_bigPic_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_picture_uri: Option<String>,
    /// `notification_small_icon_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_icon_uri: Option<String>,
    /// `notification_small_icon_color`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_icon_color: Option<String>,
    /// The left button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Button>,
    /// The button in the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mid: Option<Button>,
    /// The right button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Button>,
}

/// `notification_style_type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StyleKind {
    /// 1.
    BigText,
    /// 2.
    BigPicture,
}

impl StyleKind {
    pub(crate) const fn wire(self) -> &'static str {
        match self {
            Self::BigText => "1",
            Self::BigPicture => "2",
        }
    }
}

/// A button of a notification.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Button {
    /// Its caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_effect: Option<NotifyEffect>,
    /// The intent URI of an activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_uri: Option<String>,
    /// The class name of an activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_class: Option<String>,
    /// The page to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_uri: Option<String>,
}

/// Where Xiaomi reports what became of a message. Nothing signs a report: put a secret into the
/// URL or into `param`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Callback {
    /// The URL that is called, at most 128 bytes.
    pub url: String,
    /// Comes back in every report; at most 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// What is reported; deliveries and clicks unless set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<ReceiptKind>,
}

/// What a receipt can say (`callback.type`, and `type` of a receipt).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReceiptKind {
    /// The device got it.
    Delivered,
    /// The user tapped it.
    Clicked,
    /// The target is invalid.
    TargetInvalid,
    /// The user switched pushes off.
    Disabled,
    /// The device did not pass a filter of the message.
    Filtered,
    /// The quota of the day, or of the device, is used up.
    QuotaExceeded,
    /// Its time to live ran out.
    Expired,
}

impl ReceiptKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::Clicked,
        Self::TargetInvalid,
        Self::Disabled,
        Self::Filtered,
        Self::QuotaExceeded,
        Self::Expired,
    ];

    /// Its bit.
    pub const fn bit(self) -> u32 {
        match self {
            Self::Delivered => 1,
            Self::Clicked => 2,
            Self::TargetInvalid => 16,
            Self::Disabled => 32,
            Self::Filtered => 64,
            Self::QuotaExceeded => 128,
            Self::Expired => 1024,
        }
    }
}
