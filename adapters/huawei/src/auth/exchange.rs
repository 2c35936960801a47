//! The exchange of an app secret for an access token (`reference/huawei.md` §1.1).

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde_json::Value;
use zpns_core::resources::{HttpClient, HttpRequest, HttpResponse};
use zpns_core::{Clock, Error, ErrorKind, Retry, Secret, Sent, VendorCode};
use zpns_kit::{Lease, RetryClass, Verdict, clock_skew, http_error, retry_after};

use super::headers;

/// Where Huawei exchanges.
pub(crate) const ENDPOINT: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
/// What pushes are written in.
const CONTENT: &str = "application/json;charset=UTF-8";
/// Blocked exchanges are free again after this window.
const FLOW_CONTROL_WINDOW: Duration = Duration::from_secs(300);
/// Characters of Huawei's sentence that are kept.
const SENTENCE_LENGTH: usize = 300;

/// Sub-errors of a refusal, and what they mean.
pub(crate) const DENIALS: &[(&str, &str)] = &[
    ("12304", "the app secret does not belong to the app id"),
    ("20002", "the app id is malformed"),
    ("20003", "there is no such app id"),
    ("20171", "the app secret is empty"),
    ("20085", "the app secret is empty"),
    ("20172", "the app secret is malformed"),
    ("20173", "the app secret is not legal"),
    ("20182", "the grant type is invalid"),
];

/// An app's id and secret, and where they are exchanged.
pub(crate) struct Exchange {
    pub(crate) app_id: String,
    pub(crate) app_secret: Secret,
    pub(crate) endpoint: Uri,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
}

/// The success.
#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    #[serde(deserialize_with = "zpns_core::config::number")]
    expires_in: u64,
}

/// The refusal. Its numbers may be texts.
#[derive(Deserialize)]
struct Denied {
    error: Value,
    sub_error: Option<Value>,
    error_description: Option<String>,
}

impl Exchange {
    pub(super) async fn run(&self) -> Result<Lease<HeaderMap>, Error> {
        // Whatever becomes of the exchange, the push itself has not left.
        let response = self.http.send(self.request()).await.map_err(|error| {
            http_error(error)
                .with_sent(Sent::No)
                .with_context("while", "asking for an access token")
        })?;
        let granted: Option<Granted> = serde_json::from_slice(&response.body).ok();
        match granted.filter(|_| response.status.is_success()) {
            Some(granted) => {
                let headers = headers(&granted.access_token, CONTENT).ok_or_else(unreadable)?;
                Ok(Lease::new(headers, Duration::from_secs(granted.expires_in)))
            }
            None => Err(self.denied(&response)),
        }
    }

    fn request(&self) -> HttpRequest {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.app_id)
            .append_pair("client_secret", self.app_secret.expose())
            .finish();
        let mut headers = HeaderMap::with_capacity(1);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        HttpRequest {
            method: Method::POST,
            uri: self.endpoint.clone(),
            headers,
            body: form.into(),
            timeout: self.timeout,
        }
    }

    /// No retry mends a refusal, except that of a server which is out of order or controls the flow.
    fn denied(&self, response: &HttpResponse) -> Error {
        let denied: Option<Denied> = serde_json::from_slice(&response.body).ok();
        let status = response.status;
        if denied.is_none() && status.is_success() {
            return unreadable();
        }
        let verdict = Verdict::of_status(status, true);
        let kind = match status.as_u16() {
            // The one meaning that Huawei gives it here.
            503 => ErrorKind::RateLimited,
            _ if status.is_success() || verdict.kind.is_verdict() => ErrorKind::CredentialInvalid,
            _ => verdict.kind,
        };
        let pause = retry_after(&response.headers, self.clock.now());
        let retry = match (verdict.retry, pause) {
            _ if kind.is_verdict() => Retry::Never,
            (RetryClass::Never, _) => Retry::Never,
            (_, Some(pause)) => Retry::After(pause),
            _ if status.as_u16() == 503 => Retry::After(FLOW_CONTROL_WINDOW),
            _ => Retry::Backoff,
        };
        let vendor = denied.map_or_else(|| VendorCode::new(status.as_str()), Denied::code);
        let vendor = vendor.with_status(status.as_u16());
        let meaning = DENIALS.iter().find(|(code, _)| *code == vendor.code);
        let meaning = meaning.map_or("no access token was granted", |(_, meaning)| meaning);
        let message = match &vendor.reason {
            Some(said) => format!("{meaning} (Huawei: {}: {said})", vendor.code),
            None => format!("{meaning} ({})", vendor.code),
        };
        let error = Error::new(kind, message)
            .with_retry(retry)
            .with_vendor(vendor);
        match clock_skew(&response.headers, self.clock.now()) {
            Some(skew) => error.with_context("clock", skew),
            None => error,
        }
    }
}

impl Denied {
    /// The sub-error says most.
    fn code(self) -> VendorCode {
        let code = self.sub_error.as_ref().and_then(written);
        let code = code.or_else(|| written(&self.error)).unwrap_or_default();
        let said = self.error_description.filter(|said| !said.is_empty());
        match said {
            Some(said) => VendorCode::new(code).with_reason(
                said.chars()
                    .filter(|letter| !letter.is_control())
                    .take(SENTENCE_LENGTH)
                    .collect::<String>(),
            ),
            None => VendorCode::new(code),
        }
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn unreadable() -> Error {
    let message = "the token endpoint's answer holds no access token";
    Error::new(ErrorKind::Protocol, message).with_retry(Retry::Backoff)
}
