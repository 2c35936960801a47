//! The browser half of the v1 message.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::block::block;

block! {
    /// `message.webpush`: what only browsers see (WebpushConfig).
    ///
    /// ```
    /// use zpns_fcm::message::{WebpushConfig, WebpushOptions};
    ///
    /// let mut link = WebpushOptions::default();
    /// link.link = Some("https://example.com/chat/7".to_owned());
    /// let mut webpush = WebpushConfig::default();
    /// webpush.fcm_options = Some(link);
    /// ```
    pub struct WebpushConfig {
        /// Web Push headers: `TTL`, `Urgency`, `Topic`.
        pub headers: Option<BTreeMap<String, String>>,
        /// Replaces the message's `data` in browsers.
        pub data: Option<BTreeMap<String, String>>,
        /// Any option of the Web Notification API (`actions`, `requireInteraction`, …).
        pub notification: Option<Map<String, Value>>,
        /// Analytics and link in browsers.
        pub fcm_options: Option<WebpushOptions>,
    }
}

block! {
    /// `message.webpush.fcm_options`.
    pub struct WebpushOptions {
        /// Groups messages in the statistics: up to 50 of `a-zA-Z0-9-_.~%`.
        pub analytics_label: Option<String>,
        /// Opened by a tap; https only.
        pub link: Option<String>,
    }
}
