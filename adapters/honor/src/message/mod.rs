//! [`Notification`](zpns_core::Notification) → the body of `sendMessage`, with HONOR's typed
//! options and limits.

mod check;
mod class;
mod click;
mod encode;
mod options;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use self::check::MAX_TTL;
#[cfg(test)]
pub(crate) use self::class::CLASSES;
pub(crate) use self::encode::{BODY_LIMIT, encode};
pub use self::options::{
    AndroidConfig, AndroidNotification, Badge, BasicNotification, Button, ClickAction, Importance,
    Options,
};
