//! How a request proves who it is: an access token, exchanged for an assertion that the service
//! account's key has signed (RFC 7523; `reference/fcm.md` §1.2).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::{Deserialize, Serialize};
use zpns_core::resources::{HttpClient, HttpRequest, HttpResponse};
use zpns_core::{Clock, Error, ErrorKind, Retry, Secret, Sent, VendorCode};
use zpns_kit::jwt::{Algorithm, SigningKey};
use zpns_kit::{
    CachePolicy, Cached, Invalidated, Lease, RetryClass, TokenCache, Verdict, clock_skew,
    http_error, retry_after,
};

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

/// The headers of every push, with the access token of the moment; one exchange for everybody.
pub(crate) struct Auth {
    cache: TokenCache<Arc<HeaderMap>>,
    exchange: Arc<Exchange>,
}

impl Auth {
    pub(crate) fn new(
        account: ServiceAccount,
        endpoint: Uri,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Self {
        Self {
            cache: TokenCache::new(CachePolicy::default(), Arc::clone(&clock)),
            exchange: Arc::new(Exchange {
                account,
                endpoint,
                http,
                clock,
                timeout,
            }),
        }
    }

    /// Headers with an access token that should be accepted.
    pub(crate) async fn headers(&self) -> Result<Cached<Arc<HeaderMap>>, Error> {
        self.cache
            .get(|| {
                let exchange = Arc::clone(&self.exchange);
                Box::pin(async move { exchange.run().await })
            })
            .await
    }

    /// Takes FCM's word that the access token of this generation is not accepted.
    pub(crate) fn refused(&self, generation: u64) -> Invalidated {
        self.cache.invalidate(generation)
    }

    pub(crate) async fn close(&self, grace: Duration) {
        self.exchange.http.close(grace).await;
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("account", &self.exchange.account.email)
            .finish_non_exhaustive()
    }
}

/// The exchange of an assertion for an access token.
struct Exchange {
    account: ServiceAccount,
    endpoint: Uri,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
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

/// The token endpoint's success.
#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: u64,
}

/// The token endpoint's refusal.
#[derive(Deserialize)]
struct Denied {
    error: String,
    error_description: Option<String>,
}

impl Exchange {
    async fn run(&self) -> Result<Lease<Arc<HeaderMap>>, Error> {
        let request = self.request()?;
        // Whatever becomes of the exchange, the push itself has not left.
        let response = self.http.send(request).await.map_err(|error| {
            http_error(error)
                .with_sent(Sent::No)
                .with_context("while", "asking for an access token")
        })?;
        if !response.status.is_success() {
            return Err(self.denied(&response));
        }
        let unreadable = || {
            Error::new(
                ErrorKind::Protocol,
                "the token endpoint's answer holds no access token",
            )
            .with_retry(Retry::Backoff)
        };
        let granted: Granted = serde_json::from_slice(&response.body).map_err(|_| unreadable())?;
        let headers = push_headers(&granted.access_token).ok_or_else(unreadable)?;
        Ok(Lease::new(
            Arc::new(headers),
            Duration::from_secs(granted.expires_in),
        ))
    }

    fn request(&self) -> Result<HttpRequest, Error> {
        let account = &self.account;
        let now = self.clock.now().as_secs();
        let claims = Claims {
            iss: &account.email,
            scope: SCOPE,
            aud: &account.token_uri,
            iat: now,
            exp: now + ASSERTION_LIFETIME,
        };
        let assertion = account.key.sign(account.key_id.as_deref(), &claims)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", assertion.expose())
            .finish();
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        Ok(HttpRequest {
            method: Method::POST,
            uri: self.endpoint.clone(),
            headers,
            body: form.into(),
            timeout: self.timeout,
        })
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
        let retry = match (
            verdict.retry,
            retry_after(&response.headers, self.clock.now()),
        ) {
            (RetryClass::Never, _) => Retry::Never,
            (RetryClass::Backoff, Some(pause)) => Retry::After(pause),
            (RetryClass::Backoff, None) => Retry::Backoff,
        };
        let error = Error::new(verdict.kind, message)
            .with_retry(retry)
            .with_vendor(vendor);
        match clock_skew(&response.headers, self.clock.now()) {
            Some(skew) => error.with_context("clock", skew),
            None => error,
        }
    }
}

/// All that a push sends beside its body. None if the token cannot stand in a header.
fn push_headers(access_token: &Secret) -> Option<HeaderMap> {
    let bearer = format!("Bearer {}", access_token.expose());
    let mut bearer = HeaderValue::try_from(bearer).ok()?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(AUTHORIZATION, bearer);
    Some(headers)
}
