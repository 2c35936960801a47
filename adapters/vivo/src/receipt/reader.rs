//! vivo's reports in the words of every vendor.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::ReceiptEvent;
use zpns_core::receipt::{DropReason, Receipt, ReceiptError, ReceiptReader};

use super::{ReceiptKind, parse};

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
    let event = event(told.kind);
    let code = match told.sub_ack_type {
        Some(detail) => format!("{}/{detail}", told.ack_type),
        None => told.ack_type,
    };
    let code: Arc<str> = code.into();
    let (id, tag) = (
        Arc::<str>::from(told.task_id),
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

fn event(kind: Option<ReceiptKind>) -> ReceiptEvent {
    let dropped = ReceiptEvent::Dropped;
    match kind {
        Some(ReceiptKind::Delivered) => ReceiptEvent::Delivered,
        Some(ReceiptKind::QuotaExceeded) => ReceiptEvent::QuotaDropped,
        Some(ReceiptKind::Controlled) => dropped(DropReason::Controlled),
        Some(ReceiptKind::Expired) => dropped(DropReason::Expired),
        // A device that was away for two weeks keeps its token: it may come back.
        Some(ReceiptKind::Offline | ReceiptKind::TargetInactive) => dropped(DropReason::Offline),
        Some(ReceiptKind::Superseded) => dropped(DropReason::Superseded),
        Some(ReceiptKind::ContentRefused) => dropped(DropReason::ContentRefused),
        Some(ReceiptKind::TargetInvalid) => ReceiptEvent::TokenInvalid,
        Some(ReceiptKind::NotShown | ReceiptKind::ClickInvalid) => dropped(DropReason::NotShown),
        Some(ReceiptKind::LiveFailed) => dropped(DropReason::Other),
        None => ReceiptEvent::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::Timestamp;

    use super::super::KINDS;
    use super::*;

    #[test]
    fn every_kind_says_the_same_in_the_words_of_all() {
        let rows = KINDS.iter().map(|row| (row.0, row.1, Some(row.2)));
        for (kind, detail, wanted) in rows.chain([("777", None, None)]) {
            let mut told = json!({
                "targets": "a,b", "param": "p", "ackTime": 5, "ackType": kind,
            });
            if let Some(detail) = detail {
                told["subAckType"] = detail.into();
            }
            let body = json!({ "task": told }).to_string();
            let own = parse(body.as_bytes()).unwrap().remove(0);
            assert_eq!(own.kind, wanted);
            let receipts = Reader.read(&HeaderMap::new(), body.as_bytes()).unwrap();
            assert_eq!(receipts.len(), 2);
            for (receipt, (token, action)) in receipts.into_iter().zip(own.targets) {
                assert_eq!(receipt.token, token);
                assert_eq!(receipt.action(), action, "{kind} {detail:?}");
                let code = [Some(kind), detail].into_iter().flatten();
                assert_eq!(*receipt.code, code.collect::<Vec<_>>().join("/"));
                assert_eq!(receipt.event, event(wanted));
                assert_eq!(receipt.event == ReceiptEvent::Unknown, wanted.is_none());
                assert_eq!(receipt.vendor_id.as_deref(), Some("task"));
                assert_eq!(receipt.tag.as_deref(), Some("p"));
                assert_eq!(receipt.at, Some(Timestamp::from_millis(5)));
            }
        }
    }

    #[test]
    fn what_is_no_report_is_unreadable() {
        let refused = Reader.read(&HeaderMap::new(), b"[]");
        assert!(matches!(refused, Err(ReceiptError::Unreadable(_))));
    }
}
