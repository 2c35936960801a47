use std::time::Duration;

use serde_json::json;
use zpns_core::{Outcome, Retry, Scope, Sent, TokenAction};
use zpns_kit::testing::{NOW, answer, scope_of};

use super::table::{SERVER_ERRNO, Words};
use super::*;

fn mozilla(status: u16, errno: u16, message: &str) -> HttpResponse {
    let body = json!({"code": status, "errno": errno, "error": "x", "message": message});
    answer(status, body.to_string())
}

fn apple(status: u16, reason: &str) -> HttpResponse {
    answer(status, json!({"reason": reason}).to_string())
}

/// What an answer leads to: the word of its variant, and the outcome.
fn judged(response: &HttpResponse) -> (&'static str, Outcome) {
    match judge(response, NOW) {
        Judged::Accepted(outcome) => ("accepted", outcome),
        Judged::Refused(decision, false) => ("refused", decision.outcome()),
        Judged::Refused(decision, true) => ("expired", decision.outcome()),
        Judged::Mismatched(decision) => ("mismatched", decision.outcome()),
        Judged::Outcome(outcome) => ("outcome", outcome),
    }
}

fn drops(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(rejection) if rejection.token != TokenAction::Keep)
}

#[test]
fn every_row_of_words_is_found_and_leads_to_what_it_says() {
    for row in ROWS {
        let (response, code) = match row.said {
            Words::Errno(errno, part) => (
                mozilla(
                    if errno < SERVER_ERRNO { 400 } else { 503 },
                    errno,
                    &format!("VAPID public {part}"),
                ),
                errno.to_string(),
            ),
            Words::Reason(reason) => (apple(400, reason), reason.to_owned()),
            Words::Text(status, part) => (
                answer(status, format!("the {part} of …\n")),
                status.to_string(),
            ),
        };
        let (word, outcome) = judged(&response);
        let wanted = match row.meaning {
            Meaning::Verdict(verdict) => {
                assert_eq!(outcome.kind(), Some(verdict.kind), "{row:?}");
                assert_eq!(drops(&outcome), verdict.token == TokenFate::Drop, "{row:?}");
                assert_eq!(scope_of(&outcome), verdict.scope, "{row:?}");
                "outcome"
            }
            Meaning::Refused => "refused",
            Meaning::Expired => "expired",
            Meaning::Mismatched => "mismatched",
        };
        assert_eq!(word, wanted, "{row:?}");
        assert_eq!(outcome.vendor().unwrap().code, code);
    }
}

#[test]
fn a_subscription_that_is_pushed_to_too_often_slows_no_other_down() {
    for response in [
        answer(429, ""),
        answer(406, ""),
        apple(429, "TooManyRequests"),
    ] {
        let (_, outcome) = judged(&response);
        assert_eq!(outcome.kind(), Some(ErrorKind::RateLimited));
        assert_eq!(scope_of(&outcome), Scope::Target, "{response:?}");
    }
    let (_, refused) = judged(&mozilla(401, 109, "no"));
    assert_eq!(scope_of(&refused), Scope::Provider);
}

#[test]
fn every_status_by_itself_is_found_and_404_and_410_alone_drop() {
    for status in 200..600_u16 {
        for body in ["", "some proxy's page"] {
            let (word, outcome) = judged(&answer(status, body));
            let wanted = match status {
                200..=299 => "accepted",
                401 | 403 => "refused",
                _ => "outcome",
            };
            assert_eq!(word, wanted, "{status}");
            let gone = matches!(status, 404 | 410);
            assert_eq!(drops(&outcome), gone, "{status}");
            if gone {
                assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
            }
        }
    }
}

#[test]
fn statuses_without_words_mean_what_the_table_says() {
    let rows = [
        (301, ErrorKind::Protocol, Retry::Never, Sent::No),
        (307, ErrorKind::Protocol, Retry::Never, Sent::No),
        (406, ErrorKind::RateLimited, Retry::Backoff, Sent::No),
        (408, ErrorKind::Timeout, Retry::Backoff, Sent::Maybe),
        (425, ErrorKind::Unavailable, Retry::Backoff, Sent::No),
        (429, ErrorKind::RateLimited, Retry::Backoff, Sent::No),
        (500, ErrorKind::Unavailable, Retry::Backoff, Sent::Maybe),
        (502, ErrorKind::Unavailable, Retry::Backoff, Sent::Maybe),
        (503, ErrorKind::Unavailable, Retry::Backoff, Sent::No),
        (504, ErrorKind::Unavailable, Retry::Backoff, Sent::Maybe),
    ];
    for (status, kind, retry, sent) in rows {
        let (_, outcome) = judged(&answer(status, ""));
        let Outcome::Failed(error) = &outcome else {
            panic!("{status} {outcome:?}")
        };
        assert_eq!(
            (error.kind(), error.retry(), error.sent()),
            (kind, retry, sent),
            "{status}"
        );
    }
    for (status, kind) in [
        (400, ErrorKind::MessageInvalid),
        (405, ErrorKind::MessageInvalid),
        (413, ErrorKind::PayloadTooLarge),
        (418, ErrorKind::MessageInvalid),
    ] {
        assert_eq!(judged(&answer(status, "")).1.kind(), Some(kind), "{status}");
    }
}

#[test]
fn an_error_in_the_services_own_words_was_not_acted_on() {
    let own = [
        mozilla(500, 999, "oops"),
        answer(
            500,
            r#"{"code":500,"errno":null,"error":"Internal Server Error","message":"oops"}"#,
        ),
        apple(500, "InternalServerError"),
        mozilla(503, 201, "back off"),
    ];
    for response in own {
        let (_, outcome) = judged(&response);
        let Outcome::Failed(error) = &outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Unavailable, Sent::No)
        );
    }
    // JSON alone may be anybody's.
    let (_, gateways) = judged(&answer(500, r#"{"message":"Internal server error"}"#));
    let Outcome::Failed(error) = &gateways else {
        panic!("{gateways:?}")
    };
    assert_eq!(error.sent(), Sent::Maybe);
    // What lies behind a bridge may have been reached.
    let (_, bridge) = judged(&mozilla(502, 901, "timeout"));
    let Outcome::Failed(error) = &bridge else {
        panic!("{bridge:?}")
    };
    assert_eq!(error.sent(), Sent::Maybe);
}

#[test]
fn words_that_do_not_go_with_their_status_mean_nothing() {
    let odd = [
        mozilla(500, 109, "VAPID public key mismatch"),
        mozilla(503, 106, "gone"),
        apple(500, "VapidPkHashMismatch"),
        apple(302, "VapidPkHashMismatch"),
        answer(
            500,
            "the VAPID credentials in the authorization header do not correspond",
        ),
    ];
    for response in odd {
        let (word, outcome) = judged(&response);
        assert_eq!(word, "outcome", "{response:?}");
        assert!(!drops(&outcome));
    }
    // Known words never save a subscription that the status says is gone.
    for response in [
        mozilla(410, 103, "x"),
        mozilla(404, 102, "x"),
        apple(404, "BadPath"),
    ] {
        assert!(drops(&judged(&response).1), "{response:?}");
    }
}

#[test]
fn the_four_dialects_say_a_mismatch_and_a_bare_fault_of_vapid_is_none() {
    let mismatches = [
        mozilla(401, 109, "VAPID public key mismatch"),
        apple(400, "VapidPkHashMismatch"),
        apple(403, "VapidPkHashMismatch"),
        answer(
            403,
            "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n",
        ),
        answer(
            403,
            "the key in the authorization header does not correspond to the sender ID used to subscribe this user.\n",
        ),
    ];
    for response in mismatches {
        let (word, outcome) = judged(&response);
        assert_eq!(word, "mismatched", "{response:?}");
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenMismatch));
        assert!(drops(&outcome));
    }
    let faults = [
        mozilla(401, 109, "InvalidSignature"),
        apple(403, "BadJwtToken"),
        apple(403, "ANewReason"),
        answer(403, "invalid JWT provided\n"),
        answer(400, "UnauthorizedRegistration\n"),
        answer(401, ""),
    ];
    for response in faults {
        let (word, outcome) = judged(&response);
        assert_eq!(word, "refused", "{response:?}");
        assert_eq!(outcome.kind(), Some(ErrorKind::CredentialInvalid));
        assert!(!drops(&outcome));
    }
}

#[test]
fn microsofts_words_stand_in_headers() {
    let mut response = answer(400, "");
    let headers = [
        ("x-wns-status", "dropped"),
        (
            "x-wns-error-description",
            "Ttl value conflicts with X-WNS-Cache-Policy.",
        ),
    ];
    for (name, value) in headers {
        response.headers.insert(name, value.parse().unwrap());
    }
    let (_, outcome) = judged(&response);
    let vendor = outcome.vendor().unwrap();
    assert_eq!(vendor.code, "400");
    assert!(vendor.reason.as_ref().unwrap().contains("conflicts"));
    response.status = StatusCode::INTERNAL_SERVER_ERROR;
    let (_, outcome) = judged(&response);
    let Outcome::Failed(error) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.sent(), Sent::No);
}

#[test]
fn a_pause_is_kept_in_either_form() {
    for (value, seconds) in [("120", 120), ("Mon, 24 Nov 2025 16:01:40 GMT", 100)] {
        for status in [406, 429, 503] {
            let mut response = answer(status, "");
            response
                .headers
                .insert("retry-after", value.parse().unwrap());
            let (_, outcome) = judged(&response);
            let Outcome::Failed(error) = &outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(error.retry(), Retry::After(Duration::from_secs(seconds)));
        }
    }
}

#[test]
fn the_id_is_what_the_service_calls_the_message() {
    for name in IDS {
        for status in [200, 201, 202, 204] {
            let mut response = answer(status, "");
            response.headers.insert(name, "/m/gAAA".parse().unwrap());
            let Judged::Accepted(Outcome::Accepted(accepted)) = judge(&response, NOW) else {
                panic!()
            };
            assert_eq!(accepted.vendor_id.as_deref(), Some("/m/gAAA"));
        }
    }
    let (_, bare) = judged(&answer(201, ""));
    assert_eq!(bare, Outcome::accepted(None));
}
