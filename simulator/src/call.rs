//! One request and its answer, independent of the HTTP version.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::connection::Connection;
use crate::record::Verdict;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallKind {
    /// A push to devices.
    Push,
    /// A call that obtains a credential.
    Auth,
    /// Anything else that the vendor offers.
    Other,
}

/// Where a request goes, as its vendor reads it. Known before the request is checked.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) kind: CallKind,
    /// The targets that the request names, in its order; none if it names none.
    pub(crate) tokens: Vec<String>,
}

/// One complete request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) connection: Arc<Connection>,
    /// How many requests came on this connection before this one, plus one.
    pub(crate) nth: u64,
}

impl Call {
    /// The text of a header, if it is there and is ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// An answer on the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, "application/json; charset=UTF-8", body.to_string())
    }

    pub(crate) fn text(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// Adds a header; a value that no header can hold is left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    pub(crate) fn retry_after(mut self, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(RETRY_AFTER, value);
        }
        self
    }
}

/// An answer together with what it means.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) verdict: Verdict,
}

impl Answer {
    /// The push was taken; `id` is the vendor's id.
    pub(crate) fn accepted(id: impl Into<String>, reply: Reply) -> Self {
        Self {
            reply,
            verdict: Verdict::Accepted { id: id.into() },
        }
    }

    /// The push was taken for these of its targets, and refused for the others.
    pub(crate) fn partly_accepted(
        id: impl Into<String>,
        tokens: Vec<String>,
        reply: Reply,
    ) -> Self {
        Self {
            reply,
            verdict: Verdict::PartlyAccepted {
                id: id.into(),
                tokens,
                fault: None,
            },
        }
    }

    /// A good answer to something that is not a push.
    pub(crate) fn served(reply: Reply) -> Self {
        Self {
            reply,
            verdict: Verdict::Served,
        }
    }

    /// The vendor says no with `code`; `detail` says why to whoever debugs a client.
    pub(crate) fn refused(
        reply: Reply,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let status = reply.status.as_u16();
        Self {
            reply,
            verdict: Verdict::Refused {
                status,
                code: code.into(),
                detail: detail.into(),
            },
        }
    }
}
