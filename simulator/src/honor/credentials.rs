//! What the console of a simulated HONOR handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated HONOR holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app's id, which stands in the path of a push.
    pub app_id: String,
    /// The id of the push service's client, which is not the app's.
    pub client_id: String,
    /// The client's secret. It holds what a form has to escape: `+`, `/` and `=`.
    pub client_secret: String,
    /// Where the secret is exchanged for an access token.
    pub auth_endpoint: String,
    /// Another app, for which push is not enabled: 80300002.
    pub disabled_app_id: String,
    /// Its client.
    pub disabled_client_id: String,
    /// Its client's secret.
    pub disabled_client_secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("app_id", &self.app_id)
            .field("client_id", &self.client_id)
            .field("auth_endpoint", &self.auth_endpoint)
            .finish_non_exhaustive()
    }
}

pub(super) fn generate(random: &mut Random, origin: &str) -> Result<Credentials, Error> {
    const DIGITS: &str = "0123456789";
    const HEX: &str = "0123456789abcdef";
    Ok(Credentials {
        // Ids that differ at their first digit are never the same.
        app_id: format!("1{}", random.text(DIGITS, 8)),
        client_id: format!("1{}", random.text(HEX, 31)),
        client_secret: secret()?,
        auth_endpoint: format!("{origin}{}", super::oauth::PATHS[0]),
        disabled_app_id: format!("2{}", random.text(DIGITS, 8)),
        disabled_client_id: format!("2{}", random.text(HEX, 31)),
        disabled_client_secret: secret()?,
    })
}

fn secret() -> Result<String, Error> {
    let mut bytes = [0; 28];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Key("no randomness".to_owned()))?;
    Ok(format!("+/{}", STANDARD.encode(bytes)))
}
