//! What only Huawei's Android push has: the typed halves of the v1/v2 message.

use std::collections::BTreeMap;

use serde_json::Value;
use zpns_core::model::VendorSection;

use super::{AndroidNotification, Urgency};
use crate::message::block::{block, words};

block! {
    /// Huawei's own options of a notification, under `vendor.huawei`: the v1/v2 message as Huawei
    /// documents it. What is set here beats what the notification says.
    ///
    /// The raw merge (`vendor.huawei.raw`) goes into the whole request body, which has the form
    /// `{"validate_only": …, "message": {…}}`; it may not name targets.
    ///
    /// ```
    /// use zpns_core::Notification;
    /// use zpns_huawei::hms::{AndroidConfig, Options};
    ///
    /// let mut android = AndroidConfig::default();
    /// android.receipt_id = Some("RCP1".to_owned());
    /// let mut options = Options::default();
    /// options.android = Some(android);
    ///
    /// let mut notification = Notification::alert("Alice", "Lunch?");
    /// notification.vendor.set(&options).unwrap();
    /// ```
    pub struct Options {
        /// Huawei checks the form of the message and delivers nothing. Says nothing of tokens, and
        /// is no test message (`android.target_user_type`).
        pub validate_only: Option<bool> => "validate_only",
        /// Audits of third parties.
        pub review: Option<Vec<Review>> => "review",
        /// The app's own data, instead of the notification's payload and data. Beside a text it
        /// has to be a JSON object.
        pub data: Option<String> => "data",
        /// Texts for every platform; those of `android.notification` beat them.
        pub notification: Option<BasicNotification> => "notification",
        /// What Android devices get.
        pub android: Option<AndroidConfig> => "android",
        /// What Apple devices get through Huawei.
        pub apns: Option<ApnsConfig> => "apns",
        /// What browsers get.
        pub webpush: Option<WebpushConfig> => "webpush",
    }
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::HUAWEI;
}

block! {
    /// An audit of a third party.
    pub struct Review {
        /// Who audited, such as `tuibian`.
        pub reviewer: Option<String> => "reviewer",
        /// What was audited.
        #[serde(rename = "type")]
        pub kind: Option<i64> => "type",
        /// What came of it, with its signature.
        pub result: Option<Value> => "result",
    }
}

block! {
    /// `message.notification`: what every platform shows.
    pub struct BasicNotification {
        /// The title.
        pub title: Option<String> => "title",
        /// The text.
        pub body: Option<String> => "body",
        /// An https picture.
        pub image: Option<String> => "image",
    }
}

block! {
    /// `message.android`.
    pub struct AndroidConfig {
        /// What is kept for a device that is away: -1 everything, 0 the newest message only, 1 to
        /// 100 the newest of this group.
        pub collapse_key: Option<i64> => "collapse_key",
        /// How urgent a data message is. High needs a permission of the app.
        pub urgency: Option<Urgency> => "urgency",
        /// Huawei's class, by its own name, instead of the notification's category.
        pub category: Option<String> => "category",
        /// How long it is kept, in seconds, such as `86400s` or `3.5s`; 15 days at the most.
        pub ttl: Option<String> => "ttl",
        /// Comes back in receipts as `biTag`; the message's id unless set.
        pub bi_tag: Option<String> => "bi_tag",
        /// Which of the console's receipt addresses is called.
        pub receipt_id: Option<String> => "receipt_id",
        /// Which state of a quick app gets a data message: 1 development, 2 production.
        pub fast_app_target: Option<i64> => "fast_app_target",
        /// 1 for a test message, of which an app has 500 a day; 0 otherwise.
        pub target_user_type: Option<i64> => "target_user_type",
        /// The app's own data, on Android only.
        pub data: Option<String> => "data",
        /// How it looks.
        pub notification: Option<AndroidNotification> => "notification",
    }
}

block! {
    /// `message.apns`.
    pub struct ApnsConfig {
        /// Headers of APNs.
        pub headers: Option<BTreeMap<String, Value>> => "headers",
        /// The payload of APNs.
        pub payload: Option<Value> => "payload",
        /// What Huawei itself wants to know.
        pub hms_options: Option<ApnsHmsOptions> => "hms_options",
    }
}

block! {
    /// `message.apns.hms_options`.
    pub struct ApnsHmsOptions {
        /// 1 for a test message, 2 for a real one, 3 for VoIP.
        pub target_user_type: Option<i64> => "target_user_type",
    }
}

block! {
    /// `message.webpush`.
    pub struct WebpushConfig {
        /// Headers of Web Push.
        pub headers: Option<WebpushHeaders> => "headers",
        /// The notification as browsers know it.
        pub notification: Option<Value> => "notification",
        /// What Huawei itself wants to know.
        pub hms_options: Option<WebpushHmsOptions> => "hms_options",
    }
}

block! {
    /// `message.webpush.headers`.
    pub struct WebpushHeaders {
        /// How long it is kept, in seconds.
        pub ttl: Option<String> => "ttl",
        /// What it replaces.
        pub topic: Option<String> => "topic",
        /// How urgent it is.
        pub urgency: Option<WebpushUrgency> => "urgency",
    }
}

block! {
    /// `message.webpush.hms_options`.
    pub struct WebpushHmsOptions {
        /// The page that a tap opens.
        pub link: Option<String> => "link",
    }
}

words! {
    /// Urgency of Web Push.
    pub enum WebpushUrgency {
        /// `very-low`
        VeryLow => "very-low",
        /// `low`
        Low => "low",
        /// `normal`
        Normal => "normal",
        /// `high`
        High => "high",
    }
}
