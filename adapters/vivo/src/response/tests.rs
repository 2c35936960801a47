//! Every row of the table, through an answer as vivo writes it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, Timestamp, TokenAction};
use zpns_kit::testing::{NOW, answer, scope_of};
use zpns_kit::{RetryClass, TokenFate, Verdict};

use super::table::Rule;
use super::{Circumstances, Judged, ROWS, STATUSES, UNKNOWN_STATUS, granted, judge, judge_call};
use super::{refusal, saved};
use crate::message::PushMode;

/// Single, formal, by day in China.
const CALM: Circumstances<'_> = Circumstances {
    now: Timestamp::from_secs(NOW.as_secs() + 12 * 60 * 60),
    mode: PushMode::Formal,
    task: None,
};
const TESTING: Circumstances<'_> = Circumstances {
    mode: PushMode::Test,
    ..CALM
};
const LIST: Circumstances<'_> = Circumstances {
    task: Some("saved7"),
    ..CALM
};

fn said(body: &Value) -> HttpResponse {
    answer(200, body.to_string())
}

fn error(code: impl Into<Value>) -> HttpResponse {
    said(&json!({"result": code.into(), "desc": "said vivo"}))
}

fn each(
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances<'_>,
) -> Vec<Outcome> {
    match judge(response, targets, circumstances) {
        Judged::Each(outcomes) => {
            assert_eq!(outcomes.len(), targets.len());
            outcomes
        }
        Judged::Lost(outcome) => panic!("{outcome:?}"),
    }
}

fn one(response: &HttpResponse) -> Outcome {
    match judge(response, &["r1"], CALM) {
        Judged::Each(mut outcomes) => outcomes.remove(0),
        Judged::Lost(outcome) => outcome,
    }
}

#[track_caller]
fn token(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

fn action(verdict: Verdict) -> TokenAction {
    match verdict.token {
        TokenFate::Keep => TokenAction::Keep,
        TokenFate::Drop => TokenAction::Drop { since: None },
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
            let response = error(code);
            let outcome = one(&response);
            assert_eq!(outcome.kind(), Some(row.verdict.kind), "{}", row.code);
            let vendor = outcome.vendor().unwrap();
            assert_eq!(vendor.code, row.code.to_string());
            assert_eq!(vendor.reason.as_deref(), Some("said vivo"));
            assert_eq!(scope_of(&outcome), row.verdict.scope, "{}", row.code);
            assert_eq!(refusal(&response).is_some(), row.rule == Rule::Refresh);
            match outcome {
                Outcome::Rejected(rejection) => {
                    assert!(row.verdict.kind.is_verdict(), "{}", row.code);
                    assert_eq!(rejection.token, action(row.verdict), "{}", row.code);
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

/// The handling of `reference/vivo.md` §4.1, in its words, beside the table that follows it.
#[rustfmt::skip]
const REFERENCE: &[(&str, &[i64], &[ErrorKind])] = &[
    ("REFRESH", &[10000], &[ErrorKind::CredentialInvalid]),
    ("RETRY", &[10040, 10072, 10093], &[ErrorKind::Unavailable, ErrorKind::RateLimited]),
    ("CONFIG", &[10043, 10045, 10082, 10094, 10096, 10202, 10205, 10206], &[ErrorKind::PermissionDenied, ErrorKind::Unsupported, ErrorKind::CredentialInvalid, ErrorKind::MessageInvalid]),
    ("FIX", &[10050, 10051, 10054, 10055, 10056, 10057, 10058, 10059, 10060, 10061, 10062, 10063, 10064, 10068, 10069, 10065, 10066, 10067, 10085, 10095, 10097, 10103, 10104, 10150, 10151, 10152, 10155, 10153, 10154, 10301, 10304, 10305, 10306, 10352, 10353, 10471, 10473, 10601, 10609, 10614, 10616, 11000], &[ErrorKind::MessageInvalid]),
    ("FIX the exchange", &[10200, 10201, 10203, 10204], &[ErrorKind::CredentialInvalid]),
    ("check clock", &[10207], &[ErrorKind::CredentialInvalid]),
    ("QUOTA", &[10070, 10073, 10252, 10254], &[ErrorKind::QuotaExceeded]),
    ("DEFER", &[10071], &[ErrorKind::RateLimited]),
    ("DROP", &[10302], &[ErrorKind::TokenInvalid]),
    ("keep token, soft failure", &[10311], &[ErrorKind::Muted]),
    ("UNVERIFIED", &[10800, 10801], &[ErrorKind::MessageInvalid]),
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
            let again = ["RETRY", "DEFER"].contains(handling);
            let retries = row.verdict.retry == RetryClass::Backoff;
            assert_eq!(retries, again, "{code}: {handling}");
            seen += 1;
        }
    }
    assert_eq!(seen, ROWS.len(), "no row is without its source");
}

#[test]
fn a_used_up_day_concerns_its_class_and_pushes_that_come_too_fast_all() {
    for code in [10070, 10073, 10252, 10254] {
        let outcome = one(&error(code));
        assert_eq!(outcome.kind(), Some(ErrorKind::QuotaExceeded), "{code}");
        assert_eq!(scope_of(&outcome), Scope::Class, "{code}");
    }
    let scopes = [
        (10072, Scope::Provider),
        (10071, Scope::Class),
        (10093, Scope::Target),
    ];
    for (code, scope) in scopes {
        let outcome = one(&error(code));
        assert_eq!(outcome.kind(), Some(ErrorKind::RateLimited), "{code}");
        assert_eq!(scope_of(&outcome), scope, "{code}");
    }
    // What is saved for a list is refused before any push: the class is closed all the same.
    let full = saved(&error(10252), NOW).unwrap_err();
    assert_eq!(
        (full.kind(), full.scope()),
        (ErrorKind::QuotaExceeded, Scope::Class)
    );
}

#[test]
fn a_wrong_notify_type_is_no_bad_token() {
    let outcome = one(&error(10054));
    assert_eq!(outcome.kind(), Some(ErrorKind::MessageInvalid));
    assert_eq!(*token(&outcome), TokenAction::Keep);
}

#[test]
fn a_good_answer_is_good_for_all() {
    let single = one(&said(&json!({"result": 0, "desc": "ok", "taskId": "t1"})));
    assert_eq!(single, Outcome::accepted("t1".to_owned()));
    let number = one(&said(&json!({"result": "0", "taskId": 542_877})));
    assert_eq!(number, Outcome::accepted("542877".to_owned()));
    let targets = ["r1", "r2", "r1"];
    for nobody in [json!([]), json!(null), json!(""), json!({})] {
        let list = said(&json!({"result": 0, "invalidUsers": nobody}));
        let outcomes = each(&list, &targets, LIST);
        assert_eq!(outcomes, vec![Outcome::accepted("saved7".to_owned()); 3]);
    }
    let list = said(&json!({"result": 0, "taskId": "t9", "requestId": "x"}));
    assert_eq!(
        each(&list, &["r1", "r2"], LIST)[1],
        Outcome::accepted("t9".to_owned())
    );
}

#[test]
fn every_status_of_a_single_target_has_its_row() {
    for (status, verdict, meaning) in STATUSES {
        for status in [json!(status), json!(status.to_string())] {
            let response = said(&json!({
                "result": 10302, "desc": "regId不合法",
                "invalidUser": {"status": status, "userid": "r1"},
            }));
            for circumstances in [CALM, TESTING] {
                let outcome = each(&response, &["r1"], circumstances).remove(0);
                assert_eq!(outcome.kind(), Some(verdict.kind), "{status}");
                assert_eq!(*token(&outcome), action(*verdict), "{status}");
                assert_eq!(outcome.vendor().unwrap().code, "10302");
                let Outcome::Rejected(rejection) = outcome else {
                    panic!("{status}")
                };
                assert!(rejection.reason.contains(meaning), "{}", rejection.reason);
            }
        }
    }
    let dead: Vec<i64> = STATUSES
        .iter()
        .filter(|(_, verdict, _)| verdict.token == TokenFate::Drop)
        .map(|(status, ..)| *status)
        .collect();
    assert_eq!(dead, [1, 2], "inactive devices and strange ones stay");
}

#[test]
fn a_list_is_good_but_for_those_it_names_and_twins_share_what_is_said() {
    let statuses = STATUSES.iter().map(|(status, ..)| *status).chain([99]);
    let tokens = ["gone1", "gone2", "asleep", "no-test", "odd"];
    let invalid: Vec<Value> = tokens
        .iter()
        .zip(statuses)
        .map(|(token, status)| json!({"status": status, "userid": token}))
        .collect();
    let response = said(&json!({"result": 0, "desc": "ok", "invalidUsers": invalid}));
    let targets = [
        "r1", "gone2", "gone1", "asleep", "no-test", "odd", "r2", "gone2", "r1",
    ];
    let outcomes = each(&response, &targets, LIST);
    let verdict = |status: i64| {
        let row = STATUSES.iter().find(|(known, ..)| *known == status);
        row.map_or(UNKNOWN_STATUS, |(_, verdict, _)| *verdict)
    };
    let wanted = [0, 2, 1, 3, 4, 99, 0, 2, 0];
    for ((target, outcome), status) in targets.iter().zip(&outcomes).zip(wanted) {
        if status == 0 {
            assert_eq!(*outcome, Outcome::accepted("saved7".to_owned()), "{target}");
            continue;
        }
        assert_eq!(outcome.kind(), Some(verdict(status).kind), "{target}");
        assert_eq!(*token(outcome), action(verdict(status)), "{target}");
        assert_eq!(outcome.vendor().unwrap().code, status.to_string());
    }
    assert_eq!(outcomes[1], outcomes[7]);
    assert_eq!(*token(&outcomes[5]), TokenAction::Keep, "an odd status");
}

#[test]
fn either_name_is_read_of_either_call() {
    let one = json!({"status": 2, "userid": "r1"});
    for body in [
        json!({"result": 0, "invalidUser": one}),
        json!({"result": 0, "invalidUser": [one]}),
        json!({"result": 0, "invalidUsers": one}),
        json!({"result": 0, "invalidUsers": [one]}),
    ] {
        let outcomes = each(&said(&body), &["r1", "r2"], LIST);
        assert_eq!(*token(&outcomes[0]), TokenAction::Drop { since: None });
        assert!(outcomes[1].is_accepted());
    }
}

#[test]
fn a_list_of_the_invalid_that_cannot_be_read_leaves_all_open() {
    for list in [json!(7), json!([1]), json!([{"status": 1}]), json!("r1")] {
        let response = said(&json!({"result": 0, "invalidUsers": list}));
        for outcome in each(&response, &["r1", "r2"], LIST) {
            let Outcome::Failed(error) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::Protocol, Sent::Maybe)
            );
        }
    }
}

#[test]
fn a_bad_target_without_a_status_is_dead_but_not_in_a_test() {
    let bare = error(10302);
    let formal = each(&bare, &["r1"], CALM).remove(0);
    assert_eq!(*token(&formal), TokenAction::Drop { since: None });
    let test = each(&bare, &["r1"], TESTING).remove(0);
    assert_eq!(test.kind(), Some(ErrorKind::TokenInvalid));
    assert_eq!(*token(&test), TokenAction::Keep);
}

#[test]
fn what_is_said_of_many_or_of_another_drops_nobody() {
    for outcome in each(&error(10302), &["r1", "r2"], LIST) {
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
        assert_eq!(*token(&outcome), TokenAction::Keep);
    }
    let another = said(&json!({
        "result": 10302, "invalidUser": {"status": 1, "userid": "r2"},
    }));
    assert_eq!(*token(&each(&another, &["r1"], CALM)[0]), TokenAction::Keep);
    let outcomes = each(&another, &["r1", "r2"], LIST);
    assert_eq!(*token(&outcomes[0]), TokenAction::Keep);
    assert_eq!(*token(&outcomes[1]), TokenAction::Drop { since: None });
}

#[test]
fn a_message_that_is_not_saved_any_more_is_lost_and_not_wrong_yet() {
    for code in [10152, 10155] {
        let Judged::Lost(outcome) = judge(&error(code), &["r1", "r2"], LIST) else {
            panic!("{code}")
        };
        assert_eq!(outcome.kind(), Some(ErrorKind::MessageInvalid));
    }
}

#[test]
fn an_operational_message_at_night_waits_for_the_morning() {
    // NOW is midnight in China.
    let night = Circumstances { now: NOW, ..CALM };
    let Outcome::Failed(error_at_night) = each(&error(10071), &["r1"], night).remove(0) else {
        panic!()
    };
    assert_eq!(error_at_night.kind(), ErrorKind::RateLimited);
    let seven_hours = Duration::from_secs(7 * 60 * 60);
    assert_eq!(error_at_night.retry(), Retry::After(seven_hours));
    assert_eq!(error_at_night.sent(), Sent::No);
    let mut asked = error(10071);
    asked.headers.insert("retry-after", "9".parse().unwrap());
    let Outcome::Failed(error) = each(&asked, &["r1"], night).remove(0) else {
        panic!()
    };
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(9)));
}

#[test]
fn a_code_that_nobody_has_documented_keeps_the_token_and_is_not_retried() {
    let Outcome::Failed(unknown) = one(&error(12345)) else {
        panic!()
    };
    assert_eq!(unknown.kind(), ErrorKind::Protocol);
    assert_eq!((unknown.retry(), unknown.sent()), (Retry::Never, Sent::No));
}

#[test]
fn the_status_speaks_where_vivo_does_not() {
    let rows = [
        (200, ErrorKind::Protocol, Sent::Maybe),
        (302, ErrorKind::Protocol, Sent::Maybe),
        (429, ErrorKind::RateLimited, Sent::No),
        (500, ErrorKind::Unavailable, Sent::Maybe),
        (502, ErrorKind::Unavailable, Sent::Maybe),
        (503, ErrorKind::Unavailable, Sent::No),
        (504, ErrorKind::Unavailable, Sent::Maybe),
    ];
    for (status, kind, sent) in rows {
        for body in ["", "<html>", "[]", "{}", "{\"result\":null}"] {
            let Outcome::Failed(error) = one(&answer(status, body)) else {
                panic!("{status}")
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (kind, sent),
                "{status} {body}"
            );
            assert_eq!(error.vendor().unwrap().code, status.to_string());
        }
    }
    for (status, kind) in [
        (400, ErrorKind::MessageInvalid),
        (401, ErrorKind::CredentialInvalid),
    ] {
        assert_eq!(one(&answer(status, "")).kind(), Some(kind));
    }
}

#[test]
fn a_gateway_knows_nothing_whatever_the_body_says() {
    for status in [502, 504] {
        for code in [0, 10000, 10302] {
            let body = json!({"result": code, "taskId": "t"}).to_string();
            let response = answer(status, body);
            let Outcome::Failed(error) = one(&response) else {
                panic!("{status} {code}")
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::Unavailable, Sent::Maybe)
            );
            assert_eq!(refusal(&response), None);
        }
    }
    let spoken = answer(500, json!({"result": 10040, "desc": "busy"}).to_string());
    let Outcome::Failed(error) = one(&spoken) else {
        panic!()
    };
    assert_eq!(error.sent(), Sent::No, "vivo's own word");
}

#[test]
fn a_pause_that_vivo_asks_for_is_kept() {
    let mut busy = answer(429, "");
    busy.headers.insert("retry-after", "7".parse().unwrap());
    let Outcome::Failed(error) = one(&busy) else {
        panic!()
    };
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
}

#[test]
fn a_token_in_vivos_sentence_is_not_shown() {
    let response = said(&json!({"result": 10302, "desc": "regId r1-secret\nis wrong"}));
    let outcome = each(&response, &["r1-secret"], CALM).remove(0);
    let shown = format!("{outcome:?}");
    assert!(!shown.contains("r1-secret"), "{shown}");
    assert!(shown.contains("is wrong"));
}

#[test]
fn an_exchange_and_a_saving_push_nothing_whatever_becomes_of_them() {
    let good = said(&json!({"result": 0, "desc": "ok", "authToken": "tok", "taskId": "t1"}));
    assert_eq!(granted(&good, NOW).unwrap().expose(), "tok");
    assert_eq!(saved(&good, NOW).unwrap(), "t1");
    let rows = [
        (said(&json!({"result": 0})), ErrorKind::Protocol),
        (answer(504, ""), ErrorKind::Unavailable),
        (answer(500, ""), ErrorKind::Unavailable),
        (answer(200, "<html>"), ErrorKind::Protocol),
        (error(10072), ErrorKind::RateLimited),
        (error(10252), ErrorKind::QuotaExceeded),
    ];
    for (response, kind) in rows {
        for error in [
            granted(&response, NOW).unwrap_err(),
            saved(&response, NOW).unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.sent()),
                (kind, Sent::No),
                "{response:?}"
            );
        }
    }
    assert_eq!(judge_call(&good, NOW), Ok(()));
    let lost = judge_call(&answer(504, ""), NOW).unwrap_err();
    assert_eq!(lost.sent(), Sent::Maybe, "a recall may have been acted on");
}
