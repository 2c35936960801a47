//! FCM's section of the config file.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, VendorConfig, optional_id_string};
use zpns_core::{PushProvider, Secret, Setup};
use zpns_kit::config::{flag, https_url, is_made_of, read_key};

use crate::auth::ServiceAccount;
use crate::provider::FcmProvider;

/// What an FCM section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_fcm::FcmConfig;
///
/// let config: FcmConfig = serde_json::from_str(
///     r#"{"service_account_path": "firebase.json", "project_id": "my-project"}"#,
/// ).unwrap();
/// assert!(!config.drop_sender_id_mismatch);
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FcmConfig {
    /// The service account's key file, as Google hands it out.
    pub service_account_path: Option<PathBuf>,
    /// Its content, instead.
    pub service_account_json: Option<Secret>,
    /// The Firebase project to send for, by id or number; the service account's own unless set.
    #[serde(deserialize_with = "optional_id_string")]
    pub project_id: Option<String>,
    /// Where access tokens are asked for; the service account's `token_uri` unless set. A whole
    /// https URL.
    pub token_endpoint: Option<String>,
    /// Whether a token of another Firebase project (`SENDER_ID_MISMATCH`) is dropped. It is kept
    /// unless set: far more often the provider is the wrong one.
    #[serde(deserialize_with = "flag")]
    pub drop_sender_id_mismatch: bool,
}

impl FcmConfig {
    /// For a service account, given as the content of its key file.
    pub fn new(service_account_json: impl Into<Secret>) -> Self {
        Self {
            service_account_json: Some(service_account_json.into()),
            ..Self::default()
        }
    }

    /// For another Firebase project than the service account's own.
    #[must_use]
    pub fn with_project_id(mut self, project_id: impl Into<String>) -> Self {
        self.project_id = Some(project_id.into());
        self
    }

    /// Reads the key file and builds the provider. Makes no connection.
    ///
    /// # Errors
    /// A missing or contradictory key, an unreadable file, or one that does not hold what it
    /// should, by name.
    pub fn provider(self, setup: Setup) -> Result<Arc<FcmProvider>, ConfigError> {
        let inline = ("service_account_json", self.service_account_json.as_ref());
        let file = ("service_account_path", self.service_account_path.as_ref());
        let (account, key) = read_key(inline, file, ServiceAccount::read)?;
        let project = self.project(&account)?;
        let endpoint = match &self.token_endpoint {
            Some(endpoint) => {
                https_url(endpoint).map_err(|reason| ConfigError::key("token_endpoint", reason))?
            }
            None => https_url(&account.token_uri).map_err(|reason| {
                ConfigError::key(key, format!("holds a `token_uri` that {reason}"))
            })?,
        };
        let drop_foreign = self.drop_sender_id_mismatch;
        FcmProvider::new(setup, account, &project, endpoint, drop_foreign).map(Arc::new)
    }

    fn project(&self, account: &ServiceAccount) -> Result<String, ConfigError> {
        let own = self.project_id.clone();
        let project = own.or_else(|| account.project_id.clone()).ok_or_else(|| {
            ConfigError::key(
                "project_id",
                "is missing, and the service account names none",
            )
        })?;
        // It becomes part of a path: nothing may lead out of it.
        if !is_made_of(&project, b"-.:_") {
            return Err(ConfigError::key(
                "project_id",
                "is not the id of a Firebase project",
            ));
        }
        Ok(project)
    }
}

impl VendorConfig for FcmConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(self.provider(setup)?)
    }
}
