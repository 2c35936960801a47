//! Strict simulators of every push vendor, on TLS sockets, for offline tests.
//!
//! A [`Simulator`] serves one `https://127.0.0.1:PORT` origin per vendor, with the vendor's real
//! paths at its root. It checks what the vendor checks (signatures, token age, topics, schemas,
//! size limits), answers in the vendor's own error bodies, records what it was sent, and
//! misbehaves on demand: see [`faults`].
//!
//! It shares no code with the adapters of `zpns`, on purpose: a wire type common to both sides
//! would hide the same mistake on both. Any client of a vendor can be pointed at it.
//!
//! ```
//! use zpns_simulator::Simulator;
//!
//! # async fn example() -> Result<(), zpns_simulator::Error> {
//! let sim = Simulator::start().await?;
//! let apns = sim.apns().map(|apns| (&apns.team_id, &apns.key_id, &apns.key_pem));
//! // … build a client from `apns`, trust `sim.ca_pem()`, talk to `sim.origin("apns")` …
//! assert_eq!(sim.received("apns").len(), 0);
//! # let _ = apns;
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example())?;
//! # Ok::<(), zpns_simulator::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod apns;
pub mod faults;
pub mod fcm;
pub mod harmony;
pub mod honor;
pub mod huawei;
pub mod meizu;
pub mod oppo;
pub mod vivo;
pub mod webpush;
pub mod xiaomi;

mod builder;
mod ca;
mod call;
mod clock;
mod config;
mod connection;
mod engine;
mod error;
mod form;
mod frames;
mod http1;
mod http2;
mod jwt;
mod listener;
mod random;
mod receipts;
mod record;
mod rsa;
mod sign;
mod simulator;
mod sync;
mod tokens;
mod vendor;

pub use builder::SimulatorBuilder;
pub use ca::ClientCertificate;
pub use call::CallKind;
pub use error::Error;
pub use faults::FaultScript;
pub use receipts::{Happening, ReceiptRequest, Tell};
pub use record::{Counters, Received, Verdict};
pub use simulator::Simulator;
pub use tokens::TokenSet;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
