//! Short ways to the errors of this crate.

use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind};

/// The options or the request cannot work.
pub(crate) fn invalid(message: impl Into<String>) -> HttpError {
    HttpError::new(HttpErrorKind::Invalid, Sent::No, message)
}

/// No connection could be made.
pub(crate) fn connect(message: impl Into<String>) -> HttpError {
    HttpError::new(HttpErrorKind::Connect, Sent::No, message)
}

/// No address of the host may be connected to.
pub(crate) fn forbidden(host: &str) -> HttpError {
    HttpError::new(
        HttpErrorKind::Forbidden,
        Sent::No,
        format!("{host}: leads to no address that may be connected to"),
    )
}

/// The client refuses requests.
pub(crate) fn closed(sent: Sent) -> HttpError {
    HttpError::new(HttpErrorKind::Closed, sent, "the HTTP client is closed")
}

/// The time was up.
pub(crate) fn timeout(sent: Sent, after: std::time::Duration) -> HttpError {
    let stage = match sent {
        Sent::No => "before the request left",
        Sent::Maybe => "before the whole answer was there",
    };
    HttpError::new(
        HttpErrorKind::Timeout,
        sent,
        format!("{} ms were over {stage}", after.as_millis()),
    )
}

/// The answer's body is longer than the options allow.
pub(crate) fn body_too_long(limit: usize) -> HttpError {
    HttpError::new(
        HttpErrorKind::Protocol,
        Sent::Maybe,
        format!("the answer's body is longer than {limit} bytes"),
    )
}
