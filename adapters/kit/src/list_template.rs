//! A JSON body but for its list of tokens, and the body with them.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

/// A JSON body with an empty list of tokens, and where they go. Serialised once per notification;
/// every batch only adds its tokens.
///
/// `AsRef` is the body with the empty list: what counts towards a vendor's limit.
///
/// ```
/// use serde_json::json;
/// use zpns_kit::ListTemplate;
///
/// let serde_json::Value::Object(body) = json!({"message": {"data": "x"}, "dry": true}) else {
///     panic!()
/// };
/// let template = ListTemplate::inside(body, "message", "token").unwrap();
/// assert_eq!(
///     template.body(&["a", "b"]),
///     r#"{"dry":true,"message":{"data":"x","token":["a","b"]}}"#
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ListTemplate {
    body: Vec<u8>,
    tokens_at: usize,
}

impl ListTemplate {
    /// A body that gets the tokens under this key, as its last member.
    ///
    /// None if it has the key already, or cannot be written.
    pub fn new(body: &Map<String, Value>, key: &str) -> Option<Self> {
        let mut json = open(body)?;
        let tokens_at = list(&mut json, body, key)?;
        json.push(b'}');
        Some(Self {
            body: json,
            tokens_at,
        })
    }

    /// A body whose object called `holder` gets the tokens under this key, as its last member.
    ///
    /// None if there is no such object, if it has the key already, or cannot be written.
    pub fn inside(mut body: Map<String, Value>, holder: &str, key: &str) -> Option<Self> {
        let Some(Value::Object(held)) = body.remove(holder) else {
            return None;
        };
        let mut json = open(&body)?;
        serde_json::to_writer(&mut json, holder).ok()?;
        json.push(b':');
        json.extend(open(&held)?);
        let tokens_at = list(&mut json, &held, key)?;
        json.extend_from_slice(b"}}");
        Some(Self {
            body: json,
            tokens_at,
        })
    }

    /// The body to these tokens, in their order.
    pub fn body(&self, tokens: &[&str]) -> Bytes {
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

impl AsRef<[u8]> for ListTemplate {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for ListTemplate {
    /// Shows nothing of the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListTemplate")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The object, ready for one more member.
fn open(object: &Map<String, Value>) -> Option<Vec<u8>> {
    let mut json = serde_json::to_vec(object).ok()?;
    json.pop();
    if !object.is_empty() {
        json.push(b',');
    }
    Some(json)
}

/// Adds an empty list under this key, and returns where its members go.
fn list(json: &mut Vec<u8>, object: &Map<String, Value>, key: &str) -> Option<usize> {
    if object.contains_key(key) {
        return None;
    }
    serde_json::to_writer(&mut *json, key).ok()?;
    json.extend_from_slice(b":[");
    let tokens_at = json.len();
    json.push(b']');
    Some(tokens_at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else {
            panic!("{value}")
        };
        object
    }

    #[test]
    fn the_empty_list_counts_and_the_tokens_do_not() {
        let template = ListTemplate::new(&object(json!({"a": 1})), "token").unwrap();
        template.body(&["x"]);
        assert_eq!(template.as_ref(), br#"{"a":1,"token":[]}"#);
        let template = ListTemplate::new(&Map::new(), "token").unwrap();
        assert_eq!(template.body(&[]), r#"{"token":[]}"#);
    }

    #[test]
    fn what_names_tokens_of_its_own_is_no_template() {
        let body = object(json!({"message": {"token": []}, "token": 1}));
        assert_eq!(ListTemplate::new(&body, "token"), None);
        assert_eq!(ListTemplate::inside(body.clone(), "message", "token"), None);
        assert_eq!(ListTemplate::inside(body.clone(), "absent", "token"), None);
        assert_eq!(ListTemplate::inside(body, "token", "token"), None);
    }

    proptest! {
        #[test]
        fn any_tokens_give_the_body_that_serde_builds(
            tokens in prop::collection::vec(any::<String>(), 0..5),
            rest in prop::collection::btree_map("[a-z\"]{1,5}[0-9]", any::<String>(), 0..4),
            outer in any::<bool>(),
        ) {
            let rest: Map<String, Value> =
                rest.into_iter().map(|(key, text)| (key, text.into())).collect();
            let texts: Vec<&str> = tokens.iter().map(String::as_str).collect();
            let mut held = rest.clone();
            held.insert("token".to_owned(), json!(tokens));
            let (body, wanted) = match outer {
                true => (
                    ListTemplate::inside(
                        object(json!({"message": rest, "dry": true})), "message", "token",
                    ),
                    json!({"message": held, "dry": true}),
                ),
                false => (ListTemplate::new(&rest, "token"), Value::Object(held)),
            };
            let body = body.unwrap().body(&texts);
            prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), wanted);
        }
    }
}
