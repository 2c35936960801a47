//! Which of OPPO's calls a message may go through (`reference/oppo.md` §3.1, §5).

use serde_json::{Map, Value};
use zpns_core::Rejection;

use super::check::invalid;
use super::class::class_of;
use super::{Class, Options};

/// The calls that a message may go through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// One by one: `unicast`, or `unicast_batch` for many.
    Unicast,
    /// Saved once and broadcast to many; one target is cheaper by `unicast`.
    Broadcast,
    /// Saved once and broadcast, however few the targets are.
    BroadcastOnly,
}

/// Fields that OPPO takes with a broadcast only.
const BROADCAST_FIELDS: [&str; 4] = [
    "big_picture_id",
    "small_picture_id",
    "fix_speed",
    "fix_speed_rate",
];
/// Styles that OPPO takes with a broadcast only, from this one on.
const FIRST_BROADCAST_STYLE: u64 = 3;
/// Fields that OPPO takes one by one only.
const UNICAST_FIELDS: [&str; 3] = [
    "private_msg_template_id",
    "private_title_parameters",
    "private_content_parameters",
];

impl Route {
    /// By what stands in the notification, and around it in the `envelope` that only a unicast has.
    ///
    /// Without a class known to be broadcast, a message goes one by one: that is right for both.
    pub(super) fn of(
        notification: &Map<String, Value>,
        envelope: &Map<String, Value>,
        options: &Options,
    ) -> Result<Self, Rejection> {
        // What is switched off asks for nothing.
        let is_on = |value: &Value| *value != Value::Bool(false);
        let has = |name: &&str| notification.get(*name).is_some_and(is_on);
        let style = notification.get("style").and_then(Value::as_u64);
        let name = notification.get("category").and_then(Value::as_str);
        let class = name.and_then(class_of);
        let together = match style {
            Some(style) if style >= FIRST_BROADCAST_STYLE => Some("style"),
            _ => BROADCAST_FIELDS.into_iter().find(has),
        };
        let single = match envelope.iter().find(|(_, value)| is_on(value)) {
            Some((key, _)) => Some(key.as_str()),
            None if class == Some(Class::Service) => Some("category"),
            None => UNICAST_FIELDS.into_iter().find(has),
        };
        match (together, single, options.broadcast) {
            (Some(one), Some(other), _) => Err(invalid(
                one,
                format!("goes by broadcast only, and `{other}` never does"),
            )),
            (Some(field), _, Some(false)) => Err(invalid(field, "goes by broadcast only")),
            (_, Some(field), Some(true)) => Err(invalid(field, "never goes by broadcast")),
            (Some(_), ..) => Ok(Self::BroadcastOnly),
            (_, Some(_), _) | (.., Some(false)) => Ok(Self::Unicast),
            (.., Some(true)) => Ok(Self::Broadcast),
            _ if class == Some(Class::Content) => Ok(Self::Broadcast),
            _ => Ok(Self::Unicast),
        }
    }
}
