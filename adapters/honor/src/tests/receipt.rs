//! Receipts, in batches with known and unknown statuses.

use serde_json::json;
use zpns_core::{Timestamp, TokenAction};

use crate::receipt::{Event, REPLY, STATUSES, parse};

#[test]
fn every_status_has_its_event_and_what_becomes_of_the_token() {
    let at = Some(Timestamp::from_millis(1_764_000_000_123));
    for (status, event, meaning) in STATUSES {
        let body = json!({"statuses": [{
            "biTag": "b", "appid": 104_413_000, "token": "t", "status": status,
            "timestamp": 1_764_000_000_123_u64, "requestId": "r",
        }]});
        let receipt = parse(body.to_string().as_bytes()).unwrap().remove(0);
        assert_eq!((receipt.status, receipt.event), (*status, Some(*event)));
        assert_eq!(receipt.meaning, Some(*meaning));
        assert_eq!(receipt.token.as_str(), "t");
        assert_eq!(receipt.tag.as_deref(), Some("b"));
        assert_eq!(receipt.app_id.as_deref(), Some("104413000"));
        assert_eq!((receipt.vendor_id.as_deref(), receipt.at), (Some("r"), at));
        let action = match event {
            Event::Dead => TokenAction::Drop { since: at },
            Event::Suppressed => TokenAction::Mute { until: None },
            _ => TokenAction::Keep,
        };
        assert_eq!(receipt.action, action, "{status}");
    }
    let of = |wanted: Event| -> Vec<i64> {
        let rows = STATUSES.iter().filter(|(_, event, _)| *event == wanted);
        rows.map(|(status, ..)| *status).collect()
    };
    assert_eq!(of(Event::Dead), [40_000_003, 40_000_004]);
    assert_eq!(of(Event::Suppressed), [40_000_005, 40_000_006, 40_000_014]);
    assert_eq!(of(Event::Delivered), [40_000_001, 40_000_002]);
    assert_eq!(of(Event::Clicked), [40_000_007]);
}

#[test]
fn a_batch_may_hold_statuses_that_nobody_has_documented() {
    let body = json!({"statuses": [
        {"token": "a", "status": "40000004", "timestamp": "7", "biTag": ""},
        {"token": "b", "status": 49_999_999, "timestamp": null},
    ]});
    let receipts = parse(body.to_string().as_bytes()).unwrap();
    let since = Some(Timestamp::from_millis(7));
    assert_eq!(receipts[0].action, TokenAction::Drop { since });
    assert_eq!((&receipts[0].tag, &receipts[0].vendor_id), (&None, &None));
    assert_eq!((receipts[1].status, receipts[1].event), (49_999_999, None));
    assert_eq!(
        (&receipts[1].action, receipts[1].at),
        (&TokenAction::Keep, None)
    );
}

#[test]
fn a_body_that_is_no_receipt_is_an_error_and_the_reply_is_json() {
    let bodies = [
        "",
        "[]",
        "{}",
        r#"{"statuses":[{}]}"#,
        r#"{"statuses":[{"token":"t"}]}"#,
        r#"{"statuses":[{"status":40000001}]}"#,
        r#"{"statuses":[{"token":"t","status":"gone"}]}"#,
    ];
    for body in bodies {
        let error = parse(body.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("HONOR"), "{body}: {error}");
    }
    let reply: serde_json::Value = serde_json::from_str(REPLY).unwrap();
    assert_eq!(reply["code"], "0");
}
