//! What the benches share: a cheap local server in a process of its own, the clients that are
//! compared, and the means to measure them.
//!
//! * [`server`]: HTTP/2 over TLS 1.3, every answer 200; [`remote`] starts it as another process;
//! * [`ours`] and [`peers`]: the clients, each behind the same [`contest::Contestant`];
//! * [`load`]: keeps so many pushes in flight; [`usage`]: CPU time, memory, cores;
//! * [`routes`]: the router against its absence;
//! * [`message`]: pushes of a wanted size; [`null`]: an HTTP client that answers at once;
//!   [`noop`]: a provider that does, or nearly.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own clock"
)]

pub mod contest;
pub mod load;
pub mod message;
pub mod noop;
pub mod null;
pub mod ours;
pub mod peers;
pub mod remote;
pub mod routes;
pub mod server;
pub mod table;
pub mod usage;
