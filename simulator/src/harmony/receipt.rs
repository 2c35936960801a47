//! Receipts of HarmonyOS: Huawei's second form, in which a card has its own place.

use serde_json::json;

use super::Credentials;
use crate::huawei::receipt::{CODES, signed};
use crate::receipts::{ReceiptRequest, Signer, Told, add, text_at};
use crate::{Error, Received};

/// The push type of a card.
const CARD: i64 = 1;

pub(super) fn requests(
    known: &Credentials,
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let number = told.number(CODES)?;
    let mut statuses = Vec::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let body = push.json().unwrap_or_default();
        let tag = text_at(&body, "/pushOptions/biTag");
        let kind: i64 = push
            .header("push-type")
            .and_then(|kind| kind.parse().ok())
            .unwrap_or_default();
        let mut outcome = json!({ "result": number, "timestamp": told.now });
        let place = match kind {
            CARD => {
                outcome["formId"] = body["payload"]["formId"].clone();
                "formStatus"
            }
            _ => "deliveryStatus",
        };
        for token in told.tokens(push) {
            let mut status = json!({
                "token": token, "pushType": kind, "appPackageName": known.package,
                "requestId": id,
            });
            status[place] = outcome.clone();
            add(&mut status, "biTag", tag);
            statuses.push(status);
        }
    }
    let signer = Signer {
        user_name: &known.receipt_user,
        key: &known.receipt_key,
    };
    signed(&statuses, &signer, told)
}
