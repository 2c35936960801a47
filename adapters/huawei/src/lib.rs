//! Huawei Push Kit for zpns: two vendors in one crate, because they share a host and an answer and
//! nothing else.
//!
//! * `huawei` ([`HuaweiConfig`]): EMUI and HarmonyOS up to 4, through v1, or v2 of a whole project.
//!   The app secret is exchanged for an access token once for everybody.
//! * `harmony` ([`HarmonyConfig`]): HarmonyOS 5 and later, through v3. Every request carries a token
//!   that the service account signs by itself.
//!
//! A token of one is nobody's at the other; a phone that is upgraded gets a new one and moves.
//!
//! One request per thousand targets; a body is written once per notification and the tokens put
//! into it. Limits: 4096 bytes without the tokens, 15 days to live. What only they have is in
//! [`hms::Options`] and [`harmony::Options`], what they report in [`receipt`]. The README has the
//! whole mapping and the decision tables; the facts are in `reference/huawei.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use zpns_core::{HttpConnector, Notification, PushProvider, Resources, Router, Setup, Target};
//! use zpns_huawei::{HarmonyConfig, HuaweiConfig};
//!
//! async fn greet(
//!     http: Arc<dyn HttpConnector>,
//!     (app_id, app_secret): (&str, String),
//!     service_account: String,
//!     targets: Vec<Target>,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     let resources = Resources::new(http);
//!     let android = Setup::new("huawei", resources.clone());
//!     let android = HuaweiConfig::new(app_id, app_secret).open(android)?;
//!     println!("{}", android.check().await?.reason);
//!     let next = Setup::new("harmony", resources.clone());
//!     let next = HarmonyConfig::new(service_account).open(next)?;
//!
//!     let router = Router::builder(resources)
//!         .provider(Arc::new(android))
//!         .provider(Arc::new(next))
//!         .build();
//!     let message = Notification::alert("Alice", "Lunch?").with_payload(r#"{"chat":7}"#);
//!     let report = router.send(&message, targets).await;
//!     Ok(report.accepted() == report.len())
//! }
//! ```
#![forbid(unsafe_code)]

mod auth;
mod config;
mod message;
mod preflight;
mod provider;
mod recall;
pub mod receipt;
mod response;
#[cfg(test)]
mod tests;

pub use config::{HarmonyConfig, HuaweiConfig};
pub use message::{harmony, hms};
pub use provider::{HarmonyProvider, HuaweiProvider};
pub use recall::Recall;

/// The name of the Android vendor in the config file and in
/// [`Notification::vendor`](zpns_core::Notification).
pub const HUAWEI: &str = "huawei";
/// The name of the HarmonyOS vendor in the config file and in
/// [`Notification::vendor`](zpns_core::Notification).
pub const HARMONY: &str = "harmony";
