//! Meizu's section of the config file.

use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig, id_string};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};

use crate::provider::MeizuProvider;
use crate::receipt::Reader;

/// China's host for pushes.
pub(crate) const ENDPOINT: &str = "https://server-api-push.meizu.com";

/// Meizu's host for apps outside of China, to be set as `endpoint`.
///
/// ```
/// use zpns_core::Connection;
///
/// let mut connection = Connection::default();
/// connection.endpoint = Some(zpns_meizu::OVERSEAS_ENDPOINT.to_owned());
/// ```
pub const OVERSEAS_ENDPOINT: &str = "https://server-api-push.in.meizu.com";

/// What a Meizu section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_meizu::MeizuConfig;
///
/// let config: MeizuConfig =
///     serde_json::from_str(r#"{"app_id": 100999, "app_secret": "s3cr3t"}"#).unwrap();
/// assert_eq!(config.app_id, "100999");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MeizuConfig {
    /// The console's app id, a number.
    #[serde(deserialize_with = "id_string")]
    pub app_id: String,
    /// The console's `AppSecret`: the server's, not the client's `AppKey`.
    pub app_secret: Secret,
}

impl MeizuConfig {
    /// An app by its id.
    pub fn new(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Self {
        Self {
            app_id: app_id.into(),
            app_secret: app_secret.into(),
        }
    }

    /// Builds the provider as its own type. Makes no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<MeizuProvider, ConfigError> {
        MeizuProvider::new(self, &setup)
    }
}

impl VendorConfig for MeizuConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    const RECEIPT_KEYS: &'static [&'static str] = &["receipt_key"];

    fn receipts(
        &self,
        setup: &ReceiptSetup,
    ) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        let key = setup.key.clone();
        Ok(key.map(|key| -> Arc<dyn ReceiptReader> { Arc::new(Reader::new(key)) }))
    }
}
