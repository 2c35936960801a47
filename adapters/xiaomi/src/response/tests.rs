//! Every row of the table, through an answer as Xiaomi writes it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, Timestamp, TokenAction};
use zpns_kit::testing::scope_of;
use zpns_kit::{RetryClass, TokenFate};

use super::table::Rule;
use super::{Circumstances, Judged, ROWS, judge, judge_call};

const FIRST: Circumstances = Circumstances {
    now: Timestamp::from_secs(1_764_000_000),
    attempt: 1,
};

fn answer(status: u16, body: impl Into<bytes::Bytes>) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

fn good(data: Value) -> HttpResponse {
    let body = json!({
        "result": "ok", "trace_id": "Xtrace", "code": 0, "data": data,
        "description": "成功", "info": "Received push messages for 3 REGID",
    });
    answer(200, body.to_string())
}

fn error(status: u16, code: impl Into<Value>) -> HttpResponse {
    let body = json!({
        "result": "error", "code": code.into(), "reason": "said Xiaomi", "trace_id": "Xtrace",
        "description": "失败",
    });
    answer(status, body.to_string())
}

fn each(response: &HttpResponse, targets: &[&str]) -> Vec<Outcome> {
    match judge(response, targets, FIRST) {
        Judged::Each(outcomes) => {
            assert_eq!(outcomes.len(), targets.len());
            outcomes
        }
        Judged::Together(outcome) => panic!("{outcome:?}"),
    }
}

fn one(response: &HttpResponse) -> Outcome {
    each(response, &["r1"]).remove(0)
}

fn token(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_code_has_one_row() {
    let codes: BTreeSet<i64> = ROWS.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), ROWS.len());
    assert!(!codes.contains(&0));
}

#[test]
fn every_row_is_what_becomes_of_its_code() {
    for row in ROWS {
        for code in [json!(row.code), json!(row.code.to_string())] {
            let outcome = one(&error(200, code));
            assert_eq!(outcome.kind(), Some(row.verdict.kind), "{}", row.code);
            let vendor = outcome.vendor().unwrap();
            assert_eq!(vendor.code, row.code.to_string());
            assert_eq!(vendor.reason.as_deref(), Some("said Xiaomi"));
            assert_eq!(scope_of(&outcome), row.verdict.scope, "{}", row.code);
            match outcome {
                Outcome::Rejected(rejection) => {
                    assert!(row.verdict.kind.is_verdict(), "{}", row.code);
                    let wanted = match row.verdict.token {
                        TokenFate::Keep => TokenAction::Keep,
                        TokenFate::Drop => TokenAction::Drop { since: None },
                    };
                    assert_eq!(rejection.token, wanted, "{}", row.code);
                    assert!(rejection.reason.contains(row.meaning), "{}", row.code);
                }
                Outcome::Failed(error) => {
                    let wanted = match row.verdict.retry {
                        RetryClass::Never => Retry::Never,
                        RetryClass::Backoff => Retry::Backoff,
                    };
                    assert_eq!(error.retry(), wanted, "{}", row.code);
                    assert_eq!(error.sent(), Sent::No, "{}", row.code);
                }
                Outcome::Accepted(_) => panic!("{}", row.code),
            }
        }
    }
}

/// The handling of `reference/xiaomi.md` §4, in its words, beside the table that follows it.
#[rustfmt::skip]
const REFERENCE: &[(&str, &[i64], &[ErrorKind])] = &[
    ("RETRY", &[-1, 1, 10001, 10002, 10003, 10037, 20215, 20216, 20315, 20607, 22102, 26003, 65029, 65030, 10009, 10010, 10011], &[ErrorKind::Unavailable]),
    ("THROTTLE", &[10027, 10030, 10032, 10039, 26004, 26005, 65006, 200002, 10022, 10023, 10024, 10028, 22101], &[ErrorKind::RateLimited]),
    ("QUOTA", &[10034, 200001], &[ErrorKind::QuotaExceeded]),
    ("AUTH", &[21301, 21302, 22000, 22006, 22007, 22022, 10005, 10006, 10014, 22001, 22002, 22003, 22004, 22005, 22008, 22020, 22021], &[ErrorKind::CredentialInvalid, ErrorKind::PermissionDenied]),
    ("FIX", &[10008, 10012, 10016, 10017, 21305, 20209, 65008, 65012, 65010, 65013, 65035, 65009, 65011, 65014, 65015, 65016, 65017, 65041, 65036, 65037, 65038, 100, 10007, 10018, 10020, 10021, 10013, 10025, 22100, 22103], &[ErrorKind::MessageInvalid, ErrorKind::PayloadTooLarge]),
    ("CONFIG", &[10038, 26006, 27001, 10004, 10041], &[ErrorKind::PermissionDenied, ErrorKind::MessageInvalid]),
    ("BLOCK", &[10031, 10033, 10036, 21303, 65007, 10026], &[ErrorKind::PermissionDenied, ErrorKind::Muted]),
    ("DROP", &[20301, 66007], &[ErrorKind::TokenInvalid]),
    ("INFO", &[10029, 10035, 65028, 65040, 80002], &[ErrorKind::Protocol]),
    ("do not drop", &[65003], &[ErrorKind::Unavailable]),
];

#[test]
fn every_documented_code_is_handled_as_the_reference_says() {
    let mut seen = 0;
    for (handling, codes, kinds) in REFERENCE {
        for code in *codes {
            let row = ROWS.iter().find(|row| row.code == *code).unwrap();
            assert!(kinds.contains(&row.verdict.kind), "{code}: {handling}");
            let drops = row.verdict.token == TokenFate::Drop;
            assert_eq!(drops, *handling == "DROP", "{code}");
            let again = ["RETRY", "THROTTLE"].contains(handling);
            let retries = row.verdict.retry == RetryClass::Backoff;
            assert_eq!(retries, again, "{code}: {handling}");
            seen += 1;
        }
    }
    assert_eq!(seen, ROWS.len(), "no row is without its source");
}

/// Whom what a layer acts on concerns, by hand.
#[rustfmt::skip]
const SCOPES: &[(ErrorKind, Scope, &[i64])] = &[
    (ErrorKind::QuotaExceeded, Scope::Class, &[10034, 200001]),
    (ErrorKind::RateLimited, Scope::Provider, &[10027, 200002, 10022, 10023, 10024, 10028, 22101]),
    (ErrorKind::RateLimited, Scope::Target, &[10030, 10032, 10039, 26004, 26005, 65006]),
    (ErrorKind::PermissionDenied, Scope::Provider, &[10031, 10036, 21303, 10004, 10005, 10014, 10026, 22021]),
    (ErrorKind::PermissionDenied, Scope::Target, &[10033, 10038]),
    (ErrorKind::CredentialInvalid, Scope::Provider, &[21301, 21302, 22000, 22006, 22007, 22022, 10006, 22001, 22002, 22003, 22004, 22005, 22008, 22020]),
];

#[test]
fn a_used_up_day_concerns_its_class_and_what_is_about_another_call_concerns_no_push() {
    let acted_on =
        |row: &&super::table::Row| SCOPES.iter().any(|(kind, ..)| *kind == row.verdict.kind);
    let codes: BTreeSet<i64> = ROWS.iter().filter(acted_on).map(|row| row.code).collect();
    let listed = SCOPES
        .iter()
        .flat_map(|(_, _, codes)| codes.iter().copied());
    assert_eq!(
        listed.collect::<BTreeSet<_>>(),
        codes,
        "every code is looked at"
    );
    for (kind, scope, codes) in SCOPES {
        for code in *codes {
            let outcome = one(&error(200, *code));
            assert_eq!(
                (outcome.kind(), scope_of(&outcome)),
                (Some(*kind), *scope),
                "{code}"
            );
        }
    }
    let away = one(&error(200, 65003));
    assert_eq!(
        scope_of(&away),
        Scope::Target,
        "a device that is away is no outage"
    );
}

#[test]
fn a_good_answer_is_good_for_all() {
    let outcomes = each(&good(json!({"id": "scm1"})), &["r1", "r2", "r1"]);
    assert_eq!(outcomes, vec![Outcome::accepted("scm1".to_owned()); 3]);
    let without_id = each(&good(json!({})), &["r1"]);
    assert_eq!(without_id, [Outcome::accepted("Xtrace".to_owned())]);
    let bare = one(&answer(200, r#"{"code":0}"#));
    assert_eq!(bare, Outcome::accepted(None));
}

#[test]
fn bad_regids_with_code_0_are_dead_and_the_others_are_not() {
    let targets = ["r1", "a+/=", "r3", "a+/=", "r5"];
    for data in [
        json!({"id": "scm1", "bad_regids": "a+/=,r5"}),
        json!({"id": "scm1", "bad_regIds": " a+/= , r5,"}),
        json!({"id": "scm1", "bad_regids": ["a+/=", "r5"]}),
    ] {
        let outcomes = each(&good(data), &targets);
        for (target, outcome) in targets.iter().zip(outcomes) {
            if ["r1", "r3"].contains(target) {
                assert_eq!(outcome, Outcome::accepted("scm1".to_owned()));
                continue;
            }
            assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
            assert_eq!(*token(&outcome), TokenAction::Drop { since: None });
            assert_eq!(outcome.vendor().unwrap().code, "bad_regids");
        }
    }
}

#[test]
fn a_replaced_target_is_replaced_and_not_dropped() {
    let data = json!({
        "id": "scm1", "bad_regids": "old,gone", "replaceTarget": {"old": "new", "r1": "x"},
    });
    let outcomes = each(&good(data), &["old", "gone", "r1"]);
    assert_eq!(*token(&outcomes[0]), TokenAction::Replace("new".into()));
    assert_eq!(*token(&outcomes[1]), TokenAction::Drop { since: None });
    assert!(outcomes[2].is_accepted(), "what was taken was taken");

    let body = json!({"code": 20301, "data": {"replaceTarget": {"old": "new"}}});
    let outcomes = each(&answer(200, body.to_string()), &["old"]);
    assert_eq!(*token(&outcomes[0]), TokenAction::Replace("new".into()));
}

#[test]
fn what_is_said_of_many_drops_none_of_them() {
    for row in ROWS.iter().filter(|row| row.rule == Rule::Targets) {
        let response = error(200, row.code);
        let Judged::Together(outcome) = judge(&response, &["r1", "r2"], FIRST) else {
            panic!("{}", row.code)
        };
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
        assert_eq!(*token(&outcome), TokenAction::Keep);
        assert_eq!(*token(&one(&response)), TokenAction::Drop { since: None });
        let named = json!({"code": row.code, "data": {"bad_regids": "r1,r2"}});
        for outcome in each(&answer(200, named.to_string()), &["r1", "r2"]) {
            assert_eq!(*token(&outcome), TokenAction::Drop { since: None });
        }
    }
}

#[test]
fn a_request_that_expired_is_tried_once_more() {
    let response = error(200, 10037);
    let Outcome::Failed(first) = one(&response) else {
        panic!()
    };
    assert_eq!(first.retry(), Retry::Backoff);
    let second = Circumstances {
        attempt: 2,
        ..FIRST
    };
    let Judged::Each(outcomes) = judge(&response, &["r1"], second) else {
        panic!()
    };
    let Outcome::Failed(second) = &outcomes[0] else {
        panic!()
    };
    assert_eq!(second.retry(), Retry::Never);
}

#[test]
fn a_quota_tells_how_much_of_it_was_used() {
    for data in [
        json!({"day_quota": "10000", "day_acked": "10003"}),
        json!({"day_quota": 10000, "day_acked": 10003}),
    ] {
        let body = json!({"code": 200001, "reason": "over quota", "data": data});
        let outcome = one(&answer(200, body.to_string()));
        assert_eq!(outcome.kind(), Some(ErrorKind::QuotaExceeded));
        let reason = outcome.vendor().unwrap().reason.clone().unwrap();
        assert_eq!(reason, "over quota; 10003 of 10000 delivered today");
    }
}

#[test]
fn an_unknown_code_keeps_the_token_and_is_not_tried_again() {
    for code in [json!(99999), json!("TeapotNotConfigured")] {
        let Outcome::Failed(failed) = one(&error(200, code.clone())) else {
            panic!()
        };
        assert_eq!(failed.kind(), ErrorKind::Protocol);
        assert_eq!((failed.retry(), failed.sent()), (Retry::Never, Sent::No));
        let teapot = one(&error(418, code));
        assert_eq!(teapot.kind(), Some(ErrorKind::MessageInvalid));
        assert_eq!(*token(&teapot), TokenAction::Keep);
    }
}

#[test]
fn without_xiaomis_words_the_status_decides() {
    let page = "<html>Bad gateway</html>";
    let rows = [
        (429, page, ErrorKind::RateLimited, Sent::No),
        (503, page, ErrorKind::Unavailable, Sent::No),
        (500, page, ErrorKind::Unavailable, Sent::Maybe),
        (502, page, ErrorKind::Unavailable, Sent::Maybe),
        (504, page, ErrorKind::Unavailable, Sent::Maybe),
        (200, page, ErrorKind::Protocol, Sent::Maybe),
        (200, "", ErrorKind::Protocol, Sent::Maybe),
        (200, r#"{"result":"ok"}"#, ErrorKind::Protocol, Sent::Maybe),
        (200, r#"{"code":null}"#, ErrorKind::Protocol, Sent::Maybe),
        (200, "[0]", ErrorKind::Protocol, Sent::Maybe),
        (500, r#"{"code":0}"#, ErrorKind::Unavailable, Sent::Maybe),
    ];
    for (status, body, kind, sent) in rows {
        let Outcome::Failed(error) = one(&answer(status, body)) else {
            panic!("{status} {body}")
        };
        assert_eq!(
            (error.kind(), error.sent()),
            (kind, sent),
            "{status} {body}"
        );
        let code = &error.vendor().unwrap().code;
        assert_eq!(*code, status.to_string());
    }
    let refused = one(&answer(401, page));
    assert_eq!(refused.kind(), Some(ErrorKind::CredentialInvalid));
    assert_eq!(*token(&refused), TokenAction::Keep);
}

#[test]
fn xiaomis_words_say_more_than_the_status_but_for_a_gateways() {
    let rows = [
        (500, 10001, ErrorKind::Unavailable, Sent::No),
        (500, 99999, ErrorKind::Unavailable, Sent::No),
        (400, 200002, ErrorKind::RateLimited, Sent::No),
        (503, 10002, ErrorKind::Unavailable, Sent::No),
        (502, 10002, ErrorKind::Unavailable, Sent::Maybe),
        (504, 20301, ErrorKind::Unavailable, Sent::Maybe),
    ];
    for (status, code, kind, sent) in rows {
        let Outcome::Failed(failed) = one(&error(status, code)) else {
            panic!("{status} {code}")
        };
        assert_eq!(
            (failed.kind(), failed.sent()),
            (kind, sent),
            "{status} {code}"
        );
        assert_eq!(failed.vendor().unwrap().code, code.to_string());
    }
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let mut response = error(200, 200002);
    response.headers.insert("retry-after", "7".parse().unwrap());
    let Outcome::Failed(failed) = one(&response) else {
        panic!()
    };
    assert_eq!(failed.retry(), Retry::After(Duration::from_secs(7)));
}

#[test]
fn a_call_goes_well_or_tells_why_not() {
    assert_eq!(judge_call(&good(json!({})), FIRST.now), Ok(()));
    let refused = judge_call(&error(200, 21301), FIRST.now).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    assert_eq!(refused.vendor().unwrap().code, "21301");
    let lost = judge_call(&answer(504, ""), FIRST.now).unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unavailable);
}
