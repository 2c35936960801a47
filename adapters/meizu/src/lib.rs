//! Meizu (Flyme) Push for zpns: Android devices of Meizu.
//!
//! One request per hundred targets, as a form whose message is one JSON text. There is no log-in:
//! every request is signed, and its targets are signed with it. The part of the signature that
//! all batches of a notification share is made once.
//!
//! Limits: 32 characters of title, 100 of text, three days to live, no silent push. What only
//! Meizu has is in [`Options`], what it reports in [`receipt`]. The README has the whole mapping
//! and the decision table; the facts are in `reference/meizu.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{
//!     Batch, Category, HttpConnector, LimitPolicy, Notification, PushProvider, Resources, Setup,
//!     Target, Variant,
//! };
//! use zpns_meizu::MeizuConfig;
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     app_secret: String,
//!     tokens: &[&str],
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let setup = Setup::new("meizu", Resources::new(http));
//!     let meizu = MeizuConfig::new("100999", app_secret).open(setup)?;
//!     println!("{}", meizu.check().await?.reason);
//!
//!     let message = Notification::alert("Alice", "Lunch?")
//!         .with_category(Category::InstantMessage)
//!         .with_payload(r#"{"chat":7}"#);
//!     let variant = Variant::new(&message, &meizu.capability(), None, LimitPolicy::Truncate)
//!         .map_err(|rejection| rejection.reason)?;
//!     let targets = tokens.iter().map(|token| Target::new("meizu", *token)).collect();
//!     let report = meizu.send(&Batch::new(Arc::new(variant), targets)).await;
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
pub mod receipt;
mod response;
mod target;
#[cfg(test)]
mod tests;

pub use config::{MeizuConfig, OVERSEAS_ENDPOINT};
pub use message::Options;
pub use provider::MeizuProvider;

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "meizu";
