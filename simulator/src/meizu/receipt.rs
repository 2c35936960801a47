//! Receipts: a form whose `cb` is JSON, beside the access token of the console.

use serde_json::{Map, Value, json};

use super::Credentials;
use crate::receipts::{Happening, ReceiptRequest, Told, add, text_at};
use crate::{Error, Received};

const CODES: &[(Happening, &str)] = &[(Happening::Delivered, "1"), (Happening::Clicked, "2")];
/// Calls with a stored message, for which there are no receipts.
const BY_TASK: &str = "/task/";

pub(super) fn requests(
    known: &Credentials,
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let kind = told.number(CODES)?;
    let mut reports = Map::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let tokens = told.tokens(push);
        if tokens.is_empty() || push.path.contains(BY_TASK) {
            continue;
        }
        let sent = push.fields().unwrap_or_default();
        let message = text_at(&sent, "/messageJson").unwrap_or_default();
        let message: Value = serde_json::from_str(message).unwrap_or_default();
        let mut report = json!({ "type": kind, "targets": tokens });
        add(
            &mut report,
            "param",
            text_at(&message, "/extra/callback.param"),
        );
        reports.insert(format!("{id}-{kind}"), report);
    }
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let reports = Value::Object(reports).to_string();
    let token = known.receipt_access_token.as_str();
    Ok(vec![
        told.form(&[("cb", &reports), ("access_token", token)]),
    ])
}
