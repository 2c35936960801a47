//! Receipts: a form whose `data` is JSON, an object by message id.

use serde_json::{Map, Value, json};

use crate::receipts::{Happening, ReceiptRequest, Told, add, text_at};
use crate::{Error, Received};

const CODES: &[(Happening, &str)] = &[
    (Happening::Delivered, "1"),
    (Happening::Clicked, "2"),
    (Happening::TokenInvalid, "16"),
    (Happening::Replaced, "16"),
    (Happening::Muted, "32"),
    (Happening::Dropped, "64"),
    (Happening::QuotaExceeded, "128"),
    (Happening::Expired, "1024"),
];
/// The kind that says more about its targets.
const INVALID: i64 = 16;
/// The kind that says how much there was.
const QUOTA: i64 = 128;
/// A target that is no registration id of the app.
const WRONG_ID: i64 = 1;

pub(super) fn requests(
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let kind = told.number(CODES)?;
    let mut data = Map::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let tokens = told.tokens(push);
        if tokens.is_empty() {
            continue;
        }
        let sent = push.fields().unwrap_or_default();
        let bar = ["Enable", "Disable"][usize::from(told.is(Happening::Muted))];
        let mut receipt = json!({
            "type": kind, "targets": tokens.join(","), "barStatus": bar, "timestamp": told.now,
        });
        add(
            &mut receipt,
            "param",
            text_at(&sent, "/extra.callback.param"),
        );
        add(&mut receipt, "jobkey", text_at(&sent, "/extra.jobkey"));
        if kind == INVALID {
            receipt["errorCode"] = WRONG_ID.into();
        }
        if told.is(Happening::Replaced) {
            let successors = tokens.iter().map(|token| {
                let new = Value::from(format!("{token}-new"));
                ((*token).to_owned(), new)
            });
            receipt["replaceTarget"] = Value::Object(successors.collect());
        }
        if kind == QUOTA {
            receipt["extra"] = json!({ "ack": "10000", "quota": "10000" });
        }
        data.insert(id.to_owned(), receipt);
    }
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let data = Value::Object(data).to_string();
    Ok(vec![told.form(&[("data", &data)])])
}
