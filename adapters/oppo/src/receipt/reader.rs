//! OPPO's reports in the words of every vendor.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::ReceiptEvent as Event;
use zpns_core::receipt::{DropReason, Receipt, ReceiptError, ReceiptReader};

use super::{ReceiptEvent, parse};

/// Reads the reports of one app. Nothing signs them: the address they come to has to be a secret.
#[derive(Clone, Copy, Default, Debug)]
pub struct Reader;

impl ReceiptReader for Reader {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let told = parse(body).map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        Ok(told.into_iter().flat_map(receipts).collect())
    }
}

/// The id of a push is that of its message, or of its broadcast: what the push was accepted under.
fn receipts(told: super::Receipt) -> impl Iterator<Item = Receipt> {
    let (event, code) = (event(told.event), Arc::<str>::from(told.event_type));
    let (id, tag) = (
        Arc::<str>::from(told.vendor_id),
        told.param.map(Arc::<str>::from),
    );
    let at = told.at;
    told.targets.into_iter().map(move |(token, _)| {
        Receipt::new(token, event.clone(), code.clone())
            .with_vendor_id(id.clone())
            .with_tag(tag.clone())
            .at(at)
    })
}

fn event(event: Option<ReceiptEvent>) -> Event {
    match event {
        Some(ReceiptEvent::Arrived) => Event::Delivered,
        Some(ReceiptEvent::TokenInvalid) => Event::TokenInvalid,
        Some(ReceiptEvent::DailyLimit) => Event::QuotaDropped,
        Some(ReceiptEvent::NightControl) => Event::Dropped(DropReason::Controlled),
        None => Event::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::Timestamp;

    use super::super::EVENTS;
    use super::*;

    #[test]
    fn every_event_says_the_same_in_the_words_of_all() {
        let names = EVENTS.map(|(name, _)| name);
        for name in names.into_iter().chain(["brand_new"]) {
            let body = json!([{
                "messageId": "m", "registrationIds": "a,b", "eventTime": "5", "param": "p",
                "eventType": name,
            }])
            .to_string();
            let own = parse(body.as_bytes()).unwrap().remove(0);
            let receipts = Reader.read(&HeaderMap::new(), body.as_bytes()).unwrap();
            assert_eq!(receipts.len(), 2);
            for (receipt, (token, action)) in receipts.into_iter().zip(own.targets) {
                assert_eq!(receipt.token, token);
                assert_eq!(receipt.action(), action, "{name}");
                assert_eq!(&*receipt.code, name);
                assert_eq!(receipt.event, event(own.event));
                assert_eq!(receipt.event == Event::Unknown, name == "brand_new");
                assert_eq!(receipt.vendor_id.as_deref(), Some("m"));
                assert_eq!(receipt.tag.as_deref(), Some("p"));
                assert_eq!(receipt.at, Some(Timestamp::from_millis(5)));
            }
        }
    }

    #[test]
    fn what_is_no_report_is_unreadable() {
        let refused = Reader.read(&HeaderMap::new(), b"{}");
        assert!(matches!(refused, Err(ReceiptError::Unreadable(_))));
    }
}
