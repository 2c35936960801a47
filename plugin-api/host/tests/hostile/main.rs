//! Plugins in C that break the rules, each through the real loader: none takes the host down,
//! holds a send beyond its deadline, or makes two outcomes of one target.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it cannot run"
)]

mod completing;
mod ending;
mod lending;
mod loading;
mod scene;
