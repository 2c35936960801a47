//! The message that the flags and the message file make together.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Map, Value};
use zpns::Notification;

/// What to say.
#[derive(Args, Debug)]
pub(crate) struct MessageArgs {
    /// The title.
    #[arg(long)]
    title: Option<String>,
    /// The text.
    #[arg(long)]
    body: Option<String>,
    /// Handed back to the app on a tap.
    #[arg(long)]
    payload: Option<String>,
    /// Wake the app without showing anything; goes with neither title nor body.
    #[arg(long, conflicts_with_all = ["title", "body"])]
    silent: bool,
    /// A notification as JSON; what it says beats the flags.
    #[arg(long, value_name = "FILE.json")]
    message: Option<std::path::PathBuf>,
}

impl MessageArgs {
    /// The notification.
    pub(crate) fn notification(&self) -> Result<Notification> {
        let mut fields = self.flags();
        if let Some(path) = &self.message {
            fields.extend(read(path)?);
        }
        if fields.is_empty() {
            bail!("nothing to send: give --title, --body, --payload, --silent or --message");
        }
        let place = self.message.as_deref().unwrap_or(Path::new("the message"));
        serde_json::from_value(Value::Object(fields))
            .with_context(|| format!("{}: not a notification", place.display()))
    }

    fn flags(&self) -> Map<String, Value> {
        let texts = [
            ("title", &self.title),
            ("body", &self.body),
            ("payload", &self.payload),
        ];
        let mut fields: Map<String, Value> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text.clone()?.into())))
            .collect();
        if self.silent {
            fields.insert("kind".into(), "silent".into());
        }
        fields
    }
}

fn read(path: &Path) -> Result<Map<String, Value>> {
    let place = || path.display().to_string();
    let text = std::fs::read(path).with_context(|| format!("{}: cannot be read", place()))?;
    // By way of the notification itself first: its errors know line and column.
    serde_json::from_slice::<Notification>(&text).with_context(place)?;
    match serde_json::from_slice(&text).with_context(place)? {
        Value::Object(fields) => Ok(fields),
        _ => bail!("{}: must hold a JSON object", place()),
    }
}
