//! A request's body but for its tokens, and the body with them.

use bytes::Bytes;
use serde_json::{Map, Value};
use zpns_core::Rejection;

use super::check::invalid;
use super::wire::unwritable;

/// Where the raw merge stands, for whoever has to mend it.
const RAW: &str = "vendor.honor.raw";
const TOKENS: &str = "token";

/// The body with an empty list of tokens, and where they go.
#[derive(Debug)]
pub(crate) struct Template {
    body: Vec<u8>,
    tokens_at: usize,
}

impl Template {
    /// A body that gets the tokens as its last member.
    ///
    /// # Errors
    /// It is no object, or it names tokens of its own: the raw merge's fault.
    pub(super) fn new(body: &Value) -> Result<Self, Rejection> {
        let Value::Object(body) = body else {
            return Err(invalid(RAW, "leaves no object"));
        };
        if body.contains_key(TOKENS) {
            let why = format!("names a `{TOKENS}`; whom it goes to, the targets say");
            return Err(invalid(RAW, why));
        }
        Self::written(body).map_err(unwritable)
    }

    fn written(body: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut json = Vec::with_capacity(512);
        json.push(b'{');
        for (key, value) in body {
            serde_json::to_writer(&mut json, key)?;
            json.push(b':');
            serde_json::to_writer(&mut json, value)?;
            json.push(b',');
        }
        serde_json::to_writer(&mut json, TOKENS)?;
        json.extend_from_slice(b":[");
        let tokens_at = json.len();
        json.extend_from_slice(b"]}");
        Ok(Self {
            body: json,
            tokens_at,
        })
    }

    /// The body to these tokens.
    pub(crate) fn body(&self, tokens: &[&str]) -> Bytes {
        let room: usize = tokens.iter().map(|token| token.len() + 3).sum();
        let mut body = Vec::with_capacity(self.body.len() + room);
        let (head, tail) = self.body.split_at(self.tokens_at);
        body.extend_from_slice(head);
        for (position, token) in tokens.iter().enumerate() {
            if position > 0 {
                body.push(b',');
            }
            // Writing a text to a vector cannot fail.
            let _ = serde_json::to_writer(&mut body, token);
        }
        body.extend_from_slice(tail);
        body.into()
    }
}

impl AsRef<[u8]> for Template {
    /// What counts towards the limit: all but the tokens.
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}
