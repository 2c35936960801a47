//! vivo's section of the config file.

use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig, id_string, number};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};
use zpns_kit::config::filled;

use crate::auth::App;
use crate::message::PushMode;
use crate::provider::VivoProvider;
use crate::receipt::Reader;

/// What a vivo section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_vivo::VivoConfig;
///
/// let config: VivoConfig = serde_json::from_str(
///     r#"{"app_id": 100000001, "app_key": "key", "app_secret": "s3cr3t", "push_mode": 1}"#,
/// ).unwrap();
/// assert_eq!((&*config.app_id, config.push_mode), ("100000001", 1));
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VivoConfig {
    /// The app's id, a number.
    #[serde(deserialize_with = "id_string")]
    pub app_id: String,
    /// The app's key.
    pub app_key: Secret,
    /// The app's secret.
    pub app_secret: Secret,
    /// 0 formal, as unless set; 1 test, to the devices that the console lists: all that an app may
    /// do until it is approved.
    #[serde(default, deserialize_with = "number")]
    pub push_mode: u8,
}

impl VivoConfig {
    /// An app that pushes to everybody.
    pub fn new(
        app_id: impl Into<String>,
        app_key: impl Into<Secret>,
        app_secret: impl Into<Secret>,
    ) -> Self {
        Self {
            app_id: app_id.into(),
            app_key: app_key.into(),
            app_secret: app_secret.into(),
            push_mode: 0,
        }
    }

    /// In another mode: 0 formal, 1 test.
    #[must_use]
    pub fn with_push_mode(mut self, push_mode: u8) -> Self {
        self.push_mode = push_mode;
        self
    }

    /// Builds the provider as its own type, which can [recall](VivoProvider::recall) too. Makes
    /// no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<VivoProvider, ConfigError> {
        VivoProvider::new(self, setup)
    }

    pub(crate) fn app(&self) -> Result<App, ConfigError> {
        let id = self.app_id.trim();
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let number = id.parse().ok().filter(|_| is_number);
        Ok(App {
            id: number.ok_or_else(|| ConfigError::key("app_id", "is not a number"))?,
            key: trimmed("app_key", &self.app_key)?,
            secret: trimmed("app_secret", &self.app_secret)?,
        })
    }

    pub(crate) fn mode(&self) -> Result<PushMode, ConfigError> {
        match self.push_mode {
            0 => Ok(PushMode::Formal),
            1 => Ok(PushMode::Test),
            _ => Err(ConfigError::key(
                "push_mode",
                "is neither 0 (formal) nor 1 (test)",
            )),
        }
    }
}

/// vivo signs values without blanks around them.
fn trimmed(key: &str, secret: &Secret) -> Result<Secret, ConfigError> {
    filled(key, secret).map(|text| Secret::new(text.trim()))
}

impl VendorConfig for VivoConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    fn receipts(&self, _: &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        Ok(Some(Arc::new(Reader)))
    }
}
