//! What only HarmonyOS push has.

use zpns_core::model::VendorSection;

use super::{
    BackgroundPayload, ExtensionPayload, FormUpdatePayload, HarmonyNotification, LiveViewPayload,
    VoipCallPayload,
};
use crate::message::block::block;

block! {
    /// Huawei's own options of a notification for HarmonyOS, under `vendor.harmony`: the payloads
    /// of every push type and the push options, in snake_case. What is set here beats what the
    /// notification says.
    ///
    /// The raw merge (`vendor.harmony.raw`) goes into the whole request body, in Huawei's own
    /// spelling: `{"payload": …, "pushOptions": …}`; it may not name targets.
    ///
    /// ```
    /// use zpns_core::Notification;
    /// use zpns_huawei::harmony::{Options, PushOptions};
    ///
    /// let mut push_options = PushOptions::default();
    /// push_options.test_message = Some(true);
    /// let mut options = Options::default();
    /// options.push_options = Some(push_options);
    ///
    /// let mut notification = Notification::alert("Alice", "Lunch?");
    /// notification.vendor.set(&options).unwrap();
    /// ```
    pub struct Options {
        /// How an alert looks, or the one beside a voice broadcast.
        pub notification: Option<HarmonyNotification> => "notification",
        /// The new content of a card, for the kind `{"other": "form"}`.
        pub form: Option<FormUpdatePayload> => "form",
        /// A voice broadcast, for the kind `{"other": "extension"}`.
        pub extension: Option<ExtensionPayload> => "extension",
        /// What the app gets in the background, for a silent push.
        pub background: Option<BackgroundPayload> => "background",
        /// A live view, for the kind `live_activity`.
        pub live_view: Option<LiveViewPayload> => "live_view",
        /// A call inside the app. With it a call goes out as VoIP, which needs a right; without it
        /// as an alert.
        pub voip: Option<VoipCallPayload> => "voip",
        /// How it is sent.
        pub push_options: Option<PushOptions> => "pushOptions",
    }
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::HARMONY;
}

block! {
    /// `pushOptions`: how it is sent.
    pub struct PushOptions {
        /// A test message: 1,000 requests a day, ten devices each, not counted in the daily caps.
        /// A batch is split accordingly.
        pub test_message: Option<bool> => "testMessage",
        /// How long it is kept, in seconds; 15 days at the most. The notification's own unless set.
        pub ttl: Option<i64> => "ttl",
        /// Comes back in receipts; 64 bytes at the most. The message's id unless set.
        pub bi_tag: Option<String> => "biTag",
        /// Which of the console's receipt addresses is called.
        pub receipt_id: Option<String> => "receiptId",
        /// What is kept of alerts and voice broadcasts for a device that is away: -1 everything, 0
        /// to 100 the newest of this group.
        pub collapse_key: Option<i64> => "collapseKey",
        /// 1 wakes an IM app, which needs a right; 0 is the default. Of background data only.
        pub background_mode: Option<i64> => "backgroundMode",
    }
}
