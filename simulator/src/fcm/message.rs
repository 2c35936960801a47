//! The body of `messages:send`.

use serde_json::Value;

use super::error::{GoogleError, bad_field, bad_message};
use super::target::Target;
use crate::call::Call;

/// What is needed of a valid message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) target: Target,
    pub(super) validate_only: bool,
}

pub(super) fn parse(call: &Call) -> Result<Message, GoogleError> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|error| bad_message(format!("Invalid JSON payload received. {error}")))?;
    let message = &body["message"];
    let text = |name: &str| message[name].as_str().map(str::to_owned);
    let target = text("token")
        .map(Target::Token)
        .or_else(|| text("fid").map(Target::Fid))
        .or_else(|| text("topic").map(Target::Topic))
        .or_else(|| text("condition").map(Target::Condition))
        .ok_or_else(|| bad_field("message", "Recipient of the message is not set."))?;
    Ok(Message {
        target,
        validate_only: body["validate_only"] == true,
    })
}
