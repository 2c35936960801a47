//! Every row of the table, through an answer as Meizu writes it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Retry, Scope, Sent, TokenAction};
use zpns_kit::testing::{NOW, answer, scope_of};
use zpns_kit::{RetryClass, TokenFate};

use super::table::{Place, Row};
use super::{Circumstances, Judged, ROWS, judge, judge_call};

const FIRST: Circumstances = Circumstances {
    now: NOW,
    attempt: 1,
};

fn good(value: Value) -> HttpResponse {
    let body = json!({"code": "200", "message": "", "value": value, "msgId": "NS1"});
    answer(200, body.to_string())
}

fn error(status: u16, code: impl Into<Value>) -> HttpResponse {
    let body = json!({
        "code": code.into(), "message": "said Meizu", "value": "", "redirect": "",
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
    each(response, &["p1"]).remove(0)
}

fn token(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

/// Whether a row is what came of its code.
#[track_caller]
fn follows(row: &Row, outcome: &Outcome) {
    let code = row.code;
    assert_eq!(outcome.kind(), Some(row.verdict.kind), "{code}");
    assert_eq!(outcome.vendor().unwrap().code, code);
    assert_eq!(scope_of(outcome), row.verdict.scope, "{code}");
    match outcome {
        Outcome::Rejected(rejection) => {
            assert!(row.verdict.kind.is_verdict(), "{code}");
            let wanted = match row.verdict.token {
                TokenFate::Keep => TokenAction::Keep,
                TokenFate::Drop => TokenAction::Drop { since: None },
            };
            assert_eq!(rejection.token, wanted, "{code}");
            assert!(rejection.reason.contains(row.meaning), "{code}");
        }
        Outcome::Failed(error) => {
            let wanted = match row.verdict.retry {
                RetryClass::Never => Retry::Never,
                RetryClass::Backoff => Retry::Backoff,
            };
            assert_eq!((error.retry(), error.sent()), (wanted, Sent::No), "{code}");
            assert!(error.message().contains(row.meaning), "{code}");
        }
        Outcome::Accepted(_) => panic!("{code}"),
    }
}

#[test]
fn every_code_has_one_row_in_each_place() {
    let place = |row: &Row| row.place == Place::Value;
    let codes: BTreeSet<_> = ROWS.iter().map(|row| (place(row), row.code)).collect();
    assert_eq!(codes.len(), ROWS.len());
    assert!(ROWS.iter().all(|row| row.code != "200"));
}

#[test]
fn every_row_of_an_answers_code_is_what_becomes_of_it() {
    for row in ROWS.iter().filter(|row| row.place != Place::Value) {
        let number: i64 = row.code.parse().unwrap();
        for code in [json!(row.code), json!(number)] {
            let outcome = one(&error(200, code));
            follows(row, &outcome);
            let said = outcome.vendor().unwrap().reason.as_deref();
            assert_eq!(said, Some("said Meizu"));
        }
    }
}

#[test]
fn every_row_of_a_code_in_value_is_what_becomes_of_its_targets() {
    for row in ROWS.iter().filter(|row| row.place == Place::Value) {
        let response = good(json!({row.code: ["p2", "p4"]}));
        let targets = ["p1", "p2", "p3", "p4"];
        for (target, outcome) in targets.iter().zip(each(&response, &targets)) {
            match *target {
                "p2" | "p4" => follows(row, &outcome),
                _ => assert_eq!(outcome, Outcome::accepted("NS1".to_owned())),
            }
        }
    }
}

/// The handling of `reference/meizu.md` §4, in its words, beside the table that follows it.
#[rustfmt::skip]
const REFERENCE: &[(bool, &str, &[&str], &[ErrorKind])] = &[
    (false, "RETRY", &["500", "-1", "1001", "1003"], &[ErrorKind::Unavailable]),
    (false, "THROTTLE", &["110010"], &[ErrorKind::RateLimited]),
    (false, "QUOTA", &["110019", "110051"], &[ErrorKind::QuotaExceeded]),
    (false, "AUTH", &["1006", "110000", "110001", "110031", "110033"], &[ErrorKind::CredentialInvalid]),
    (false, "FIX", &["1005", "110004", "110032", "110053"], &[ErrorKind::MessageInvalid]),
    (false, "BLOCK", &["110009"], &[ErrorKind::PermissionDenied]),
    (false, "DROP", &["110002", "110003"], &[ErrorKind::TokenInvalid]),
    (false, "treat as error", &["300"], &[ErrorKind::Protocol]),
    (true, "RETRY", &["501", "513", "519"], &[ErrorKind::Unavailable]),
    (true, "THROTTLE", &["518"], &[ErrorKind::RateLimited]),
    (true, "QUOTA", &["110011"], &[ErrorKind::QuotaExceeded]),
    (true, "BLOCK", &["201"], &[ErrorKind::PermissionDenied]),
    (true, "do not retry", &["520"], &[ErrorKind::QuotaExceeded]),
    (true, "MUTE", &["110010"], &[ErrorKind::Muted]),
    (true, "drop the alias", &["110005"], &[ErrorKind::Muted]),
    (true, "DROP", &["110002", "110003"], &[ErrorKind::TokenInvalid]),
];

#[test]
fn every_documented_code_is_handled_as_the_reference_says() {
    let mut seen = 0;
    for (in_value, handling, codes, kinds) in REFERENCE {
        for code in *codes {
            let is_it = |row: &&Row| row.code == *code && (row.place == Place::Value) == *in_value;
            let row = ROWS.iter().find(is_it).unwrap();
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

#[test]
fn the_apps_day_concerns_the_provider_and_a_devices_day_or_minute_its_target() {
    for code in ["110019", "110051"] {
        let outcome = one(&error(200, code));
        assert_eq!(outcome.kind(), Some(ErrorKind::QuotaExceeded), "{code}");
        assert_eq!(scope_of(&outcome), Scope::Provider, "{code}");
    }
    for code in ["110011", "520", "201"] {
        let outcome = one(&good(json!({code: ["p1"]})));
        assert_eq!(scope_of(&outcome), Scope::Target, "{code}");
    }
    for outcome in [
        one(&error(200, "110010")),
        one(&good(json!({"518": ["p1"]}))),
    ] {
        assert_eq!(outcome.kind(), Some(ErrorKind::RateLimited));
        assert_eq!(scope_of(&outcome), Scope::Provider, "the app's speed");
    }
}

#[test]
fn a_good_answer_whose_value_says_nothing_is_good_for_all() {
    let bodies = [
        json!({"code": "200", "message": "", "value": {}, "msgId": "NS1"}),
        json!({"code": "200", "message": "", "value": "", "msgId": "NS1"}),
        json!({"code": "200", "value": null, "msgId": "NS1"}),
        json!({"code": 200, "msgId": "NS1"}),
        json!({"code": "200", "value": {"110002": []}, "msgId": "NS1"}),
    ];
    for body in bodies {
        let outcomes = each(&answer(200, body.to_string()), &["p1", "p2"]);
        let wanted = vec![Outcome::accepted("NS1".to_owned()); 2];
        assert_eq!(outcomes, wanted, "{body}");
    }
    let without_id = one(&answer(200, r#"{"code":"200","value":{}}"#));
    assert_eq!(without_id, Outcome::accepted(None));
}

#[test]
fn a_value_that_nobody_can_read_leaves_open_who_was_sent_to() {
    for value in [
        json!(true),
        json!(0),
        json!([]),
        json!(["p1"]),
        json!("p1"),
        json!({"110002": 1}),
        json!({"110002": ["p1", 2]}),
        json!({"110002": {"p1": 1}}),
        json!({"110002": null}),
    ] {
        for outcome in each(&good(value.clone()), &["p1", "p2"]) {
            let Outcome::Failed(error) = outcome else {
                panic!("{value}: {outcome:?}")
            };
            assert_eq!(error.kind(), ErrorKind::Protocol, "{value}");
            assert_eq!(error.sent(), Sent::Maybe, "{value}");
            assert_eq!(error.vendor().unwrap().code, "200");
        }
    }
}

#[test]
fn several_codes_in_one_value_each_speak_of_their_own_targets() {
    let value = json!({
        "110002": ["dead", " odd "], "110010": ["muted"], "110011": "full,fuller",
        "513": ["broken"],
    });
    let targets = [
        "dead", "live", "muted", "full", "broken", "fuller", "odd", "dead",
    ];
    let outcomes = each(&good(value), &targets);
    let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
    let wanted = [
        Some(ErrorKind::TokenInvalid),
        None,
        Some(ErrorKind::Muted),
        Some(ErrorKind::QuotaExceeded),
        Some(ErrorKind::Unavailable),
        Some(ErrorKind::QuotaExceeded),
        Some(ErrorKind::TokenInvalid),
        Some(ErrorKind::TokenInvalid),
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn the_same_code_throttles_the_app_or_mutes_a_device_by_its_place() {
    let Outcome::Failed(throttled) = one(&error(200, "110010")) else {
        panic!()
    };
    assert_eq!(throttled.kind(), ErrorKind::RateLimited);
    assert_eq!(throttled.retry(), Retry::Backoff);
    assert_eq!(throttled.sent(), Sent::No);
    let muted = one(&good(json!({"110010": ["p1"]})));
    assert_eq!(muted.kind(), Some(ErrorKind::Muted));
    assert_eq!(*token(&muted), TokenAction::Keep);
}

#[test]
fn a_fault_of_the_configuration_keeps_every_token() {
    for code in ["1006", "110000", "110001", "110031", "110033"] {
        for outcome in each(&error(200, code), &["p1", "p2"]) {
            assert_eq!(outcome.kind(), Some(ErrorKind::CredentialInvalid), "{code}");
            assert_eq!(*token(&outcome), TokenAction::Keep, "{code}");
        }
    }
}

#[test]
fn what_is_said_of_many_drops_none_of_them() {
    for code in ["110002", "110003"] {
        let response = error(200, code);
        let Judged::Together(outcome) = judge(&response, &["p1", "p2"], FIRST) else {
            panic!("{code}")
        };
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
        assert_eq!(*token(&outcome), TokenAction::Keep);
        assert_eq!(*token(&one(&response)), TokenAction::Drop { since: None });
    }
}

#[test]
fn an_unknown_code_of_an_answer_keeps_the_token_and_is_not_tried_again() {
    for code in [json!(99999), json!("TeapotNotConfigured"), json!("513")] {
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
fn an_unknown_code_in_value_is_tried_once_more() {
    let response = good(json!({"777": ["p1"]}));
    for (attempt, retry) in [(1, Retry::Backoff), (2, Retry::Never), (3, Retry::Never)] {
        let circumstances = Circumstances { attempt, ..FIRST };
        let Judged::Each(outcomes) = judge(&response, &["p1", "p2"], circumstances) else {
            panic!()
        };
        let Outcome::Failed(failed) = &outcomes[0] else {
            panic!("{outcomes:?}")
        };
        assert_eq!(failed.kind(), ErrorKind::Protocol);
        assert_eq!((failed.retry(), failed.sent()), (retry, Sent::No));
        assert_eq!(failed.vendor().unwrap().code, "777");
        assert!(outcomes[1].is_accepted());
    }
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let body = json!({"code": "300", "message": "moved", "value": "", "redirect": "https://e.com"});
    let Outcome::Failed(failed) = one(&answer(200, body.to_string())) else {
        panic!()
    };
    assert_eq!((failed.retry(), failed.sent()), (Retry::Never, Sent::No));
    let said = failed.vendor().unwrap().reason.clone().unwrap();
    assert_eq!(said, "moved; redirect to https://e.com");
}

#[test]
fn without_meizus_words_the_status_decides() {
    let page = "<html>Bad gateway</html>";
    let rows = [
        (429, page, ErrorKind::RateLimited, Sent::No),
        (503, page, ErrorKind::Unavailable, Sent::No),
        (500, page, ErrorKind::Unavailable, Sent::Maybe),
        (502, page, ErrorKind::Unavailable, Sent::Maybe),
        (504, page, ErrorKind::Unavailable, Sent::Maybe),
        (200, page, ErrorKind::Protocol, Sent::Maybe),
        (200, "", ErrorKind::Protocol, Sent::Maybe),
        (200, r#"{"value":{}}"#, ErrorKind::Protocol, Sent::Maybe),
        (200, r#"{"code":null}"#, ErrorKind::Protocol, Sent::Maybe),
        (200, r#"["200"]"#, ErrorKind::Protocol, Sent::Maybe),
        (
            500,
            r#"{"code":"200"}"#,
            ErrorKind::Unavailable,
            Sent::Maybe,
        ),
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
fn meizus_words_say_more_than_the_status_but_for_a_gateways() {
    let rows = [
        (500, "1003", ErrorKind::Unavailable, Sent::No),
        (500, "99999", ErrorKind::Unavailable, Sent::No),
        (400, "110010", ErrorKind::RateLimited, Sent::No),
        (503, "1001", ErrorKind::Unavailable, Sent::No),
        (502, "1003", ErrorKind::Unavailable, Sent::Maybe),
        (504, "110002", ErrorKind::Unavailable, Sent::Maybe),
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
        assert_eq!(failed.vendor().unwrap().code, code);
    }
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let mut throttled = error(200, "110010");
    let mut busy = good(json!({"519": ["p1"]}));
    for response in [&mut throttled, &mut busy] {
        response.headers.insert("retry-after", "7".parse().unwrap());
        let Outcome::Failed(failed) = one(response) else {
            panic!()
        };
        assert_eq!(failed.retry(), Retry::After(Duration::from_secs(7)));
    }
}

#[test]
fn a_call_goes_well_or_tells_why_not() {
    // Figures are a list, which a push's `value` never is.
    assert_eq!(judge_call(&good(json!([{"pushedNo": 0}])), NOW), Ok(()));
    let refused = judge_call(&error(200, "1006"), NOW).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CredentialInvalid);
    assert_eq!(refused.vendor().unwrap().code, "1006");
    let lost = judge_call(&answer(504, ""), NOW).unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unavailable);
}
