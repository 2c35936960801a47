//! The exchange of an app secret for an access token (`reference/huawei.md` §1.1).

use std::time::Duration;

use http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::Value;
use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Secret, VendorCode};
use zpns_kit::oauth::{ask_for_token, form_request, granted, unreadable_grant};
use zpns_kit::{Lease, RetryClass, Verdict, Wire, one_line, retry_after, with_clock_skew, written};

/// Where Huawei exchanges.
pub(crate) const ENDPOINT: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
/// What pushes are written in.
const CONTENT: &str = "application/json;charset=UTF-8";
/// Blocked exchanges are free again after this window.
const FLOW_CONTROL_WINDOW: Duration = Duration::from_secs(300);

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
    pub(crate) wire: Wire,
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
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.app_id),
            ("client_secret", self.app_secret.expose()),
        ];
        let request = form_request(self.endpoint.clone(), &form, self.wire.timeout);
        let response = ask_for_token(&self.wire, request).await?;
        granted(&response, CONTENT).ok_or_else(|| self.denied(&response))
    }

    /// No retry mends a refusal, except that of a server which is out of order or controls the flow.
    fn denied(&self, response: &HttpResponse) -> Error {
        let denied: Option<Denied> = serde_json::from_slice(&response.body).ok();
        let status = response.status;
        if denied.is_none() && status.is_success() {
            return unreadable_grant();
        }
        let verdict = Verdict::of_status(status, true);
        let kind = match status.as_u16() {
            // The one meaning that Huawei gives it here.
            503 => ErrorKind::RateLimited,
            _ if status.is_success() || verdict.kind.is_verdict() => ErrorKind::CredentialInvalid,
            _ => verdict.kind,
        };
        let now = self.wire.clock.now();
        let window = (status.as_u16() == 503).then_some(FLOW_CONTROL_WINDOW);
        let retry = match verdict.retry {
            _ if kind.is_verdict() => RetryClass::Never,
            retry => retry,
        };
        let retry = retry.after(retry_after(&response.headers, now).or(window));
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
        with_clock_skew(error, response, now)
    }
}

impl Denied {
    /// The sub-error says most.
    fn code(self) -> VendorCode {
        let code = self.sub_error.as_ref().and_then(written);
        let code = code.or_else(|| written(&self.error)).unwrap_or_default();
        let said = self.error_description.filter(|said| !said.is_empty());
        match said {
            Some(said) => VendorCode::new(code).with_reason(one_line(&said)),
            None => VendorCode::new(code),
        }
    }
}
