//! The ready observers: spans and lines for a log, numbers for a scrape, without a token in them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod metrics;
mod seen;
mod spans;
