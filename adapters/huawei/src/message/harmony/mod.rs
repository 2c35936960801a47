//! The v3 message of Huawei Push Kit: HarmonyOS 5 and later.

mod check;
mod encode;
mod look;
mod options;
mod payloads;
mod push_type;

pub(crate) use self::check::MAX_TTL;
pub(crate) use self::encode::{Encoded, encode, number_of};
pub use self::look::{BadgeNumber, ClickAction, HarmonyNotification};
pub use self::options::{Options, PushOptions};
pub use self::payloads::{
    BackgroundPayload, ExtensionPayload, FormImage, FormUpdatePayload, LiveViewPayload, ProxyData,
    VoipCallPayload,
};
#[cfg(test)]
pub(crate) use self::push_type::NAMES;
pub use self::push_type::PushType;
