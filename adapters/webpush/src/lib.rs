//! Standard Web Push for zpns: browsers, and web apps on a home screen.
//!
//! A token is a subscription as the browser hands it out (`PushSubscription.toJSON()`): the URL of
//! a push service and the keys to encrypt for. One provider is one site, known to the push
//! services by its VAPID key; it reaches every service, of Google, Mozilla, Apple, Microsoft or
//! anybody else. Each push is one request, encrypted for its browser alone (RFC 8030, 8188, 8291,
//! 8292).
//!
//! Subscriptions come from strangers' browsers, and so do their URLs: they have to name a public
//! https host, or one of [`WebPushConfig::allow_hosts`], and every address is checked as it is
//! connected to.
//!
//! ```no_run
//! use zpns_core::{Notification, OnClick, Resources, Router, Secret, Setup, Target};
//! use zpns_webpush::WebPushConfig;
//!
//! # async fn push(resources: Resources) -> Result<(), Box<dyn std::error::Error>> {
//! let key = Secret::new("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
//! let provider = WebPushConfig::new(key, "mailto:push@example.com")
//!     .provider(Setup::new("web", resources.clone()))?;
//! println!("applicationServerKey: {}", provider.application_server_key());
//! let router = Router::builder(resources).provider(provider).build();
//!
//! let message = Notification::alert("Alice", "Lunch?")
//!     .with_on_click(OnClick::Url("https://example.com/chat/7".into()));
//! let subscription = r#"{
//!     "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
//!     "keys": {
//!         "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
//!         "auth": "BTBZMqHH6r4Tts7J_aSIgg"
//!     }
//! }"#;
//! let report = router.send(&message, vec![Target::new("web", subscription)]).await;
//! assert_eq!(report.accepted(), 1);
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod address;
mod auth;
mod config;
mod ece;
mod endpoint;
mod message;
mod origin;
mod preflight;
mod provider;
mod response;
mod subscription;
#[cfg(test)]
mod tests;

pub use self::config::WebPushConfig;
pub use self::message::{Action, Direction, NotificationOptions, Options, Urgency};
pub use self::provider::WebPushProvider;

/// The vendor's name.
const VENDOR: &str = "webpush";
