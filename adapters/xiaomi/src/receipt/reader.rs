//! Xiaomi's reports in the words of every vendor.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::receipt::{DropReason, Receipt, ReceiptError, ReceiptReader};
use zpns_core::{ReceiptEvent, TokenAction};

use super::parse;
use crate::message::ReceiptKind;

/// Reads the reports of one app. Nothing signs them: the address they come to has to be a secret.
#[derive(Clone, Copy, Default, Debug)]
pub struct Reader;

impl ReceiptReader for Reader {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let told = parse(body).map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        Ok(told.into_iter().flat_map(receipts).collect())
    }
}

fn receipts(told: super::Receipt) -> impl Iterator<Item = Receipt> {
    let (kind, code) = (told.kind, Arc::<str>::from(told.type_code.to_string()));
    let (id, tag) = (
        Arc::<str>::from(told.vendor_id),
        told.param.map(Arc::<str>::from),
    );
    let at = told.at;
    told.targets.into_iter().map(move |(token, action)| {
        let event = match action {
            TokenAction::Replace(new) => ReceiptEvent::Replaced(new),
            _ => event(kind),
        };
        Receipt::new(token, event, code.clone())
            .with_vendor_id(id.clone())
            .with_tag(tag.clone())
            .at(at)
    })
}

fn event(kind: Option<ReceiptKind>) -> ReceiptEvent {
    match kind {
        Some(ReceiptKind::Delivered) => ReceiptEvent::Delivered,
        Some(ReceiptKind::Clicked) => ReceiptEvent::Clicked,
        Some(ReceiptKind::TargetInvalid) => ReceiptEvent::TokenInvalid,
        Some(ReceiptKind::Disabled) => ReceiptEvent::Muted,
        Some(ReceiptKind::Filtered) => ReceiptEvent::Dropped(DropReason::Filtered),
        Some(ReceiptKind::QuotaExceeded) => ReceiptEvent::QuotaDropped,
        Some(ReceiptKind::Expired) => ReceiptEvent::Dropped(DropReason::Expired),
        None => ReceiptEvent::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::Timestamp;

    use super::*;

    fn body(kind: u32) -> Vec<u8> {
        let data = json!({"scm1": {
            "param": "p", "type": kind, "targets": "a,b", "timestamp": 5,
            "replaceTarget": {"b": "c"},
        }});
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("data", &data.to_string());
        form.finish().into_bytes()
    }

    #[test]
    fn every_kind_says_the_same_in_the_words_of_all() {
        let kinds = ReceiptKind::ALL.map(Some).into_iter().chain([None]);
        for kind in kinds {
            let number = kind.map_or(512, ReceiptKind::bit);
            let own = parse(&body(number)).unwrap().remove(0);
            let receipts = Reader.read(&HeaderMap::new(), &body(number)).unwrap();
            assert_eq!(receipts.len(), 2);
            for (receipt, (token, action)) in receipts.iter().zip(own.targets) {
                assert_eq!(receipt.token, token);
                assert_eq!(receipt.action(), action, "{kind:?}");
                assert_eq!(*receipt.code, number.to_string());
                assert_eq!(receipt.vendor_id.as_deref(), Some("scm1"));
                assert_eq!(receipt.tag.as_deref(), Some("p"));
                assert_eq!(receipt.at, Some(Timestamp::from_millis(5)));
            }
            assert_eq!(receipts[0].event, event(kind));
            assert_eq!(receipts[0].event == ReceiptEvent::Unknown, kind.is_none());
            assert_eq!(receipts[1].event, ReceiptEvent::Replaced("c".into()));
        }
    }

    #[test]
    fn what_is_no_report_is_unreadable() {
        let refused = Reader.read(&HeaderMap::new(), b"data=7");
        assert!(matches!(refused, Err(ReceiptError::Unreadable(_))));
    }
}
