//! The ready observers: spans and lines for a log, numbers for a scrape, without a token in them.

#[path = "../common/mod.rs"]
mod common;

mod metrics;
mod seen;
mod spans;
