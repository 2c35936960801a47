//! Push to phones through every vendor's channel, in-process.
//!
//! One message model ([`Notification`]), one trait ([`PushProvider`]), one crate per vendor, and
//! a [`Router`] that delivers: it groups targets by provider, keeps many pushes in flight,
//! retries what waiting mends, and hands back one [`Outcome`] per device.
//!
//! ```no_run
//! use zpns::{Config, Notification, Target};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let router = Config::load("push.toml")?.router()?;
//! let message = Notification::alert("Alice", "Lunch?");
//! let targets = [
//!     Target::new("ios", "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"),
//!     Target::new("android", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"),
//! ];
//! let report = router.send(&message, targets).await;
//! println!("{} of {} accepted", report.accepted(), report.len());
//! # Ok(())
//! # }
//! ```
//!
//! This crate has no logic of its own: it re-exports [`zpns_core`] and the vendors (one feature
//! each, all on by default), and turns a config file into a running [`Router`].
#![forbid(unsafe_code)]

mod config_file;
mod receipt_path;
mod vendors;

#[cfg(feature = "apns")]
pub use zpns_apns as apns;
#[doc(inline)]
pub use zpns_core::*;
#[cfg(feature = "fcm")]
pub use zpns_fcm as fcm;
#[cfg(feature = "honor")]
pub use zpns_honor as honor;
pub use zpns_http as http;
#[cfg(feature = "huawei")]
pub use zpns_huawei as huawei;
#[cfg(feature = "meizu")]
pub use zpns_meizu as meizu;
#[cfg(feature = "oppo")]
pub use zpns_oppo as oppo;
#[cfg(feature = "outbox")]
pub use zpns_outbox as outbox;
#[cfg(feature = "plugins")]
pub use zpns_plugin_host as plugins;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
pub use zpns_store as store;
#[cfg(feature = "vivo")]
pub use zpns_vivo as vivo;
#[cfg(feature = "webpush")]
pub use zpns_webpush as webpush;
#[cfg(feature = "xiaomi")]
pub use zpns_xiaomi as xiaomi;

pub use self::config_file::{Config, FileError, ProviderSection, Stores};
pub use self::receipt_path::{ShortSecret, receipt_path};
#[doc(inline)]
pub use zpns_core::service::Strategy;
