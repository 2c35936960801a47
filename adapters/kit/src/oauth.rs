//! The exchange of credentials for an access token (RFC 6749), as far as vendors agree on it.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Deserialize;
use zpns_core::resources::{HttpRequest, HttpResponse};
use zpns_core::{Error, ErrorKind, Retry, Secret, Sent};

use crate::{Lease, Wire, bearer_headers};

/// A form for a token endpoint.
///
/// ```
/// use std::time::Duration;
///
/// let uri = http::Uri::from_static("https://auth.example.com/token");
/// let form = [("grant_type", "client_credentials"), ("client_secret", "a&b")];
/// let request = zpns_kit::oauth::form_request(uri, &form, Duration::from_secs(10));
/// assert_eq!(request.body, "grant_type=client_credentials&client_secret=a%26b");
/// ```
pub fn form_request(uri: Uri, form: &[(&str, &str)], timeout: Duration) -> HttpRequest {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let mut headers = HeaderMap::with_capacity(1);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, kind);
    HttpRequest {
        method: Method::POST,
        uri,
        headers,
        body: body.into(),
        timeout,
    }
}

/// The answer to a request for a token.
///
/// # Errors
/// No whole answer came. Whatever became of the request, the push itself has not left.
pub async fn ask_for_token(wire: &Wire, request: HttpRequest) -> Result<HttpResponse, Error> {
    wire.send(request).await.map_err(|error| {
        error
            .with_sent(Sent::No)
            .with_context("while", "asking for an access token")
    })
}

/// A granted token. Its life may be written as a text.
#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    #[serde(deserialize_with = "zpns_core::config::number")]
    expires_in: u64,
}

/// The bearer headers that a good answer grants, for bodies of this type; none if the answer is
/// not one.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use zpns_core::resources::HttpResponse;
///
/// let response = HttpResponse {
///     status: StatusCode::OK,
///     headers: HeaderMap::new(),
///     body: r#"{"access_token":"t","expires_in":3600}"#.into(),
/// };
/// let lease = zpns_kit::oauth::granted(&response, "application/json").unwrap();
/// assert_eq!(lease.value["authorization"], "Bearer t");
/// assert_eq!(lease.lifetime.as_secs(), 3_600);
/// ```
#[must_use]
pub fn granted(response: &HttpResponse, content_type: &'static str) -> Option<Lease<HeaderMap>> {
    if !response.status.is_success() {
        return None;
    }
    let granted: Granted = serde_json::from_slice(&response.body).ok()?;
    let headers = bearer_headers(&granted.access_token, content_type)?;
    Some(Lease::new(headers, Duration::from_secs(granted.expires_in)))
}

/// A good answer of a token endpoint that holds no token.
pub fn unreadable_grant() -> Error {
    let message = "the token endpoint's answer holds no access token";
    Error::new(ErrorKind::Protocol, message).with_retry(Retry::Backoff)
}

#[cfg(test)]
mod tests {
    use zpns_core::resources::{HttpError, HttpErrorKind};

    use super::*;
    use crate::testing::{FakeVendor, answer};

    #[tokio::test]
    async fn a_lost_exchange_has_sent_no_push() {
        let vendor = FakeVendor::new(|_, _| {
            Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "lost",
            ))
        });
        let wire = Wire::open(&vendor.setup("phones"), "https://auth.example.com").unwrap();
        let request = form_request(wire.uri("/token").unwrap(), &[], wire.timeout);
        let error = ask_for_token(&wire, request).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Unavailable, Sent::No)
        );
        assert_eq!(error.reason(), "lost (while: asking for an access token)");
    }

    #[test]
    fn only_a_good_answer_with_a_token_and_its_life_grants_one() {
        let good = r#"{"access_token":"t","expires_in":"60"}"#;
        let lease = granted(&answer(200, good), "application/json").unwrap();
        assert_eq!(lease.lifetime, Duration::from_secs(60));
        let rows = [
            (400, good),
            (200, r#"{"access_token":"t"}"#),
            (200, r#"{"expires_in":60}"#),
            (200, r#"{"access_token":"a\nb","expires_in":60}"#),
            (200, "<html>"),
        ];
        for (status, body) in rows {
            assert!(
                granted(&answer(status, body), "application/json").is_none(),
                "{body}"
            );
        }
        let error = unreadable_grant();
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Protocol, Retry::Backoff)
        );
    }
}
