//! What only OPPO has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zpns_core::model::VendorSection;

use super::class::OppoCategory;

/// The options of OPPO PUSH: `vendor.oppo` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Names and numbers are OPPO's; unknown ones
/// are an error. A field that OPPO invents tomorrow goes through the raw merge, into the message
/// as it stands on the wire: `{"notification": {"new_field": 1}}`.
///
/// `push_time_type` and `push_start_time` are missing: they are of pushes to all users, and a
/// provider that is given targets makes none.
///
/// ```
/// use zpns_core::Notification;
/// use zpns_oppo::message::{NotifyLevel, OppoCategory, Options};
///
/// let mut message = Notification::alert("Alice", "Lunch?");
/// let mut options = Options::default();
/// options.category = Some(OppoCategory::Im);
/// options.notify_level = Some(NotifyLevel::LockScreen);
/// options.private_msg_template_id = Some("t-1".into());
/// message.vendor.set(&options)?;
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// The line under the title, 10 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_title: Option<String>,
    /// How it looks; standard unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// An uploaded picture of 876 × 324, for [`Style::BigPicture`]. Goes by broadcast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_picture_id: Option<String>,
    /// An uploaded picture of 144 × 144. Goes by broadcast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_picture_id: Option<String>,
    /// Where a small picture is; 300 characters at the most, paid tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_picture_url: Option<String>,
    /// Where the picture of [`Style::MediumPicture`] is; 300 characters at the most, paid tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium_picture_url: Option<String>,
    /// Where the picture of [`Style::BigPicture`] is; 300 characters at the most, paid tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_picture_url: Option<String>,
    /// Buttons, as OPPO writes them (`name`, `clickActionType`, …); paid tier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Map<String, Value>>,
    /// Options of the paid tier, as OPPO writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub option: Vec<Map<String, Value>>,

    /// By which OPPO pushes a message to a target once. Derived from the message id and the content
    /// unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_message_id: Option<String>,

    /// What a tap opens; by the fields below unless set. Any of the three beats `on_click`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_action_type: Option<ClickActionType>,
    /// An intent action or the full class name of an activity, 500 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_action_activity: Option<String>,
    /// A web page or an intent URI, 2000 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_action_url: Option<String>,
    /// What the page that opens is handed, instead of the notification's payload and data; 4000
    /// characters of JSON at the most. OPPO appends it to a web page's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_parameters: Option<Map<String, Value>>,

    /// From when on it is shown, in milliseconds since the Unix epoch; with `show_end_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_start_time: Option<u64>,
    /// Until when it is shown at the latest, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_end_time: Option<u64>,
    /// Whether it is kept for a device that is away; it is unless set, or the time to live is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_line: Option<bool>,
    /// For how many seconds; 864000 at the most, an hour unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_line_ttl: Option<u32>,
    /// The time zone of the window in which it is shown, such as `GMT+08:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether a broadcast is paced. Goes by broadcast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_speed: Option<bool>,
    /// How many a second a broadcast reaches, 1000 to 10000. Goes by broadcast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_speed_rate: Option<u32>,
    /// Over which network it may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_type: Option<NetworkType>,

    /// Where OPPO reports what became of it; 200 characters at the most. Nothing signs a report:
    /// put a secret into the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_back_url: Option<String>,
    /// Comes back in every report as `param`; 100 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_back_parameter: Option<String>,

    /// The Android channel, registered in OPPO's console. Beats the notification's `channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// After how many seconds on display it goes away: 43200 at the most for content and
    /// marketing, 86400 for all else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_ttl: Option<u32>,
    /// The notification's number, by which a later one replaces it: 0 to 2147483647. Derived from
    /// the collapse key, else from the message id, unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_id: Option<u32>,

    /// OPPO's category. Beats what the notification's `category` becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<OppoCategory>,
    /// How loud it is; by its class unless set. Needs a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_level: Option<NotifyLevel>,
    /// The approved template of a service message. Goes by unicast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_msg_template_id: Option<String>,
    /// What fills the gaps in the template's title, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_title_parameters: Option<BTreeMap<String, String>>,
    /// What fills the gaps in the template's text, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_content_parameters: Option<BTreeMap<String, String>>,
    /// What a third party's audit of the content found (`auditResponse`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_response: Option<Value>,

    /// A Fluid Cloud card. The names of these three on the wire are not confirmed by OPPO's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intelligent_intent: Option<Value>,
    /// What takes a Fluid Cloud card away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_intent_data: Option<Value>,
    /// Fluid Cloud's environment: OPPO's only test mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_env: Option<IntentEnv>,

    /// Whether a device drops the message if its id is another one by now (a cloned or migrated
    /// device). Goes by unicast only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_registration_id: Option<bool>,

    /// Not OPPO's: whether many targets get it as one broadcast of a saved message. Content and
    /// marketing do unless this is false; service messages may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<bool>,
    /// Not OPPO's: characters of a standard text at the most. 50 unless set, as OPPO's newer texts
    /// say; its older ones allow 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_limit: Option<u16>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

/// An enum that is a number on the wire and in JSON.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$row:meta])* $variant:ident = $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$row])* $variant = $number,)+
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> Self {
                value as Self
            }
        }

        impl TryFrom<u8> for $name {
            type Error = String;

            fn try_from(number: u8) -> Result<Self, String> {
                match number {
                    $($number => Ok(Self::$variant),)+
                    _ => Err(format!(
                        "{number} is not one of {}",
                        [$(stringify!($number)),+].join(", "),
                    )),
                }
            }
        }
    };
}

numbered! {
    /// How a notification looks.
    Style {
        /// 50 characters of text ([`Options::content_limit`]).
        Standard = 1,
        /// 128 characters of text.
        LongText = 2,
        /// 50 characters of text and a big picture. Goes by broadcast only, unpaced.
        BigPicture = 3,
        /// 50 characters of text and a medium picture; paid tier.
        MediumPicture = 4,
    }
}

numbered! {
    /// What a tap opens.
    ClickActionType {
        /// The app, as its icon does.
        Launch = 0,
        /// A page of the app, by its intent action.
        IntentAction = 1,
        /// A web page.
        Web = 2,
        /// A page of the app, by its full class name.
        Activity = 4,
        /// A page of the app, by an intent URI.
        IntentUri = 5,
    }
}

numbered! {
    /// How loud a notification is.
    NotifyLevel {
        /// It stands in the notification shade: all that content and marketing may.
        Shade = 1,
        /// On the lock screen too.
        LockScreen = 2,
        /// With a banner, ring and vibration. Needs an approval of its own.
        Banner = 16,
    }
}

numbered! {
    /// Over which network a message may come.
    NetworkType {
        /// Any.
        Any = 0,
        /// Wireless LAN only.
        Wifi = 1,
    }
}

numbered! {
    /// Fluid Cloud's environment.
    IntentEnv {
        /// Production.
        Production = 0,
        /// Test.
        Test = 1,
    }
}
