//! A request's body but for its last members, and the bodies that it becomes.

use bytes::Bytes;
use serde_json::{Map, Value};
use uuid::Uuid;
use zpns_core::{ErrorKind, Rejection};
use zpns_kit::ListTemplate;
use zpns_kit::rules::invalid;

/// What only we may say: which request it is, for whom, and of which app.
const OURS: [&str; 7] = [
    "appId",
    "requestId",
    "regId",
    "regIds",
    "alias",
    "aliases",
    "taskId",
];

/// The body of a push, open at its end.
#[derive(Debug)]
pub(crate) struct Template(Vec<u8>);

impl Template {
    /// From all that the message says.
    ///
    /// # Errors
    /// The raw merge says what only we may.
    pub(super) fn new(app_id: u64, message: &Map<String, Value>) -> Result<Self, Rejection> {
        if let Some(ours) = OURS.iter().find(|key| message.contains_key(**key)) {
            let why = format!("names `{ours}`, which follows from app, message and targets");
            return Err(invalid("vendor.vivo.raw", why));
        }
        let mut body = format!(r#"{{"appId":{app_id}"#).into_bytes();
        for (key, value) in message {
            body.push(b',');
            write(&mut body, key)?;
            body.push(b':');
            write(&mut body, value)?;
        }
        Ok(Self(body))
    }

    /// The body of a push to this target alone.
    pub(crate) fn single(&self, request_id: Uuid, token: &str) -> Bytes {
        let mut body = self.open(request_id, token.len() + 16);
        body.extend_from_slice(br#","regId":"#);
        text(&mut body, token);
        body.push(b'}');
        body.into()
    }

    /// The body that is saved for pushes to many targets.
    pub(crate) fn saved(&self, request_id: Uuid) -> Bytes {
        let mut body = self.open(request_id, 1);
        body.push(b'}');
        body.into()
    }

    fn open(&self, request_id: Uuid, room: usize) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.0.len() + 52 + room);
        body.extend_from_slice(&self.0);
        body.extend_from_slice(format!(r#","requestId":"{request_id}""#).as_bytes());
        body
    }
}

/// The body of a push of a saved message to these targets.
pub(super) fn list(
    app_id: u64,
    task: &str,
    request_id: Uuid,
    is_test: bool,
    tokens: &[&str],
) -> Result<Bytes, Rejection> {
    let mut body = Map::from_iter([
        ("appId".to_owned(), app_id.into()),
        ("taskId".to_owned(), task.into()),
        ("requestId".to_owned(), request_id.to_string().into()),
    ]);
    if is_test {
        body.insert("pushMode".to_owned(), 1.into());
    }
    let template = ListTemplate::new(&body, "regIds");
    let template = template.ok_or_else(|| unwritable("it is no JSON"))?;
    Ok(template.body(tokens))
}

fn text(body: &mut Vec<u8>, text: &str) {
    // Writing a text to a vector cannot fail.
    let _ = serde_json::to_writer(body, text);
}

fn write(body: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), Rejection> {
    serde_json::to_writer(body, value).map_err(unwritable)
}

/// Nothing in our types can fail to serialise; should it ever, the push is refused, not lost.
fn unwritable(why: impl std::fmt::Display) -> Rejection {
    let why = format!("the message cannot be written: {why}");
    Rejection::new(ErrorKind::MessageInvalid, why)
}
