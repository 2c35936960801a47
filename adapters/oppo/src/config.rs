//! OPPO's section of the config file.

use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig, id_string};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};

use crate::provider::OppoProvider;
use crate::receipt::Reader;
use crate::region::Region;

/// What an OPPO section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_oppo::{OppoConfig, Region};
///
/// let config: OppoConfig =
///     serde_json::from_str(r#"{"app_key": "k", "master_secret": "s", "region": "global"}"#).unwrap();
/// assert_eq!(config.region, Some(Region::Overseas));
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OppoConfig {
    /// The app's key.
    #[serde(deserialize_with = "id_string")]
    pub app_key: String,
    /// The console's `MasterSecret`: the server's, not the client's `AppSecret`.
    pub master_secret: Secret,
    /// The one region that the app serves: tokens of the other are refused without a call. Unless
    /// set, every token goes to its own region's cloud, and a check asks China's.
    #[serde(default)]
    pub region: Option<Region>,
}

impl OppoConfig {
    /// An app, for all regions.
    pub fn new(app_key: impl Into<String>, master_secret: impl Into<Secret>) -> Self {
        Self {
            app_key: app_key.into(),
            master_secret: master_secret.into(),
            region: None,
        }
    }

    /// For one region only.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Builds the provider as its own type. Makes no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<OppoProvider, ConfigError> {
        for (key, text) in [
            ("app_key", self.app_key.as_str()),
            ("master_secret", self.master_secret.expose()),
        ] {
            if text.trim().is_empty() {
                return Err(ConfigError::key(key, "is empty"));
            }
        }
        OppoProvider::new(self, &setup)
    }
}

impl VendorConfig for OppoConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    fn receipts(&self, _: &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        Ok(Some(Arc::new(Reader)))
    }
}
