//! The user-level service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod badge;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod diagnose;
mod hook;
mod paged;
mod presence;
mod push;
mod quiet;
mod receipts;
mod registry;
mod silent;
mod vendor;
