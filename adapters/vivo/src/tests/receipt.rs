//! Reports.

use serde_json::json;
use zpns_core::{Timestamp, Token, TokenAction};

use crate::receipt::{KINDS, ReceiptKind, parse};

#[test]
fn every_kind_of_receipt_has_its_row_in_numbers_and_in_texts() {
    let at = Timestamp::from_millis(1_764_000_000_000);
    for &(ack_type, detail, kind, is_dead) in KINDS {
        let sub = detail.unwrap_or("9999");
        let number = |text: &str| text.parse::<u64>().unwrap();
        for (ack_type, sub) in [
            (json!(ack_type), json!(sub)),
            (json!(number(ack_type)), json!(number(sub))),
        ] {
            let body = json!({"task7": {
                "targets": "r1, r2", "param": "p", "ackTime": 1_764_000_000_000_u64,
                "ackType": ack_type, "subAckType": sub,
            }});
            let receipt = parse(body.to_string().as_bytes()).unwrap().remove(0);
            assert_eq!(receipt.kind, Some(kind), "{ack_type} {sub}");
            assert_eq!(receipt.task_id, "task7");
            assert_eq!(receipt.param.as_deref(), Some("p"));
            assert_eq!(receipt.at, Some(at));
            let action = match is_dead {
                true => TokenAction::Drop { since: Some(at) },
                false => TokenAction::Keep,
            };
            let wanted = ["r1", "r2"].map(|token| (Token::from(token), action.clone()));
            assert_eq!(receipt.targets, wanted, "{ack_type} {sub}");
        }
    }
}

#[test]
fn the_old_form_speaks_of_deliveries_and_tasks_may_come_together() {
    let body = json!({
        "t1": {"targets": "r1", "ackTime": "5"},
        "t2": {"targets": "r2", "ackType": "102", "subAckType": "20001"},
        "t3": {"targets": "r3", "ackType": 777},
    });
    let receipts = parse(body.to_string().as_bytes()).unwrap();
    let kinds: Vec<_> = receipts.iter().map(|receipt| receipt.kind).collect();
    let wanted = [
        Some(ReceiptKind::Delivered),
        Some(ReceiptKind::TargetInvalid),
        None,
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(receipts[0].at, Some(Timestamp::from_millis(5)));
    assert_eq!(receipts[2].targets[0].1, TokenAction::Keep);
    assert_eq!(receipts[2].ack_type, "777");
}

#[test]
fn what_is_no_report_is_an_error() {
    for body in ["", "[]", "7", r#"{"t1": 7}"#, r#"{"t1": {"targets": 7}}"#] {
        let error = parse(body.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("vivo"), "{body}: {error}");
    }
}
