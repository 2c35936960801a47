//! The service account of a HarmonyOS project, and the tokens that it signs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zpns_core::{Error, Secret};
use zpns_kit::config::is_made_of;
use zpns_kit::jwt::{Algorithm, SigningKey};

/// For whom a token is; the same for everybody, wherever it is sent.
const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";

/// What a service account's key file holds, as far as it matters.
pub(crate) struct ServiceAccount {
    pub(crate) project_id: String,
    key_id: String,
    sub_account: String,
    key: SigningKey,
}

/// The file itself. Every field may be missing, so that its absence is ours to word.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(default, deserialize_with = "zpns_core::config::optional_id_string")]
    project_id: Option<String>,
    key_id: Option<String>,
    private_key: Option<Secret>,
    #[serde(default, deserialize_with = "zpns_core::config::optional_id_string")]
    sub_account: Option<String>,
}

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl ServiceAccount {
    /// Reads the content of a key file.
    ///
    /// # Errors
    /// What is wrong with it, worded to follow the config key; never quotes it.
    pub(crate) fn read(json: &Secret) -> Result<Self, String> {
        // The library's own message may quote what it found.
        let file: KeyFile = serde_json::from_str(json.expose()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("is not the JSON of a service account (line {line}, column {column})")
        })?;
        let pem = file.private_key.ok_or("lacks `private_key`")?;
        let key = SigningKey::from_pem(Algorithm::Ps256, &pem)
            .map_err(|error| format!("holds a `private_key` that {error}"))?;
        let project_id = file.project_id.ok_or("lacks `project_id`")?;
        if !is_id(&project_id) {
            return Err("holds a `project_id` that is not one".to_owned());
        }
        Ok(Self {
            project_id,
            key_id: file.key_id.ok_or("lacks `key_id`")?,
            sub_account: file.sub_account.ok_or("lacks `sub_account`")?,
            key,
        })
    }

    /// A token that is valid from now on.
    pub(super) fn token(&self, now: u64, lifetime: Duration) -> Result<Secret, Error> {
        let claims = Claims {
            iss: &self.sub_account,
            aud: AUDIENCE,
            iat: now,
            exp: now + lifetime.as_secs(),
        };
        self.key.sign(Some(&self.key_id), &claims)
    }
}

/// An id becomes part of a path: nothing may lead out of it.
pub(crate) fn is_id(text: &str) -> bool {
    is_made_of(text, b"-_")
}
