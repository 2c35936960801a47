//! What Xiaomi reports to [`Callback::url`](crate::message::Callback): deliveries, clicks, and
//! tokens that died or have a successor.
//!
//! Nothing signs a report (`reference/xiaomi.md` §6): whoever serves the URL keeps a secret in it,
//! or in `param`, and compares.

mod reader;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use zpns_core::{Timestamp, Token, TokenAction};

use crate::message::ReceiptKind;

pub use reader::Reader;

/// One report on one message.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which Xiaomi accepted the message.
    pub vendor_id: String,
    /// What happened; none for a kind that nobody has documented.
    pub kind: Option<ReceiptKind>,
    /// Xiaomi's number for it.
    pub type_code: u32,
    /// `param` of the callback, as it was sent.
    pub param: Option<String>,
    /// The batch id of the message.
    pub jobkey: Option<String>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// Whether the user allows notifications, if that is known.
    pub notifications_allowed: Option<bool>,
    /// Why a target is invalid: 1 a wrong token, 2 a wrong alias, 3 a wrong account.
    pub error_code: Option<i64>,
    /// The devices, and what becomes of the token of each.
    pub targets: Vec<(Token, TokenAction)>,
}

/// A report that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no report of Xiaomi's: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// Reads the body of a report: a form whose `data` is JSON, an object of receipts by message id.
///
/// ```
/// use zpns_core::TokenAction;
/// use zpns_xiaomi::receipt;
///
/// let body = br#"data={"scm7":{"type":16,"targets":"old","replaceTarget":{"old":"new"}}}"#;
/// let receipts = receipt::parse(body).unwrap();
/// assert_eq!(receipts[0].targets[0].1, TokenAction::Replace("new".into()));
/// ```
///
/// # Errors
/// There is no `data`, or it is not such an object.
pub fn parse(body: &[u8]) -> Result<Vec<Receipt>, Unreadable> {
    let data = url::form_urlencoded::parse(body)
        .find(|(key, _)| key == "data")
        .map(|(_, value)| value)
        .ok_or_else(|| Unreadable("it has no `data`".to_owned()))?;
    let entries: serde_json::Map<String, Value> = serde_json::from_str(&data)
        .map_err(|error| Unreadable(format!("`data` is not an object ({error})")))?;
    let entries = entries.into_iter();
    entries.map(|(id, value)| receipt(id, value)).collect()
}

/// A receipt on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    type_code: u32,
    #[serde(default)]
    targets: String,
    param: Option<String>,
    #[serde(alias = "jobKey")]
    jobkey: Option<String>,
    timestamp: Option<u64>,
    bar_status: Option<String>,
    error_code: Option<i64>,
    replace_target: Option<HashMap<String, String>>,
}

fn receipt(vendor_id: String, value: Value) -> Result<Receipt, Unreadable> {
    let wire: Wire = serde_json::from_value(value)
        .map_err(|error| Unreadable(format!("a receipt of `{vendor_id}`: {error}")))?;
    let of_code = |kind: &ReceiptKind| kind.bit() == wire.type_code;
    let kind = ReceiptKind::ALL.into_iter().find(of_code);
    let targets = wire.targets.split(',').map(str::trim);
    let targets = targets
        .filter(|target| !target.is_empty())
        .map(|target| (Token::from(target), action(kind, &wire, target)))
        .collect();
    let notifications_allowed = match wire.bar_status.as_deref() {
        Some("Enable") => Some(true),
        Some("Disable") => Some(false),
        _ => None,
    };
    Ok(Receipt {
        vendor_id,
        kind,
        type_code: wire.type_code,
        param: wire.param,
        jobkey: wire.jobkey,
        at: wire.timestamp.map(Timestamp::from_millis),
        notifications_allowed,
        error_code: wire.error_code,
        targets,
    })
}

/// What a receipt says about one token.
fn action(kind: Option<ReceiptKind>, wire: &Wire, target: &str) -> TokenAction {
    let successor = wire.replace_target.as_ref().and_then(|map| map.get(target));
    match (successor.filter(|new| !new.is_empty()), kind) {
        (Some(new), _) => TokenAction::Replace(Token::from(new.as_str())),
        (None, Some(ReceiptKind::TargetInvalid)) => TokenAction::Drop {
            since: wire.timestamp.map(Timestamp::from_millis),
        },
        (None, Some(ReceiptKind::Disabled)) => TokenAction::Mute { until: None },
        (None, _) => TokenAction::Keep,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(data: &Value) -> Vec<u8> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("data", &data.to_string());
        form.finish().into_bytes()
    }

    #[test]
    fn every_kind_of_receipt_has_its_action() {
        let since = Some(Timestamp::from_millis(1_764_000_000_000));
        let rows = [
            (1, Some(ReceiptKind::Delivered), TokenAction::Keep),
            (2, Some(ReceiptKind::Clicked), TokenAction::Keep),
            (
                16,
                Some(ReceiptKind::TargetInvalid),
                TokenAction::Drop { since },
            ),
            (
                32,
                Some(ReceiptKind::Disabled),
                TokenAction::Mute { until: None },
            ),
            (64, Some(ReceiptKind::Filtered), TokenAction::Keep),
            (128, Some(ReceiptKind::QuotaExceeded), TokenAction::Keep),
            (1024, Some(ReceiptKind::Expired), TokenAction::Keep),
            (512, None, TokenAction::Keep),
        ];
        for (code, kind, action) in rows {
            let data = json!({"scm1": {
                "param": "p", "type": code, "targets": "a+/=, b", "jobkey": "j",
                "barStatus": "Disable", "timestamp": 1_764_000_000_000_u64,
            }});
            let receipt = parse(&body(&data)).unwrap().remove(0);
            assert_eq!((receipt.kind, receipt.type_code), (kind, code));
            assert_eq!(receipt.vendor_id, "scm1");
            assert_eq!(receipt.param.as_deref(), Some("p"));
            assert_eq!(receipt.jobkey.as_deref(), Some("j"));
            assert_eq!(receipt.at, since);
            assert_eq!(receipt.notifications_allowed, Some(false));
            let wanted = ["a+/=", "b"].map(|token| (Token::from(token), action.clone()));
            assert_eq!(receipt.targets, wanted, "{code}");
        }
    }

    #[test]
    fn a_replaced_target_is_replaced_and_its_neighbour_dropped() {
        let data = json!({"scm1": {
            "type": 16, "targets": "old,gone", "errorCode": 1,
            "replaceTarget": {"old": "new"},
        }});
        let receipt = parse(&body(&data)).unwrap().remove(0);
        assert_eq!(receipt.error_code, Some(1));
        let wanted = [
            (Token::from("old"), TokenAction::Replace("new".into())),
            (Token::from("gone"), TokenAction::Drop { since: None }),
        ];
        assert_eq!(receipt.targets, wanted);
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        for body in [
            "",
            "x=1",
            "data=",
            "data=[]",
            "data={\"a\":{}}",
            "data={\"a\":1}",
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("Xiaomi"), "{body}: {error}");
        }
    }
}
