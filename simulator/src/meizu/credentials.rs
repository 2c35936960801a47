//! What the console of a simulated Meizu handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated Meizu holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app's id.
    pub app_id: u64,
    /// The app's secret, which signs.
    pub app_secret: String,
    /// The app's package.
    pub package: String,
    /// Another app, which is blacklisted: 110009.
    pub blocked_app_id: u64,
    /// Its secret.
    pub blocked_app_secret: String,
    /// What stands beside the receipt address in the console, and in every receipt.
    pub receipt_access_token: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("app_id", &self.app_id)
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}

pub(super) fn generate(random: &mut Random) -> Result<Credentials, Error> {
    // Ids that differ at their first digit are never the same.
    let mut id = |first: u64| first * 100_000 + random.next() % 100_000;
    Ok(Credentials {
        app_id: id(1),
        app_secret: secret()?,
        package: "com.example.zpns".to_owned(),
        blocked_app_id: id(2),
        blocked_app_secret: secret()?,
        receipt_access_token: secret()?,
    })
}

/// 32 hexadecimal digits.
fn secret() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Key("no randomness".to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
