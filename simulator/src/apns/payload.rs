//! The body of a push: its size, its syntax, and the shape that the push type asks for.

use serde_json::{Map, Value};

use super::aps;
use super::push_type::PushType;
use super::reason::{Refused, refuse};

type Object = Map<String, Value>;

pub(super) fn check(body: &[u8], push_type: PushType) -> Result<(), Refused> {
    let payload = parse(body, push_type.payload_limit())?;
    let aps = match payload.get("aps") {
        None => None,
        Some(Value::Object(aps)) => Some(aps),
        Some(_) => return Err(bad("`aps` is not an object")),
    };
    if let Some(aps) = aps {
        aps::types(aps, push_type == PushType::LiveActivity).map_err(bad)?;
    }
    shape(&payload, aps, push_type).map_err(bad)
}

/// The body as a JSON object.
pub(super) fn parse(body: &[u8], limit: usize) -> Result<Object, Refused> {
    if body.is_empty() {
        return Err(refuse("PayloadEmpty", "no body"));
    }
    if body.len() > limit {
        let detail = format!("{} bytes, and {limit} are allowed", body.len());
        return Err(refuse("PayloadTooLarge", detail));
    }
    serde_json::from_slice(body).map_err(|error| bad(format!("no JSON object: {error}")))
}

/// What each push type asks for beyond correct types.
fn shape(payload: &Object, aps: Option<&Object>, push_type: PushType) -> Result<(), String> {
    let has = |key: &str| aps.is_some_and(|aps| aps.contains_key(key));
    let require = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
    match push_type {
        PushType::Alert => require(
            has("alert") || has("badge") || has("sound"),
            "an alert push needs `alert`, `badge` or `sound` in `aps`",
        ),
        PushType::Background => {
            require(
                has("content-available"),
                "a background push needs `content-available`",
            )?;
            require(
                !has("alert") && !has("badge") && !has("sound"),
                "a background push has no `alert`, `badge` or `sound`",
            )
        }
        PushType::LiveActivity => aps::live_activity(aps.ok_or("no `aps`")?, false),
        PushType::Widgets | PushType::Controls => {
            let changed = aps.and_then(|aps| aps.get("content-changed"));
            require(
                changed == Some(&Value::Bool(true)),
                "`content-changed` is not true",
            )
        }
        PushType::FileProvider => {
            let id = payload
                .get("container-identifier")
                .is_some_and(Value::is_string);
            require(id, "`container-identifier` is missing")?;
            require(aps.is_none(), "a fileprovider push has no `aps`")
        }
        PushType::Mdm => {
            require(
                payload.get("mdm").is_some_and(Value::is_string),
                "`mdm` is missing",
            )?;
            require(aps.is_none(), "an mdm push has no `aps`")
        }
        PushType::Voip | PushType::Complication | PushType::Location | PushType::PushToTalk => {
            Ok(())
        }
    }
}

/// Apple documents no reason for a malformed payload of a device push; this is the one of the
/// channel API.
pub(super) fn bad(detail: impl Into<String>) -> Refused {
    refuse("BadRequestPayload", detail)
}
