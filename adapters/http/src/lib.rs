//! The HTTP transports of zpns.
//!
//! [`Connector`] implements the core's `HttpConnector` and opens one of two clients:
//!
//! * **pooled HTTP/2** (`Transport::PooledHttp2`), for vendors that take one push per request at a
//!   high rate (APNs, FCM): a few long-lived connections per origin, filled up to the server's
//!   stream limit, written in batches, and safe against GOAWAY: a request that the server provably
//!   did not process is sent again on another connection, every other loss is reported as
//!   ambiguous;
//! * **general** (`Transport::General`), for everything else: HTTP/1.1 or HTTP/2 by ALPN, built on
//!   `reqwest`.
//!
//! Both use rustls with aws-lc-rs, trust the public roots and the extra ones of the options, never
//! follow a redirect, never take a proxy from the environment, and accept `https` only. They need
//! a tokio runtime with time and I/O enabled. An `address_filter` in the options is asked about every
//! address that a connection is about to be made to, after its name was resolved.
//!
//! [`replay`] is a connector for tests: it answers from a script.
//!
//! ```
//! use zpns_core::HttpConnector;
//! use zpns_core::resources::{HttpOptions, Transport};
//!
//! let connector = zpns_http::Connector::new();
//! let client = connector.open(&HttpOptions::new(Transport::PooledHttp2)).unwrap();
//! # drop(client);
//! ```
#![forbid(unsafe_code)]

mod connector;
mod dial;
mod errors;
mod general;
mod names;
mod pool;
mod proxy;
pub mod replay;
mod time;
mod tls;
mod under_way;

pub use self::connector::Connector;
pub use self::names::Resolver;
pub use self::pool::PoolOptions;
