//! What HONOR reports to the console's receipt address: what became of each push on its device.
//!
//! Nothing is known to sign a report (`reference/honor.md` §6): whoever serves the address keeps a
//! secret in it, and takes a report for a hint. HONOR may send one again, so what is done about it
//! has to be the same when it is done twice.

mod reader;

use serde::Deserialize;
use serde_json::{Map, Value};
use zpns_core::{Timestamp, Token, TokenAction};
use zpns_kit::written;

pub use reader::Reader;

/// What HONOR wants to be answered, with HTTP 200.
pub const REPLY: &str = r#"{"code":"0","message":"success"}"#;

/// What became of one push on one device. Several of them for one push are normal: it is delivered,
/// then tapped.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which HONOR accepted the push.
    pub vendor_id: Option<String>,
    /// `biTag`: the message's id, unless the host set one.
    pub tag: Option<String>,
    /// The app's id.
    pub app_id: Option<String>,
    /// The device.
    pub token: Token,
    /// HONOR's number for it.
    pub status: i64,
    /// What happened; none for a number that nobody has documented.
    pub event: Option<Event>,
    /// What it means, in a sentence.
    pub meaning: Option<&'static str>,
    /// What becomes of the token.
    pub action: TokenAction,
    /// When it happened.
    pub at: Option<Timestamp>,
}

/// What a receipt can say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The device got it.
    Delivered,
    /// The user tapped it. Not a delivery: that has a receipt of its own.
    Clicked,
    /// A tap did not open what it should.
    ClickFailed,
    /// It waits on the device, and will be delivered.
    Deferred,
    /// It was thrown away.
    Dropped,
    /// The device, or the app on it, does not show the app's messages for now.
    Suppressed,
    /// The token is no device's any more.
    Dead,
}

/// Status, event, meaning.
#[rustfmt::skip]
pub(crate) const STATUSES: &[(i64, Event, &str)] = &[
    (40_000_001, Event::Delivered, "the app was handed the data"),
    (40_000_002, Event::Delivered, "the device took the notification to show it"),
    (40_000_003, Event::Dead, "the app is not installed"),
    (40_000_004, Event::Dead, "the token has expired, or is not the device user's"),
    (40_000_005, Event::Suppressed, "notifications are off"),
    (40_000_006, Event::Suppressed, "the app is disabled or stopped on the device"),
    (40_000_007, Event::Clicked, "the notification was tapped"),
    (40_000_009, Event::Dropped, "the system dropped it, mostly because the day's quota of the class is used up"),
    (40_000_011, Event::ClickFailed, "a tap could not open the page"),
    (40_000_013, Event::Deferred, "it waits until the screen is lit"),
    (40_000_014, Event::Suppressed, "the device has another user"),
    (40_000_015, Event::Dropped, "it could not be shown"),
    (50_000_003, Event::Deferred, "the app does not run; the data wait for it"),
];

/// A report that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no report of HONOR's: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A report: `{"statuses": […]}`.
#[derive(Deserialize)]
struct Report {
    statuses: Vec<Map<String, Value>>,
}

/// Reads the body of a report. A number that nobody has documented is kept as it is.
///
/// ```
/// use zpns_core::TokenAction;
/// use zpns_honor::receipt::{self, Event};
///
/// let body = br#"{"statuses": [{"token": "t", "requestId": "r", "status": 40000003}]}"#;
/// let receipts = receipt::parse(body).unwrap();
/// assert_eq!(receipts[0].event, Some(Event::Dead));
/// assert_eq!(receipts[0].action, TokenAction::Drop { since: None });
/// ```
///
/// # Errors
/// It is not such a report, or one of its statuses has no token or number.
pub fn parse(body: &[u8]) -> Result<Vec<Receipt>, Unreadable> {
    let report: Report =
        serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
    report.statuses.iter().map(receipt).collect()
}

fn receipt(told: &Map<String, Value>) -> Result<Receipt, Unreadable> {
    let text = |key: &str| told.get(key).and_then(written);
    let lacking = |what: &str| Unreadable(format!("a status has no {what}"));
    let token = told.get("token").and_then(Value::as_str);
    let token = token.ok_or_else(|| lacking("token"))?;
    let status = text("status").and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| lacking("number"))?;
    let at = text("timestamp").and_then(|at| at.parse().ok());
    let at = at.map(Timestamp::from_millis);
    let row = STATUSES.iter().find(|(known, ..)| *known == status);
    let event = row.map(|(_, event, _)| *event);
    Ok(Receipt {
        vendor_id: text("requestId"),
        tag: text("biTag"),
        app_id: text("appid"),
        token: token.into(),
        status,
        event,
        meaning: row.map(|(.., meaning)| *meaning),
        action: action(event, at),
        at,
    })
}

/// What becomes of the token. It is dead since the report at the latest, and may be registered anew
/// after it.
fn action(event: Option<Event>, at: Option<Timestamp>) -> TokenAction {
    match event {
        Some(Event::Dead) => TokenAction::Drop { since: at },
        Some(Event::Suppressed) => TokenAction::Mute { until: None },
        _ => TokenAction::Keep,
    }
}
