//! Apple Push Notification service for zpns: iPhone, iPad, Mac, Apple Watch, Apple TV.
//!
//! One provider is one app in one environment with one key (`.p8`) or one certificate. Each push
//! is one HTTP/2 request, `POST /3/device/<token>`, over a few long-lived connections; payload
//! and headers are made once per notification, whatever the number of devices. Tokens of the
//! sandbox do not work in production, nor those of another app: Apple answers `BadDeviceToken`,
//! which says nothing about whether the device still exists, and so keeps the token here.
//!
//! ```no_run
//! use zpns_apns::{ApnsConfig, InterruptionLevel, Options};
//! use zpns_core::{Notification, Resources, Router, Secret, Setup, Target};
//!
//! # async fn push(resources: Resources) -> Result<(), Box<dyn std::error::Error>> {
//! let key = Secret::new(std::fs::read_to_string("AuthKey_ABC123DEFG.p8")?);
//! let config = ApnsConfig::with_key("2M7JG8A5HK", "ABC123DEFG", key, "com.example.chat");
//! let provider = config.provider(Setup::new("ios", resources.clone()))?;
//! let router = Router::builder(resources).provider(provider).build();
//!
//! let mut message = Notification::alert("Alice", "Lunch?").with_payload(r#"{"chat":7}"#);
//! let mut options = Options::default();
//! options.interruption_level = Some(InterruptionLevel::TimeSensitive);
//! message.vendor.set(&options)?;
//!
//! let token = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
//! let report = router.send(&message, vec![Target::new("ios", token)]).await;
//! assert_eq!(report.accepted(), 1);
//! # Ok(()) }
//! ```
//!
//! Vendor document: "Sending notification requests to APNs" at Apple's developer site.
#![forbid(unsafe_code)]

#[cfg(feature = "a2")]
mod a2;
mod auth;
mod certificate;
mod config;
#[cfg(test)]
mod fake;
mod message;
mod preflight;
mod provider;
#[cfg(test)]
mod readme;
mod response;

#[cfg(feature = "a2")]
pub use self::a2::from_a2;
pub use self::config::ApnsConfig;
pub use self::message::{
    AlertOptions, InterruptionLevel, LiveActivityEvent, Options, PushType, SoundDictionary,
    SoundOption,
};
pub use self::provider::ApnsProvider;

/// The vendor's name.
const VENDOR: &str = "apns";
