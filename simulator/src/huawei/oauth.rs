//! The token endpoint, and the access tokens that it gave out.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{HuaweiError, error};
use super::credentials::Credentials;
use crate::call::{Answer, Call, Reply};
use crate::clock::Clock;
use crate::form::Form;
use crate::sync::lock;
use crate::vendor::Refusal;

/// What `expires_in` says.
const LIFETIME: i64 = 3_600;

/// Sub-error, error, sentence.
const DENIALS: &[(i64, i64, &str)] = &[
    (12304, 1203, "client_secret mismatch"),
    (20002, 1101, "invalid client_id"),
    (20003, 1101, "client_id does not exist"),
    (20171, 1101, "client_secret is empty"),
    (20172, 1101, "client_secret is malformed"),
    (20182, 1101, "invalid grant_type"),
];

#[derive(Debug)]
pub(super) struct OAuth {
    /// App ids and their secrets.
    apps: HashMap<String, String>,
    clock: Arc<Clock>,
    /// Access tokens, for which app, and until when, in seconds since the epoch.
    granted: Mutex<HashMap<String, (String, i64)>>,
    /// Access tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

impl OAuth {
    pub(super) fn new(credentials: &Credentials, clock: Arc<Clock>) -> Self {
        let known = credentials;
        let apps = [
            (&known.app_id, &known.app_secret),
            (&known.disabled_app_id, &known.disabled_app_secret),
        ];
        Self {
            apps: apps.map(|(id, secret)| (id.clone(), secret.clone())).into(),
            clock,
            granted: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    /// `POST /oauth2/v3/token`.
    pub(super) fn exchange(&self, call: &Call) -> Answer {
        if call.method != Method::POST {
            let reply = Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
            return Answer::refused(reply, "405", "an exchange is a POST");
        }
        match self.grant(call) {
            Ok(token) => {
                // Huawei escapes the slashes of its JSON.
                let token = token.replace('/', "\\/");
                let body = format!(
                    r#"{{"access_token":"{token}","expires_in":{LIFETIME},"token_type":"Bearer"}}"#
                );
                Answer::served(Reply::text(StatusCode::OK, "application/json", body))
            }
            Err((code, detail)) => {
                let reply = Reply::json(StatusCode::BAD_REQUEST, &denial(&json!(code), None));
                Answer::refused(reply, code.to_string(), detail)
            }
        }
    }

    fn grant(&self, call: &Call) -> Result<String, (i64, String)> {
        let form = Form::read(call).map_err(|malformed| (20182, malformed.to_string()))?;
        if form.get("grant_type") != Some("client_credentials") {
            return Err((20182, "not `client_credentials`".to_owned()));
        }
        let id = form.get("client_id").unwrap_or_default();
        let digits = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err((20002, format!("`{id}` is not 1 to 64 digits")));
        }
        let known = self.apps.get(id);
        let known = known.ok_or_else(|| (20003, format!("there is no app `{id}`")))?;
        match form.get("client_secret").unwrap_or_default() {
            "" => return Err((20171, "no secret".to_owned())),
            secret if secret != known => return Err((12304, "another secret".to_owned())),
            _ => {}
        }
        let token = format!(
            "DAED/{}/{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        let until = self.clock.now_secs() + LIFETIME;
        lock(&self.granted).insert(token.clone(), (id.to_owned(), until));
        Ok(token)
    }

    /// The app whose access token a call carries.
    pub(super) fn check(&self, call: &Call) -> Result<String, HuaweiError> {
        let token =
            bearer(call).ok_or_else(|| error("80200001", "no `Authorization: Bearer …`"))?;
        let granted = lock(&self.granted).get(token).cloned();
        let (app, until) =
            granted.ok_or_else(|| error("80200001", "this access token was never granted"))?;
        if self.clock.now_secs() >= until || lock(&self.expired).contains(token) {
            return Err(error("80200003", "the access token has expired"));
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

/// A scripted refusal of the token endpoint.
pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let code = match &refusal.code {
        Some(code) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        None => json!(12304),
    };
    Reply::json(refusal.status, &denial(&code, refusal.message.as_deref()))
}

fn denial(code: &Value, message: Option<&str>) -> Value {
    let row = DENIALS.iter().find(|row| json!(row.0) == *code);
    let (error, usual) = row.map_or((1101, "Scripted."), |row| (row.1, row.2));
    json!({
        "error": error, "sub_error": code, "error_description": message.unwrap_or(usual),
    })
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer(call: &Call) -> Option<&str> {
    let (scheme, token) = call.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
