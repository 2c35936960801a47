//! HONOR's section of the config file.

use std::sync::Arc;

use http::Uri;
use serde::Deserialize;
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig, id_string};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};
use zpns_kit::config::{filled, https_url, is_made_of};

use crate::auth::ENDPOINT;
use crate::provider::HonorProvider;
use crate::receipt::Reader;

/// What a HONOR section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_honor::HonorConfig;
///
/// let config: HonorConfig = serde_json::from_str(
///     r#"{"app_id": 104413000, "client_id": "220000000", "client_secret": "s3cr3t"}"#,
/// ).unwrap();
/// assert_eq!(config.app_id, "104413000");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HonorConfig {
    /// The app's id. It is no credential.
    #[serde(deserialize_with = "id_string")]
    pub app_id: String,
    /// The client id of the console's push service page.
    #[serde(deserialize_with = "id_string")]
    pub client_id: String,
    /// The client secret of that page, which is not the app's secret.
    pub client_secret: Secret,
    /// Where access tokens are asked for; HONOR's own address unless set. A whole https URL.
    pub auth_endpoint: Option<String>,
    /// The class of the app's launcher activity. HONOR puts a number on an icon by it: without it
    /// badges are left out and noted.
    pub badge_class: Option<String>,
}

impl HonorConfig {
    /// An app by its three values.
    pub fn new(
        app_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        Self {
            app_id: app_id.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            auth_endpoint: None,
            badge_class: None,
        }
    }

    /// With the class of the app's launcher activity.
    #[must_use]
    pub fn with_badge_class(mut self, class: impl Into<String>) -> Self {
        self.badge_class = Some(class.into());
        self
    }

    /// Builds the provider as its own type. Makes no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<HonorProvider, ConfigError> {
        HonorProvider::new(self, setup)
    }

    /// Where pushes go.
    pub(crate) fn path(&self) -> Result<String, ConfigError> {
        if !is_made_of(&self.app_id, b"-_") {
            return Err(ConfigError::key("app_id", "is not an id"));
        }
        Ok(format!("/api/v1/{}/sendMessage", self.app_id))
    }

    /// Client id and secret, which have to say something.
    pub(crate) fn check_credentials(&self) -> Result<(), ConfigError> {
        if self.client_id.trim().is_empty() {
            return Err(ConfigError::key("client_id", "is empty"));
        }
        filled("client_secret", &self.client_secret).map(drop)
    }

    /// The secret goes there: at least over TLS.
    pub(crate) fn token_endpoint(&self) -> Result<Uri, ConfigError> {
        let url = self.auth_endpoint.as_deref().unwrap_or(ENDPOINT);
        https_url(url).map_err(|reason| ConfigError::key("auth_endpoint", reason))
    }
}

impl VendorConfig for HonorConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    fn receipts(&self, _: &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        Ok(Some(Arc::new(Reader::new(self.app_id.clone()))))
    }
}
