//! Loads vendor plugins at run time: a shared library in, a [`PushProvider`] out.
//!
//! **A plugin runs inside this process with all of its rights. This is no security boundary.**
//! What is here keeps a plugin's *defects* away from its host: one that completes a call twice,
//! late, never, or under a forged name, that answers nonsense, blocks or panics, costs its own
//! targets a verdict, and nobody else anything. Against a wild write, `exit()` or a stolen key
//! there is no help but to load only what one would link.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use zpns_core::{Resources, Router, Setup, layers::Delivery};
//! use zpns_plugin_host::{LoadPolicy, PluginOptions, load};
//!
//! # fn example(resources: Resources) -> Result<(), Box<dyn std::error::Error>> {
//! let policy = LoadPolicy::caller_vouches();
//! // SAFETY: we built this plugin ourselves, and it keeps to the header.
//! let plugin = unsafe { load("/opt/push/libjpush.so", &policy) }?;
//! let config = serde_json::json!({"app_key": "k", "master_secret": "s"});
//! let setup = Setup::new("jpush", resources.clone());
//! let provider = plugin.provider(&config, setup, PluginOptions::default())?;
//! let router = Router::builder(resources)
//!     .provider_with(provider, Delivery::default())
//!     .build();
//! # Ok(())
//! # }
//! ```
//!
//! How it is kept apart:
//!
//! * calls are named by numbers in a table ([`calls`](self)); a name that is not in it is counted
//!   ([`Health`]) and dropped;
//! * each instance is called on a thread of its own, so that one that blocks holds up nobody;
//! * a batch ends at its deadline, whatever the plugin does, and what may have been sent is
//!   reported so;
//! * nothing that comes across is believed: lengths, pointers, JSON, positions, statuses;
//! * an instance that does not end is left as it is; a library is never unloaded.

mod call;
mod calls;
mod config;
mod create;
mod health;
mod host_api;
mod http;
mod image;
mod inspect;
mod instance;
mod library;
mod load;
mod metrics;
mod policy;
mod provider;
mod secrets;
mod timer;
mod trace;
mod verdict;
mod worker;

pub use self::config::PluginConfig;
pub use self::health::Health;
pub use self::inspect::{Finding, Inspection, Severity, inspect};
pub use self::instance::Standing;
pub use self::load::{Calls, Plugin, PluginOptions, load, load_linked, load_static};
pub use self::metrics::{Metric, MetricKind, Metrics};
pub use self::policy::{LoadPolicy, PluginIdentity, PluginName, Sha256};
pub use self::provider::PluginProvider;
pub use self::trace::{LoadError, LoadErrorKind};
#[doc(no_inline)]
pub use zpns_core::PushProvider;
pub use zpns_plugin_api::Linked;
pub use zpns_plugin_api::abi::Entry;
pub use zpns_plugin_api::json::Descriptor;
