//! The v1/v2 message of Huawei Push Kit: Android, and what reaches other platforms through it.

mod check;
mod click;
mod encode;
mod look;
mod options;

pub(crate) use self::check::MAX_TTL;
pub(crate) use self::encode::encode;
pub use self::look::{
    AndroidNotification, BadgeNotification, Button, ClickAction, Importance, LightColor,
    LightSettings, Urgency, Visibility,
};
pub use self::options::{
    AndroidConfig, ApnsConfig, ApnsHmsOptions, BasicNotification, Options, Review, WebpushConfig,
    WebpushHeaders, WebpushHmsOptions, WebpushUrgency,
};
