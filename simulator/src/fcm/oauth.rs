//! The token endpoint, and the access tokens that it gave out.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::credentials::{Credentials, PublicKey};
use super::error::{GoogleError, unauthenticated};
use crate::call::{Answer, Call, Reply};
use crate::clock::Clock;
use crate::jwt::Jwt;
use crate::sync::lock;
use crate::vendor::Refusal;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
];
/// What `expires_in` says.
const LIFETIME: i64 = 3599;
/// An assertion may be valid for this long.
const MAX_ASSERTION: i64 = 3600;
/// How far a clock may run ahead.
const SKEW: i64 = 60;

const MISSING: &str = "Request is missing required authentication credential. Expected OAuth 2 \
    access token, login cookie or other valid authentication credential. See \
    https://developers.google.com/identity/sign-in/web/devconsole-project.";
const INVALID: &str = "Request had invalid authentication credentials. Expected OAuth 2 access \
    token, login cookie or other valid authentication credential. See \
    https://developers.google.com/identity/sign-in/web/devconsole-project.";

#[derive(Debug)]
pub(super) struct OAuth {
    client_email: String,
    audience: String,
    key: PublicKey,
    clock: Arc<Clock>,
    /// Access tokens and when they expire, in seconds since the epoch.
    granted: Mutex<HashMap<String, i64>>,
    /// Access tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

impl OAuth {
    pub(super) fn new(credentials: &Credentials, key: PublicKey, clock: Arc<Clock>) -> Self {
        Self {
            client_email: credentials.client_email.clone(),
            audience: credentials.token_uri.clone(),
            key,
            clock,
            granted: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    /// `POST /token`.
    pub(super) fn exchange(&self, call: &Call) -> Answer {
        if call.method != Method::POST {
            let reply = Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
            return Answer::refused(reply, "method_not_allowed", "an exchange is a POST");
        }
        match self.grant(call) {
            Ok(token) => Answer::served(Reply::json(
                StatusCode::OK,
                &json!({ "access_token": token, "expires_in": LIFETIME, "token_type": "Bearer" }),
            )),
            Err((error, description)) => {
                let body = json!({ "error": error, "error_description": description });
                Answer::refused(
                    Reply::json(StatusCode::BAD_REQUEST, &body),
                    error,
                    description,
                )
            }
        }
    }

    fn grant(&self, call: &Call) -> Result<String, (&'static str, &'static str)> {
        let form = call
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !form {
            return Err((
                "invalid_request",
                "The body is not application/x-www-form-urlencoded.",
            ));
        }
        let fields: HashMap<_, _> = url::form_urlencoded::parse(&call.body).collect();
        match fields.get("grant_type").map(AsRef::as_ref) {
            Some(GRANT_TYPE) => {}
            Some(_) => return Err(("unsupported_grant_type", "Invalid grant_type")),
            None => {
                return Err((
                    "invalid_request",
                    "Required parameter is missing: grant_type",
                ));
            }
        }
        let assertion = fields.get("assertion").ok_or((
            "invalid_request",
            "Required parameter is missing: assertion",
        ))?;
        self.verify(assertion)?;
        let token = format!(
            "ya29.{}{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        lock(&self.granted).insert(token.clone(), self.clock.now_secs() + LIFETIME);
        Ok(token)
    }

    fn verify(&self, assertion: &str) -> Result<(), (&'static str, &'static str)> {
        let grant = |description| ("invalid_grant", description);
        let jwt = Jwt::parse(assertion).map_err(grant)?;
        if jwt.header("alg") != Some("RS256") {
            return Err(grant("Invalid JWT: `alg` is not RS256."));
        }
        if jwt.header("kid").is_some_and(|id| id != self.key.id) {
            return Err(grant("Invalid JWT: no key has this `kid`."));
        }
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key.der)
            .verify(jwt.signed.as_bytes(), &jwt.signature)
            .map_err(|_| grant("Invalid JWT Signature."))?;
        if jwt.claim("iss") != Some(&self.client_email) {
            return Err(grant("Invalid grant: account not found"));
        }
        if jwt.claims.contains_key("sub") {
            let denied = "Client is unauthorized to retrieve access tokens using this method.";
            return Err(("unauthorized_client", denied));
        }
        if jwt.claim("aud") != Some(&self.audience) {
            return Err(grant("Invalid JWT: Failed audience check."));
        }
        self.times(&jwt).map_err(grant)?;
        let scopes = jwt.claim("scope").unwrap_or_default();
        if scopes.split(' ').any(|scope| SCOPES.contains(&scope)) {
            Ok(())
        } else {
            Err((
                "invalid_scope",
                "Invalid OAuth scope or ID token audience provided.",
            ))
        }
    }

    fn times(&self, jwt: &Jwt<'_>) -> Result<(), &'static str> {
        let wrong = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a \
            reasonable timeframe. Check your iat and exp values in the JWT claim.";
        let (issued, expires) = jwt
            .time("iat")
            .zip(jwt.time("exp"))
            .ok_or("Invalid JWT: `iat` or `exp` is missing.")?;
        let now = self.clock.now_secs();
        let short = expires > issued && expires - issued <= MAX_ASSERTION;
        if short && issued <= now + SKEW && expires > now {
            Ok(())
        } else {
            Err(wrong)
        }
    }

    /// Checks the access token of a call.
    pub(super) fn check(&self, call: &Call) -> Result<(), GoogleError> {
        if !call.headers.contains_key(AUTHORIZATION) {
            let detail = "no `authorization`";
            return Err(unauthenticated(
                Some("CREDENTIALS_MISSING"),
                MISSING,
                detail,
            ));
        }
        let Some(token) = bearer(call) else {
            let detail = "`authorization` is not `Bearer` and a token";
            return Err(unauthenticated(
                Some("CREDENTIALS_MISSING"),
                MISSING,
                detail,
            ));
        };
        let Some(expires) = lock(&self.granted).get(token).copied() else {
            return Err(unauthenticated(
                None,
                INVALID,
                "this access token was never granted",
            ));
        };
        if self.clock.now_secs() >= expires || lock(&self.expired).contains(token) {
            let detail = "the access token has expired";
            return Err(unauthenticated(
                Some("ACCESS_TOKEN_EXPIRED"),
                INVALID,
                detail,
            ));
        }
        Ok(())
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
    let usual = if refusal.status.is_server_error() {
        "internal_failure"
    } else {
        "invalid_grant"
    };
    let error = refusal.code.as_deref().unwrap_or(usual);
    let description = refusal
        .message
        .as_deref()
        .unwrap_or("Scripted by the fault script.");
    Reply::json(
        refusal.status,
        &json!({ "error": error, "error_description": description }),
    )
}

fn bearer(call: &Call) -> Option<&str> {
    let value = call.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
