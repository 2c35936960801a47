//! The rules that hold for every vendor.

use std::time::Duration;

use super::Rule;
use crate::model::{CallEvent, Kind};

/// A phone rings for half a minute; a minute is patient.
const RING: Duration = Duration::from_secs(60);

/// What goes wrong through every vendor alike.
pub static COMMON: &[Rule] = &[
    Rule::warning(
        "call_without_ttl",
        "an invitation to a call has no time to live, or one over a minute: a phone that is \
         switched on later rings for a call that is long over",
        |facts| {
            let invites = facts.notification.kind == Kind::Call(CallEvent::Invite);
            invites && facts.notification.ttl.is_none_or(|ttl| ttl > RING)
        },
    ),
    Rule::warning(
        "payload_broken_json",
        "the payload begins like JSON and is none: it is handed to the app as it is, which will \
         most likely fail to read it",
        |facts| {
            let payload = facts.notification.payload.as_deref().unwrap_or_default();
            payload.trim_start().starts_with(['{', '[']) && facts.payload_is_not_json()
        },
    ),
    Rule::off(
        "payload_not_json",
        "the payload is not JSON: vendors that take nothing else get it wrapped, and an app that \
         reads JSON will fail to",
        |facts| facts.payload_is_not_json(),
    ),
    Rule::warning(
        "nothing_to_show",
        "an alert has neither a title nor a text, nor a key of one: the user sees an empty \
         notification or none",
        |facts| {
            let message = facts.notification;
            let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            message.kind == Kind::Alert
                && message.vendor.is_empty()
                && message.display_title().is_none_or(str::is_empty)
                && ![&message.body, &message.title_loc_key, &message.body_loc_key]
                    .into_iter()
                    .any(said)
        },
    ),
];
