//! Every row of the tables, through an answer as Huawei writes it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, Timestamp, TokenAction};
use zpns_kit::testing::scope_of;
use zpns_kit::{RetryClass, TokenFate, Verdict};

use super::table::Rule;
use super::{Circumstances, GATEWAY, Judged, REASONS, ROWS, STATUSES, judge};

const FIRST: Circumstances = Circumstances {
    now: Timestamp::from_secs(1_764_000_000),
    attempt: 1,
    drop_no_right: false,
};

fn raw(status: u16, body: impl Into<bytes::Bytes>) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

fn said(status: u16, code: impl Into<Value>, message: impl Into<Value>) -> HttpResponse {
    let body = json!({"code": code.into(), "msg": message.into(), "requestId": "157440955"});
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
    for code in [json!("80000000"), json!(80_000_000)] {
        let outcomes = each(&said(200, code, "Success"), &["a", "b", "a"]);
        assert_eq!(outcomes, vec![Outcome::accepted("157440955".to_owned()); 3]);
    }
}

#[test]
fn every_code_leads_where_its_row_says() {
    let plain = ROWS.iter().filter(|row| row.rule == Rule::Plain);
    for row in plain {
        for status in [200, 400, 500] {
            for code in [json!(row.code), json!(row.code.parse::<u32>().unwrap())] {
                for outcome in each(&said(status, code, "said Huawei"), &["a", "b"]) {
                    is(&outcome, row.verdict, row.code);
                }
            }
        }
    }
    let codes: BTreeSet<&str> = ROWS.iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), ROWS.len(), "no code twice");
}

/// Rights and limits of one class or one call, by hand; all others of their kinds concern the
/// provider.
const NARROW: &[(&str, Scope)] = &[
    ("80100017", Scope::Class),
    ("80300011", Scope::Class),
    ("80300013", Scope::Class),
    ("80300029", Scope::Class),
    ("80300032", Scope::Target),
    ("82000012", Scope::Class),
    ("82000013", Scope::Class),
    ("noPushTypeRight", Scope::Class),
    ("noRightToSendThisLiveNotificationEvent", Scope::Class),
    ("appinfoError", Scope::Target),
];

#[test]
fn a_right_of_one_class_stops_no_other_and_a_used_up_day_of_tests_nothing_else() {
    let tables = [ROWS, REASONS, GATEWAY, STATUSES];
    for row in tables.into_iter().flatten() {
        let narrow = NARROW.iter().find(|(code, _)| *code == row.code);
        let wanted = narrow.map_or(Scope::of(row.verdict.kind), |(_, scope)| *scope);
        assert_eq!(row.verdict.scope, wanted, "{}", row.code);
    }
    let list = json!({"failure": 2, "illegalTokens": {"noPushTypeRight": ["a", "b"]}});
    for outcome in each(&said(200, "80300007", list.to_string()), &["a", "b"]) {
        assert_eq!(outcome.kind(), Some(ErrorKind::PermissionDenied));
        assert_eq!(scope_of(&outcome), Scope::Class, "said of both together");
    }
}

#[test]
fn every_code_that_is_about_the_bearer_asks_for_a_fresh_one() {
    let about_the_bearer: Vec<_> = ROWS
        .iter()
        .filter(|row| row.rule == Rule::Refresh)
        .collect();
    assert_eq!(about_the_bearer.len(), 4);
    for row in about_the_bearer {
        for status in [200, 400, 401] {
            let judged = judge(&said(status, row.code, "no"), &["a"], FIRST);
            let Judged::Refused(code) = judged else {
                panic!("{judged:?}")
            };
            assert_eq!(
                (code.code.as_str(), code.http_status),
                (row.code, Some(status))
            );
        }
    }
}

#[test]
fn every_word_of_the_gateway_counts_where_there_is_no_code() {
    for row in GATEWAY {
        let mut response = raw(400, "<html>");
        response
            .headers
            .insert("nsp_status", row.code.parse().unwrap());
        match judge(&response, &["a"], FIRST) {
            Judged::Refused(_) => assert_eq!(row.rule, Rule::Refresh, "{}", row.code),
            Judged::Each(outcomes) => {
                assert_eq!(row.rule, Rule::Plain, "{}", row.code);
                is(&outcomes[0], row.verdict, "400");
            }
        }
    }
    for row in STATUSES {
        let response = raw(row.code.parse().unwrap(), "");
        match judge(&response, &["a"], FIRST) {
            Judged::Refused(_) => assert_eq!(row.rule, Rule::Refresh),
            Judged::Each(outcomes) => is(&outcomes[0], row.verdict, row.code),
        }
    }
}

#[test]
fn of_a_partial_success_the_listed_fail_and_the_others_are_accepted_whatever_it_looks_like() {
    let lists = [
        json!({"success": 2, "failure": 1, "illegal_tokens": ["b"]}),
        json!({"success": "2", "failure": "1", "illegalTokens": ["b"]}),
        json!({"illegal_tokens": "b"}),
        json!({"success": 2, "failure": 1, "illegalTokens": {" tokenFormatError ": [" b"]}}),
        json!({"failure": 1, "illegal_tokens": {"tokenFormatError": "b"}}),
    ];
    for list in lists {
        // The document in a text, as documented, and as it is.
        for message in [json!(list.to_string()), list.clone()] {
            let outcomes = each(&said(200, "80100000", message), &["a", "b", "c", "b"]);
            let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
            let dead = Some(ErrorKind::TokenInvalid);
            assert_eq!(kinds, [None, dead, None, dead], "{list}");
            assert_eq!(*action(&outcomes[1]), TokenAction::Drop { since: None });
        }
    }
}

#[test]
fn a_partial_success_that_does_not_say_who_failed_leaves_it_open() {
    let texts = [
        "Partial success",
        "",
        "{",
        r#"{"success":1,"failure":1}"#,
        r#"{"success":0,"failure":2,"illegal_tokens":[]}"#,
    ];
    for text in texts {
        for outcome in each(&said(200, "80100000", text), &["a", "b"]) {
            let Outcome::Failed(error) = outcome else {
                panic!("{text}: {outcome:?}")
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::Protocol, Sent::Maybe)
            );
        }
    }
    // It lists one of two that failed.
    let text = r#"{"success":1,"failure":2,"illegal_tokens":["a"]}"#;
    let outcomes = each(&said(200, "80100000", text), &["a", "b", "c"]);
    let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
    let open = Some(ErrorKind::Protocol);
    assert_eq!(kinds, [Some(ErrorKind::TokenInvalid), open, open]);
}

#[test]
fn every_reason_of_a_token_leads_where_its_row_says() {
    for row in REASONS {
        let list = json!({"success": 1, "failure": 1, "illegalTokens": {row.code: ["b"]}});
        let outcomes = each(&said(200, "80100000", list.to_string()), &["a", "b"]);
        assert!(outcomes[0].is_accepted());
        is(&outcomes[1], row.verdict, row.code);

        let alone = json!({"failure": 1, "illegalTokens": {row.code: ["b"]}});
        let outcomes = each(&said(400, "80300007", alone.to_string()), &["b"]);
        is(&outcomes[0], row.verdict, row.code);

        let all = json!({"failure": 2, "illegalTokens": {row.code: ["a", "b"]}});
        for outcome in each(&said(400, "80300007", all.to_string()), &["a", "b"]) {
            is(&outcome, row.verdict.with_token(TokenFate::Keep), row.code);
        }
    }
    let unheard = json!({"failure": 1, "illegalTokens": {"fellFromTheSky": ["b"]}});
    let outcomes = each(&said(400, "80300007", unheard.to_string()), &["b"]);
    assert_eq!(outcomes[0].kind(), Some(ErrorKind::TokenInvalid));
    assert_eq!(
        *action(&outcomes[0]),
        TokenAction::Keep,
        "nobody knows what it means"
    );
}

#[test]
fn all_tokens_invalid_drops_nothing_of_many_and_the_one_that_stands_alone() {
    for status in [200, 400] {
        let answer = said(status, "80300007", "All the tokens are invalid");
        for outcome in each(&answer, &["a", "b", "c"]) {
            assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
            assert_eq!(*action(&outcome), TokenAction::Keep);
            let Outcome::Rejected(rejection) = &outcome else {
                panic!()
            };
            assert!(
                rejection.reason.contains("3 tokens together"),
                "{}",
                rejection.reason
            );
        }
        let alone = each(&answer, &["a"]);
        assert_eq!(*action(&alone[0]), TokenAction::Drop { since: None });
        assert_eq!(alone[0].vendor().unwrap().code, "80300007");
        for twice in each(&answer, &["a", "a"]) {
            assert_eq!(*action(&twice), TokenAction::Drop { since: None });
        }
    }
}

#[test]
fn credentials_that_could_not_be_checked_are_wrong_ones_in_the_end() {
    let answer = said(500, "80600003", "no");
    let of = |attempt| {
        let circumstances = Circumstances { attempt, ..FIRST };
        match judge(&answer, &["a"], circumstances) {
            Judged::Each(mut outcomes) => outcomes.remove(0).kind(),
            Judged::Refused(code) => panic!("{code:?}"),
        }
    };
    assert_eq!([of(1), of(2)], [Some(ErrorKind::Unavailable); 2]);
    assert_eq!(of(3), Some(ErrorKind::CredentialInvalid));
}

#[test]
fn an_unknown_code_keeps_the_token_and_a_gateway_knows_nothing() {
    let rows = [
        (said(200, "80999999", "new"), ErrorKind::Protocol, None),
        (
            said(400, "80999999", "new"),
            ErrorKind::MessageInvalid,
            None,
        ),
        (said(418, "Teapot", "new"), ErrorKind::MessageInvalid, None),
        (said(404, "Lost", "new"), ErrorKind::PermissionDenied, None),
        (
            said(500, "80999999", "new"),
            ErrorKind::Unavailable,
            Some(Sent::No),
        ),
        (
            said(502, "81000001", "new"),
            ErrorKind::Unavailable,
            Some(Sent::Maybe),
        ),
        (
            said(504, "80000000", "Success"),
            ErrorKind::Unavailable,
            Some(Sent::Maybe),
        ),
        (
            raw(500, "<html>"),
            ErrorKind::Unavailable,
            Some(Sent::Maybe),
        ),
        (raw(503, ""), ErrorKind::Unavailable, Some(Sent::No)),
        (raw(429, ""), ErrorKind::RateLimited, Some(Sent::No)),
        (raw(413, ""), ErrorKind::PayloadTooLarge, None),
        (
            raw(200, "{\"broken\": ["),
            ErrorKind::Protocol,
            Some(Sent::Maybe),
        ),
        (raw(200, "{}"), ErrorKind::Protocol, Some(Sent::Maybe)),
        (raw(200, "[]"), ErrorKind::Protocol, Some(Sent::Maybe)),
    ];
    for (response, kind, sent) in rows {
        for outcome in each(&response, &["a", "b"]) {
            assert_eq!(outcome.kind(), Some(kind), "{response:?}");
            match (&outcome, sent) {
                (Outcome::Failed(error), Some(sent)) => assert_eq!(error.sent(), sent),
                (Outcome::Failed(error), None) => {
                    assert_eq!((error.sent(), error.retry()), (Sent::No, Retry::Never));
                }
                (outcome, _) => assert_eq!(*action(outcome), TokenAction::Keep),
            }
        }
    }
}

#[test]
fn a_pause_that_is_asked_for_is_kept_and_a_sentence_with_tokens_is_not() {
    let mut busy = said(503, "81000001", "slow\ndown");
    busy.headers.insert("retry-after", "7".parse().unwrap());
    let Outcome::Failed(error) = each(&busy, &["a"]).remove(0) else {
        panic!()
    };
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
    assert_eq!(error.vendor().unwrap().reason.as_deref(), Some("slow down"));

    let list = json!({"failure": 1, "illegal_tokens": ["IQAAAACy0secret"]}).to_string();
    for code in ["80100000", "80300007", "80100003"] {
        let outcomes = each(&said(400, code, list.clone()), &["a"]);
        assert!(!format!("{outcomes:?}").contains("secret"), "{code}");
    }
}
