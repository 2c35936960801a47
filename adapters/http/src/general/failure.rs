//! What an error of `reqwest` proves about its request.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use h2::Reason;
use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind};

/// An error, and whether sending again is safe and of use.
pub(super) struct Verdict {
    pub(super) error: HttpError,
    pub(super) unprocessed: bool,
}

/// Whether the server may have acted on a request.
pub(super) fn sent(left: &AtomicBool) -> Sent {
    if left.load(Ordering::Acquire) {
        Sent::Maybe
    } else {
        Sent::No
    }
}

/// Judges an error. `left` tells whether the request's body was asked for.
pub(super) fn judge(error: reqwest::Error, left: &AtomicBool) -> Verdict {
    // The URL may hold a token.
    let error = error.without_url();
    if let Some(refused) = find::<HttpError>(&error) {
        // Our own words, from where names are resolved.
        return Verdict {
            unprocessed: false,
            error: refused.clone(),
        };
    }
    let refused = find::<h2::Error>(&error).is_some_and(is_unprocessed);
    let (kind, sent) = if error.is_builder() {
        (HttpErrorKind::Invalid, Sent::No)
    } else if error.is_connect() {
        (HttpErrorKind::Connect, Sent::No)
    } else if refused {
        (HttpErrorKind::Interrupted, Sent::No)
    } else if broke_protocol(&error) {
        (HttpErrorKind::Protocol, sent(left))
    } else {
        (HttpErrorKind::Interrupted, sent(left))
    };
    Verdict {
        unprocessed: refused,
        error: HttpError::new(kind, sent, text(&error)).with_source(error),
    }
}

/// The server said that it left the stream alone.
fn is_unprocessed(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (refused || error.is_go_away())
}

fn broke_protocol(error: &reqwest::Error) -> bool {
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
        || find::<h2::Error>(error).is_some_and(h2::Error::is_library)
}

fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The causes in words: `reqwest`'s own text says nothing but that sending failed.
fn text(error: &reqwest::Error) -> String {
    causes(error).fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        cause.source()
    })
}
