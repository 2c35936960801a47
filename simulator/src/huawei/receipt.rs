//! Receipts of both versions, which differ by where the number stands.

use serde_json::{Value, json};

use super::Credentials;
use crate::receipts::{Happening, ReceiptRequest, Signer, Told, add, text_at};
use crate::{Error, Received};

/// Huawei tells nothing about taps, and knows no successor of a token.
pub(crate) const CODES: &[(Happening, &str)] = &[
    (Happening::Delivered, "0"),
    (Happening::TokenInvalid, "5"),
    (Happening::Muted, "6"),
    (Happening::Dropped, "15"),
    (Happening::QuotaExceeded, "256"),
];
/// How many receipts one call holds.
pub(crate) const LIMIT: usize = 100;

pub(super) fn requests(
    known: &Credentials,
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let number = told.number(CODES)?;
    let mut statuses = Vec::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let body = push.json().unwrap_or_default();
        let tag = text_at(&body, "/message/android/bi_tag");
        let second = push.path.starts_with("/v2/");
        for token in told.tokens(push) {
            let mut status = json!({ "token": token, "requestId": id });
            match second {
                true => {
                    status["pushType"] = 0.into();
                    status["appPackageName"] = known.package.clone().into();
                    status["deliveryStatus"] = json!({ "result": number, "timestamp": told.now });
                }
                false => {
                    status["appid"] = known.app_id.clone().into();
                    status["status"] = number.into();
                    status["timestamp"] = told.now.into();
                }
            }
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

/// As few calls as hold them, each with its signature.
pub(crate) fn signed(
    statuses: &[Value],
    signer: &Signer<'_>,
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let calls = statuses.chunks(LIMIT);
    calls
        .map(|statuses| signer.sign(told, told.json(&json!({ "statuses": statuses }))))
        .collect()
}
