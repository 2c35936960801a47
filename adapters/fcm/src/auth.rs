//! How a request proves who it is: an access token, exchanged for an assertion that the service
//! account's key has signed (RFC 7523; `reference/fcm.md` §1.2).

use std::sync::Arc;

use http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Error, ErrorKind, Secret, VendorCode};
use zpns_kit::jwt::{Algorithm, SigningKey};
use zpns_kit::oauth::{ask_for_token, form_request, granted, unreadable_grant};
use zpns_kit::{CachePolicy, Lease, Login, Verdict, Wire, retry_after, with_clock_skew};

/// Where Google exchanges assertions, unless the account says otherwise.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// What the access token is for: sending, and nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long an assertion is valid, the longest that Google accepts.
const ASSERTION_LIFETIME: u64 = 3_600;

/// What a service account's key file holds, as far as it matters.
pub(crate) struct ServiceAccount {
    email: String,
    key: SigningKey,
    key_id: Option<String>,
    /// The address of the token endpoint, which is the assertion's audience too.
    pub(crate) token_uri: String,
    pub(crate) project_id: Option<String>,
}

/// The file itself. Every field may be missing, so that its absence is ours to word.
#[derive(Deserialize)]
struct KeyFile {
    r#type: Option<String>,
    project_id: Option<String>,
    private_key_id: Option<String>,
    private_key: Option<Secret>,
    client_email: Option<String>,
    token_uri: Option<String>,
}

impl ServiceAccount {
    /// Reads the content of a key file.
    ///
    /// # Errors
    /// What is wrong with it, worded to follow the config key; never quotes it.
    pub(crate) fn read(json: &Secret) -> Result<Self, String> {
        // The library's own message may quote what it found.
        let file: KeyFile = serde_json::from_str(json.expose()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("is not the JSON of a service account (line {line}, column {column})")
        })?;
        if file
            .r#type
            .as_deref()
            .is_some_and(|kind| kind != "service_account")
        {
            return Err("is of another `type` than `service_account`".to_owned());
        }
        let pem = file.private_key.ok_or("lacks `private_key`")?;
        let key = SigningKey::from_pem(Algorithm::Rs256, &pem)
            .map_err(|error| format!("holds a `private_key` that {error}"))?;
        Ok(Self {
            email: file.client_email.ok_or("lacks `client_email`")?,
            key,
            key_id: file.private_key_id,
            token_uri: file.token_uri.unwrap_or_else(|| TOKEN_URI.to_owned()),
            project_id: file.project_id,
        })
    }
}

/// The login of a service account: an assertion is exchanged at `endpoint`, over `wire`.
pub(crate) fn login(account: ServiceAccount, endpoint: Uri, wire: Wire) -> Login {
    let clock = Arc::clone(&wire.clock);
    let exchange = Arc::new(Exchange {
        account,
        endpoint,
        wire,
    });
    Login::new("FCM", CachePolicy::default(), clock, move || {
        let exchange = Arc::clone(&exchange);
        Box::pin(async move { exchange.run().await })
    })
}

/// The exchange of an assertion for an access token.
struct Exchange {
    account: ServiceAccount,
    endpoint: Uri,
    wire: Wire,
}

/// What the assertion says.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

/// The token endpoint's refusal.
#[derive(Deserialize)]
struct Denied {
    error: String,
    error_description: Option<String>,
}

impl Exchange {
    async fn run(&self) -> Result<Lease<HeaderMap>, Error> {
        let response = ask_for_token(&self.wire, self.request()?).await?;
        if !response.status.is_success() {
            return Err(self.denied(&response));
        }
        granted(&response, "application/json").ok_or_else(unreadable_grant)
    }

    fn request(&self) -> Result<HttpRequest, Error> {
        let account = &self.account;
        let now = self.wire.clock.now().as_secs();
        let claims = Claims {
            iss: &account.email,
            scope: SCOPE,
            aud: &account.token_uri,
            iat: now,
            exp: now + ASSERTION_LIFETIME,
        };
        let assertion = account.key.sign(account.key_id.as_deref(), &claims)?;
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", assertion.expose()),
        ];
        let endpoint = self.endpoint.clone();
        Ok(form_request(endpoint, &form, self.wire.timeout))
    }

    /// Google refuses an assertion with 400 and an OAuth code: a wrong signature, a wrong clock,
    /// a deleted key or account. No retry mends that.
    fn denied(&self, response: &HttpResponse) -> Error {
        let denied: Option<Denied> = serde_json::from_slice(&response.body).ok();
        let mut verdict = Verdict::of_status(response.status, denied.is_some());
        if verdict.kind.is_verdict() {
            verdict.kind = ErrorKind::CredentialInvalid;
        }
        let status = response.status.as_u16();
        let code = denied
            .as_ref()
            .map_or_else(|| status.to_string(), |denied| denied.error.clone());
        let mut vendor = VendorCode::new(code).with_status(status);
        if let Some(description) = denied.and_then(|denied| denied.error_description) {
            vendor = vendor.with_reason(description);
        }
        let message = match &vendor.reason {
            Some(reason) => format!("no access token was granted: {}: {reason}", vendor.code),
            None => format!("no access token was granted: {}", vendor.code),
        };
        let now = self.wire.clock.now();
        let retry = verdict.retry.after(retry_after(&response.headers, now));
        let error = Error::new(verdict.kind, message)
            .with_retry(retry)
            .with_vendor(vendor);
        with_clock_skew(error, response, now)
    }
}
