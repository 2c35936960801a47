//! What vivo reports to the address of [`Extra`](crate::message::Extra): deliveries, and why there
//! was none.
//!
//! Nothing signs a report (`reference/vivo.md` §6): whoever serves the address keeps a secret in
//! its path, or in `callback_param`, and compares. Any answer with HTTP 200 will do.

mod reader;

use serde::Deserialize;
use serde_json::Value;
use zpns_core::{Timestamp, Token, TokenAction};
use zpns_kit::written;

pub use reader::Reader;

/// What happened to a message on its way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ReceiptKind {
    /// It arrived on the device.
    Delivered,
    /// A quota of the app, or a cap per user, held it back.
    QuotaExceeded,
    /// Another rule of vivo's held it back.
    Controlled,
    /// Its time to live, or to be shown, was over.
    Expired,
    /// It was for devices that are online, and this one was not.
    Offline,
    /// A newer one took its place before the device came online.
    Superseded,
    /// vivo's audit of the content refused it.
    ContentRefused,
    /// The device is no target of the app any more.
    TargetInvalid,
    /// The device has been inactive for two weeks.
    TargetInactive,
    /// It arrived and was not shown.
    NotShown,
    /// What a tap was to open cannot be opened.
    ClickInvalid,
    /// A live card could not be sent or shown.
    LiveFailed,
}

/// `ackType`, `subAckType` (none is any other), what it means, and whether the token is dead
/// (`reference/vivo.md` §6.2). The first row that fits counts.
#[rustfmt::skip]
pub(crate) const KINDS: &[(&str, Option<&str>, ReceiptKind, bool)] = &[
    ("0", None, ReceiptKind::Delivered, false),
    ("100", Some("11001"), ReceiptKind::QuotaExceeded, false),
    ("100", Some("12000"), ReceiptKind::QuotaExceeded, false),
    ("100", Some("10012"), ReceiptKind::Expired, false),
    ("100", Some("14002"), ReceiptKind::Offline, false),
    ("100", None, ReceiptKind::Controlled, false),
    ("101", None, ReceiptKind::ContentRefused, false),
    ("102", Some("20001"), ReceiptKind::TargetInvalid, true),
    ("102", Some("20002"), ReceiptKind::TargetInvalid, true),
    ("102", Some("20006"), ReceiptKind::TargetInactive, false),
    ("102", None, ReceiptKind::Controlled, false),
    ("103", None, ReceiptKind::Superseded, false),
    ("104", Some("2144"), ReceiptKind::Expired, false),
    ("104", Some("2158"), ReceiptKind::ClickInvalid, false),
    ("104", Some("2161"), ReceiptKind::ClickInvalid, false),
    ("104", Some("2162"), ReceiptKind::ClickInvalid, false),
    ("104", Some("2183"), ReceiptKind::TargetInvalid, true),
    ("104", None, ReceiptKind::NotShown, false),
    ("300", None, ReceiptKind::Delivered, false),
    ("301", None, ReceiptKind::LiveFailed, false),
    ("302", None, ReceiptKind::LiveFailed, false),
];

/// One report on one message.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which vivo accepted the message.
    pub task_id: String,
    /// What happened; none for a type that nobody has documented.
    pub kind: Option<ReceiptKind>,
    /// vivo's number for it; `0` where it sent none.
    pub ack_type: String,
    /// vivo's number for the details.
    pub sub_ack_type: Option<String>,
    /// `callback_param`, as it was sent.
    pub param: Option<String>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The devices, and what becomes of the token of each.
    pub targets: Vec<(Token, TokenAction)>,
}

/// A report that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no report of vivo's: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A receipt on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    targets: String,
    param: Option<String>,
    ack_time: Option<Value>,
    ack_type: Option<Value>,
    sub_ack_type: Option<Value>,
}

/// Reads the body of a report: a JSON object of receipts by task id.
///
/// ```
/// use zpns_core::TokenAction;
/// use zpns_vivo::receipt;
///
/// let body = br#"{"7": {"targets": "gone", "ackType": "102", "subAckType": "20002"}}"#;
/// let receipts = receipt::parse(body).unwrap();
/// assert_eq!(receipts[0].targets[0].1, TokenAction::Drop { since: None });
/// ```
///
/// # Errors
/// It is not such an object.
pub fn parse(body: &[u8]) -> Result<Vec<Receipt>, Unreadable> {
    let entries: serde_json::Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| Unreadable(format!("it is not an object ({error})")))?;
    let entries = entries.into_iter();
    entries.map(|(task, value)| receipt(task, value)).collect()
}

fn receipt(task_id: String, value: Value) -> Result<Receipt, Unreadable> {
    let wire: Wire = serde_json::from_value(value)
        .map_err(|error| Unreadable(format!("a receipt of `{task_id}`: {error}")))?;
    let said = |value: &Option<Value>| value.as_ref().and_then(written);
    // The old form has no type: it speaks of deliveries only.
    let ack_type = said(&wire.ack_type).unwrap_or_else(|| "0".to_owned());
    let sub_ack_type = said(&wire.sub_ack_type);
    let row = KINDS.iter().find(|(kind, detail, ..)| {
        *kind == ack_type && (detail.is_none() || *detail == sub_ack_type.as_deref())
    });
    let at = said(&wire.ack_time).and_then(|text| text.parse().ok());
    let at = at.map(Timestamp::from_millis);
    let action = match row {
        Some((.., true)) => TokenAction::Drop { since: at },
        _ => TokenAction::Keep,
    };
    let targets = wire.targets.split(',').map(str::trim);
    let targets = targets
        .filter(|target| !target.is_empty())
        .map(|target| (Token::from(target), action.clone()))
        .collect();
    Ok(Receipt {
        task_id,
        kind: row.map(|(_, _, kind, _)| *kind),
        ack_type,
        sub_ack_type,
        param: wire.param,
        at,
        targets,
    })
}
