//! Huawei's two sections of the config file.

use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use serde::Deserialize;
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig, id_string, optional_id_string};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};
use zpns_kit::config::{flag, https_url, read_key};

use crate::auth::{ENDPOINT, ServiceAccount, is_id};
use crate::provider::{HarmonyProvider, HuaweiProvider};
use crate::receipt::Reader;

/// What a `huawei` section of the config file holds: Android devices. `Debug` shows no secret.
///
/// ```
/// use zpns_huawei::HuaweiConfig;
///
/// let config: HuaweiConfig =
///     serde_json::from_str(r#"{"app_id": 104000001, "app_secret": "s3cr3t"}"#).unwrap();
/// assert_eq!(config.app_id, "104000001");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HuaweiConfig {
    /// The app's id.
    #[serde(deserialize_with = "id_string")]
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Secret,
    /// The project's id, which selects v2: all apps of the project. v1 and this app alone unless
    /// set.
    #[serde(default, deserialize_with = "optional_id_string")]
    pub project_id: Option<String>,
    /// Where access tokens are asked for; Huawei's own address unless set. A whole https URL.
    pub auth_endpoint: Option<String>,
}

impl HuaweiConfig {
    /// An app, through v1.
    pub fn new(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Self {
        Self {
            app_id: app_id.into(),
            app_secret: app_secret.into(),
            project_id: None,
            auth_endpoint: None,
        }
    }

    /// The apps of a project, through v2.
    #[must_use]
    pub fn with_project_id(mut self, project_id: impl Into<String>) -> Self {
        self.project_id = Some(project_id.into());
        self
    }

    /// Builds the provider as its own type. Makes no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<HuaweiProvider, ConfigError> {
        HuaweiProvider::new(self, setup)
    }

    /// Where pushes go.
    pub(crate) fn path(&self) -> Result<String, ConfigError> {
        for (key, id) in [
            ("app_id", Some(&self.app_id)),
            ("project_id", self.project_id.as_ref()),
        ] {
            if id.is_some_and(|id| !is_id(id)) {
                return Err(ConfigError::key(key, "is not an id"));
            }
        }
        Ok(match &self.project_id {
            Some(project) => format!("/v2/{project}/messages:send"),
            None => format!("/v1/{}/messages:send", self.app_id),
        })
    }

    /// The secret goes there: at least over TLS.
    pub(crate) fn token_endpoint(&self) -> Result<Uri, ConfigError> {
        let url = self.auth_endpoint.as_deref().unwrap_or(ENDPOINT);
        https_url(url).map_err(|reason| ConfigError::key("auth_endpoint", reason))
    }
}

impl VendorConfig for HuaweiConfig {
    const VENDOR: &'static str = crate::HUAWEI;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    const RECEIPT_KEYS: &'static [&'static str] = RECEIPT_KEYS;

    fn receipts(
        &self,
        setup: &ReceiptSetup,
    ) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        let reader = match &self.project_id {
            // The second version is for all apps of the project.
            Some(_) => Reader::new(),
            None => Reader::new().of_app(self.app_id.clone()),
        };
        signed(reader, setup)
    }
}

/// What a `harmony` section of the config file holds: HarmonyOS 5 and later. `Debug` shows no
/// secret.
///
/// ```
/// use zpns_huawei::HarmonyConfig;
///
/// let config: HarmonyConfig =
///     serde_json::from_str(r#"{"service_account_path": "harmony.json"}"#).unwrap();
/// assert!(!config.drop_no_right);
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HarmonyConfig {
    /// The service account's key file, as the console hands it out.
    pub service_account_path: Option<PathBuf>,
    /// Its content, instead.
    pub service_account_json: Option<Secret>,
    /// Whether a token whose app is not in the project (`noRight`) is dropped. It is kept unless
    /// set: a wrong project looks the same. Set it once pushes are known to arrive.
    #[serde(deserialize_with = "flag")]
    pub drop_no_right: bool,
}

impl HarmonyConfig {
    /// For a service account, given as the content of its key file.
    pub fn new(service_account_json: impl Into<Secret>) -> Self {
        Self {
            service_account_json: Some(service_account_json.into()),
            ..Self::default()
        }
    }

    /// Reads the key file and builds the provider as its own type, which can
    /// [recall](HarmonyProvider::recall) too. Makes no connection.
    ///
    /// # Errors
    /// A missing or contradictory key, an unreadable file, or one that does not hold what it
    /// should, by name.
    pub fn open(self, setup: Setup) -> Result<HarmonyProvider, ConfigError> {
        HarmonyProvider::new(self, setup)
    }

    pub(crate) fn service_account(&self) -> Result<ServiceAccount, ConfigError> {
        let inline = ("service_account_json", self.service_account_json.as_ref());
        let file = ("service_account_path", self.service_account_path.as_ref());
        let (account, _) = read_key(inline, file, ServiceAccount::read)?;
        Ok(account)
    }
}

impl VendorConfig for HarmonyConfig {
    const VENDOR: &'static str = crate::HARMONY;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    const RECEIPT_KEYS: &'static [&'static str] = RECEIPT_KEYS;

    fn receipts(
        &self,
        setup: &ReceiptSetup,
    ) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        signed(Reader::new(), setup)
    }
}

const RECEIPT_KEYS: &[&str] = &["receipt_user", "receipt_key"];

/// Takes signed reports only where the console has user name and key, and any where it has neither.
fn signed(
    reader: Reader,
    setup: &ReceiptSetup,
) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
    let reader = match (&setup.user_name, &setup.key) {
        (Some(user), Some(key)) => reader.signed(user, key.clone(), setup.clock.clone()),
        (None, None) => reader,
        (Some(_), None) => return Err(ConfigError::key("receipt_key", "is missing")),
        (None, Some(_)) => return Err(ConfigError::key("receipt_user", "is missing")),
    };
    Ok(Some(Arc::new(reader)))
}
