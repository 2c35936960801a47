//! One `[providers.X]` table.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Value;
use zpns_core::config::{ConfigError, Connection, ReceiptSetup, optional_number, read_file};
use zpns_core::layers::Delivery;
use zpns_core::{Clock, ProviderId, PushProvider, ReceiptReader, Resources, Secret, Setup};

use super::FileError;
use super::delivery::{self, Fault};
use crate::vendors::{self, VendorEntry};

/// One provider of the config file: the keys that all vendors share are read, the vendor's own
/// are kept for [`build`](Self::build).
pub struct ProviderSection {
    /// The provider's name.
    pub id: ProviderId,
    /// How its pushes are delivered.
    pub delivery: Delivery,
    vendor: &'static VendorEntry,
    connection: Connection,
    receipt: ReceiptKeys,
    keys: toml::Table,
}

/// What delivery receipts are verified with, where the vendor verifies them.
#[derive(Default, Deserialize)]
struct ReceiptKeys {
    receipt_user: Option<String>,
    receipt_key: Option<Secret>,
}

/// The keys that every HTTP vendor shares.
const SHARED: [&str; 6] = [
    "endpoint",
    "ca_path",
    "proxy",
    "timeout_ms",
    "rate_per_second",
    "max_in_flight",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedKeys {
    endpoint: Option<String>,
    ca_path: Option<PathBuf>,
    proxy: Option<Secret>,
    #[serde(default, deserialize_with = "optional_number")]
    timeout_ms: Option<std::num::NonZeroU64>,
    #[serde(default, deserialize_with = "optional_number")]
    rate_per_second: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "optional_number")]
    max_in_flight: Option<NonZeroUsize>,
}

pub(super) fn providers(
    tables: Vec<(String, toml::Table)>,
    file: &Path,
) -> Result<Vec<ProviderSection>, FileError> {
    tables
        .into_iter()
        .map(|(id, keys)| {
            ProviderSection::read(&id, keys, file).map_err(|fault| match fault {
                Fault::Provider(error) => FileError::in_table(file, "providers", &id, &error),
                Fault::Delivery { table, error } => {
                    let table = format!("{id}.{table}");
                    FileError::in_table(file, "providers", &table, &error)
                }
            })
        })
        .collect()
}

impl ProviderSection {
    fn read(id: &str, mut keys: toml::Table, file: &Path) -> Result<Self, Fault> {
        let vendor = match keys.remove("vendor") {
            Some(Value::String(name)) => vendors::find(&name)?,
            Some(_) => return Err(ConfigError::key("vendor", "must be a text").into()),
            None => return Err(ConfigError::key("vendor", "is missing").into()),
        };
        resolve_paths(&mut keys, file.parent().unwrap_or(Path::new("")));
        let shared: SharedKeys = taken(&mut keys, &SHARED)?;
        let receipt = taken(&mut keys, vendor.receipt_keys)?;
        let mut connection = Connection::default();
        if let Some(millis) = shared.timeout_ms {
            connection.timeout = Duration::from_millis(millis.get());
        }
        if let Some(path) = shared.ca_path {
            connection.extra_roots_pem = Some(read_file("ca_path", &path)?.into());
        }
        connection.endpoint = shared.endpoint;
        connection.proxy = shared.proxy;
        // One attempt is a request and, at the worst, a log-in and a repeat of both.
        let at_the_worst = connection.timeout * 3;
        let mut delivery = delivery::read(keys.remove("delivery"), at_the_worst)?;
        delivery.rate_per_second = shared.rate_per_second;
        delivery.max_in_flight = shared.max_in_flight;
        Ok(Self {
            id: id.into(),
            delivery,
            vendor,
            connection,
            receipt,
            keys,
        })
    }

    /// The vendor's name.
    pub fn vendor(&self) -> &'static str {
        self.vendor.name
    }

    /// Reads the vendor's own keys and the files they name, and builds the provider, without
    /// layers. Makes no connection.
    ///
    /// # Errors
    /// A missing, unknown or contradictory key, a preflight rule that the vendor does not have, or
    /// an unreadable file, by name.
    pub fn build(&self, resources: Resources) -> Result<Arc<dyn PushProvider>, ConfigError> {
        let setup = Setup::new(self.id.clone(), resources).with_connection(self.connection.clone());
        let provider = (self.vendor.build)(self.keys.clone(), setup)?;
        self.delivery.preflight.check(&*provider)?;
        Ok(provider)
    }

    /// What reads the provider's delivery receipts; nothing if its vendor sends none, or if what
    /// they are verified with is missing: Meizu's `receipt_key`.
    ///
    /// # Errors
    /// A missing, unknown or contradictory key, by name.
    pub fn receipts(
        &self,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        let mut setup = ReceiptSetup::new(clock);
        setup.user_name.clone_from(&self.receipt.receipt_user);
        setup.key.clone_from(&self.receipt.receipt_key);
        (self.vendor.receipts)(self.keys.clone(), &setup)
    }
}

impl std::fmt::Debug for ProviderSection {
    /// Leaves out the vendor's keys, which hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderSection")
            .field("id", &self.id)
            .field("vendor", &self.vendor.name)
            .field("connection", &self.connection)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// Makes relative paths start at the folder of the config file. Every key that holds a path ends
/// in `path`.
fn resolve_paths(keys: &mut toml::Table, folder: &Path) {
    for (key, value) in keys.iter_mut() {
        if let Value::String(path) = value
            && key.ends_with("path")
            && !path.is_empty()
        {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }
}

/// Takes these keys out of a section.
pub(super) fn taken<T: DeserializeOwned>(
    keys: &mut toml::Table,
    names: &[&str],
) -> Result<T, ConfigError> {
    let mut taken = toml::Table::new();
    for name in names {
        let Some(value) = keys.remove(*name) else {
            continue;
        };
        // One by one, so that an error names its key.
        let one = toml::Table::from_iter([((*name).to_owned(), value.clone())]);
        one.try_into::<T>()
            .map_err(|error| ConfigError::key(*name, error.message()))?;
        taken.insert((*name).to_owned(), value);
    }
    taken
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::section(error.message()))
}
