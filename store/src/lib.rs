//! The service's stores on real engines.
//!
//! * [`SqliteStore`] (feature `sqlite`, on by default): a [`Registry`] and [`Badges`] in one file,
//!   for one host. The engine is built in.
//! * [`PostgresStore`] (feature `postgres`): the same for several hosts.
//! * [`RedisPresence`] (feature `redis`): [`Presence`] that several hosts share.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use zpns_core::Timestamp;
//! use zpns_core::service::{Platform, Registration, Registry};
//! use zpns_store::SqliteStore;
//!
//! let store = SqliteStore::open("sqlite:devices.db").await?;
//! let app = Registration::new(Platform::Ios).channel("ios", "11fe0d2a6c9b4e3f8a7d5c1b2e4f6071");
//! let id = store.register(app, Timestamp::from_secs(1_764_000_000)).await?;
//! store.bind(id, &"alice".into()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What a registration, a log-in or a vendor's verdict means is written once, in
//! [`MemoryRegistry`](zpns_core::service::MemoryRegistry): a change reads the devices that it
//! concerns in a transaction, makes the change to them in memory, and writes what is different.
//!
//! [`Registry`]: zpns_core::service::Registry
//! [`Badges`]: zpns_core::service::Badges
//! [`Presence`]: zpns_core::service::Presence
#![forbid(unsafe_code)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod badges;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod difference;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod engine;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod filter;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis_presence;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod select;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store;

#[cfg(feature = "postgres")]
pub use self::postgres::{Postgres, PostgresStore};
#[cfg(feature = "redis")]
pub use self::redis_presence::{ConnectError, RedisPresence};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{Sqlite, SqliteStore};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::store::{OpenError, Store};
