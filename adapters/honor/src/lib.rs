//! HONOR Push for zpns: HONOR's phones from Magic UI 4 on (4.2 outside of China).
//!
//! Older ones register with Huawei and are Huawei's to reach; a token of one is nobody's at the
//! other, and the two APIs only look alike.
//!
//! One request per thousand targets; a body is written once per notification and the tokens put
//! into it. Client id and secret are exchanged for an access token, once for everybody. Limits:
//! 4096 bytes without the tokens, 15 days to live. HONOR has no id by which it would drop a repeat:
//! what may have been acted on is not sent again by itself. What only HONOR has is in [`Options`],
//! what it reports in [`receipt`]. The README has the whole mapping and the decision table; the
//! facts are in `reference/honor.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{HttpConnector, Notification, PushProvider, Resources, Router, Setup, Target};
//! use zpns_honor::HonorConfig;
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     client_secret: String,
//!     targets: Vec<Target>,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let resources = Resources::new(http);
//!     let setup = Setup::new("honor", resources.clone());
//!     let honor = HonorConfig::new("104413000", "220000000", client_secret).open(setup)?;
//!     println!("{}", honor.check().await?.reason);
//!
//!     let router = Router::builder(resources).provider(Arc::new(honor)).build();
//!     let message = Notification::alert("Alice", "Lunch?").with_payload(r#"{"chat":7}"#);
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
mod response;
#[cfg(test)]
mod tests;

pub use config::HonorConfig;
pub use message::Options;
pub use provider::HonorProvider;

/// The vendor's name in the config file and in [`Notification::vendor`](zpns_core::Notification).
pub const VENDOR: &str = "honor";
