//! What the console of a simulated vivo handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::random::Random;
use crate::{Error, TokenSet};

/// What a server that pushes through the simulated vivo holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app that may push.
    pub app: App,
    /// Another app, for which push is switched off: 10043.
    pub switched_off: App,
    /// An app that is still under review, and may push in test mode only: 10045.
    pub in_review: App,
    /// The devices that the console has for the test mode. Any other one is status 4 there.
    pub test_devices: Vec<String>,
}

/// One app.
#[derive(Clone)]
#[non_exhaustive]
pub struct App {
    /// Its id.
    pub id: u64,
    /// Its key.
    pub key: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// The app with this id.
    pub(super) fn find(&self, id: u64) -> Option<&App> {
        let apps = [&self.app, &self.switched_off, &self.in_review];
        apps.into_iter().find(|app| app.id == id)
    }
}

pub(super) fn generate(random: &mut Random, tokens: &TokenSet) -> Result<Credentials, Error> {
    // Ids that differ at their first digit are never the same.
    Ok(Credentials {
        app: app(random, 1)?,
        switched_off: app(random, 2)?,
        in_review: app(random, 3)?,
        test_devices: tokens.live.iter().take(2).cloned().collect(),
    })
}

fn app(random: &mut Random, first: u64) -> Result<App, Error> {
    Ok(App {
        id: first * 100_000_000 + random.next() % 100_000_000,
        key: secret()?,
        secret: secret()?,
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
