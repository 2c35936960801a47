//! What OPPO reports to [`call_back_url`](crate::Options::call_back_url): arrivals, and why a
//! message did not arrive.
//!
//! Nothing signs a report (`reference/oppo.md` §6): whoever serves the URL keeps a secret in its
//! path, compares, and answers 200.

mod reader;

use serde::Deserialize;
use serde_json::Value;
use zpns_core::{Timestamp, Token, TokenAction};
use zpns_kit::written;

pub use reader::Reader;

/// One report on one message.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which OPPO accepted the message.
    pub vendor_id: String,
    /// The id of the broadcast; the message's again if it went to one target.
    pub task_id: Option<String>,
    /// The app, by OPPO's id of it.
    pub app_id: Option<String>,
    /// What happened; none for an event that nobody has documented.
    pub event: Option<ReceiptEvent>,
    /// OPPO's name of it.
    pub event_type: String,
    /// `call_back_parameter`, as it was sent.
    pub param: Option<String>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The devices, and what becomes of the token of each.
    pub targets: Vec<(Token, TokenAction)>,
}

/// What a receipt can say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ReceiptEvent {
    /// It reached the device. Nothing is said of display or click.
    Arrived,
    /// The token is dead: the app is uninstalled, or the device was away for 30 days.
    TokenInvalid,
    /// The device has had as many messages of this app as it gets in a day.
    DailyLimit,
    /// OPPO's night hours kept it back.
    NightControl,
}

/// Every documented event, by OPPO's name.
const EVENTS: [(&str, ReceiptEvent); 4] = [
    ("push_arrive", ReceiptEvent::Arrived),
    ("regid_invalid", ReceiptEvent::TokenInvalid),
    ("user_daily_limit", ReceiptEvent::DailyLimit),
    ("message_night_control", ReceiptEvent::NightControl),
];

/// A report that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no report of OPPO's: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// Reads the body of a report: a JSON array of receipts, of any number of messages.
///
/// ```
/// use zpns_core::TokenAction;
/// use zpns_oppo::receipt;
///
/// let body = br#"[{"messageId":"m-1-1-1","registrationIds":"CN_1, CN_2","eventType":"regid_invalid"}]"#;
/// let receipts = receipt::parse(body).unwrap();
/// assert_eq!(receipts[0].targets[1], ("CN_2".into(), TokenAction::Drop { since: None }));
/// ```
///
/// # Errors
/// It is no such array.
pub fn parse(body: &[u8]) -> Result<Vec<Receipt>, Unreadable> {
    let entries: Vec<Entry> = serde_json::from_slice(body)
        .map_err(|error| Unreadable(format!("not an array of receipts ({error})")))?;
    Ok(entries.into_iter().map(receipt).collect())
}

/// A receipt on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_id: String,
    app_id: Option<Value>,
    task_id: Option<String>,
    #[serde(default)]
    registration_ids: String,
    event_time: Option<Value>,
    param: Option<String>,
    event_type: String,
}

fn receipt(entry: Entry) -> Receipt {
    let row = EVENTS.iter().find(|(name, _)| *name == entry.event_type);
    let event = row.map(|(_, event)| *event);
    let at = entry.event_time.as_ref().and_then(written);
    let at = at.and_then(|millis| millis.parse().ok());
    let at = at.map(Timestamp::from_millis);
    let action = match event {
        Some(ReceiptEvent::TokenInvalid) => TokenAction::Drop { since: at },
        _ => TokenAction::Keep,
    };
    let targets = entry.registration_ids.split(',').map(str::trim);
    let targets = targets.filter(|target| !target.is_empty());
    Receipt {
        targets: targets
            .map(|target| (Token::from(target), action.clone()))
            .collect(),
        vendor_id: entry.message_id,
        task_id: entry.task_id,
        app_id: entry.app_id.as_ref().and_then(written),
        event,
        event_type: entry.event_type,
        param: entry.param,
        at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_has_its_action() {
        let since = Some(Timestamp::from_millis(1_764_000_000_123));
        let gone = TokenAction::Drop { since };
        let rows = [
            (
                "push_arrive",
                Some(ReceiptEvent::Arrived),
                TokenAction::Keep,
            ),
            ("regid_invalid", Some(ReceiptEvent::TokenInvalid), gone),
            (
                "user_daily_limit",
                Some(ReceiptEvent::DailyLimit),
                TokenAction::Keep,
            ),
            (
                "message_night_control",
                Some(ReceiptEvent::NightControl),
                TokenAction::Keep,
            ),
            ("app_daily_limit", None, TokenAction::Keep),
        ];
        assert_eq!(rows.len(), EVENTS.len() + 1);
        for (name, event, action) in rows {
            for time in [json!(1_764_000_000_123_u64), json!("1764000000123")] {
                let body = json!([{
                    "messageId": "m1", "appId": 7, "taskId": "t1", "registrationIds": "a, b ,",
                    "eventTime": time, "param": "p", "eventType": name, "new": {},
                }]);
                let receipt = parse(body.to_string().as_bytes()).unwrap().remove(0);
                assert_eq!((receipt.event, receipt.event_type.as_str()), (event, name));
                assert_eq!(receipt.vendor_id, "m1");
                assert_eq!(receipt.task_id.as_deref(), Some("t1"));
                assert_eq!(receipt.app_id.as_deref(), Some("7"));
                assert_eq!(receipt.param.as_deref(), Some("p"));
                assert_eq!(receipt.at, since);
                let wanted = ["a", "b"].map(|token| (Token::from(token), action.clone()));
                assert_eq!(receipt.targets, wanted, "{name}");
            }
        }
    }

    #[test]
    fn a_report_holds_receipts_of_several_messages() {
        let body = json!([
            {"messageId": "m1", "registrationIds": "a", "eventType": "push_arrive"},
            {"messageId": "m2", "registrationIds": "", "eventType": "brand_new"},
        ]);
        let receipts = parse(body.to_string().as_bytes()).unwrap();
        assert_eq!(receipts[0].vendor_id, "m1");
        assert_eq!((receipts[1].event, receipts[1].targets.len()), (None, 0));
        assert_eq!(receipts[1].at, None);
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        for body in [
            "",
            "{}",
            "[1]",
            r#"[{"messageId":"m"}]"#,
            r#"[{"eventType":"x"}]"#,
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("OPPO"), "{body}: {error}");
        }
    }
}
