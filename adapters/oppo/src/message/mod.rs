//! [`Notification`](zpns_core::Notification) → OPPO's notification, with OPPO's typed options and
//! limits.

mod check;
mod class;
mod click;
mod encode;
mod ids;
mod options;
mod parameters;
mod route;
mod template;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use self::check::MAX_TTL;
pub use self::class::{Class, OppoCategory};
pub(crate) use self::class::{SERVICE, quota_class};
pub(crate) use self::encode::encode;
pub use self::options::{ClickActionType, IntentEnv, NetworkType, NotifyLevel, Options, Style};
pub(crate) use self::route::Route;
pub(crate) use self::template::{Content, Encoded, encoded_value};
