//! Every row of the table, through answers as OPPO writes them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, Timestamp, TokenAction};
use zpns_kit::testing::{answer, scope_of};
use zpns_kit::{RetryClass, TokenFate};

use super::*;

const FIRST: Circumstances = Circumstances::first(Timestamp::from_secs(1_764_000_000));
const GOOD: &str = "CN_00112233445566778899aabbccddeeff";
const OTHER: &str = "CN_ffeeddccbbaa99887766554433221100";

fn said(status: u16, code: impl Into<Value>, message: &str, data: Value) -> HttpResponse {
    let body = json!({"code": code.into(), "message": message, "data": data});
    answer(status, body.to_string())
}

fn good(data: Value) -> HttpResponse {
    said(200, 0, "Success", data)
}

fn error(code: impl Into<Value>, message: &str) -> HttpResponse {
    said(200, code, message, Value::Null)
}

fn each(response: &HttpResponse, call: Call, targets: &[&str]) -> Vec<Outcome> {
    match judge(response, call, targets, FIRST) {
        Judged::Each(outcomes) => {
            assert_eq!(outcomes.len(), targets.len());
            outcomes
        }
        other => panic!("{other:?}"),
    }
}

fn one(response: &HttpResponse) -> Outcome {
    each(response, Call::Unicast, &[GOOD]).remove(0)
}

fn token(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

fn drops(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(rejection) if rejection.token != TokenAction::Keep)
}

#[test]
fn every_code_has_one_row() {
    let codes: BTreeSet<i64> = ROWS.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), ROWS.len());
    assert!(!codes.contains(&0));
}

#[track_caller]
fn is_row(outcome: &Outcome, row: &Row, sentence: &str) {
    if row.rule == Rule::Repeat {
        assert!(outcome.is_accepted(), "{}", row.code);
        return;
    }
    assert_eq!(outcome.kind(), Some(row.verdict.kind), "{}", row.code);
    let vendor = outcome.vendor().unwrap();
    assert_eq!(vendor.code, row.code.to_string());
    assert_eq!(vendor.reason.as_deref().unwrap_or_default(), sentence);
    assert_eq!(scope_of(outcome), row.verdict.scope, "{}", row.code);
    match outcome {
        Outcome::Rejected(rejection) => {
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

#[test]
fn every_row_is_what_becomes_of_its_code_in_every_answer() {
    for row in ROWS {
        for code in [json!(row.code), json!(row.code.to_string())] {
            is_row(&one(&error(code.clone(), "said OPPO")), row, "said OPPO");
            // In a batch, of this target alone.
            let listed = good(json!([
                {"registrationId": OTHER, "messageId": "m2"},
                {"registrationId": GOOD, "errorCode": code, "errorMessage": "said OPPO"},
            ]));
            let outcomes = each(&listed, Call::UnicastBatch, &[GOOD, OTHER]);
            is_row(&outcomes[0], row, "said OPPO");
            assert_eq!(outcomes[1], Outcome::accepted("m2".to_owned()));
        }
        if row.code < 0 {
            continue;
        }
        // In a broadcast, as a member that is named by its code.
        let mut data = json!({"message_id": "m1", "task_id": "t1"});
        data[row.code.to_string()] = json!(GOOD);
        let outcomes = each(&good(data), Call::Broadcast, &[OTHER, GOOD]);
        is_row(&outcomes[1], row, "");
        assert_eq!(outcomes[0], Outcome::accepted("m1".to_owned()));
    }
}

/// The handling of `reference/oppo.md` §4.1, in its words, beside the table that follows it.
#[rustfmt::skip]
const REFERENCE: &[(&str, &[i64], &[ErrorKind])] = &[
    ("RETRY", &[-1, -2, 13, 55, 69], &[ErrorKind::Unavailable, ErrorKind::RateLimited]),
    ("REFRESH", &[11, 29], &[ErrorKind::CredentialInvalid]),
    ("CONFIG", &[14, 16, 19, 26, 27, 28, 30, 54, 59, 67], &[ErrorKind::CredentialInvalid, ErrorKind::PermissionDenied, ErrorKind::MessageInvalid]),
    ("FIX", &[12, 15, 17, 18, 20, 21, 22, 23, 24, 25, 31, 40, 41, 51], &[ErrorKind::MessageInvalid, ErrorKind::CredentialInvalid]),
    ("QUOTA", &[33, 34, 42], &[ErrorKind::QuotaExceeded]),
    ("accepted", &[32], &[ErrorKind::MessageInvalid]),
    ("DROP", &[10000], &[ErrorKind::TokenInvalid]),
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
            let retries = row.verdict.retry == RetryClass::Backoff;
            assert_eq!(retries, *handling == "RETRY", "{code}: {handling}");
            assert_eq!(row.rule == Rule::Refresh, *handling == "REFRESH", "{code}");
            seen += 1;
        }
    }
    assert_eq!(seen, ROWS.len(), "no row is without its source");
}

#[test]
fn a_used_up_day_concerns_its_class_and_calls_that_come_too_often_all() {
    for code in [33, 34, 42] {
        let outcome = one(&error(code, "no"));
        assert_eq!(outcome.kind(), Some(ErrorKind::QuotaExceeded), "{code}");
        assert_eq!(scope_of(&outcome), Scope::Class, "{code}");
    }
    for code in [-2, 13, 55, 69] {
        let outcome = one(&error(code, "no"));
        assert_eq!(outcome.kind(), Some(ErrorKind::RateLimited), "{code}");
        assert_eq!(scope_of(&outcome), Scope::Provider, "{code}");
    }
    for code in [26, 28, 30] {
        let outcome = one(&error(code, "no"));
        assert_eq!(outcome.kind(), Some(ErrorKind::PermissionDenied), "{code}");
        assert_eq!(scope_of(&outcome), Scope::Provider, "{code}");
    }
}

#[test]
fn a_unicast_is_accepted_under_its_message_id() {
    let outcome = one(&good(json!({"messageId": "app-1-1-00"})));
    assert_eq!(outcome, Outcome::accepted("app-1-1-00".to_owned()));
    assert_eq!(
        one(&answer(200, r#"{"code":"0"}"#)),
        Outcome::accepted(None)
    );
}

#[test]
fn a_batch_is_matched_by_id_and_never_by_order() {
    let listed = good(json!([
        {"registrationId": "c", "messageId": "m3"},
        {"registrationId": "b", "errorCode": 10000, "errorMessage": "Invalid RegistrationId"},
        {"registrationId": "nobody", "errorCode": 10000},
        {"registrationId": "a", "messageId": "m1", "errorCode": 0},
    ]));
    let outcomes = each(&listed, Call::UnicastBatch, &["a", "b", "c"]);
    assert_eq!(outcomes[0], Outcome::accepted("m1".to_owned()));
    assert_eq!(*token(&outcomes[1]), TokenAction::Drop { since: None });
    assert_eq!(outcomes[2], Outcome::accepted("m3".to_owned()));
}

#[test]
fn a_target_that_was_given_twice_has_both_its_words() {
    let twice = good(json!([
        {"registrationId": "a", "messageId": "m1"},
        {"registrationId": "b", "messageId": "m2"},
        {"registrationId": "a", "errorCode": 32},
    ]));
    let outcomes = each(&twice, Call::UnicastBatch, &["a", "b", "a"]);
    assert_eq!(outcomes[0], Outcome::accepted("m1".to_owned()));
    assert_eq!(outcomes[2], Outcome::accepted(None));
    let once = good(json!([{"registrationId": "a", "errorCode": 10000}]));
    for outcome in each(&once, Call::UnicastBatch, &["a", "a"]) {
        assert!(drops(&outcome));
    }
}

#[test]
fn a_target_that_a_good_batch_leaves_out_may_have_been_sent_to() {
    for data in [
        json!([]),
        json!(null),
        json!({}),
        json!([{"messageId": "m"}]),
    ] {
        let outcomes = each(&good(data), Call::UnicastBatch, &["a", "b"]);
        for outcome in outcomes {
            let Outcome::Failed(error) = outcome else {
                panic!()
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::Protocol, Sent::Maybe)
            );
        }
    }
}

#[test]
fn a_broadcast_lists_who_failed_as_text_or_as_a_list() {
    for (gone, over) in [
        (json!("b;d"), json!("e")),
        (json!("b, d,"), json!(["e"])),
        (json!(["b", "d"]), json!(["e;x"])),
        (json!(["b;d"]), json!(" e ")),
    ] {
        let data = json!({
            "message_id": "m1", "task_id": "t1", "10000": gone, "33": over, "0": "a;c",
            "status": "b", "12x": "a",
        });
        let outcomes = each(
            &good(data),
            Call::Broadcast,
            &["a", "b", "c", "d", "e", "b"],
        );
        for position in [1, 3, 5] {
            assert!(drops(&outcomes[position]));
            assert_eq!(outcomes[position].vendor().unwrap().code, "10000");
        }
        for position in [0, 2] {
            assert_eq!(outcomes[position], Outcome::accepted("m1".to_owned()));
        }
        assert_eq!(outcomes[4].kind(), Some(ErrorKind::QuotaExceeded));
        assert_eq!(*token(&outcomes[4]), TokenAction::Keep);
    }
    for data in [json!({"messageId": "m1"}), json!({"task_id": "m1"})] {
        let outcomes = each(&good(data), Call::Broadcast, &["a"]);
        assert_eq!(outcomes, [Outcome::accepted("m1".to_owned())]);
    }
}

#[test]
fn what_is_said_of_many_drops_none_of_them() {
    for (code, sentence) in [(10000, "Invalid"), (41, "registration_id is invalid")] {
        let response = error(code, sentence);
        for call in [Call::UnicastBatch, Call::Broadcast] {
            let Judged::Together(outcome) = judge(&response, call, &["aa", "bb"], FIRST) else {
                panic!("{code}")
            };
            assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
            assert_eq!(*token(&outcome), TokenAction::Keep);
        }
        assert!(drops(&one(&response)), "{code}: said of one alone");
    }
}

#[test]
fn a_refused_call_that_names_every_target_needs_no_asking_again() {
    let named = [
        (
            Call::UnicastBatch,
            json!([
                {"registrationId": "b", "errorCode": 10000},
                {"registrationId": "a", "errorCode": 55},
            ]),
        ),
        (Call::Broadcast, json!({"10000": "b", "55": "a"})),
    ];
    for (call, data) in named {
        let response = said(200, 10000, "all failed", data);
        let outcomes = each(&response, call, &["a", "b"]);
        assert_eq!(outcomes[0].kind(), Some(ErrorKind::RateLimited));
        assert!(drops(&outcomes[1]));
    }
    let some = said(200, 10000, "all failed", json!({"10000": "b"}));
    assert!(matches!(
        judge(&some, Call::Broadcast, &["a", "b"], FIRST),
        Judged::Together(_)
    ));
}

#[test]
fn code_41_drops_only_if_it_is_about_the_registration_id() {
    let about_it = [
        "Invalid registration_id".to_owned(),
        "RegistrationId format error".to_owned(),
        "param error: registration id".to_owned(),
        "bad regId".to_owned(),
        format!("invalid argument: {GOOD}"),
    ];
    for sentence in about_it {
        let outcome = one(&error(41, &sentence));
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid), "{sentence}");
        assert_eq!(*token(&outcome), TokenAction::Drop { since: None });
        assert_eq!(outcome.vendor().unwrap().code, "41");
    }
    for sentence in [
        "",
        "Invalid Arguments",
        "title is too long",
        "sensitive word",
        OTHER,
    ] {
        let outcome = one(&error(41, sentence));
        assert_eq!(
            outcome.kind(),
            Some(ErrorKind::MessageInvalid),
            "{sentence}"
        );
        assert_eq!(*token(&outcome), TokenAction::Keep);
    }
}

#[test]
fn nothing_but_10000_drops_a_token() {
    let rows = ROWS.iter().map(|row| row.code);
    for code in rows.chain([10_001, 15_000, 20_000, 20_001, 99_999, -7]) {
        let outcome = one(&error(code, "something is wrong"));
        assert_eq!(drops(&outcome), code == 10_000, "{code}");
    }
}

#[test]
fn a_code_of_one_interface_keeps_the_token_with_code_and_words() {
    for (status, code) in [(200, 10_001), (200, 20_000), (400, 13_000)] {
        let Outcome::Failed(failed) = one(&said(status, code, "business", Value::Null)) else {
            panic!("{code}")
        };
        assert_eq!(failed.kind(), ErrorKind::Protocol);
        assert_eq!((failed.retry(), failed.sent()), (Retry::Never, Sent::No));
        let vendor = failed.vendor().unwrap();
        assert_eq!(vendor.code, code.to_string());
        assert_eq!(vendor.reason.as_deref(), Some("business"));
    }
}

#[test]
fn duplicate_data_counts_as_accepted() {
    let whole = said(200, 32, "Duplicate", json!({"messageId": "m1"}));
    assert_eq!(one(&whole), Outcome::accepted("m1".to_owned()));
    for call in [Call::UnicastBatch, Call::Broadcast] {
        let outcomes = each(&error(32, "Duplicate"), call, &["a", "b"]);
        assert_eq!(outcomes, vec![Outcome::accepted(None); 2]);
    }
}

#[test]
fn calling_too_often_for_the_third_time_is_calling_too_much() {
    let response = error(13, "limit");
    let kind = |attempt| {
        let circumstances = Circumstances { attempt, ..FIRST };
        let Judged::Each(outcomes) = judge(&response, Call::Unicast, &["a"], circumstances) else {
            panic!()
        };
        (outcomes[0].kind(), scope_of(&outcomes[0]))
    };
    let too_fast = (Some(ErrorKind::RateLimited), Scope::Provider);
    assert_eq!((kind(1), kind(2)), (too_fast, too_fast));
    // No day is closed for what may be a matter of seconds.
    assert_eq!(kind(3), (Some(ErrorKind::QuotaExceeded), Scope::Target));
}

#[test]
fn what_was_saved_is_stale_for_a_broadcast_only() {
    let response = error(31, "No such message");
    assert!(matches!(
        judge(&response, Call::Broadcast, &["a"], FIRST),
        Judged::Stale(_)
    ));
    assert_eq!(one(&response).kind(), Some(ErrorKind::MessageInvalid));
}

#[test]
fn a_token_that_is_not_accepted_is_told_from_everything_else() {
    for code in [11, 29] {
        let vendor = refusal(&error(code, "no")).unwrap();
        assert_eq!(vendor.code, code.to_string());
        assert_eq!(refusal(&said(502, code, "no", Value::Null)), None);
    }
    assert_eq!(refusal(&error(14, "no")), None);
    assert_eq!(refusal(&answer(401, "no")), None);
}

#[test]
fn an_unknown_code_keeps_the_token_and_is_not_tried_again() {
    for code in [json!(99_999), json!("TeapotNotConfigured")] {
        let Outcome::Failed(failed) = one(&error(code.clone(), "hm")) else {
            panic!()
        };
        assert_eq!(failed.kind(), ErrorKind::Protocol);
        assert_eq!((failed.retry(), failed.sent()), (Retry::Never, Sent::No));
        let teapot = one(&said(418, code, "hm", Value::Null));
        assert_eq!(teapot.kind(), Some(ErrorKind::MessageInvalid));
        assert_eq!(*token(&teapot), TokenAction::Keep);
    }
}

#[test]
fn without_oppos_words_the_status_decides() {
    let page = "<html>Bad gateway</html>";
    let rows = [
        (429, page, ErrorKind::RateLimited, Sent::No),
        (503, page, ErrorKind::Unavailable, Sent::No),
        (500, page, ErrorKind::Unavailable, Sent::Maybe),
        (502, page, ErrorKind::Unavailable, Sent::Maybe),
        (504, page, ErrorKind::Unavailable, Sent::Maybe),
        (200, page, ErrorKind::Protocol, Sent::Maybe),
        (200, "", ErrorKind::Protocol, Sent::Maybe),
        (200, r#"{"data":{}}"#, ErrorKind::Protocol, Sent::Maybe),
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
        assert_eq!(error.vendor().unwrap().code, status.to_string());
    }
    let refused = one(&answer(401, page));
    assert_eq!(refused.kind(), Some(ErrorKind::CredentialInvalid));
    assert_eq!(*token(&refused), TokenAction::Keep);
}

#[test]
fn oppos_words_say_more_than_the_status_but_for_a_gateways() {
    let rows = [
        (500, -1, ErrorKind::Unavailable, Sent::No),
        (500, 99_999, ErrorKind::Unavailable, Sent::No),
        (400, 55, ErrorKind::RateLimited, Sent::No),
        (502, -1, ErrorKind::Unavailable, Sent::Maybe),
        (504, 10_000, ErrorKind::Unavailable, Sent::Maybe),
    ];
    for (status, code, kind, sent) in rows {
        let Outcome::Failed(failed) = one(&said(status, code, "hm", Value::Null)) else {
            panic!("{status} {code}")
        };
        assert_eq!(
            (failed.kind(), failed.sent()),
            (kind, sent),
            "{status} {code}"
        );
    }
    let named = said(504, 10_000, "hm", json!({"10000": "a"}));
    let outcomes = each(&named, Call::Broadcast, &["a"]);
    assert_eq!(outcomes[0].kind(), Some(ErrorKind::Unavailable));
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let mut response = error(-2, "slow down");
    response.headers.insert("retry-after", "7".parse().unwrap());
    let Outcome::Failed(failed) = one(&response) else {
        panic!()
    };
    assert_eq!(failed.retry(), Retry::After(Duration::from_secs(7)));
}

#[test]
fn no_registration_id_reaches_a_reason() {
    let sentence = format!("invalid: {GOOD}, and {OTHER}");
    let outcomes = each(&error(40, &sentence), Call::Broadcast, &[GOOD, OTHER]);
    let listed = good(json!([
        {"registrationId": GOOD, "errorCode": 10000, "errorMessage": format!("no {GOOD}")},
    ]));
    let listed = each(&listed, Call::UnicastBatch, &[GOOD]);
    for outcome in outcomes.into_iter().chain(listed) {
        let shown = format!("{outcome:?}");
        assert!(!shown.contains(GOOD) && !shown.contains(OTHER), "{shown}");
        assert!(shown.contains("CN_0…, 35"), "{shown}");
    }
}

#[test]
fn a_call_that_is_no_push_tells_why_it_did_not_go_well() {
    let refused = error_of_call(&error(16, "sign error"), FIRST);
    assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    assert_eq!(refused.vendor().unwrap().code, "16");
    let lost = error_of_call(&answer(504, ""), FIRST);
    assert_eq!(lost.kind(), ErrorKind::Unavailable);
}
