//! [`Notification`](zpns_core::Notification) → the form of `/v3/message/regid`, with Xiaomi's typed
//! options and limits.

mod check;
mod class;
mod click;
mod encode;
mod extras;
mod form;
mod ids;
mod options;
#[cfg(test)]
mod tests;

pub(crate) use self::check::MAX_TTL;
pub(crate) use self::class::{channel, quota_class};
pub(crate) use self::encode::{Encoded, encode, number_of};
pub(crate) use self::ids::jobkey;
pub use self::options::{
    Button, Callback, Network, NotifyEffect, Options, ReceiptKind, Style, StyleKind,
};
