//! The auth sign, and the tokens that it was exchanged for: one per app, the same one for a day.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;
use uuid::Uuid;

use super::credentials::{App, Credentials};
use super::error::{OppoError, error, good};
use crate::call::{Answer, Call};
use crate::clock::Clock;
use crate::form::Form;
use crate::sync::lock;

/// A day.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
/// How long a token is taken beside the one that came after it.
const OVERLAP_MS: u64 = 10 * 60 * 1000;
/// How far `timestamp` may be from the server's clock.
const SKEW_MS: u64 = 10 * 60 * 1000;

#[derive(Debug)]
pub(super) struct Auth {
    clock: Arc<Clock>,
    /// Every token ever granted.
    granted: Mutex<HashMap<String, Grant>>,
    /// Tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone)]
struct Grant {
    app_key: String,
    /// Milliseconds since the epoch.
    created: u64,
}

impl Auth {
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        Self {
            clock,
            granted: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    /// `POST /server/v1/auth`.
    pub(super) fn exchange(&self, form: &Form, known: &Credentials) -> Result<Answer, OppoError> {
        const FIELDS: [&str; 3] = ["app_key", "timestamp", "sign"];
        let unknown = form.pairs().find(|(key, _)| !FIELDS.contains(key));
        if let Some((key, _)) = unknown {
            return Err(error(41, format!("no argument is called `{key}`")));
        }
        let field = |name: &str, missing| {
            let value = form.get(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| error(missing, format!("`{name}` is missing")))
        };
        let key = field("app_key", 15)?;
        let timestamp = field("timestamp", 18)?;
        let given = field("sign", 17)?;
        let app = known.find(key);
        let app = app.ok_or_else(|| error(14, format!("there is no app with the key `{key}`")))?;
        if !self.is_near(timestamp) {
            return Err(error(19, format!("`timestamp` is `{timestamp}`")));
        }
        if given != sign(key, timestamp, &app.master_secret) {
            return Err(error(16, "another sign"));
        }
        let (token, created) = self.grant(app);
        let data = json!({ "auth_token": token, "create_time": created });
        Ok(Answer::served(good(&data)))
    }

    /// The token of an app: the one that it has, as long as it lives.
    fn grant(&self, app: &App) -> (String, u64) {
        let now = self.clock.now_ms();
        let mut granted = lock(&self.granted);
        let expired = lock(&self.expired);
        let lives = |(token, grant): &(&String, &Grant)| {
            grant.app_key == app.key
                && now < grant.created + LIFETIME_MS
                && !expired.contains(*token)
        };
        if let Some((token, grant)) = granted.iter().find(lives) {
            return (token.clone(), grant.created);
        }
        let token = Uuid::new_v4().to_string();
        let grant = Grant {
            app_key: app.key.clone(),
            created: now,
        };
        granted.insert(token.clone(), grant);
        (token, now)
    }

    fn is_near(&self, timestamp: &str) -> bool {
        let near = |given: u64| given.abs_diff(self.clock.now_ms()) <= SKEW_MS;
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        timestamp.len() == 13 && digits && timestamp.parse().is_ok_and(near)
    }

    /// The app whose token a call carries.
    pub(super) fn check<'a>(
        &self,
        token: Option<&str>,
        known: &'a Credentials,
    ) -> Result<&'a App, OppoError> {
        let token = token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| error(29, "no `auth_token`"))?;
        let granted = lock(&self.granted).get(token).cloned();
        let grant = granted.ok_or_else(|| error(11, "this token was never granted"))?;
        let end = grant.created + LIFETIME_MS + OVERLAP_MS;
        if self.clock.now_ms() >= end || lock(&self.expired).contains(token) {
            return Err(error(11, "the token has expired"));
        }
        let app = known.find(&grant.app_key);
        app.ok_or_else(|| error(11, "a token of no app"))
    }

    pub(super) fn is_expired(&self, call: &Call) -> bool {
        let form = Form::parse(&call.body).unwrap_or_default();
        token(call, &form).is_some_and(|token| lock(&self.expired).contains(token))
    }

    pub(super) fn expire(&self, call: &Call) {
        let form = Form::parse(&call.body).unwrap_or_default();
        if let Some(token) = token(call, &form) {
            lock(&self.expired).insert(token.to_owned());
        }
    }
}

/// The token of a call: a field of its form, or else a header.
pub(super) fn token<'a>(call: &'a Call, form: &'a Form) -> Option<&'a str> {
    form.get("auth_token").or_else(|| call.header("auth_token"))
}

fn sign(app_key: &str, timestamp: &str, master_secret: &str) -> String {
    let text = format!("{app_key}{timestamp}{master_secret}");
    let digest = digest(&SHA256, text.as_bytes());
    let digits = digest.as_ref().iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_worked_example_of_the_reference_comes_out() {
        assert_eq!(
            sign("appkey-demo", "1700000000000", "mastersecret-demo"),
            "a6355eeda21d81deaa1f42df30efc341419ffc1e71ded0fb8ebdb4551cb6eabf"
        );
    }
}
