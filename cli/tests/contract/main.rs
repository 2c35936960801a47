//! The contract of the `zpns` command: the built binary, driven as a shell would drive it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod check;
mod config;
#[cfg(all(unix, feature = "plugins"))]
mod guide;
mod logs;
mod memory;
mod message;
#[cfg(all(unix, feature = "plugins"))]
mod plugin;
mod progress;
mod queue;
mod rules;
mod send;
#[cfg(unix)]
mod simulate;
mod tokens;
mod users;
#[cfg(all(unix, feature = "plugins"))]
mod webhook;
mod world;
