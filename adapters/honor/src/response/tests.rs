//! Every row of the tables, through an answer as HONOR writes it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, Timestamp, TokenAction};
use zpns_kit::testing::scope_of;
use zpns_kit::{RetryClass, TokenFate, Verdict};

use super::table::{DEAD, NOT_PUSHED, NOT_SENT, Rule};
use super::{Circumstances, FAMILIES, Judged, ROWS, STATUSES, TARGETS, judge};

const FIRST: Circumstances = Circumstances {
    now: Timestamp::from_secs(1_764_000_000),
    attempt: 1,
};

fn raw(status: u16, body: impl Into<bytes::Bytes>) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

fn said(status: u16, code: impl Into<Value>) -> HttpResponse {
    with_data(status, code, Value::Null)
}

fn with_data(status: u16, code: impl Into<Value>, data: Value) -> HttpResponse {
    let body = json!({"code": code.into(), "message": "said HONOR", "data": data});
    raw(status, body.to_string())
}

#[track_caller]
fn each(response: &HttpResponse, targets: &[&str]) -> Vec<Outcome> {
    match judge(response, targets, FIRST) {
        Judged::Each(outcomes) => {
            assert_eq!(outcomes.len(), targets.len());
            outcomes
        }
        Judged::Refused(code) => panic!("{code:?}"),
    }
}

fn kinds(outcomes: &[Outcome]) -> Vec<Option<ErrorKind>> {
    outcomes.iter().map(Outcome::kind).collect()
}

fn action(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is(outcome: &Outcome, verdict: Verdict, code: &str) {
    assert_eq!(outcome.kind(), Some(verdict.kind), "{code}");
    assert_eq!(outcome.vendor().unwrap().code, code);
    assert_eq!(scope_of(outcome), verdict.scope, "{code}");
    match outcome {
        Outcome::Rejected(rejection) => {
            let dropped = matches!(rejection.token, TokenAction::Drop { .. });
            assert_eq!(dropped, verdict.token == TokenFate::Drop, "{code}");
        }
        Outcome::Failed(error) => {
            assert_eq!(error.sent(), verdict.sent, "{code}");
            let again = error.retry() != Retry::Never;
            assert_eq!(again, verdict.retry == RetryClass::Backoff, "{code}");
        }
        Outcome::Accepted(_) => panic!("{code}"),
    }
}

#[test]
fn a_success_accepts_every_target_under_the_request_id() {
    let data = json!({"sendResult": true, "requestId": "r1"});
    let mut with_lists = data.clone();
    with_lists["failTokens"] = json!([]);
    with_lists["expireTokens"] = Value::Null;
    // The code is a whole number, and some servers write it as a text.
    for code in [json!(200), json!("200")] {
        for data in [&data, &with_lists] {
            let outcomes = each(
                &with_data(200, code.clone(), data.clone()),
                &["a", "b", "a"],
            );
            assert_eq!(outcomes, vec![Outcome::accepted("r1".to_owned()); 3]);
        }
    }
    let huaweis = json!({"code": "80000000", "msg": "Success", "requestId": "r1"});
    let outcomes = each(&raw(200, huaweis.to_string()), &["a"]);
    assert_eq!(outcomes, [Outcome::accepted("r1".to_owned())]);
}

#[test]
fn a_success_that_is_not_borne_out_is_none() {
    // Not sent, in HONOR's own words: nothing is known about the tokens, which are kept.
    for code in ["200", "80000000"] {
        let not_sent = with_data(200, code, json!({"sendResult": false, "requestId": "r1"}));
        for outcome in each(&not_sent, &["a", "b"]) {
            is(&outcome, NOT_SENT.verdict, "sendResult");
            let Outcome::Failed(error) = &outcome else {
                panic!()
            };
            assert_eq!((error.retry(), error.sent()), (Retry::Backoff, Sent::No));
        }
    }
    let data = [
        Value::Null,
        json!({}),
        json!([]),
        json!("x"),
        json!({"sendResult": null, "requestId": "r1"}),
        json!({"sendResult": "perhaps"}),
    ];
    for data in data {
        for outcome in each(&with_data(200, 200, data.clone()), &["a", "b"]) {
            let Outcome::Failed(error) = &outcome else {
                panic!("{data}: {outcome:?}")
            };
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert_eq!(error.sent(), Sent::Maybe, "it may have been sent");
        }
    }
    let without = raw(200, r#"{"code":200,"message":"success"}"#);
    assert_eq!(kinds(&each(&without, &["a"])), [Some(ErrorKind::Protocol)]);
}

#[test]
fn only_the_list_of_dead_tokens_proves_a_token_dead() {
    let codes = [
        json!(200),
        json!("200"),
        json!("80000000"),
        json!(80_100_000),
    ];
    for code in codes {
        let data = json!({
            "sendResult": true, "requestId": "r1",
            "failTokens": ["failed", "both", "stranger"], "expireTokens": ["dead", "both"],
        });
        let targets = ["live", "dead", "failed", "both", "dead"];
        let outcomes = each(&with_data(200, code.clone(), data), &targets);
        assert_eq!(outcomes[0], Outcome::accepted("r1".to_owned()), "{code}");
        for dead in [1, 3, 4] {
            is(&outcomes[dead], DEAD.verdict, "expireTokens");
            assert_eq!(*action(&outcomes[dead]), TokenAction::Drop { since: None });
        }
        is(&outcomes[2], NOT_PUSHED.verdict, "failTokens");
        assert!(
            matches!(outcomes[2], Outcome::Failed(_)),
            "the token is kept"
        );
    }
    // None of the documented rows drops a token, and none of the families.
    for row in ROWS.iter().chain(FAMILIES).chain(STATUSES) {
        assert_eq!(row.verdict.token, TokenFate::Keep, "{}", row.code);
    }
    assert_eq!(
        TARGETS.map(|row| row.verdict.token == TokenFate::Drop),
        [true, false, false]
    );
}

#[test]
fn targets_in_no_list_fail_with_the_whole_and_the_listed_by_their_list() {
    let data = json!({"sendResult": false, "failTokens": ["f"], "expireTokens": ["d"]});
    let outcomes = each(&with_data(200, 200, data), &["a", "f", "d"]);
    is(&outcomes[0], NOT_SENT.verdict, "sendResult");
    is(&outcomes[1], NOT_PUSHED.verdict, "failTokens");
    is(&outcomes[2], DEAD.verdict, "expireTokens");

    let data = json!({"expireTokens": ["d"]});
    let outcomes = each(&with_data(200, 200, data), &["a", "d"]);
    let wanted = [Some(ErrorKind::Protocol), Some(ErrorKind::TokenInvalid)];
    assert_eq!(kinds(&outcomes), wanted);
}

#[test]
fn a_partial_success_that_does_not_say_who_failed_leaves_it_open() {
    let data = [
        Value::Null,
        json!({"sendResult": true, "requestId": "r1"}),
        json!({"sendResult": false, "failTokens": [], "expireTokens": []}),
        json!({"failTokens": ["stranger"]}),
        json!({"failTokens": {"a": 1}}),
    ];
    for data in data {
        for outcome in each(&with_data(200, 80_100_000, data.clone()), &["a", "b"]) {
            let Outcome::Failed(error) = outcome else {
                panic!("{data}: {outcome:?}")
            };
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert_eq!(error.sent(), Sent::Maybe);
        }
    }
    // The whole did not go out, and the others did: that is what makes it partial.
    let data = json!({"sendResult": false, "requestId": "r1", "failTokens": ["b"]});
    let outcomes = each(&with_data(200, 80_100_000, data), &["a", "b"]);
    assert_eq!(kinds(&outcomes), [None, Some(ErrorKind::Unavailable)]);
}

#[test]
fn a_token_that_was_not_pushed_to_is_tried_once_more() {
    let lists = [
        json!({"sendResult": true, "failTokens": ["a"]}),
        json!({"sendResult": false}),
    ];
    for data in lists {
        let answer = with_data(200, 200, data);
        for (attempt, retry) in [(1, Retry::Backoff), (2, Retry::Never), (3, Retry::Never)] {
            let circumstances = Circumstances { attempt, ..FIRST };
            let Judged::Each(outcomes) = judge(&answer, &["a"], circumstances) else {
                panic!()
            };
            let Outcome::Failed(error) = &outcomes[0] else {
                panic!("{outcomes:?}")
            };
            assert_eq!((error.retry(), error.sent()), (retry, Sent::No));
        }
    }
}

#[test]
fn every_code_leads_where_its_row_says() {
    let plain = ROWS.iter().filter(|row| row.rule != Rule::Refresh);
    for row in plain {
        for status in [200, 400, 500] {
            for code in [json!(row.code), json!(row.code.parse::<u32>().unwrap())] {
                for outcome in each(&said(status, code), &["a", "b"]) {
                    is(&outcome, row.verdict, row.code);
                    let vendor = outcome.vendor().unwrap();
                    assert_eq!(vendor.reason.as_deref(), Some("said HONOR"));
                    assert_eq!(vendor.http_status, Some(status));
                }
            }
        }
    }
    let codes: BTreeSet<&str> = ROWS.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), ROWS.len(), "no code twice");
}

#[test]
fn what_is_not_known_to_concern_the_app_stops_no_other_push() {
    let narrow = [("80300", Scope::Class), ("failTokens", Scope::Target)];
    let targets = TARGETS.into_iter().copied();
    let tables = ROWS.iter().chain(FAMILIES).chain(STATUSES).copied();
    for row in tables.chain(targets) {
        let wanted = narrow.iter().find(|(code, _)| *code == row.code);
        let wanted = wanted.map_or(Scope::of(row.verdict.kind), |(_, scope)| *scope);
        assert_eq!(row.verdict.scope, wanted, "{}", row.code);
    }
}

#[test]
fn every_code_that_is_about_the_bearer_asks_for_a_fresh_one() {
    let about_the_bearer = ROWS.iter().filter(|row| row.rule == Rule::Refresh);
    let codes: Vec<&str> = about_the_bearer.map(|row| row.code).collect();
    assert_eq!(codes, ["80200001", "80200003", "401"]);
    for code in codes {
        for status in [200, 400, 401] {
            for written in [json!(code), json!(code.parse::<u32>().unwrap())] {
                let judged = judge(&said(status, written), &["a"], FIRST);
                let Judged::Refused(vendor) = judged else {
                    panic!("{judged:?}")
                };
                let told = (vendor.code.as_str(), vendor.http_status);
                assert_eq!(told, (code, Some(status)));
            }
        }
    }
    for unreadable in [raw(401, "<html>"), said(401, "Unheard"), said(401, 200)] {
        let judged = judge(&unreadable, &["a"], FIRST);
        assert!(matches!(judged, Judged::Refused(_)), "{judged:?}");
    }
}

#[test]
fn every_family_speaks_for_the_codes_that_nobody_has_documented() {
    for family in FAMILIES {
        let code = format!("{:9<8}", family.code);
        assert!(ROWS.iter().all(|row| row.code != code));
        for status in [200, 400, 500] {
            match judge(&said(status, code.as_str()), &["a", "b"], FIRST) {
                Judged::Refused(vendor) => {
                    assert_eq!(family.rule, Rule::Refresh, "{code}");
                    assert_eq!(vendor.code, code);
                }
                Judged::Each(outcomes) => {
                    assert_eq!(family.rule, Rule::Plain, "{code}");
                    for outcome in outcomes {
                        is(&outcome, family.verdict, &code);
                    }
                }
            }
        }
    }
    // Shorter ones belong to the phone's SDK, and are no family's.
    let sdk = each(&said(200, 8_001_003), &["a"]);
    assert_eq!(kinds(&sdk), [Some(ErrorKind::Protocol)]);
}

#[test]
fn every_status_counts_where_the_body_does_not_speak() {
    for row in STATUSES {
        let response = raw(row.code.parse().unwrap(), "");
        match judge(&response, &["a"], FIRST) {
            Judged::Refused(_) => assert_eq!(row.rule, Rule::Refresh),
            Judged::Each(outcomes) => is(&outcomes[0], row.verdict, row.code),
        }
    }
}

#[test]
fn all_tokens_invalid_drops_none_but_those_that_are_listed_as_dead() {
    for status in [200, 400] {
        let bare = with_data(status, "80300007", Value::Null);
        for targets in [&["a"][..], &["a", "b", "c"]] {
            for outcome in each(&bare, targets) {
                assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
                assert_eq!(*action(&outcome), TokenAction::Keep);
                assert_eq!(outcome.vendor().unwrap().code, "80300007");
            }
        }
        let data = json!({"failTokens": ["a", "b"], "expireTokens": ["b"]});
        let outcomes = each(&with_data(status, 80_300_007, data), &["a", "b"]);
        assert_eq!(*action(&outcomes[0]), TokenAction::Keep);
        assert_eq!(*action(&outcomes[1]), TokenAction::Drop { since: None });
        assert_eq!(outcomes[1].vendor().unwrap().code, "expireTokens");
    }
}

#[test]
fn an_unknown_code_keeps_the_token_and_a_gateway_knows_nothing() {
    #[rustfmt::skip]
    let rows = [
        (said(200, "99999999"), ErrorKind::Protocol, Some(Sent::No)),
        (said(400, "99999999"), ErrorKind::MessageInvalid, None),
        (said(418, "Teapot"), ErrorKind::MessageInvalid, None),
        (said(404, "Lost"), ErrorKind::PermissionDenied, None),
        (raw(404, "<html>"), ErrorKind::PermissionDenied, None),
        (said(500, "99999999"), ErrorKind::Unavailable, Some(Sent::No)),
        (said(502, "81000001"), ErrorKind::Unavailable, Some(Sent::Maybe)),
        (said(504, "200"), ErrorKind::Unavailable, Some(Sent::Maybe)),
        (said(500, "200"), ErrorKind::Unavailable, Some(Sent::Maybe)),
        (with_data(504, 80_100_000, json!({"failTokens": ["a"]})), ErrorKind::Unavailable, Some(Sent::Maybe)),
        (raw(500, "<html>"), ErrorKind::Unavailable, Some(Sent::Maybe)),
        (raw(503, ""), ErrorKind::Unavailable, Some(Sent::No)),
        (raw(429, ""), ErrorKind::RateLimited, Some(Sent::No)),
        (raw(413, ""), ErrorKind::PayloadTooLarge, None),
        (raw(403, ""), ErrorKind::PermissionDenied, None),
        (raw(200, "{\"broken\": ["), ErrorKind::Protocol, Some(Sent::Maybe)),
        (raw(200, "{}"), ErrorKind::Protocol, Some(Sent::Maybe)),
        (raw(200, "[]"), ErrorKind::Protocol, Some(Sent::Maybe)),
        (raw(200, r#"{"code":null}"#), ErrorKind::Protocol, Some(Sent::Maybe)),
    ];
    for (response, kind, sent) in rows {
        for outcome in each(&response, &["a", "b"]) {
            assert_eq!(outcome.kind(), Some(kind), "{response:?}");
            match (&outcome, sent) {
                (Outcome::Failed(error), sent) => assert_eq!(Some(error.sent()), sent),
                (outcome, _) => assert_eq!(*action(outcome), TokenAction::Keep),
            }
        }
    }
}

#[test]
fn a_pause_that_is_asked_for_is_kept_and_a_document_in_the_sentence_is_not() {
    let mut busy = raw(503, r#"{"code": 81000001, "msg": "slow\ndown"}"#);
    busy.headers.insert("retry-after", "7".parse().unwrap());
    let Outcome::Failed(error) = each(&busy, &["a"]).remove(0) else {
        panic!()
    };
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
    assert_eq!(error.vendor().unwrap().reason.as_deref(), Some("slow down"));

    for code in [80_100_003, 80_100_000, 80_300_007, 200] {
        let list = json!({"code": code, "message": r#"{"tokens":["secret"]}"#});
        let outcomes = each(&raw(200, list.to_string()), &["a"]);
        assert!(!format!("{outcomes:?}").contains("secret"), "{code}");
    }
}
