//! Ready observers: `tracing` spans, and (with the feature `metrics`) counters, histograms and
//! gauges of the `metrics` crate.
//!
//! ```
//! use std::sync::Arc;
//! use zpns_core::telemetry::Spans;
//! # use zpns_core::{Resources, Router};
//! # fn example(resources: Resources) {
//! let router = Router::builder(resources).observer(Arc::new(Spans)).build();
//! # }
//! ```

#[cfg(feature = "metrics")]
mod metrics;
mod spans;

#[cfg(feature = "metrics")]
pub use self::metrics::Metrics;
pub use self::spans::Spans;
use crate::model::{Kind, Notification};

/// The kind of push as a word for logs and labels.
fn push_word(notification: &Notification) -> &'static str {
    match notification.kind {
        Kind::Alert => "alert",
        Kind::Silent => "silent",
        Kind::Call(_) => "call",
        Kind::LiveActivity => "live_activity",
        Kind::Other(_) => "other",
    }
}
