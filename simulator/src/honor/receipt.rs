//! Receipts, which nothing signs.

use serde_json::json;

use super::Credentials;
use crate::receipts::{Happening, ReceiptRequest, Told, add, text_at};
use crate::{Error, Received};

const CODES: &[(Happening, &str)] = &[
    (Happening::Delivered, "40000002"),
    (Happening::Clicked, "40000007"),
    (Happening::TokenInvalid, "40000004"),
    (Happening::Muted, "40000005"),
    (Happening::QuotaExceeded, "40000009"),
    (Happening::Dropped, "40000015"),
];
/// How many receipts one call holds: no page says, so it is Huawei's number.
const LIMIT: usize = 100;

pub(super) fn requests(
    known: &Credentials,
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let number = told.number(CODES)?;
    let mut statuses = Vec::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let body = push.json().unwrap_or_default();
        for token in told.tokens(push) {
            let mut status = json!({
                "appid": known.app_id, "token": token, "status": number,
                "timestamp": told.now, "requestId": id,
            });
            add(&mut status, "biTag", text_at(&body, "/android/biTag"));
            statuses.push(status);
        }
    }
    let calls = statuses.chunks(LIMIT);
    Ok(calls
        .map(|statuses| told.json(&json!({ "statuses": statuses })))
        .collect())
}
