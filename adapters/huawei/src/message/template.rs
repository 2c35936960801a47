//! A request's body but for its targets.

use serde_json::{Map, Value};
use zpns_core::Rejection;
use zpns_kit::ListTemplate;
use zpns_kit::rules::{invalid, unwritable};

/// Members that say whom a message goes to.
const TARGETS: [&str; 3] = ["token", "topic", "condition"];

/// A body whose object called `holder` gets the tokens, as its last member.
///
/// # Errors
/// There is no such object, or it names targets of its own; `raw` says whose fault that is.
pub(crate) fn template(
    body: Map<String, Value>,
    holder: &str,
    raw: &str,
) -> Result<ListTemplate, Rejection> {
    let Some(Value::Object(held)) = body.get(holder) else {
        return Err(invalid(raw, format!("leaves no object `{holder}`")));
    };
    if let Some(target) = TARGETS.iter().find(|target| held.contains_key(**target)) {
        let why = format!("names a `{target}`; whom it goes to, the targets say");
        return Err(invalid(raw, why));
    }
    ListTemplate::inside(body, holder, "token").ok_or_else(|| unwritable("it is not JSON"))
}
