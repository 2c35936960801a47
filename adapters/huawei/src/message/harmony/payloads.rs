//! The payloads that are no alert (`reference/huawei.md` §3.3).

use serde_json::Value;

use crate::message::block::{block, words};

block! {
    /// The new content of a card.
    pub struct FormUpdatePayload {
        /// Which card.
        pub form_id: Option<i64> => "formId",
        /// Has to grow; 0 starts anew.
        pub version: Option<i64> => "version",
        /// The module that the card belongs to.
        pub module_name: Option<String> => "moduleName",
        /// The card's name.
        pub form_name: Option<String> => "formName",
        /// The ability that draws it.
        pub ability_name: Option<String> => "abilityName",
        /// What it shows: an object without nulls, numbers up to 2^53-1.
        pub form_data: Option<Value> => "formData",
        /// One picture at the most.
        pub images: Option<Vec<FormImage>> => "images",
    }
}

block! {
    /// A picture of a card.
    pub struct FormImage {
        /// Under which key of the content it stands.
        pub key_name: Option<String> => "keyName",
        /// Its https address; 512 KB at the most.
        pub url: Option<String> => "url",
        /// 1 gives up without the picture (the default), 0 shows the text alone.
        pub require: Option<i64> => "require",
    }
}

block! {
    /// A voice broadcast; the notification beside it is the message's own.
    pub struct ExtensionPayload {
        /// What the app's extension gets, instead of the notification's payload and data.
        pub extra_data: Option<String> => "extraData",
    }
}

block! {
    /// Data for the app in the background.
    pub struct BackgroundPayload {
        /// What the app gets, instead of the notification's payload and data.
        pub extra_data: Option<String> => "extraData",
        /// Whether the system passes it on in the app's place.
        pub proxy_data: Option<ProxyData> => "proxyData",
    }
}

words! {
    /// Whether the system passes data on in the app's place.
    pub enum ProxyData {
        /// It does.
        Enable => "ENABLE",
    }
}

block! {
    /// A call inside the app.
    pub struct VoipCallPayload {
        /// What the app gets, instead of the notification's payload, data and call event.
        pub extra_data: Option<String> => "extraData",
    }
}

block! {
    /// A live view: the envelope is typed, its content is as Huawei documents it.
    ///
    /// A live view is hidden after two hours without an update and ends after four; its id cannot
    /// be created again for twelve hours. An update of an unknown id blocks it for a day.
    pub struct LiveViewPayload {
        /// Which live view: 32 bits.
        pub activity_id: Option<i64> => "activityId",
        /// 0 creates (flight, taxi and train only), 1 updates, 2 ends.
        pub operation: Option<i64> => "operation",
        /// What it is about.
        pub event: Option<String> => "event",
        /// Where it stands, by Huawei's words for the event.
        pub status: Option<String> => "status",
        /// The title; the notification's own unless set.
        pub title: Option<String> => "title",
        /// The text; the notification's own unless set.
        pub content: Option<String> => "content",
        /// Whether it comes without a sound, as it does unless set to false.
        pub mute: Option<bool> => "mute",
        /// Has to grow.
        pub version: Option<i64> => "version",
        /// `notificationData`, `capsuleData` and `externalData`, in Huawei's own spelling.
        pub activity_data: Option<Value> => "activityData",
    }
}
