//! A notification → what a push service and a browser get of it.

mod check;
mod encode;
mod options;
mod wire;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use self::encode::URGENCIES;
pub(crate) use self::encode::{Encoded, MAX_TTL, encode};
pub use self::options::{Action, Direction, NotificationOptions, Options, Urgency};
