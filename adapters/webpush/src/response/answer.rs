//! The words of a push service, in the four dialects that they speak.

use http::StatusCode;
use serde::Deserialize;
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::one_line;

/// What a service says beside the status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// JSON with an `errno` (Mozilla).
    Errno(u16, String),
    /// JSON of the same form that has none, and repeats the status in its `code`.
    Unnumbered(String),
    /// JSON with a `reason` (Apple).
    Reason(String),
    /// `X-WNS-…` headers (Microsoft).
    Wns(String),
    /// Plain text (Google, and whatever stands on the way).
    Text(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    code: Option<u16>,
    errno: Option<u16>,
    message: Option<String>,
    reason: Option<String>,
}

impl Said {
    pub(crate) fn of(response: &HttpResponse) -> Self {
        let header = |name: &str| {
            let text = response.headers.get(name)?.to_str().ok()?;
            Some(one_line(text))
        };
        if let Some(status) = header("x-wns-status") {
            return Self::Wns(header("x-wns-error-description").unwrap_or(status));
        }
        let body: Body = serde_json::from_slice(&response.body).unwrap_or_default();
        match body {
            Body {
                errno: Some(errno),
                message,
                ..
            } => Self::Errno(errno, one_line(&message.unwrap_or_default())),
            Body {
                reason: Some(reason),
                ..
            } => Self::Reason(one_line(&reason)),
            Body {
                code,
                message: Some(message),
                ..
            } => match code == Some(response.status.as_u16()) {
                true => Self::Unnumbered(one_line(&message)),
                false => Self::Text(one_line(&message)),
            },
            _ => Self::Text(one_line(&String::from_utf8_lossy(&response.body))),
        }
    }

    /// Whether these are the service's own words, as far as that can be told.
    pub(crate) fn is_spoken(&self) -> bool {
        !matches!(self, Self::Text(_))
    }

    /// The most specific code: errno or reason, else the status.
    pub(crate) fn code(&self, status: StatusCode) -> VendorCode {
        let (code, sentence) = match self {
            Self::Errno(errno, message) => (errno.to_string(), message),
            Self::Reason(reason) => (reason.clone(), reason),
            Self::Wns(text) | Self::Unnumbered(text) | Self::Text(text) => {
                (status.as_str().to_owned(), text)
            }
        };
        let code = VendorCode::new(code).with_status(status.as_u16());
        match sentence.is_empty() {
            true => code,
            false => code.with_reason(sentence.as_str()),
        }
    }
}
