//! `message.android.notification`: how it looks on an Android device.

use std::collections::BTreeMap;

use crate::message::block::{block, words};

words! {
    /// How urgent a data message is.
    pub enum Urgency {
        /// May start the app; needs a permission.
        High => "HIGH",
        /// The default.
        Normal => "NORMAL",
    }
}

words! {
    /// How much a notification disturbs.
    pub enum Importance {
        /// Silent.
        Low => "LOW",
        /// The default.
        Normal => "NORMAL",
        /// Needs a permission (else 80300011).
        High => "HIGH",
    }
}

words! {
    /// Who may see it on a locked screen.
    pub enum Visibility {
        /// As `private`.
        Unspecified => "VISIBILITY_UNSPECIFIED",
        /// Its content is hidden.
        Private => "PRIVATE",
        /// Everything is shown.
        Public => "PUBLIC",
        /// Nothing is shown.
        Secret => "SECRET",
    }
}

block! {
    /// `message.android.notification`.
    pub struct AndroidNotification {
        /// The title.
        pub title: Option<String> => "title",
        /// The text.
        pub body: Option<String> => "body",
        /// What a tap does, instead of `on_click`.
        pub click_action: Option<ClickAction> => "click_action",
        /// The small icon, such as `/raw/ic_launcher`.
        pub icon: Option<String> => "icon",
        /// The icon's colour, `#RRGGBB`.
        pub color: Option<String> => "color",
        /// The https picture on the right.
        pub image: Option<String> => "image",
        /// A sound of the app, such as `/raw/ping`. Counts when the channel is first made.
        pub sound: Option<String> => "sound",
        /// Whether the system's sound is played; false needs `sound`.
        pub default_sound: Option<bool> => "default_sound",
        /// How much it disturbs.
        pub importance: Option<Importance> => "importance",
        /// The app's notification channel.
        pub channel_id: Option<String> => "channel_id",
        /// 0 plain, 1 big text, 3 inbox.
        pub style: Option<i64> => "style",
        /// Title of style 1.
        pub big_title: Option<String> => "big_title",
        /// Text of style 1.
        pub big_body: Option<String> => "big_body",
        /// Lines of style 3: five at the most, 1024 characters each.
        pub inbox_content: Option<Vec<String>> => "inbox_content",
        /// Removed after being shown this long, in milliseconds.
        pub auto_clear: Option<i64> => "auto_clear",
        /// An equal number overwrites; -1 numbers automatically. Derived from the message's id
        /// unless set.
        pub notify_id: Option<i64> => "notify_id",
        /// An equal tag overwrites. The notification's collapse key unless set.
        pub tag: Option<String> => "tag",
        /// Of a group only the newest is shown, and how many there are. The notification's thread
        /// unless set.
        pub group: Option<String> => "group",
        /// The number on the launcher's icon.
        pub badge: Option<BadgeNotification> => "badge",
        /// A sentence that says what it is about.
        pub notify_summary: Option<String> => "notify_summary",
        /// Runs through the status bar of devices before Android 5.
        pub ticker: Option<String> => "ticker",
        /// False keeps it after a tap; needs a permission.
        pub auto_cancel: Option<bool> => "auto_cancel",
        /// When what it tells of happened, in UTC: `2014-10-02T15:01:23.045123456Z`.
        pub when: Option<String> => "when",
        /// Whether the system's vibration is used.
        pub use_default_vibrate: Option<bool> => "use_default_vibrate",
        /// Whether the system's light is used.
        pub use_default_light: Option<bool> => "use_default_light",
        /// Vibration and pause in turn, ten at the most, such as `3.5S`.
        pub vibrate_config: Option<Vec<String>> => "vibrate_config",
        /// The breathing light.
        pub light_settings: Option<LightSettings> => "light_settings",
        /// Who may see it on a locked screen.
        pub visibility: Option<Visibility> => "visibility",
        /// Whether it is shown while the app is in front.
        pub foreground_show: Option<bool> => "foreground_show",
        /// Only on devices whose app has this profile; 64 characters at the most.
        pub profile_id: Option<String> => "profile_id",
        /// The app's own text for the title.
        pub title_loc_key: Option<String> => "title_loc_key",
        /// What fills it.
        pub title_loc_args: Option<Vec<String>> => "title_loc_args",
        /// The app's own text for the body.
        pub body_loc_key: Option<String> => "body_loc_key",
        /// What fills it.
        pub body_loc_args: Option<Vec<String>> => "body_loc_args",
        /// Texts by key and language, three languages at the most; beat the app's own.
        pub multi_lang_key: Option<BTreeMap<String, BTreeMap<String, String>>> => "multi_lang_key",
        /// Three at the most.
        pub buttons: Option<Vec<Button>> => "buttons",
    }
}

block! {
    /// What a tap does (`click_action`).
    pub struct ClickAction {
        /// 1 a page of the app, 2 a web page, 3 the app, 4 rich media.
        #[serde(rename = "type")]
        pub kind: Option<i64> => "type",
        /// The intent URI of a page.
        pub intent: Option<String> => "intent",
        /// The action of a page's intent.
        pub action: Option<String> => "action",
        /// The https address of a web page.
        pub url: Option<String> => "url",
        /// The https address of a zip file.
        pub rich_resource: Option<String> => "rich_resource",
    }
}

block! {
    /// The number on the launcher's icon.
    pub struct BadgeNotification {
        /// Added to the number, 1 to 99.
        pub add_num: Option<i64> => "add_num",
        /// The number, 0 to 99; beats `add_num`.
        pub set_num: Option<i64> => "set_num",
        /// The launcher activity's class, which EMUI needs.
        pub class: Option<String> => "class",
    }
}

block! {
    /// The breathing light; all of it is needed.
    pub struct LightSettings {
        /// The colour.
        pub color: Option<LightColor> => "color",
        /// How long it is on, such as `1S`.
        pub light_on_duration: Option<String> => "light_on_duration",
        /// How long it is off.
        pub light_off_duration: Option<String> => "light_off_duration",
    }
}

block! {
    /// Parts of a colour, 0 to 1 each.
    pub struct LightColor {
        /// Opacity.
        pub alpha: Option<f64> => "alpha",
        /// Red.
        pub red: Option<f64> => "red",
        /// Green.
        pub green: Option<f64> => "green",
        /// Blue.
        pub blue: Option<f64> => "blue",
    }
}

block! {
    /// A button under a notification.
    pub struct Button {
        /// Its caption, 40 characters at the most.
        pub name: Option<String> => "name",
        /// 0 the app, 1 a page of the app, 2 a web page, 3 clears, 4 shares.
        pub action_type: Option<i64> => "action_type",
        /// What `intent` is of action 1: 0 an intent URI, 1 an action.
        pub intent_type: Option<i64> => "intent_type",
        /// What action 1 or 2 opens.
        pub intent: Option<String> => "intent",
        /// A JSON object for actions 0 and 1, the text that action 4 shares; 1024 characters.
        pub data: Option<String> => "data",
    }
}
