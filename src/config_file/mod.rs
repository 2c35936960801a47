//! The config file: TOML in, a running router out.

mod calls;
mod delivery;
mod environment;
mod error;
#[cfg(feature = "outbox")]
mod outbox;
mod section;
mod store;
mod strategy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zpns_core::resources::SystemClock;
use zpns_core::router::RouterBuilder;
use zpns_core::service::{Presence, PushService, PushServiceBuilder, Strategy};
use zpns_core::{Clock, ProviderId, Receipts, Resources, Router, Secret};

use self::store::{PresenceSection, StoreSection};
use crate::receipt_path::receipt_path;

pub use self::error::FileError;
pub use self::section::ProviderSection;
pub use self::store::Stores;

/// The tables that a file may hold.
const TABLES: &[&str] = &[
    "providers",
    "strategies",
    "store",
    "presence",
    #[cfg(feature = "outbox")]
    "outbox",
    "calls",
];

/// A config file that has been read: every key known, every key file readable by name.
///
/// ```toml
/// [providers.ios]                 # the provider id that targets refer to
/// vendor = "apns"
/// team_id = "2M7JG8A5HK"
/// key_id = "ABC123DEFG"
/// key_path = "AuthKey.p8"         # beside the config file
/// topic = "com.example.chat"
/// rate_per_second = "${IOS_RATE}" # any value may come from the environment
///
/// [strategies.sync]               # a resource id
/// silent = true
///
/// [strategies.chat.vendors.oppo]  # for one vendor alone
/// channel = "im"
///
/// [store]                         # devices and counters; see `service`
/// url = "sqlite:devices.db"       # beside the config file; or "postgres://user@host/database"
///
/// [presence]
/// url = "redis://host/"           # without it, everybody is offline until the host says otherwise
/// policy = "unless_foreground"    # who gets a push: the others are `offline_only`, `always`
///
/// [outbox]                        # durable push jobs; see `open_outbox`
/// url = "sqlite:outbox.db"        # as of `[store]`; another file
/// jobs = 4                        # of each lane at a time; also `attempts`, `rounds`,
///                                 # `pause_ms`, `heartbeat_ms`
///
/// [calls]
/// providers = ["ios-voip"]        # whose tokens are for calls alone (PushKit)
/// ```
///
/// Keys that every provider may have: `endpoint` (base URL instead of the vendor's host),
/// `ca_path` (extra root, PEM), `proxy`, `timeout_ms`, `rate_per_second`, `max_in_flight`. The
/// vendor's own keys are documented at its config type. Relative paths start at the folder of
/// the config file.
///
/// Delivery has the same defaults as in code: transient faults are retried without being asked.
///
#[doc = include_str!("delivery.md")]
#[derive(Debug)]
#[non_exhaustive]
pub struct Config {
    /// The providers, by id in order.
    pub providers: Vec<ProviderSection>,
    /// The strategies, by resource id.
    pub strategies: BTreeMap<String, Strategy>,
    store: Option<StoreSection>,
    presence: PresenceSection,
    #[cfg(feature = "outbox")]
    outbox: Option<outbox::OutboxSection>,
    call_providers: Vec<ProviderId>,
    file: PathBuf,
}

impl Config {
    /// Reads a config file.
    ///
    /// # Errors
    /// One line that names the file, the table and the key: an unreadable file, a syntax error,
    /// an unknown table, a wrong common key, an unset environment variable. The vendors' own keys
    /// are checked by [`router`](Self::router).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|error| FileError::new(path, format!("cannot be read: {error}")))?;
        Self::parse(&text, path)
    }

    /// Reads the text of a config file; `path` names it in errors, and relative paths start at
    /// its folder.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let mut root: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            FileError::new(path, format!("line {line}: {message}"))
        })?;
        environment::expand(&mut root, path)?;
        let providers =
            section::providers(tables(root.remove("providers"), "providers", path)?, path)?;
        let strategies =
            strategy::strategies(tables(root.remove("strategies"), "strategies", path)?, path)?;
        let store = store::store(root.remove("store"), path)?;
        let presence = store::presence(root.remove("presence"), path)?;
        #[cfg(feature = "outbox")]
        let outbox = outbox::outbox(root.remove("outbox"), path)?;
        let call_providers = calls::providers(root.remove("calls"), &providers, path)?;
        if let Some(unknown) = root.keys().next() {
            let known = TABLES.join("`, `");
            let message = format!("unknown table `{unknown}`; there are `{known}`");
            return Err(FileError::new(path, message));
        }
        Ok(Self {
            providers,
            strategies,
            store,
            presence,
            #[cfg(feature = "outbox")]
            outbox,
            call_providers,
            file: path.to_owned(),
        })
    }

    /// A router with every provider of the file, over the transports of [`zpns_http`].
    ///
    /// # Errors
    /// One line that names the file, the provider's table and the key at fault.
    pub fn router(&self) -> Result<Router, FileError> {
        self.router_with(Resources::new(Arc::new(zpns_http::Connector::new())))
    }

    /// A router with every provider of the file, over these resources.
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_with(&self, resources: Resources) -> Result<Router, FileError> {
        Ok(self.router_builder_with(resources)?.build())
    }

    /// Begins such a router, for a host that adds observers or providers of its own.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use zpns::{Config, telemetry::Spans};
    ///
    /// let config = Config::parse("", "push.toml")?;
    /// let router = config.router_builder()?.observer(Arc::new(Spans)).build();
    /// # Ok::<(), zpns::FileError>(())
    /// ```
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_builder(&self) -> Result<RouterBuilder, FileError> {
        self.router_builder_with(Resources::new(Arc::new(zpns_http::Connector::new())))
    }

    /// Begins a router with every provider of the file, over these resources.
    ///
    /// # Errors
    /// As [`router`](Self::router).
    pub fn router_builder_with(&self, resources: Resources) -> Result<RouterBuilder, FileError> {
        let mut builder = Router::builder(resources.clone());
        for section in &self.providers {
            let provider = section.build(resources.clone()).map_err(|error| {
                FileError::in_table(&self.file, "providers", section.id.as_str(), &error)
            })?;
            builder = builder.provider_with(provider, section.delivery.clone());
        }
        Ok(builder)
    }

    /// The service of the file: its providers, strategies, store and presence.
    ///
    /// ```no_run
    /// use zpns::service::Audience;
    /// use zpns::{Config, Notification};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = Config::load("push.toml")?.service().await?;
    /// let message = Notification::alert("Bob", "Lunch?");
    /// let report = service.send(message, Audience::user("alice")).await?;
    /// println!("{} of alice's phones ring", report.accepted());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`router`](Self::router), [`open_store`](Self::open_store) and
    /// [`open_presence`](Self::open_presence).
    pub async fn service(&self) -> Result<PushService, FileError> {
        let builder = self.service_builder(self.router()?, Arc::new(SystemClock::new()));
        Ok(builder.await?.build())
    }

    /// Begins such a service on a router of the host's, by this clock.
    ///
    /// # Errors
    /// As [`open_store`](Self::open_store) and [`open_presence`](Self::open_presence).
    pub async fn service_builder(
        &self,
        router: Router,
        clock: Arc<dyn Clock>,
    ) -> Result<PushServiceBuilder, FileError> {
        let Stores { registry, badges } = self.open_store().await?;
        let presence = self.open_presence(Arc::clone(&clock)).await?;
        let mut builder = PushService::builder(router, registry, clock)
            .badges(badges)
            .policy(self.presence.policy)
            .call_providers(self.call_providers.iter().cloned())
            .strategies(self.strategies.clone());
        if let Some(presence) = presence {
            builder = builder.presence(presence);
        }
        Ok(builder)
    }

    /// Opens the store that `[store]` names: makes it if it is not there (a file), and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// One line that names the file, the table and the key: there is no such table, this build
    /// lacks the engine (features `sqlite`, `postgres`), or the store cannot be opened.
    pub async fn open_store(&self) -> Result<Stores, FileError> {
        let Some(section) = &self.store else {
            let message = "[store]: `url` is missing: what is asked for needs a store";
            return Err(FileError::new(&self.file, message));
        };
        store::in_table(&self.file, "store", section.open().await)
    }

    /// Opens the queue of push jobs that `[outbox]` names: makes it if it is not there, and brings
    /// its tables up to date.
    ///
    /// # Errors
    /// One line that names the file, the table and the key: there is no such table, this build
    /// lacks the engine (features `sqlite`, `postgres`), or the queue cannot be opened.
    #[cfg(feature = "outbox")]
    pub async fn open_outbox(&self) -> Result<zpns_outbox::Outbox, FileError> {
        let Some(section) = &self.outbox else {
            let message = "[outbox]: `url` is missing: what is asked for needs a queue";
            return Err(FileError::new(&self.file, message));
        };
        store::in_table(&self.file, "outbox", section.open().await)
    }

    /// How `[outbox]` wants the queue to be worked on.
    #[cfg(feature = "outbox")]
    pub fn work_options(&self) -> zpns_outbox::WorkOptions {
        let section = self.outbox.as_ref();
        section.map_or_else(Default::default, |section| section.options.clone())
    }

    /// Connects to the server that `[presence]` names, if it names one.
    ///
    /// # Errors
    /// One line that names the file, the table and the key: this build lacks Redis (feature
    /// `redis`), or the server cannot be reached.
    pub async fn open_presence(
        &self,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Arc<dyn Presence>>, FileError> {
        store::in_table(&self.file, "presence", self.presence.open(clock).await)
    }

    /// The readers of every provider whose vendor reports back, each at an address of its own that
    /// nobody can guess: [`receipt_path`](crate::receipt_path) of `secret`.
    ///
    /// Huawei's and HarmonyOS' `receipt_user` and `receipt_key` are the user name and the key of
    /// the console's receipt address; without them nothing is signed. Meizu's `receipt_key` is the
    /// access token there; without it, Meizu's receipts are not taken, and the provider has no
    /// address.
    ///
    /// # Errors
    /// `secret` is shorter than 16 bytes; or one line that names the file, the provider's table
    /// and the key at fault.
    pub fn receipts(&self, secret: &Secret) -> Result<Receipts, FileError> {
        self.receipts_with(secret, Arc::new(SystemClock::new()))
    }

    /// The same, by this clock.
    ///
    /// # Errors
    /// As [`receipts`](Self::receipts).
    pub fn receipts_with(
        &self,
        secret: &Secret,
        clock: Arc<dyn Clock>,
    ) -> Result<Receipts, FileError> {
        let mut receipts = Receipts::new();
        for section in &self.providers {
            let id = &section.id;
            let reader = section.receipts(clock.clone()).map_err(|error| {
                FileError::in_table(&self.file, "providers", id.as_str(), &error)
            })?;
            if let Some(reader) = reader {
                let path = receipt_path(secret, id)
                    .map_err(|too_short| FileError::new(&self.file, too_short.to_string()))?;
                receipts = receipts.with(id.clone(), path, reader);
            }
        }
        Ok(receipts)
    }
}

/// The sub-tables of one of the file's top tables.
fn tables(
    value: Option<toml::Value>,
    name: &str,
    path: &Path,
) -> Result<Vec<(String, toml::Table)>, FileError> {
    let table = match value {
        None => return Ok(Vec::new()),
        Some(toml::Value::Table(table)) => table,
        Some(_) => return Err(FileError::new(path, format!("`{name}` must be a table"))),
    };
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::Table(table) => Ok((key, table)),
            _ => Err(FileError::new(
                path,
                format!("[{name}]: `{key}` must be a table"),
            )),
        })
        .collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    1 + before.filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests;
