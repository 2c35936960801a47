//! Reading one vendor's receipts.

use std::fmt;

use http::{HeaderMap, StatusCode};

use super::Receipt;

/// Reads the receipts of one provider: one vendor, one app, one set of keys.
pub trait ReceiptReader: fmt::Debug + Send + Sync + 'static {
    /// Verifies what can be verified, and reads every receipt of a request.
    ///
    /// # Errors
    /// The request is not the vendor's, speaks of another app, or cannot be read. Nothing of it is
    /// to be believed then.
    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError>;

    /// Whether what is read is proved to be the vendor's: signed, or carrying a secret. What is
    /// not is a hint, which the secret of the address alone speaks for.
    fn is_verified(&self) -> bool {
        false
    }

    /// What the vendor wants to be answered, so that it neither repeats itself nor stops calling.
    fn reply(&self) -> ReceiptReply {
        ReceiptReply::EMPTY
    }
}

/// An answer to a vendor that called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReceiptReply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The type of the body; none of an empty one.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: &'static str,
}

impl ReceiptReply {
    /// 200 and nothing, which is enough for most.
    pub const EMPTY: Self = Self {
        status: StatusCode::OK,
        content_type: None,
        body: "",
    };

    /// 200 and this JSON.
    pub const fn json(body: &'static str) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some("application/json"),
            body,
        }
    }

    /// 503: what was read could not be kept, and may be told again.
    pub const UNAVAILABLE: Self = Self::status(StatusCode::SERVICE_UNAVAILABLE);

    const fn status(status: StatusCode) -> Self {
        Self {
            status,
            ..Self::EMPTY
        }
    }
}

/// A request that brings no receipts.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Nobody is reached at this address.
    NoSuchAddress,
    /// It does not prove that it is the vendor's.
    Stranger(String),
    /// It speaks of another app.
    OtherApp,
    /// It is longer than any vendor's: see [`MOST_BYTES`](super::MOST_BYTES).
    TooLarge,
    /// It is not of the vendor's form.
    Unreadable(String),
}

impl ReceiptError {
    /// What to answer. It says nothing of why.
    pub fn reply(&self) -> ReceiptReply {
        ReceiptReply::status(match self {
            Self::NoSuchAddress => StatusCode::NOT_FOUND,
            Self::Stranger(_) | Self::OtherApp => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
        })
    }
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAddress => f.write_str("no provider has its receipts at this address"),
            Self::Stranger(why) => write!(f, "the receipts are not the vendor's: {why}"),
            Self::OtherApp => f.write_str("the receipts are those of another app"),
            Self::TooLarge => f.write_str("the receipts are longer than any vendor's"),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ReceiptError {}
