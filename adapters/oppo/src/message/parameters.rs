//! `action_parameters`: the payload, the data and what became of a call, as the one JSON object
//! that OPPO hands to the page which a tap opens.

use serde_json::{Map, Value};
use zpns_core::{ErrorKind, Kind, Notes, Notification, Rejection};

use super::check::invalid;
use super::{ClickActionType, Options};

/// In characters of the JSON text.
const LIMIT: usize = 4_000;
/// The key of the notification's `payload`.
const PAYLOAD: &str = "payload";
/// The key of what happened to a call: `invite`, `cancel`, …
const CALL: &str = "call";

/// The JSON text, if there is anything to hand over.
///
/// OPPO wants an object in a string: a payload of any form stands in it as one string, so that it
/// comes back as it was.
pub(super) fn text(
    message: &Notification,
    options: &Options,
    kind: ClickActionType,
    notes: &mut Notes,
) -> Result<Option<String>, Rejection> {
    let object = match &options.action_parameters {
        Some(own) => own.clone(),
        // OPPO would append it to the address: what is meant for the app goes to no web page.
        None if kind == ClickActionType::Web => {
            let said = [
                ("payload", message.payload.is_some()),
                ("data", !message.data.is_empty()),
            ];
            let said = said.into_iter().filter(|(_, said)| *said);
            notes
                .dropped
                .extend(said.map(|(field, _)| field.to_owned()));
            return Ok(None);
        }
        None => object(message)?,
    };
    if object.is_empty() {
        return Ok(None);
    }
    let text = Value::Object(object).to_string();
    let length = text.chars().count();
    if length > LIMIT {
        return Err(Rejection::new(
            ErrorKind::PayloadTooLarge,
            format!("payload and data have {length} characters as JSON, {LIMIT} are allowed"),
        ));
    }
    Ok(Some(text))
}

/// `{"payload": …, "call": …, …data}`.
fn object(message: &Notification) -> Result<Map<String, Value>, Rejection> {
    let data = message.data.iter();
    let mut object: Map<String, Value> = data
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let call = match message.kind {
        Kind::Call(event) => serde_json::to_value(event).ok(),
        _ => None,
    };
    let payload = message.payload.as_deref().map(Value::from);
    for (key, value) in [(PAYLOAD, payload), (CALL, call)] {
        let Some(value) = value else { continue };
        if object.insert(key.to_owned(), value).is_some() {
            let why = format!("the key `{key}` is taken by what the notification says elsewhere");
            return Err(invalid("data", why));
        }
    }
    Ok(object)
}
