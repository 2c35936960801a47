//! OPPO PUSH (HeyTap) for zpns: Android devices of OPPO, realme and OnePlus.
//!
//! A target alone is a `unicast`. Many targets are, per thousand, a broadcast of a message that
//! is saved once (content and marketing) or a `unicast_batch` (everything else, and above all what
//! OPPO takes one by one only). A registration id tells its region: China and the rest have hosts,
//! tokens and saved messages of their own, and one provider serves both. A repeat carries the same
//! `app_message_id`, which is derived from the message id, and is pushed once.
//!
//! Limits: 50 characters of title and of text (128 in the long style), 4000 characters of payload
//! and data as JSON, ten days to live. What only OPPO has is in [`Options`], what
//! it reports in [`receipt`]. The README has the whole mapping and the decision table; the facts are
//! in `reference/oppo.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{
//!     Category, HttpConnector, Notification, PushProvider, Resources, Router, Setup, Target,
//! };
//! use zpns_oppo::OppoConfig;
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     (app_key, master_secret): (&str, String),
//!     targets: Vec<Target>,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let resources = Resources::new(http);
//!     let oppo = OppoConfig::new(app_key, master_secret).open(Setup::new("oppo", resources.clone()))?;
//!     println!("{}", oppo.check().await?.reason);
//!
//!     let router = Router::builder(resources).provider(Arc::new(oppo)).build();
//!     let message = Notification::alert("Alice", "Lunch?")
//!         .with_category(Category::InstantMessage)
//!         .with_payload(r#"{"chat":7}"#);
//!     let report = router.send(&message, targets).await;
//!     Ok(report.accepted() == report.len())
//! }
//! ```
#![forbid(unsafe_code)]

mod auth;
mod config;
pub mod message;
mod preflight;
mod provider;
pub mod receipt;
mod region;
mod response;
mod saved;
mod target;
#[cfg(test)]
mod tests;

pub use config::OppoConfig;
pub use message::Options;
pub use provider::OppoProvider;
pub use region::{LEGACY_CHINA_ENDPOINT, Region};

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "oppo";
