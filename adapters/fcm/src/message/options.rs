//! What only FCM has: the typed halves of the v1 message.

use serde_json::Value;
use zpns_core::model::VendorSection;

use super::block::block;
use super::{AndroidConfig, ApnsConfig, WebpushConfig};

block! {
    /// FCM's own options of a notification, under `vendor.fcm`: the v1 message as Google
    /// documents it, in snake_case. What is set here beats what the notification says.
    ///
    /// The raw merge (`vendor.fcm.raw`) goes into the whole request body, which has the form
    /// `{"message": {…}, "validate_only": true}`; it may not name the target.
    ///
    /// ```
    /// use zpns_core::Notification;
    /// use zpns_fcm::Options;
    /// use zpns_fcm::message::{AndroidConfig, AndroidNotification};
    ///
    /// let mut look = AndroidNotification::default();
    /// look.color = Some("#336699".to_owned());
    /// let mut android = AndroidConfig::default();
    /// android.notification = Some(look);
    /// let mut options = Options::default();
    /// options.android = Some(android);
    ///
    /// let mut notification = Notification::alert("Alice", "Lunch?");
    /// notification.vendor.set(&options).unwrap();
    /// ```
    pub struct Options {
        /// What only Android devices see.
        pub android: Option<AndroidConfig>,
        /// The newer form of `android` (AndroidConfigV2), as Google documents it. With it the
        /// host writes the Android half itself; only `ttl` and `collapse_key` are filled in.
        /// Excludes `android`.
        pub android_v2: Option<Value>,
        /// What only Apple devices see.
        pub apns: Option<ApnsConfig>,
        /// What only browsers see.
        pub webpush: Option<WebpushConfig>,
        /// Analytics on every platform.
        pub fcm_options: Option<AnalyticsOptions>,
        /// FCM checks the message and delivers nothing.
        pub validate_only: Option<bool>,
    }
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

block! {
    /// `fcm_options` of the message and of its Android half.
    pub struct AnalyticsOptions {
        /// Groups messages in the statistics: up to 50 of `a-zA-Z0-9-_.~%`.
        pub analytics_label: Option<String>,
    }
}
