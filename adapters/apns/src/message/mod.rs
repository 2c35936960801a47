//! [`Notification`](zpns_core::Notification) → headers and payload, with APNs's typed options and
//! limits.

mod aps;
mod category;
mod check;
mod encode;
mod headers;
mod options;
mod push_type;
#[cfg(test)]
mod tests;
mod wire;

pub use self::category::InterruptionLevel;
#[cfg(test)]
pub(crate) use self::category::LEVELS;
pub(crate) use self::encode::{Encoded, encode, push_type_of};
pub use self::options::{AlertOptions, LiveActivityEvent, Options, SoundDictionary, SoundOption};
pub use self::push_type::PushType;
#[cfg(test)]
pub(crate) use self::push_type::ROWS;
pub(crate) use self::push_type::{PAYLOAD_LIMIT, VOIP_PAYLOAD_LIMIT};
