//! A Rust provider behind the boundary, called as a host calls it: through the table.
//!
//! Nothing is loaded; Miri runs all of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod calls;
mod host;
mod lent;
mod life;
mod provider;
