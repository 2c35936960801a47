//! HONOR's reports in the words of every vendor.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::receipt::{
    DropReason, Receipt, ReceiptError, ReceiptEvent, ReceiptReader, ReceiptReply,
};

use super::{Event, REPLY, parse};

/// What a used-up quota shows as, of the two numbers for what was thrown away.
const QUOTA: i64 = 40_000_009;

/// Reads the reports of one app. Nothing signs them: the address they come to has to be a secret.
#[derive(Clone, Debug)]
pub struct Reader {
    app_id: String,
}

impl Reader {
    /// For the app with this id. A report that names another one is refused as a whole.
    pub fn new(app_id: impl Into<String>) -> Self {
        Self {
            app_id: app_id.into(),
        }
    }
}

impl ReceiptReader for Reader {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let told = parse(body).map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        let is_other = |app: Option<&String>| app.is_some_and(|app| *app != self.app_id);
        if told.iter().any(|told| is_other(told.app_id.as_ref())) {
            return Err(ReceiptError::OtherApp);
        }
        Ok(told.into_iter().map(receipt).collect())
    }

    fn reply(&self) -> ReceiptReply {
        ReceiptReply::json(REPLY)
    }
}

fn receipt(told: super::Receipt) -> Receipt {
    Receipt::new(
        told.token,
        event(told.event, told.status),
        told.status.to_string(),
    )
    .with_meaning(told.meaning)
    .with_vendor_id(told.vendor_id.map(Arc::<str>::from))
    .with_tag(told.tag.map(Arc::<str>::from))
    .at(told.at)
}

fn event(event: Option<Event>, status: i64) -> ReceiptEvent {
    match event {
        Some(Event::Delivered) => ReceiptEvent::Delivered,
        Some(Event::Clicked) => ReceiptEvent::Clicked,
        Some(Event::ClickFailed) => ReceiptEvent::ClickFailed,
        Some(Event::Deferred) => ReceiptEvent::Deferred,
        Some(Event::Dropped) if status == QUOTA => ReceiptEvent::QuotaDropped,
        Some(Event::Dropped) => ReceiptEvent::Dropped(DropReason::NotShown),
        Some(Event::Suppressed) => ReceiptEvent::Muted,
        Some(Event::Dead) => ReceiptEvent::TokenInvalid,
        None => ReceiptEvent::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::STATUSES;
    use super::*;

    fn read(statuses: &serde_json::Value) -> Result<Vec<Receipt>, ReceiptError> {
        let body = json!({ "statuses": statuses }).to_string();
        Reader::new("7").read(&HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_status_says_the_same_in_the_words_of_all() {
        for (status, ..) in STATUSES {
            let body = json!([{
                "biTag": "b", "appid": "7", "token": "t", "status": status, "timestamp": 5,
                "requestId": "r",
            }]);
            let own = json!({ "statuses": body }).to_string();
            let own = parse(own.as_bytes()).unwrap().remove(0);
            let receipt = read(&body).unwrap().remove(0);
            assert_ne!(receipt.event, ReceiptEvent::Unknown, "{status}");
            assert_eq!(receipt.action(), own.action, "{status}");
            assert_eq!(*receipt.code, status.to_string());
            assert_eq!(receipt.meaning.as_deref(), own.meaning);
            assert_eq!(receipt.vendor_id.as_deref(), own.vendor_id.as_deref());
            assert_eq!(receipt.tag.as_deref(), own.tag.as_deref());
            assert_eq!((receipt.token, receipt.at), (own.token, own.at));
        }
        let quota = read(&json!([{"token": "t", "status": QUOTA}])).unwrap();
        assert_eq!(quota[0].event, ReceiptEvent::QuotaDropped);
        let unknown = read(&json!([{"token": "t", "status": 1}])).unwrap();
        assert_eq!(unknown[0].event, ReceiptEvent::Unknown);
    }

    #[test]
    fn a_report_that_names_another_app_is_refused_as_a_whole() {
        let own = json!({"token": "t", "status": 40_000_003, "appid": 7});
        assert_eq!(read(&json!([own])).unwrap().len(), 1);
        let other = json!({"token": "t", "status": 40_000_003, "appid": "8"});
        assert_eq!(read(&json!([own, other])), Err(ReceiptError::OtherApp));
    }
}
