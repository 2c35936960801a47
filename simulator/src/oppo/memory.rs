//! What the server remembers: saved messages, and which app message id went to whom already.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::credentials::App;
use crate::sync::lock;

/// How many pushes are remembered: more than any test sends.
const MOST: usize = 200_000;

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Saved messages, by their ids.
    saved: Mutex<HashMap<String, Saved>>,
    /// The id of the message that an app message id went to a target with, or was saved under.
    sent: Mutex<HashMap<Sent, String>>,
}

/// What does not happen twice.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sent {
    app: String,
    app_message_id: String,
    /// None of a message that was saved.
    target: Option<String>,
}

/// A message that waits for its targets.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) app_key: String,
    /// Whether it is planned, which only a message to everybody may be.
    pub(super) planned: bool,
}

impl Memory {
    /// The id of a message to one target: the one that it has already, if it is a repeat.
    pub(super) fn send(
        &self,
        app: &App,
        notification: &Map<String, Value>,
        target: &str,
    ) -> String {
        let fresh = format!("{}-1-1-{}", app.id, digits());
        self.claim(app, notification, Some(target), fresh)
    }

    /// The id of a saved message, likewise.
    pub(super) fn save(&self, app: &App, notification: &Map<String, Value>) -> String {
        let fresh = format!("{}-1-3-{}", app.id, digits());
        let id = self.claim(app, notification, None, fresh);
        let planned = notification.get("push_time_type") == Some(&Value::from(1));
        let saved = Saved {
            app_key: app.key.clone(),
            planned,
        };
        lock(&self.saved).entry(id.clone()).or_insert(saved);
        id
    }

    /// A saved message of an app.
    pub(super) fn saved(&self, app: &App, id: &str) -> Option<Saved> {
        let saved = lock(&self.saved).get(id).cloned();
        saved.filter(|saved| saved.app_key == app.key)
    }

    /// Forgets what was sent; what was saved stays.
    pub(super) fn reset(&self) {
        lock(&self.sent).retain(|sent, _| sent.target.is_none());
    }

    fn claim(
        &self,
        app: &App,
        notification: &Map<String, Value>,
        target: Option<&str>,
        fresh: String,
    ) -> String {
        let app_message_id = notification.get("app_message_id").and_then(Value::as_str);
        let Some(app_message_id) = app_message_id else {
            return fresh;
        };
        let sent = Sent {
            app: app.key.clone(),
            app_message_id: app_message_id.to_owned(),
            target: target.map(str::to_owned),
        };
        let mut known = lock(&self.sent);
        if known.len() >= MOST {
            known.clear();
        }
        known.entry(sent).or_insert(fresh).clone()
    }
}

/// The end of an id.
pub(super) fn digits() -> String {
    let mut digits = Uuid::new_v4().simple().to_string();
    digits.truncate(24);
    digits
}
