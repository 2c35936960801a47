//! [`Notification`](zpns_core::Notification) → the body of `/message/send` and
//! `/message/saveListPayload`, with vivo's typed options and limits.

mod check;
pub(crate) mod class;
mod click;
mod encode;
mod ids;
mod options;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use self::check::MAX_TTL;
pub(crate) use self::encode::{Encoded, PushMode, Route, encode};
pub(crate) use self::ids::{request_id, save_id};
pub use self::options::{Extra, LiveMessage, Options, TimedDisplay};
