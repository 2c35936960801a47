//! The Android half of the v1 message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::block::block;
use super::{AnalyticsOptions, ProtoDuration};

block! {
    /// `message.android`: what only Android devices see (AndroidConfig).
    ///
    /// ```
    /// use zpns_fcm::message::{AndroidConfig, AndroidPriority};
    ///
    /// let mut android = AndroidConfig::default();
    /// android.priority = Some(AndroidPriority::High);
    /// android.direct_boot_ok = Some(true);
    /// ```
    pub struct AndroidConfig {
        /// A waiting message with the same key is replaced. A device stores four keys at the most.
        pub collapse_key: Option<String>,
        /// Whether a sleeping device is woken.
        pub priority: Option<AndroidPriority>,
        /// How long FCM stores the message: 0 to 28 days, 28 unless set. Zero is now or never.
        pub ttl: Option<ProtoDuration>,
        /// The package that the token must belong to; also fills `${package}` in a click action.
        pub restricted_package_name: Option<String>,
        /// Replaces the message's `data` on Android.
        pub data: Option<BTreeMap<String, String>>,
        /// What the notification looks like on Android.
        pub notification: Option<AndroidNotification>,
        /// Analytics on Android.
        pub fcm_options: Option<AnalyticsOptions>,
        /// Delivered even before the first unlock after a boot.
        pub direct_boot_ok: Option<bool>,
        /// Delivered over networks with little bandwidth.
        pub bandwidth_constrained_ok: Option<bool>,
        /// Delivered over restricted satellite networks.
        pub restricted_satellite_ok: Option<bool>,
    }
}

block! {
    /// `message.android.notification`: what the notification looks like (AndroidNotification).
    pub struct AndroidNotification {
        /// Instead of the message's title.
        pub title: Option<String>,
        /// Instead of the message's body.
        pub body: Option<String>,
        /// A drawable resource of the app.
        pub icon: Option<String>,
        /// The icon's colour, `#rrggbb`.
        pub color: Option<String>,
        /// `default`, or a file in the app's `/res/raw`. From Android 8 on the channel decides.
        pub sound: Option<String>,
        /// Replaces a shown notification with the same tag.
        pub tag: Option<String>,
        /// The intent filter of the activity that a tap opens.
        pub click_action: Option<String>,
        /// The app's string resource with the body.
        pub body_loc_key: Option<String>,
        /// What fills its gaps; needs `body_loc_key`.
        pub body_loc_args: Option<Vec<String>>,
        /// The app's string resource with the title.
        pub title_loc_key: Option<String>,
        /// What fills its gaps; needs `title_loc_key`.
        pub title_loc_args: Option<Vec<String>>,
        /// The notification channel, which the app must have created.
        pub channel_id: Option<String>,
        /// Read out by accessibility services.
        pub ticker: Option<String>,
        /// Stays after a tap.
        pub sticky: Option<bool>,
        /// Sorts the notification: a point in time in UTC, `2026-11-23T10:00:00Z`.
        pub event_time: Option<String>,
        /// Not shown on wearables.
        pub local_only: Option<bool>,
        /// How intrusive it is up to Android 7.1; the channel decides later.
        pub notification_priority: Option<NotificationPriority>,
        /// The system's sound.
        pub default_sound: Option<bool>,
        /// The system's vibration; beats `vibrate_timings`.
        pub default_vibrate_timings: Option<bool>,
        /// Pause, vibration, pause, …
        pub vibrate_timings: Option<Vec<ProtoDuration>>,
        /// The system's LED; loses to `light_settings`.
        pub default_light_settings: Option<bool>,
        /// The LED.
        pub light_settings: Option<LightSettings>,
        /// What a locked screen shows; `PRIVATE` unless set.
        pub visibility: Option<Visibility>,
        /// The number on the icon; zero counts up by one.
        pub notification_count: Option<u32>,
        /// Instead of the message's image.
        pub image: Option<String>,
        /// Whether another app may present it; `IF_PRIORITY_LOWERED` unless set.
        pub proxy: Option<Proxy>,
        /// Deprecated by Google in favour of `proxy`.
        pub bypass_proxy_notification: Option<bool>,
    }
}

/// Whether a sleeping device is woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AndroidPriority {
    /// Not for this message.
    #[serde(alias = "normal")]
    Normal,
    /// At once.
    #[serde(alias = "high")]
    High,
}

/// How intrusive a notification is up to Android 7.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NotificationPriority {
    /// As if unset.
    #[serde(rename = "PRIORITY_UNSPECIFIED")]
    Unspecified,
    /// Only in the expanded list.
    #[serde(rename = "PRIORITY_MIN")]
    Min,
    /// Low.
    #[serde(rename = "PRIORITY_LOW")]
    Low,
    /// The default.
    #[serde(rename = "PRIORITY_DEFAULT")]
    Default,
    /// Higher.
    #[serde(rename = "PRIORITY_HIGH")]
    High,
    /// The highest.
    #[serde(rename = "PRIORITY_MAX")]
    Max,
}

/// What a locked screen shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// As if unset.
    #[serde(rename = "VISIBILITY_UNSPECIFIED")]
    Unspecified,
    /// That there is a notification, not what it says.
    Private,
    /// Everything.
    Public,
    /// Nothing.
    Secret,
}

/// Whether another app may present a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Proxy {
    /// As if unset.
    #[serde(rename = "PROXY_UNSPECIFIED")]
    Unspecified,
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// If the message's priority was lowered.
    IfPriorityLowered,
}

/// The LED. Google requires all three fields.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LightSettings {
    /// The colour.
    pub color: Color,
    /// How long it is on.
    pub light_on_duration: ProtoDuration,
    /// How long it is off.
    pub light_off_duration: ProtoDuration,
}

/// A colour, every part from 0.0 to 1.0.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Color {
    /// Red.
    pub red: f64,
    /// Green.
    pub green: f64,
    /// Blue.
    pub blue: f64,
    /// Opacity.
    pub alpha: f64,
}
