//! The auth sign, and the tokens that it was exchanged for. Many of an app are valid at once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use uuid::Uuid;

use super::credentials::{App, Credentials};
use super::error::{VivoError, error, good, malformed};
use super::fields;
use crate::call::{Answer, Call};
use crate::clock::Clock;
use crate::sign::md5_hex;
use crate::sync::lock;

/// A day.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
/// How far a client's clock may be from the server's.
const SKEW_MS: u64 = 10 * 60 * 1000;

#[derive(Debug)]
pub(super) struct Auth {
    clock: Arc<Clock>,
    /// Tokens, the ids of their apps, and until when, in milliseconds since the epoch.
    granted: Mutex<HashMap<String, (u64, u64)>>,
    /// Tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

impl Auth {
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        Self {
            clock,
            granted: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    /// `POST /message/auth`.
    pub(super) fn exchange(&self, call: &Call, known: &Credentials) -> Result<Answer, VivoError> {
        let body = fields::object(call)?;
        let field = |name: &str, missing| {
            let text = body.get(name).map(text).transpose()?.unwrap_or_default();
            match text.is_empty() {
                true => Err(error(missing, format!("`{name}` is missing"))),
                false => Ok(text),
            }
        };
        let id = field("appId", 10200)?;
        let key = field("appKey", 10201)?;
        let timestamp = field("timestamp", 10203)?;
        let sign = field("sign", 10204)?;
        let app = id.parse().ok().and_then(|id| known.find(id));
        let app = app.ok_or_else(|| error(10205, format!("there is no app `{id}`")))?;
        if key != app.key {
            return Err(error(10202, "another key"));
        }
        if !self.is_near(&timestamp) {
            return Err(error(10207, format!("`timestamp` is `{timestamp}`")));
        }
        if sign != md5_hex([&*id, &*key, &*timestamp, &*app.secret]) {
            return Err(error(10206, "another sign"));
        }
        let token = Uuid::new_v4().to_string();
        let until = self.clock.now_ms() + LIFETIME_MS;
        lock(&self.granted).insert(token.clone(), (app.id, until));
        Ok(Answer::served(good(&[("authToken", json!(token))])))
    }

    fn is_near(&self, timestamp: &str) -> bool {
        let far = |given: u64| given.abs_diff(self.clock.now_ms()) > SKEW_MS;
        timestamp.len() == 13 && timestamp.parse().is_ok_and(|given| !far(given))
    }

    /// The app whose token a call carries.
    pub(super) fn check<'a>(
        &self,
        call: &Call,
        known: &'a Credentials,
    ) -> Result<&'a App, VivoError> {
        let token = token(call).ok_or_else(|| error(10000, "no `authToken` header"))?;
        let granted = lock(&self.granted).get(token).copied();
        let (id, until) = granted.ok_or_else(|| error(10000, "this token was never granted"))?;
        if self.clock.now_ms() >= until || lock(&self.expired).contains(token) {
            return Err(error(10000, "the token has expired"));
        }
        known
            .find(id)
            .ok_or_else(|| error(10000, "a token of no app"))
    }

    pub(super) fn is_expired(&self, call: &Call) -> bool {
        token(call).is_some_and(|token| lock(&self.expired).contains(token))
    }

    pub(super) fn expire(&self, call: &Call) {
        if let Some(token) = token(call) {
            lock(&self.expired).insert(token.to_owned());
        }
    }
}

fn token(call: &Call) -> Option<&str> {
    call.header("authtoken")
}

/// A number is as good as its text here, for clients differ.
fn text(value: &Value) -> Result<String, VivoError> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(malformed(format!("neither a text nor a number: {other}"))),
    }
}
