//! What only vivo has.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zpns_core::model::VendorSection;

/// The options of vivo Push: `vendor.vivo` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Names are vivo's, in snake_case; unknown
/// ones are an error. A member that vivo invents tomorrow goes through the raw merge.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_vivo::Options;
///
/// let mut message = Notification::alert("Your order", "It is on its way");
/// let mut options = Options::default();
/// options.category = Some("ORDER".into());
/// options.send_online = Some(true);
/// message.vendor.set(&options)?;
/// message.vendor.set_raw("vivo", serde_json::json!({"newMember": 1}));
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// vivo's own category, in upper case (`IM`, `ORDER`, `NEWS`, …). By the notification's
    /// `category` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// 0 operational, 1 system. By the category unless set, with which it must agree; 0 where
    /// there is no category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<u8>,

    /// What a tap opens: 1 the app, 2 a web page, 3 what the app makes of it (old SDKs), 4 a page
    /// of the app. By `on_click` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_type: Option<u8>,
    /// The page of a web address (2), any text (3), or an intent URI (4): 2048 characters at the
    /// most. `${package}` is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_content: Option<String>,
    /// The app's package. It does not go out: it is what `${package}` stands for, and what the
    /// name of an activity needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,

    /// What it alerts by: 1 nothing, 2 sound, 3 vibration, 4 both, as unless set. Android 8 and
    /// older only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_type: Option<u8>,
    /// The number of the notification on the device, by which a later one replaces it: 1 to
    /// 2147483647. By the collapse key unless set; vivo finds one where there is none. Such a
    /// message goes to every target by a request of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_id: Option<u32>,
    /// The user on the device, 64 characters at the most: it is not shown to another one. Such a
    /// message goes to every target by a request of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_id: Option<String>,
    /// Whether it is shown while the app is in front, as it is unless set to false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreground_show: Option<bool>,
    /// Whether the number on the launcher's icon grows by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_badge: Option<bool>,
    /// The notification channel. vivo's documents know none; one client sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_channel: Option<String>,

    /// How long it is kept for a device that is away, in seconds: 900 to 86400. By `ttl_ms` unless
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<u32>,
    /// Only to devices that are online: nothing is kept for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_online: Option<bool>,
    /// When it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timed_display: Option<TimedDisplay>,
    /// -1 over any network, 1 over Wi-Fi only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_type: Option<i8>,
    /// 0 formal, 1 test: only to the devices that the console lists. The provider's own unless
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_mode: Option<u8>,

    /// Where vivo reports what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Extra>,
    /// What a third party's audit said of the text, as vivo's document 585 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_review: Option<Vec<Value>>,

    /// The live card that it updates or ends; of the kind `live_activity` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_message: Option<LiveMessage>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// Where vivo reports deliveries.
///
/// ```
/// use zpns_vivo::message::Extra;
///
/// let mut extra = Extra::default();
/// extra.callback_id = Some("10086".into());
/// extra.callback_param = Some("order-7".into());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Extra {
    /// The old way: a URL of 128 characters at the most, for formal messages. vivo takes it of
    /// pushes to one target alone, so that each target gets a request of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// Handed back with every receipt: 192 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_param: Option<String>,
    /// The new way: the id of an address that the console knows. Beats `callback`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_id: Option<String>,
}

/// When a notification is shown. Both times are in milliseconds since the Unix epoch.
///
/// ```
/// use zpns_vivo::message::TimedDisplay;
///
/// let at_ten = TimedDisplay::new(1_764_036_000_000, 1_764_037_800_000);
/// assert!(at_ten.overtime_display);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TimedDisplay {
    /// Whether it is shown at all where it arrives after the end.
    pub overtime_display: bool,
    /// The start: ten minutes to a day ahead.
    pub show_start_time: u64,
    /// The end: less than 120 minutes after the start, on the same day in China.
    pub show_end_time: u64,
}

impl TimedDisplay {
    /// Between these two, or later where it arrives later.
    pub const fn new(show_start_time: u64, show_end_time: u64) -> Self {
        Self {
            overtime_display: true,
            show_start_time,
            show_end_time,
        }
    }
}

/// What becomes of a live card (`reference/vivo.md` §3.4), which only the device itself can
/// create. For apps on vivo's list.
///
/// ```
/// use zpns_vivo::message::LiveMessage;
///
/// let mut card = LiveMessage::new(1, "TAXI", 2, serde_json::json!({"eta": 4}));
/// card.capsule_data = Some(serde_json::json!({"text": "4 min"}));
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LiveMessage {
    /// 1 updates, 2 ends.
    pub operation: u8,
    /// What the card is about, in vivo's word for it.
    pub scene: String,
    /// 1, 2 or 4.
    pub template_type: u8,
    /// What fills the template.
    pub template_data: Value,
    /// What fills the capsule in the status bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capsule_data: Option<Value>,
    /// What fills the island.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub island_data: Option<Value>,
    /// How long the card stays after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_duration: Option<Value>,
    /// What changed, for vivo's records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_record: Option<Value>,
}

impl LiveMessage {
    /// A card with what each has to have.
    pub fn new(
        operation: u8,
        scene: impl Into<String>,
        template_type: u8,
        template_data: Value,
    ) -> Self {
        Self {
            operation,
            scene: scene.into(),
            template_type,
            template_data,
            capsule_data: None,
            island_data: None,
            keep_duration: None,
            change_record: None,
        }
    }
}
