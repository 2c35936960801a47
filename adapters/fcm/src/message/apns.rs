//! The Apple half of the v1 message.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use zpns_core::Token;

use super::block::block;

block! {
    /// `message.apns`: what only Apple devices see (ApnsConfig).
    ///
    /// ```
    /// use zpns_fcm::message::ApnsConfig;
    ///
    /// let mut apns = ApnsConfig::default();
    /// apns.headers = Some([("apns-priority".to_owned(), "5".to_owned())].into());
    /// ```
    pub struct ApnsConfig {
        /// APNs request headers (`apns-priority`, `apns-collapse-id`, …).
        pub headers: Option<BTreeMap<String, String>>,
        /// The APNs payload: `aps` and keys beside it. An `alert` in it replaces title and body.
        ///
        /// `content-available` and `mutable-content` may be written as `true`; they are sent as
        /// the number 1, and left out where they are `false` or 0, which FCM would refuse.
        pub payload: Option<Map<String, Value>>,
        /// Analytics and picture on Apple devices.
        pub fcm_options: Option<ApnsOptions>,
        /// The token of a live activity, beside the device's own; required by
        /// [`Kind::LiveActivity`](zpns_core::Kind::LiveActivity), whose content stands in
        /// `payload`.
        pub live_activity_token: Option<Token>,
    }
}

block! {
    /// `message.apns.fcm_options`.
    pub struct ApnsOptions {
        /// Groups messages in the statistics: up to 50 of `a-zA-Z0-9-_.~%`.
        pub analytics_label: Option<String>,
        /// The URL of a picture, instead of the message's.
        pub image: Option<String>,
    }
}
