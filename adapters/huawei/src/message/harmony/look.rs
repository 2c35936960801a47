//! `payload.notification`: how an alert looks on HarmonyOS.

use serde_json::Value;

use crate::message::block::block;

block! {
    /// `payload.notification`.
    pub struct HarmonyNotification {
        /// Huawei's class, by its own name, instead of the notification's category. One that the
        /// app has no right to is taken for `MARKETING`.
        pub category: Option<String> => "category",
        /// The title.
        pub title: Option<String> => "title",
        /// The text.
        pub body: Option<String> => "body",
        /// What a tap does, instead of `on_click`.
        pub click_action: Option<ClickAction> => "clickAction",
        /// An https picture, 49,152 pixels at the most, which has to pass Huawei's check first.
        pub image: Option<String> => "image",
        /// 0 plain, 1 big text (deprecated), 3 several lines.
        pub style: Option<i64> => "style",
        /// Title of style 1.
        pub big_title: Option<String> => "bigTitle",
        /// Text of style 1.
        pub big_body: Option<String> => "bigBody",
        /// Lines of style 3: three at the most, 1024 characters each.
        pub inbox_content: Option<Vec<String>> => "inboxContent",
        /// An equal number overwrites; -1 numbers automatically. Derived from the collapse key, or
        /// the message's id, unless set.
        pub notify_id: Option<i64> => "notifyId",
        /// Of equal ones a device shows the first within 24 hours: 1 to 64 of letters, digits,
        /// `+/=-_` and blanks. The message's id unless set.
        pub app_message_id: Option<String> => "appMessageId",
        /// Only on devices whose app has this profile; 64 characters at the most.
        pub profile_id: Option<String> => "profileId",
        /// The number on the icon.
        pub badge: Option<BadgeNumber> => "badge",
        /// A file of the app's `rawfile`.
        pub sound: Option<String> => "sound",
        /// How long the sound is repeated: 1 to 60 seconds.
        pub sound_duration: Option<i64> => "soundDuration",
        /// Whether it is shown while the app is in front.
        pub foreground_show: Option<bool> => "foregroundShow",
    }
}

block! {
    /// What a tap does.
    pub struct ClickAction {
        /// 0 the app, 1 a page of it; 3 clears and 5 dials, in live views only.
        pub action_type: Option<i64> => "actionType",
        /// The action of a page's ability.
        pub action: Option<String> => "action",
        /// The address of a page, as the app's abilities declare it.
        pub uri: Option<String> => "uri",
        /// What the page gets, instead of the notification's payload and data.
        pub data: Option<Value> => "data",
    }
}

block! {
    /// The number on the icon.
    pub struct BadgeNumber {
        /// Added to the number, 1 to 99.
        pub add_num: Option<i64> => "addNum",
        /// The number, 0 to 99; beats `add_num`.
        pub set_num: Option<i64> => "setNum",
    }
}
