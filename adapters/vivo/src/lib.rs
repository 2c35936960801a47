//! vivo Push for zpns: Android devices of vivo and iQOO.
//!
//! One target gets a request of its own. For 2 to 1,000 the message is saved once, however many
//! batches it goes out in, and each batch names its targets. Requests carry a token, for which a
//! signed request is exchanged; an app may have several at once.
//!
//! Limits: 40 characters of title, 100 of text, ten pairs of payload and data with 1024 characters
//! in all, 15 minutes to a day to live. There is no silent push. What only vivo has is in
//! [`Options`], what it reports in [`receipt`]. The README has the whole mapping and the decision
//! table; the facts are in `reference/vivo.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{
//!     Batch, Category, HttpConnector, LimitPolicy, Notification, Outcome, PushProvider, Resources,
//!     Setup, Target, Variant,
//! };
//! use zpns_vivo::{Recall, VivoConfig};
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     app_key: String,
//!     app_secret: String,
//!     tokens: &[&str],
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let setup = Setup::new("vivo", Resources::new(http));
//!     let vivo = VivoConfig::new("100000001", app_key, app_secret).open(setup)?;
//!     println!("{}", vivo.check().await?.reason);
//!
//!     let message = Notification::alert("Alice", "Lunch?")
//!         .with_category(Category::InstantMessage)
//!         .with_payload(r#"{"chat":7}"#);
//!     let variant = Variant::new(&message, &vivo.capability(), None, LimitPolicy::Truncate)
//!         .map_err(|rejection| rejection.reason)?;
//!     let targets = tokens.iter().map(|token| Target::new("vivo", *token)).collect();
//!     let report = vivo.send(&Batch::new(Arc::new(variant), targets)).await;
//!
//!     if let Some(Outcome::Accepted(accepted)) = report.outcomes().first() {
//!         let task = accepted.vendor_id.clone().unwrap_or_default();
//!         vivo.recall(&Recall::everywhere(task)).await?;
//!     }
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
#[cfg(test)]
mod tests;

pub use config::VivoConfig;
pub use message::Options;
pub use provider::VivoProvider;
pub use recall::Recall;

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "vivo";
