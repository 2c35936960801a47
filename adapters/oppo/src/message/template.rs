//! The bodies: forms, written once per message, to which every request adds its targets.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};
use uuid::Uuid;

use super::Route;

/// Every field of a notification, as a form of its own. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Content(Arc<str>);

impl Content {
    /// The body of a `save_message_content`: no wrapper, and text throughout.
    pub(crate) fn save(&self, auth: &str) -> Bytes {
        let mut body = begin(auth, self.0.len());
        body.push('&');
        body.push_str(&self.0);
        body.into()
    }
}

/// `target_type` of a registration id.
const REGISTRATION_ID: &str = "2";
/// Bytes of one `unicast_batch`. OPPO states no limit but that of 1,000 messages; a front end has
/// one, and a thousand of the longest messages would be tens of megabytes.
const BATCH_LIMIT: usize = 4 << 20;
/// Characters of a registration id as it stands in a form, separator included.
const USUAL_LENGTH: usize = 48;

/// A notification as OPPO takes it, but for its targets and the auth token.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// Names this form of this message.
    pub(crate) key: Uuid,
    pub(crate) route: Route,
    /// The envelope of one target as it stands in a form, up to the registration id.
    before: String,
    /// And from there on.
    after: String,
    content: Content,
}

impl Encoded {
    /// From the notification, and what else stands around it in the envelope.
    pub(super) fn new(
        key: Uuid,
        route: Route,
        notification: Map<String, Value>,
        envelope: Map<String, Value>,
    ) -> Self {
        let content = content(&notification);
        let mut rest = envelope;
        rest.insert("notification".to_owned(), Value::Object(notification));
        let rest = Value::Object(rest).to_string();
        let before = format!(r#"{{"target_type":{REGISTRATION_ID},"target_value":""#);
        // Both halves are members of one object: the second goes on where the first left off.
        let after = format!(r#"",{}"#, rest.strip_prefix('{').unwrap_or(&rest));
        Self {
            key,
            route,
            before: encoded_value(&before).into_owned(),
            after: encoded_value(&after).into_owned(),
            content,
        }
    }

    /// How many targets one request may have, by its size.
    pub(crate) fn targets_at_once(&self) -> usize {
        match self.route {
            Route::Unicast => (BATCH_LIMIT / self.item_length()).max(1),
            Route::Broadcast | Route::BroadcastOnly => usize::MAX,
        }
    }

    /// The body of a `unicast`.
    pub(crate) fn unicast(&self, auth: &str, target: &str) -> Bytes {
        let mut body = begin(auth, self.envelope_length());
        body.push_str("&message=");
        self.envelope(&mut body, target);
        body.into()
    }

    /// The body of a `unicast_batch`.
    pub(crate) fn unicast_batch(&self, auth: &str, targets: &[&str]) -> Bytes {
        let mut body = begin(auth, self.item_length() * targets.len());
        body.push_str("&messages=%5B");
        for (position, target) in targets.iter().enumerate() {
            if position > 0 {
                body.push_str("%2C");
            }
            self.envelope(&mut body, target);
        }
        body.push_str("%5D");
        body.into()
    }

    /// What is saved for a broadcast.
    pub(crate) fn content(&self) -> Content {
        self.content.clone()
    }

    /// The body of a `broadcast` of a saved message.
    pub(crate) fn broadcast(&self, auth: &str, message_id: &str, targets: &[&str]) -> Bytes {
        let mut body = begin(auth, USUAL_LENGTH * targets.len());
        body.push_str("&message_id=");
        body.push_str(&encoded_value(message_id));
        body.push_str("&target_type=");
        body.push_str(REGISTRATION_ID);
        body.push_str("&target_value=");
        for (position, target) in targets.iter().enumerate() {
            if position > 0 {
                body.push_str("%3B");
            }
            body.push_str(&encoded_value(target));
        }
        body.into()
    }

    /// With the comma.
    fn item_length(&self) -> usize {
        self.envelope_length() + 3
    }

    fn envelope_length(&self) -> usize {
        self.before.len() + USUAL_LENGTH + self.after.len()
    }

    fn envelope(&self, body: &mut String, target: &str) {
        body.push_str(&self.before);
        body.push_str(&encoded_value(&in_json(target)));
        body.push_str(&self.after);
    }
}

/// A form with the auth token, and room for more.
fn begin(auth: &str, more: usize) -> String {
    let mut body = String::with_capacity(auth.len() + more + 128);
    body.push_str("auth_token=");
    body.push_str(auth);
    body
}

/// Every field by itself: a text as it is, all else as JSON has it.
fn content(notification: &Map<String, Value>) -> Content {
    let mut form = Serializer::new(String::new());
    for (name, value) in notification {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    Content(form.finish().into())
}

/// A text as it stands between the quotes of a JSON string.
fn in_json(text: &str) -> Cow<'_, str> {
    if !text.contains(['"', '\\']) {
        return Cow::Borrowed(text);
    }
    let quoted = Value::from(text).to_string();
    let length = quoted.len().saturating_sub(1);
    Cow::Owned(quoted.get(1..length).unwrap_or_default().to_owned())
}

/// A text as it stands in a form.
pub(crate) fn encoded_value(text: &str) -> Cow<'_, str> {
    byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(body: &[u8]) -> Vec<(String, String)> {
        url::form_urlencoded::parse(body).into_owned().collect()
    }

    proptest! {
        #[test]
        fn every_body_is_read_as_it_was_meant(
            texts in prop::collection::btree_map("[a-z_]{1,12}", any::<String>(), 0..6),
            targets in prop::collection::vec("[!-+\\--:<-~]{1,60}", 1..5),
            auth in any::<String>(),
            flag in any::<bool>(),
        ) {
            let mut notification: Map<String, Value> =
                texts.iter().map(|(key, text)| (key.clone(), text.as_str().into())).collect();
            notification.insert("Zero".into(), 0.into());
            notification.insert("Flag".into(), flag.into());
            notification.insert("Object".into(), serde_json::json!({"k": "v"}));
            let envelope = serde_json::json!({"verify_registration_id": flag});
            let envelope = envelope.as_object().unwrap().clone();
            let encoded = Encoded::new(Uuid::nil(), Route::Unicast, notification.clone(), envelope);
            let message = |target: &str| serde_json::json!({
                "target_type": 2, "target_value": target, "verify_registration_id": flag,
                "notification": notification,
            });
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let auth_field = ("auth_token".to_owned(), auth.clone());
            let auth = encoded_value(&auth);

            let one = fields(&encoded.unicast(&auth, targets[0]));
            prop_assert_eq!(&one[0], &auth_field);
            prop_assert_eq!(&one[1].0, "message");
            let read: Value = serde_json::from_str(&one[1].1).unwrap();
            prop_assert_eq!(read, message(targets[0]));
            prop_assert_eq!(one.len(), 2);

            let many = fields(&encoded.unicast_batch(&auth, &targets));
            prop_assert_eq!(&many[0], &auth_field);
            prop_assert_eq!(&many[1].0, "messages");
            let read: Vec<Value> = serde_json::from_str(&many[1].1).unwrap();
            let wanted: Vec<Value> = targets.iter().map(|target| message(target)).collect();
            prop_assert_eq!(read, wanted);

            let saved = fields(&encoded.content().save(&auth));
            prop_assert_eq!(&saved[0], &auth_field);
            for (key, text) in &texts {
                prop_assert!(saved.contains(&(key.clone(), text.clone())));
            }
            for (key, text) in [("Zero", "0"), ("Flag", &flag.to_string()), ("Object", r#"{"k":"v"}"#)] {
                prop_assert!(saved.contains(&(key.to_owned(), text.to_owned())));
            }
            prop_assert_eq!(saved.len(), 4 + texts.len());

            let broadcast = fields(&encoded.broadcast(&auth, "m & 1", &targets));
            let wanted = [
                auth_field,
                ("message_id".to_owned(), "m & 1".to_owned()),
                ("target_type".to_owned(), "2".to_owned()),
                ("target_value".to_owned(), targets.join(";")),
            ];
            prop_assert_eq!(broadcast, wanted);
        }
    }
}
