//! [`Notification`](zpns_core::Notification) → the body of `messages:send`, with FCM's typed
//! options and limits.
//!
//! The blocks below are the v1 message as Google documents it; [`Options`] holds them. What they
//! leave out is filled in from the notification, what they set beats it.

mod android;
mod apns;
mod block;
mod check;
mod duration;
pub(crate) mod encode;
mod options;
pub(crate) mod splice;
pub(crate) mod target;
mod webpush;

pub use self::android::{
    AndroidConfig, AndroidNotification, AndroidPriority, Color, LightSettings,
    NotificationPriority, Proxy, Visibility,
};
pub use self::apns::{ApnsConfig, ApnsOptions};
pub use self::duration::ProtoDuration;
pub use self::options::{AnalyticsOptions, Options};
pub use self::target::FcmTarget;
pub use self::webpush::{WebpushConfig, WebpushOptions};
