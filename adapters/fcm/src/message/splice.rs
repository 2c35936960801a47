//! The body of a request without its target, and how a target is put into it.
//!
//! A body is serialised once per notification; per target only the bytes around it are copied.

use bytes::Bytes;

use super::target::TargetRef;

/// What every body begins with. The target comes first in `message`, so that all else follows it
/// in one piece.
const HEAD: &[u8] = br#"{"message":{""#;

/// A request body but for its target.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// Everything after the target's value.
    tail: Vec<u8>,
}

impl Template {
    /// From the JSON of `message` (without a target) and what stands beside it in the request:
    /// nothing, or `,"key":value` as often as needed.
    ///
    /// None if `message` is not the JSON of an object.
    pub(crate) fn new(message: &[u8], beside: &[u8]) -> Option<Self> {
        let members = message.strip_prefix(b"{")?;
        let mut tail = Vec::with_capacity(members.len() + beside.len() + 2);
        if members != b"}" {
            tail.push(b',');
        }
        tail.extend_from_slice(members);
        tail.extend_from_slice(beside);
        tail.push(b'}');
        Some(Self { tail })
    }

    /// The body for one target, in one allocation.
    pub(crate) fn body(&self, target: TargetRef<'_>) -> Bytes {
        let key = target.sort.wire_key().as_bytes();
        let quoted = QuotedText::of(target.value);
        // `":` and the two quotes are all that comes between.
        let length = HEAD.len() + key.len() + 2 + quoted.as_bytes().len() + 2 + self.tail.len();
        let mut body = Vec::with_capacity(length);
        body.extend_from_slice(HEAD);
        body.extend_from_slice(key);
        body.extend_from_slice(b"\":\"");
        body.extend_from_slice(quoted.as_bytes());
        body.push(b'"');
        body.extend_from_slice(&self.tail);
        body.into()
    }
}

/// A text as it stands between the quotes of JSON. Nearly all tokens stand there as they are.
enum QuotedText<'a> {
    Plain(&'a str),
    Escaped(String),
}

impl<'a> QuotedText<'a> {
    fn of(text: &'a str) -> Self {
        let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(plain) {
            return Self::Plain(text);
        }
        Self::Escaped(serde_json::Value::from(text).to_string())
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Plain(text) => text.as_bytes(),
            // The serialised text brings its own quotes.
            Self::Escaped(json) => json.get(1..json.len() - 1).unwrap_or_default().as_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::target::Sort;
    use super::*;

    const SORTS: [Sort; 4] = [Sort::Token, Sort::Fid, Sort::Topic, Sort::Condition];

    fn built_by_serde(sort: Sort, value: &str, rest: &Map<String, Value>) -> Value {
        let mut message = rest.clone();
        message.insert(sort.wire_key().to_owned(), value.into());
        json!({"message": message, "validate_only": true})
    }

    proptest! {
        #[test]
        fn any_target_gives_the_body_that_serde_builds(
            value in any::<String>(),
            sort in prop::sample::select(SORTS.to_vec()),
            rest in prop::collection::btree_map("[a-z_\"]{1,8}[0-9]", any::<String>(), 0..4),
        ) {
            let rest: Map<String, Value> =
                rest.into_iter().map(|(key, text)| (key, text.into())).collect();
            let message = serde_json::to_vec(&rest).unwrap();
            let template = Template::new(&message, br#","validate_only":true"#).unwrap();
            let body = template.body(TargetRef { sort, value: &value });
            let parsed: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(parsed, built_by_serde(sort, &value, &rest));
        }
    }

    #[test]
    fn a_body_of_a_plain_token_is_allocated_exactly() {
        let template = Template::new(br#"{"data":{}}"#, b"").unwrap();
        let body = template.body(TargetRef {
            sort: Sort::Token,
            value: "abc:def",
        });
        assert_eq!(&*body, br#"{"message":{"token":"abc:def","data":{}}}"#);
        let vec = Vec::from(body);
        assert_eq!(vec.len(), vec.capacity());
    }

    #[test]
    fn an_empty_message_and_a_wrong_one() {
        let template = Template::new(b"{}", b"").unwrap();
        let body = template.body(TargetRef {
            sort: Sort::Topic,
            value: "t",
        });
        assert_eq!(&*body, br#"{"message":{"topic":"t"}}"#);
        assert!(Template::new(b"[]", b"").is_none());
    }
}
