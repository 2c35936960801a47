//! Both transports against real servers on this machine.
#![allow(
    clippy::disallowed_methods,
    reason = "the servers of the tests run on the machine's time"
)]

mod streams;
mod support;
