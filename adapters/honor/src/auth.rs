//! How a request proves who it is (`reference/honor.md` §2): an access token that client id and
//! client secret are exchanged for. The app id is no part of it; it stands in the path.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Uri};
use serde_json::{Map, Value};
use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Retry, Secret, VendorCode};
use zpns_kit::oauth::{ask_for_token, form_request};
use zpns_kit::{
    CachePolicy, Lease, Login, RetryClass, Verdict, Wire, bearer_headers, one_line, retry_after,
    with_clock_skew, written,
};

/// Where HONOR exchanges.
pub(crate) const ENDPOINT: &str = "https://iam.developer.honor.com/auth/token";

/// What pushes are written in.
const JSON: &str = "application/json; charset=UTF-8";
/// How long a token lives whose answer does not say so.
const USUAL_LIFETIME: Duration = Duration::from_secs(3_600);
/// Between two refreshes that "expired" forces: how many exchanges HONOR allows is not known.
const FORCED_PAUSE: Duration = Duration::from_secs(1);

/// Refusals that no retry mends, and what they mean. What is not here is told by its HTTP status.
pub(crate) const DENIALS: &[(&str, &str)] = &[
    (
        "unauthorized_client",
        "client id and client secret do not belong together; the client secret is not the app secret",
    ),
    ("invalid_client", "there is no such client id"),
    (
        "invalid_grant",
        "HONOR does not accept this sort of exchange",
    ),
    (
        "unsupported_grant_type",
        "HONOR does not know this sort of exchange",
    ),
];

/// A client's id and secret, and where they are exchanged.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) endpoint: Uri,
    pub(crate) wire: Wire,
}

/// The headers of every push, exchanged for once for everybody.
pub(crate) fn login(exchange: &Arc<Exchange>) -> Login {
    let policy = CachePolicy::default().with_min_age(FORCED_PAUSE);
    let clock = Arc::clone(&exchange.wire.clock);
    let exchange = Arc::clone(exchange);
    Login::new("HONOR", policy, clock, move || {
        let exchange = Arc::clone(&exchange);
        Box::pin(async move { exchange.run().await })
    })
}

impl Exchange {
    pub(crate) async fn run(&self) -> Result<Lease<HeaderMap>, Error> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
        ];
        let request = form_request(self.endpoint.clone(), &form, self.wire.timeout);
        let response = ask_for_token(&self.wire, request).await?;
        let answer: Option<Map<String, Value>> = serde_json::from_slice(&response.body).ok();
        let answer = answer.unwrap_or_default();
        match granted(&answer).filter(|_| response.status.is_success()) {
            Some(lease) => Ok(lease),
            None => Err(self.denied(&answer, &response)),
        }
    }

    /// Says nothing about any device's token, whatever it was that was refused.
    fn denied(&self, answer: &Map<String, Value>, response: &HttpResponse) -> Error {
        let (status, now) = (response.status, self.wire.clock.now());
        let code = answer.get("error").and_then(written);
        let row = DENIALS
            .iter()
            .find(|(denial, _)| code.as_deref() == Some(*denial));
        let by_status = Verdict::of_status(status, true).kind;
        let refused = by_status.is_verdict() || (row.is_some() && !status.is_server_error());
        let pause = retry_after(&response.headers, now);
        let (kind, retry) = match refused {
            true => (ErrorKind::CredentialInvalid, Retry::Never),
            // A server that is out of order, and a success without a token.
            false => (by_status, RetryClass::Backoff.after(pause)),
        };
        let code = code.unwrap_or_else(|| status.as_str().to_owned());
        let mut vendor = VendorCode::new(code).with_status(status.as_u16());
        let meaning = row.map_or("no access token was granted", |(_, meaning)| meaning);
        let said = answer.get("error_description").and_then(Value::as_str);
        let message = match said.map(one_line).filter(|said| !said.is_empty()) {
            Some(said) => {
                let message = format!("{meaning} (HONOR: {}: {said})", vendor.code);
                vendor = vendor.with_reason(said);
                message
            }
            None => format!("{meaning} ({})", vendor.code),
        };
        let error = Error::new(kind, message)
            .with_retry(retry)
            .with_vendor(vendor);
        with_clock_skew(error, response, now)
    }
}

/// The token of a success, which need not say how long it lives.
fn granted(answer: &Map<String, Value>) -> Option<Lease<HeaderMap>> {
    let token = answer.get("access_token")?.as_str()?;
    let token = Some(token).filter(|token| !token.is_empty())?;
    let seconds = answer.get("expires_in").and_then(written);
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    let lifetime = seconds.map_or(USUAL_LIFETIME, Duration::from_secs);
    Some(Lease::new(
        bearer_headers(&Secret::new(token), JSON)?,
        lifetime,
    ))
}
