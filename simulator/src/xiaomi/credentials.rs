//! What the console of a simulated Xiaomi handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated Xiaomi holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app's secret.
    pub app_secret: String,
    /// The app's package.
    pub package: String,
    /// A right secret of an app that is blacklisted for sending: 10031.
    pub blocked_app_secret: String,
    /// A channel that the console has not approved: 27001. Any other one is approved.
    pub unapproved_channel: String,
    /// A channel of the private class, whose messages need the template.
    pub private_channel: String,
    /// The approved template.
    pub template_id: String,
    /// The template's variables: all of them have to be given, and no other.
    pub template_variables: Vec<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}

pub(super) fn generate(random: &mut Random) -> Result<Credentials, Error> {
    const DIGITS: &str = "0123456789";
    Ok(Credentials {
        app_secret: secret()?,
        package: "com.example.zpns".to_owned(),
        blocked_app_secret: secret()?,
        unapproved_channel: random.text(DIGITS, 6),
        private_channel: random.text(DIGITS, 6),
        template_id: format!("M{}", random.text(DIGITS, 8)),
        template_variables: vec!["sender".to_owned(), "text".to_owned()],
    })
}

fn secret() -> Result<String, Error> {
    let mut bytes = [0; 27];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Key("no randomness".to_owned()))?;
    Ok(STANDARD.encode(bytes))
}
