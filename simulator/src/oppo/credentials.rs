//! What the console of a simulated OPPO handed out.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated OPPO holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The app that may push.
    pub app: App,
    /// Another app, for which push is not enabled: 30.
    pub disabled: App,
    /// An app whose messages of the private class need the template: 54.
    pub templated: App,
    /// The template that is approved for it.
    pub template_id: String,
    /// The placeholders of the template's title: all of them have to be given, and no other.
    pub title_parameters: Vec<String>,
    /// The placeholders of the template's content, likewise.
    pub content_parameters: Vec<String>,
    /// The only big picture that was uploaded: any other one is 51.
    pub big_picture_id: String,
    /// The only small picture that was uploaded.
    pub small_picture_id: String,
}

/// One app.
#[derive(Clone)]
#[non_exhaustive]
pub struct App {
    /// Its id, with which the ids of its messages start.
    pub id: String,
    /// Its key.
    pub key: String,
    /// The secret of its server, which signs.
    pub master_secret: String,
    /// The secret of its phones, which is taken for the other by mistake: 16.
    pub app_secret: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// The app with this key.
    pub(super) fn find(&self, key: &str) -> Option<&App> {
        let apps = [&self.app, &self.disabled, &self.templated];
        apps.into_iter().find(|app| app.key == key)
    }
}

pub(super) fn generate(random: &mut Random) -> Result<Credentials, Error> {
    const HEX: &str = "0123456789abcdef";
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    // Ids that differ at their first digit are never the same.
    Ok(Credentials {
        app: app(random, '1')?,
        disabled: app(random, '2')?,
        templated: app(random, '3')?,
        template_id: random.text(HEX, 24),
        title_parameters: texts(&["sender"]),
        content_parameters: texts(&["text", "count"]),
        big_picture_id: random.text(HEX, 24),
        small_picture_id: random.text(HEX, 24),
    })
}

fn app(random: &mut Random, first: char) -> Result<App, Error> {
    Ok(App {
        id: format!("{first}{}", random.text("0123456789", 6)),
        key: secret()?,
        master_secret: secret()?,
        app_secret: secret()?,
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
