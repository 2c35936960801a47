//! Firebase Cloud Messaging (HTTP v1) for zpns: Android, Apple devices and browsers through one
//! Firebase project.
//!
//! One request per target, over pooled HTTP/2; a body is serialised once per notification and the
//! target put into it. The access token is exchanged once for everybody. FCM does not drop
//! repeats, so that a push that may have been acted on is repeated only with a collapse key.
//!
//! Limits: 4096 bytes, 28 days to live. Targets are registration tokens, installation IDs, topics
//! and conditions ([`FcmTarget`]); what only FCM has is in [`Options`]. The README has the whole
//! mapping and the decision table; the facts are in `reference/fcm.md`, after Google's
//! `fcm.v1` discovery document.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{HttpConnector, Notification, PushProvider, Resources, Router, Setup, Target};
//! use zpns_fcm::FcmConfig;
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     service_account: String,
//!     token: &str,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let resources = Resources::new(http);
//!     let config = FcmConfig::new(service_account);
//!     let fcm = config.provider(Setup::new("android", resources.clone()))?;
//!     println!("{}", fcm.check().await?.reason);
//!
//!     let router = Router::builder(resources).provider(fcm).build();
//!     let message = Notification::alert("Alice", "Lunch?").with_collapse_key("chat-7");
//!     let report = router.send(&message, vec![Target::new("android", token)]).await;
//!     Ok(report.accepted() == 1)
//! }
//! ```
#![forbid(unsafe_code)]

mod auth;
mod config;
pub mod message;
mod preflight;
mod provider;
mod response;
#[cfg(test)]
mod tests;

pub use config::FcmConfig;
pub use message::{FcmTarget, Options};
pub use provider::FcmProvider;

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "fcm";
