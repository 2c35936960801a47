//! What the console of a simulated Huawei handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated v1/v2 holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app's id.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: String,
    /// The project that the app belongs to, for v2.
    pub project_id: String,
    /// Where the secret is exchanged for an access token.
    pub auth_endpoint: String,
    /// Another app, for which push is not enabled: 80300002.
    pub disabled_app_id: String,
    /// Its secret.
    pub disabled_app_secret: String,
    /// The app's package, which stands in receipts.
    pub package: String,
    /// The user name of the receipt address.
    pub receipt_user: String,
    /// Its key, as the console shows it.
    pub receipt_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("app_id", &self.app_id)
            .field("project_id", &self.project_id)
            .field("auth_endpoint", &self.auth_endpoint)
            .finish_non_exhaustive()
    }
}

pub(super) fn generate(random: &mut Random, origin: &str) -> Result<Credentials, Error> {
    const DIGITS: &str = "123456789";
    Ok(Credentials {
        app_id: random.text(DIGITS, 9),
        app_secret: secret()?,
        project_id: random.text(DIGITS, 18),
        auth_endpoint: format!("{origin}/oauth2/v3/token"),
        disabled_app_id: random.text(DIGITS, 9),
        disabled_app_secret: secret()?,
        package: "com.example.zpns".to_owned(),
        receipt_user: "receipts".to_owned(),
        receipt_key: crate::receipts::receipt_key()?,
    })
}

/// 64 hexadecimal digits.
fn secret() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Key("no randomness".to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
