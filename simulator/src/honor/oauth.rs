//! The token endpoint, and the access tokens that it gave out. Many of a client are valid at once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{HonorError, error};
use super::credentials::Credentials;
use crate::call::{Answer, Call, Reply};
use crate::clock::Clock;
use crate::form::Form;
use crate::sync::lock;
use crate::vendor::Refusal;

/// Both paths are served; the second is the older one.
pub(super) const PATHS: [&str; 2] = [
    "/auth/token",
    "/auth/realms/developer/protocol/openid-connect/token",
];

/// What `expires_in` says. HONOR publishes no number; this is the one that clients assume.
const LIFETIME: i64 = 3_600;

/// Error, HTTP status, sentence.
#[rustfmt::skip]
const DENIALS: &[(&str, u16, &str)] = &[
    ("unauthorized_client", 401, "Invalid client or Invalid client credentials"),
    ("invalid_client", 401, "Invalid client credentials"),
    ("invalid_request", 400, "Missing form parameter"),
    ("invalid_grant", 400, "Invalid grant"),
    ("unsupported_grant_type", 400, "Unsupported grant_type"),
];

#[derive(Debug)]
pub(super) struct OAuth {
    clients: Vec<Client>,
    clock: Arc<Clock>,
    /// Access tokens, for which app, and until when, in seconds since the epoch.
    granted: Mutex<HashMap<String, (String, i64)>>,
    /// Access tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

#[derive(Debug)]
struct Client {
    id: String,
    secret: String,
    app: String,
}

impl OAuth {
    pub(super) fn new(known: &Credentials, clock: Arc<Clock>) -> Self {
        let client = |id: &String, secret: &String, app: &String| Client {
            id: id.clone(),
            secret: secret.clone(),
            app: app.clone(),
        };
        Self {
            clients: vec![
                client(&known.client_id, &known.client_secret, &known.app_id),
                client(
                    &known.disabled_client_id,
                    &known.disabled_client_secret,
                    &known.disabled_app_id,
                ),
            ],
            clock,
            granted: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    /// `POST /auth/token`.
    pub(super) fn exchange(&self, call: &Call) -> Answer {
        if call.method != Method::POST {
            let reply = Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
            return Answer::refused(reply, "405", "an exchange is a POST");
        }
        match self.grant(call) {
            Ok(token) => {
                let body = json!({
                    "access_token": token, "expires_in": LIFETIME, "token_type": "Bearer",
                });
                Answer::served(Reply::json(StatusCode::OK, &body))
            }
            Err((error, detail)) => {
                let status = StatusCode::from_u16(row(error).0).unwrap_or(StatusCode::BAD_REQUEST);
                let reply = Reply::json(status, &denial(&json!(error), None));
                Answer::refused(reply, error, detail)
            }
        }
    }

    fn grant(&self, call: &Call) -> Result<String, (&'static str, String)> {
        let form = Form::read(call);
        let form = form.map_err(|malformed| ("invalid_request", malformed.to_string()))?;
        let field = |name: &str| form.get(name).filter(|value| !value.is_empty());
        let needed = |name: &str| {
            field(name).ok_or_else(|| ("invalid_request", format!("`{name}` is missing")))
        };
        if needed("grant_type")? != "client_credentials" {
            let detail = "not `client_credentials`".to_owned();
            return Err(("unsupported_grant_type", detail));
        }
        let (id, secret) = (needed("client_id")?, needed("client_secret")?);
        let client = self.clients.iter().find(|client| client.id == id);
        let client = client.filter(|client| client.secret == secret);
        let client = client.ok_or_else(|| {
            let detail = format!("no client `{id}`, or another secret");
            ("unauthorized_client", detail)
        })?;
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let until = self.clock.now_secs() + LIFETIME;
        lock(&self.granted).insert(token.clone(), (client.app.clone(), until));
        Ok(token)
    }

    /// The app whose access token a call carries.
    pub(super) fn check(&self, call: &Call) -> Result<String, HonorError> {
        let token = bearer(call);
        let token = token.ok_or_else(|| error(80_200_001, "no `Authorization: Bearer …`"))?;
        let granted = lock(&self.granted).get(token).cloned();
        let (app, until) =
            granted.ok_or_else(|| error(80_200_001, "this access token was never granted"))?;
        if self.clock.now_secs() >= until || lock(&self.expired).contains(token) {
            return Err(error(80_200_003, "the access token has expired"));
        }
        Ok(app)
    }

    pub(super) fn is_expired(&self, call: &Call) -> bool {
        bearer(call).is_some_and(|token| lock(&self.expired).contains(token))
    }

    pub(super) fn expire(&self, call: &Call) {
        if let Some(token) = bearer(call) {
            lock(&self.expired).insert(token.to_owned());
        }
    }
}

/// A scripted refusal of the token endpoint. A code that is a number is sent as one: both are seen.
pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let code = match &refusal.code {
        Some(code) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        None if refusal.status.is_client_error() => json!("unauthorized_client"),
        // A gateway's.
        None => return super::answer::scripted(refusal),
    };
    Reply::json(refusal.status, &denial(&code, refusal.message.as_deref()))
}

fn denial(error: &Value, message: Option<&str>) -> Value {
    let usual = row(error.as_str().unwrap_or_default()).1;
    json!({ "error": error, "error_description": message.unwrap_or(usual) })
}

fn row(error: &str) -> (u16, &'static str) {
    let row = DENIALS.iter().find(|row| row.0 == error);
    row.map_or((400, "Scripted."), |row| (row.1, row.2))
}

/// The token of `Authorization: Bearer …`.
fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
