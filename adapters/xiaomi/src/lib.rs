//! Xiaomi Push (MiPush) for zpns: Android devices of Xiaomi, Redmi and POCO.
//!
//! One request per thousand targets, as a form; a form is serialised once per notification, and
//! every batch adds its targets. There is no log-in: every request carries the app secret. A
//! repeat with the same `jobkey`, which is derived from the message id, is shown once.
//!
//! Limits: 49 characters of title, 127 of text, 4096 bytes of payload, ten pairs of data, ten days
//! to live. What only Xiaomi has is in [`Options`], what it reports in [`receipt`]. The README has
//! the whole mapping and the decision table; the facts are in `reference/xiaomi.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{
//!     Batch, HttpConnector, LimitPolicy, Notification, PushProvider, Resources, Setup, Target,
//!     Variant,
//! };
//! use zpns_xiaomi::{Recall, XiaomiConfig};
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     app_secret: String,
//!     tokens: &[&str],
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let setup = Setup::new("xiaomi", Resources::new(http));
//!     let xiaomi = XiaomiConfig::new(app_secret, "com.example.app").open(setup)?;
//!     println!("{}", xiaomi.check().await?.reason);
//!
//!     let mut message = Notification::alert("Alice", "Lunch?").with_payload(r#"{"chat":7}"#);
//!     message.channel = Some("100001".into());
//!     let variant = Variant::new(&message, &xiaomi.capability(), None, LimitPolicy::Truncate)
//!         .map_err(|rejection| rejection.reason)?;
//!     let targets = tokens.iter().map(|token| Target::new("xiaomi", *token)).collect();
//!     let report = xiaomi.send(&Batch::new(Arc::new(variant), targets)).await;
//!
//!     xiaomi.recall(&Recall::Everywhere(message.id)).await?;
//!     Ok(report.accepted() == tokens.len())
//! }
//! ```
//! A host with many providers gives them to a [`Router`](zpns_core::router) instead, which
//! retries, limits and splits.
#![forbid(unsafe_code)]

mod auth;
mod config;
pub mod message;
mod preflight;
mod provider;
mod recall;
pub mod receipt;
mod response;
mod target;
#[cfg(test)]
mod tests;

pub use config::{Region, XiaomiConfig};
pub use message::Options;
pub use provider::XiaomiProvider;
pub use recall::Recall;

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "xiaomi";
