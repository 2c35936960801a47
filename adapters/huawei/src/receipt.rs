//! What Huawei reports to the console's receipt address: what became of each push on its device.
//!
//! A report is signed, but its body is not part of what is signed (`reference/huawei.md` §6): the
//! signature proves who calls, and the address has to be kept to TLS.

mod reader;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};
use zpns_core::receipt::DropReason;
use zpns_core::{ReceiptEvent, Secret, Timestamp, Token, TokenAction};
use zpns_kit::written;

pub use reader::Reader;

/// The header with the signature, which is only sent where the console has user name and key.
pub const SIGNATURE: &str = "x-huawei-callback-id";

/// What Huawei wants to be answered, with HTTP 200.
pub const REPLY: &str = r#"{"code":"0","message":"success"}"#;

/// What became of one push on one device.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which Huawei accepted the push.
    pub vendor_id: Option<String>,
    /// The batch tag: the message's id, unless the host set one.
    pub tag: Option<String>,
    /// The device.
    pub token: Token,
    /// The app's id, which the first version names.
    pub app_id: Option<String>,
    /// Huawei's number for it.
    pub status: i64,
    /// What happened.
    pub event: ReceiptEvent,
    /// What it means; none for a number that nobody has documented.
    pub meaning: Option<&'static str>,
    /// What becomes of the token.
    pub action: TokenAction,
    /// When it happened.
    pub at: Option<Timestamp>,
}

impl Receipt {
    /// Whether the device got the push.
    pub fn is_delivered(&self) -> bool {
        self.status == 0
    }
}

/// Status, what happened, meaning.
#[rustfmt::skip]
pub(crate) const STATUSES: &[(i64, ReceiptEvent, &str)] = &[
    (0, ReceiptEvent::Delivered, "delivered"),
    (2, ReceiptEvent::TokenInvalid, "the app is not installed"),
    (5, ReceiptEvent::TokenInvalid, "the token is not the app's on the device"),
    (6, ReceiptEvent::Muted, "notifications are off"),
    (10, ReceiptEvent::Muted, "the device was not used for 30 days"),
    (14, ReceiptEvent::Dropped(DropReason::Other), "an error on the device's way"),
    (15, ReceiptEvent::Dropped(DropReason::Superseded), "overwritten while the device was away"),
    (22, ReceiptEvent::Muted, "the device has another user"),
    (27, ReceiptEvent::Deferred, "the app does not run; the data wait for it"),
    (31, ReceiptEvent::Dropped(DropReason::NotShown), "the page does not exist, or the message is unsupported"),
    (51, ReceiptEvent::Dropped(DropReason::NotShown), "the device was not unlocked since it started"),
    (102, ReceiptEvent::QuotaDropped, "too many pushes to this device"),
    (144, ReceiptEvent::Dropped(DropReason::Other), "there is no such profile"),
    (151, ReceiptEvent::Dropped(DropReason::NotShown), "not shown, or the card is missing"),
    (155, ReceiptEvent::Dropped(DropReason::NotShown), "the live view's update failed"),
    (156, ReceiptEvent::Dropped(DropReason::NotShown), "the live view's update came out of order"),
    (158, ReceiptEvent::Dropped(DropReason::NotShown), "the live view exists already"),
    (188, ReceiptEvent::Dropped(DropReason::Other), "the app could not be started"),
    (191, ReceiptEvent::Dropped(DropReason::NotShown), "the number on the icon could not be set"),
    (201, ReceiptEvent::Muted, "Huawei does not send to this device"),
    (256, ReceiptEvent::QuotaDropped, "the day's limit of this class is reached"),
    (259, ReceiptEvent::Dropped(DropReason::ContentRefused), "the content or an address was rejected"),
    (261, ReceiptEvent::Dropped(DropReason::NotShown), "the card is missing"),
    (262, ReceiptEvent::QuotaDropped, "the card was refreshed too often"),
    (264, ReceiptEvent::Dropped(DropReason::Other), "there is no such subscription"),
    (265, ReceiptEvent::Dropped(DropReason::Controlled), "the live view is unknown"),
    (268, ReceiptEvent::Dropped(DropReason::NotShown), "the live view's status is missing"),
    (269, ReceiptEvent::Dropped(DropReason::NotShown), "the live view is created twice"),
];

/// A report that cannot be read, or that is not Huawei's.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no report of Huawei's: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A report: `{"statuses": […]}`.
#[derive(Deserialize)]
struct Report {
    statuses: Vec<Map<String, Value>>,
}

/// Reads the body of a report, of either version.
///
/// ```
/// use zpns_core::TokenAction;
/// use zpns_huawei::receipt;
///
/// let body = br#"{"statuses": [{"token": "t", "requestId": "r", "status": 5, "timestamp": 7}]}"#;
/// let receipts = receipt::parse(body).unwrap();
/// assert!(matches!(receipts[0].action, TokenAction::Drop { since: Some(_) }));
/// ```
///
/// # Errors
/// It is not such a report, or one of its statuses has no token or number.
pub fn parse(body: &[u8]) -> Result<Vec<Receipt>, Unreadable> {
    let report: Report =
        serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
    report.statuses.iter().map(receipt).collect()
}

fn receipt(status: &Map<String, Value>) -> Result<Receipt, Unreadable> {
    let text = |key: &str| status.get(key).and_then(Value::as_str).map(str::to_owned);
    // The second version has number and time one level down; cards have a level of their own.
    let nested = ["deliveryStatus", "formStatus"];
    let nested = nested.iter().find_map(|key| status.get(*key));
    let told = |outer: &str, inner: &str| {
        let value = nested.map_or_else(|| status.get(outer), |nested| nested.get(inner));
        value.and_then(whole)
    };
    let token = text("token").ok_or_else(|| Unreadable("a status has no token".to_owned()))?;
    let number =
        told("status", "result").ok_or_else(|| Unreadable("a status has no number".to_owned()))?;
    let at = told("timestamp", "timestamp").and_then(|at| u64::try_from(at).ok());
    let at = at.map(Timestamp::from_millis);
    let row = STATUSES.iter().find(|(known, ..)| *known == number);
    let event = row.map_or(ReceiptEvent::Unknown, |(_, event, _)| event.clone());
    let action = match event {
        ReceiptEvent::TokenInvalid => TokenAction::Drop { since: at },
        ReceiptEvent::Muted => TokenAction::Mute { until: None },
        _ => TokenAction::Keep,
    };
    Ok(Receipt {
        vendor_id: text("requestId"),
        tag: text("biTag").filter(|tag| !tag.is_empty()),
        token: token.into(),
        status: number,
        event,
        app_id: status.get("appid").and_then(written),
        meaning: row.map(|(.., meaning)| *meaning),
        action,
        at,
    })
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64(),
    }
}

/// Checks the header [`SIGNATURE`] of a report, and returns the time that it was signed at. How old
/// that may be is for the caller to say; Huawei says nothing about it.
///
/// # Errors
/// The header is not of Huawei's form, or the signature is another one.
pub fn verify(header: &str, user_name: &str, key: &Secret) -> Result<Timestamp, Unreadable> {
    let part = |name: &str| {
        let parts = header.split(';').filter_map(|part| part.split_once('='));
        let mut values = parts.filter(|(key, _)| key.trim() == name);
        let (_, value) = values.next()?;
        Some(value.trim())
    };
    let missing = || Unreadable("its signature has not the form of one".to_owned());
    let time = part("timestamp").ok_or_else(missing)?;
    let nonce = part("nonce").ok_or_else(missing)?;
    let value = part("value").ok_or_else(missing)?;
    let signature = STANDARD.decode(value).map_err(|_| missing())?;
    let millis = time.parse().map_err(|_| missing())?;
    let signed = format!("{time}{nonce}{user_name}");
    let holds = |key: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    };
    // Newer consoles hand out the key in Base64, older ones as it is.
    let decoded = STANDARD.decode(key.expose()).unwrap_or_default();
    let decoded_holds = !decoded.is_empty() && holds(&decoded);
    if decoded_holds || holds(key.expose().as_bytes()) {
        Ok(Timestamp::from_millis(millis))
    } else {
        Err(Unreadable("its signature is another one".to_owned()))
    }
}
