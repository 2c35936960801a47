//! The section of the config file.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{
    ConfigError, VendorConfig, inline_or_file, optional_id_string, optional_number, read_file,
};
use zpns_core::resources::{ClientIdentity, HttpOptions, Transport};
use zpns_core::{Environment, PushProvider, Secret, Setup};
use zpns_kit::config::flag;
use zpns_kit::jwt::{Algorithm, SigningKey};

use crate::ApnsProvider;
use crate::auth::{Auth, ProviderToken};

/// One app in one environment, with one key or one certificate.
///
/// ```toml
/// [providers.ios]
/// vendor = "apns"
/// team_id = "2M7JG8A5HK"
/// key_id = "ABC123DEFG"
/// key_path = "AuthKey_ABC123DEFG.p8"      # or key_pem = "${APNS_KEY}"
/// # cert_path, cert_key_path              # PEM files, instead of team, key id and key
/// topic = "com.example.chat"              # the bundle id
/// environment = "production"              # or "sandbox"
/// max_connections = 4                     # ten unless set
/// drop_bad_device_token = false
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ApnsConfig {
    /// The team's id, ten characters.
    #[serde(deserialize_with = "optional_id_string")]
    pub team_id: Option<String>,
    /// The key's id, ten characters.
    #[serde(deserialize_with = "optional_id_string")]
    pub key_id: Option<String>,
    /// The key's `.p8` file.
    pub key_path: Option<PathBuf>,
    /// What the `.p8` file holds.
    pub key_pem: Option<Secret>,
    /// A push certificate with its chain, PEM.
    pub cert_path: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub cert_key_path: Option<PathBuf>,
    /// The app's bundle id, without the suffix of a push type; for MDM, the UID of the push
    /// certificate.
    pub topic: Option<String>,
    /// Apps from the store and TestFlight (production), or run from Xcode (sandbox).
    pub environment: Environment,
    /// Connections at the most; another one is opened when the first are full.
    #[serde(deserialize_with = "optional_number")]
    pub max_connections: Option<NonZeroUsize>,
    /// Whether `BadDeviceToken` and `DeviceTokenNotForTopic` drop the token. For hosts that know
    /// the environment and the app of every token for sure. No unless set.
    #[serde(deserialize_with = "flag")]
    pub drop_bad_device_token: bool,
}

impl ApnsConfig {
    /// With a token-signing key: what the `.p8` file holds.
    pub fn with_key(
        team_id: impl Into<String>,
        key_id: impl Into<String>,
        key_pem: Secret,
        topic: impl Into<String>,
    ) -> Self {
        Self {
            team_id: Some(team_id.into()),
            key_id: Some(key_id.into()),
            key_pem: Some(key_pem),
            topic: Some(topic.into()),
            ..Self::default()
        }
    }

    /// With a certificate and its key, both PEM files.
    pub fn with_certificate(
        cert_path: impl Into<PathBuf>,
        cert_key_path: impl Into<PathBuf>,
        topic: impl Into<String>,
    ) -> Self {
        Self {
            cert_path: Some(cert_path.into()),
            cert_key_path: Some(cert_key_path.into()),
            topic: Some(topic.into()),
            ..Self::default()
        }
    }

    /// Reads the files it names and builds the provider. Makes no connection.
    ///
    /// # Errors
    /// A missing or contradictory key, an unreadable file, or one that does not hold what it
    /// should, by name.
    pub fn provider(self, setup: Setup) -> Result<Arc<ApnsProvider>, ConfigError> {
        let topic = self.topic()?;
        let mut options = setup.connection.http_options(Transport::PooledHttp2);
        if let Some(max) = self.max_connections {
            options.max_connections = max.get();
        }
        let auth = self.auth(&setup, &mut options)?;
        ApnsProvider::new(topic, &self, auth, &options, setup).map(Arc::new)
    }

    fn topic(&self) -> Result<String, ConfigError> {
        let topic = self.topic.as_deref().ok_or_else(|| missing("topic"))?;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if topic.is_empty() || !topic.bytes().all(legal) {
            return Err(ConfigError::key(
                "topic",
                "is not a bundle id such as com.example.app",
            ));
        }
        Ok(topic.to_owned())
    }

    fn auth(&self, setup: &Setup, options: &mut HttpOptions) -> Result<Auth, ConfigError> {
        let of_key = [
            ("team_id", self.team_id.is_some()),
            ("key_id", self.key_id.is_some()),
            ("key_path", self.key_path.is_some()),
            ("key_pem", self.key_pem.is_some()),
        ];
        let of_key = of_key
            .into_iter()
            .find_map(|(key, given)| given.then_some(key));
        let certificate = self.cert_path.is_some() || self.cert_key_path.is_some();
        match (of_key, certificate) {
            (Some(key), true) => Err(ConfigError::key(
                key,
                "does not go with a certificate (`cert_path`, `cert_key_path`); keep one of the two",
            )),
            (None, true) => {
                options.identity = Some(self.identity()?);
                Ok(Auth::Certificate)
            }
            (None, false) => Err(ConfigError::key(
                "key_path",
                "is missing (with `team_id` and `key_id`; or `cert_path` and `cert_key_path`)",
            )),
            (Some(_), false) => self.provider_token(setup).map(Auth::Key),
        }
    }

    fn provider_token(&self, setup: &Setup) -> Result<ProviderToken, ConfigError> {
        let id = |key: &str, id: &Option<String>| {
            let id = id.as_deref().ok_or_else(|| missing(key))?;
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(ConfigError::key(
                    key,
                    "is not an id of ten letters and digits",
                ));
            }
            Ok(id.to_owned())
        };
        let team_id = id("team_id", &self.team_id)?;
        let key_id = id("key_id", &self.key_id)?;
        let pem = inline_or_file(
            ("key_pem", self.key_pem.clone()),
            ("key_path", self.key_path.as_ref()),
        )?;
        let key = SigningKey::from_pem(Algorithm::Es256, &pem).map_err(|error| {
            let key = if self.key_pem.is_some() {
                "key_pem"
            } else {
                "key_path"
            };
            ConfigError::key(key, error.to_string())
        })?;
        let clock = Arc::clone(&setup.resources.clock);
        Ok(ProviderToken::new(key, team_id, key_id, clock))
    }

    fn identity(&self) -> Result<ClientIdentity, ConfigError> {
        let certificate = self
            .cert_path
            .as_ref()
            .ok_or_else(|| missing("cert_path"))?;
        let key = self
            .cert_key_path
            .as_ref()
            .ok_or_else(|| missing("cert_key_path"))?;
        let certificate_pem = read_file("cert_path", certificate)?;
        let key_pem = inline_or_file(("cert_key_path", None), ("cert_key_path", Some(key)))?;
        if !contains(&certificate_pem, "-----BEGIN CERTIFICATE-----") {
            return Err(ConfigError::key("cert_path", "is not a certificate in PEM"));
        }
        if !contains(key_pem.expose().as_bytes(), "PRIVATE KEY-----") {
            return Err(ConfigError::key(
                "cert_key_path",
                "is not a private key in PEM",
            ));
        }
        Ok(ClientIdentity {
            certificate_pem: certificate_pem.into(),
            key_pem,
        })
    }
}

impl VendorConfig for ApnsConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(self.provider(setup)?)
    }
}

fn missing(key: &str) -> ConfigError {
    ConfigError::key(key, "is missing")
}

fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

#[cfg(test)]
mod tests;
