//! A request's body but for its targets, and the body with them.

use bytes::Bytes;
use serde_json::{Map, Value};
use zpns_core::Rejection;

use super::rules::invalid;

/// The body with an empty list of tokens, and where they go.
#[derive(Debug)]
pub(crate) struct Template {
    body: Vec<u8>,
    tokens_at: usize,
}

impl Template {
    /// A body whose object called `holder` gets the tokens, as its last member.
    ///
    /// # Errors
    /// There is no such object, or it names targets of its own; `raw` says whose fault that is.
    pub(crate) fn new(
        mut body: Map<String, Value>,
        holder: &str,
        raw: &str,
    ) -> Result<Self, Rejection> {
        let Some(Value::Object(held)) = body.remove(holder) else {
            return Err(invalid(raw, format!("leaves no object `{holder}`")));
        };
        const TARGETS: [&str; 3] = ["token", "topic", "condition"];
        if let Some(target) = TARGETS.iter().find(|target| held.contains_key(**target)) {
            let why = format!("names a `{target}`; whom it goes to, the targets say");
            return Err(invalid(raw, why));
        }
        let mut json = Vec::with_capacity(512);
        json.push(b'{');
        for (key, value) in &body {
            member(&mut json, key, value)?;
            json.push(b',');
        }
        string(&mut json, holder)?;
        json.extend_from_slice(b":{");
        for (key, value) in &held {
            member(&mut json, key, value)?;
            json.push(b',');
        }
        json.extend_from_slice(br#""token":["#);
        let tokens_at = json.len();
        json.extend_from_slice(b"]}}");
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

fn member(json: &mut Vec<u8>, key: &str, value: &Value) -> Result<(), Rejection> {
    string(json, key)?;
    json.push(b':');
    serde_json::to_writer(&mut *json, value).map_err(unwritable)
}

fn string(json: &mut Vec<u8>, text: &str) -> Result<(), Rejection> {
    serde_json::to_writer(&mut *json, text).map_err(unwritable)
}

/// Nothing in our types can fail to serialise; should it ever, the push is refused, not lost.
pub(super) fn unwritable(why: impl std::fmt::Display) -> Rejection {
    Rejection::new(
        zpns_core::ErrorKind::MessageInvalid,
        format!("the message cannot be written: {why}"),
    )
}
