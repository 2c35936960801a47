//! Both transports against real servers on this machine.
#![allow(
    clippy::disallowed_methods,
    reason = "the servers of the tests run on the machine's time"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod general;
mod lifecycle;
mod loss;
mod names;
mod streams;
mod support;
