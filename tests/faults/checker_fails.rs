//! The checker can fail: every invariant is broken once, and found.

use std::time::Duration;

use libtest_mimic::Trial;
use zpns::{ErrorKind, MessageId, Sent};

use crate::checker::Violation::{self, *};
use crate::checker::{Given, History, Request, violations};
use crate::recorder::{Attempt, End, Ended};

/// A name, how a sound history is broken, and what is found then.
type Row = (&'static str, fn(&mut History), &'static [fn() -> Violation]);

const GONE: End = End::Rejected {
    kind: ErrorKind::TokenInvalid,
    drops: true,
};

const NOT_SENT: End = End::Failed {
    kind: ErrorKind::Unavailable,
    sent: Sent::No,
};

const LOST: End = End::Failed {
    kind: ErrorKind::Timeout,
    sent: Sent::Maybe,
};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("a_sound_history_is_sound", |_| {}, &[]),
    ("a_target_without_an_outcome_is_found", |history| { history.handed_out.remove(0); }, &[|| NoOutcome(0)]),
    ("a_caller_who_gave_up_is_owed_nothing", |history| { history.handed_out.remove(0); history.given_up = true; }, &[]),
    ("a_target_with_two_outcomes_is_found", |history| history.handed_out.push((0, End::Accepted)), &[|| TwoOutcomes(0)]),
    ("an_outcome_of_nobody_is_found", |history| history.handed_out.push((9, End::Accepted)), &[|| OutcomeOfNobody(9)]),
    ("an_outcome_that_observers_know_otherwise_is_found", |history| history.told[0].1 = LOST, &[|| ToldOtherwise(live())]),
    ("an_outcome_that_observers_never_hear_is_found", |history| { history.told.remove(0); }, &[|| ToldOtherwise(live())]),
    ("an_outcome_that_observers_hear_twice_is_found", |history| history.told.push((live(), End::Accepted)), &[|| ToldOtherwise(live())]),
    ("an_outcome_told_twice_is_found_though_the_caller_gave_up", |history| {
        history.given_up = true;
        history.handed_out.clear();
        history.told.push((live(), End::Accepted));
    }, &[|| ToldOtherwise(live())]),
    ("an_acceptance_that_the_vendor_never_gave_is_found", |history| history.requests[0].taken.clear(), &[|| NeverTaken(live())]),
    ("a_certain_failure_of_what_the_vendor_took_is_found", |history| ends_as(history, 0, NOT_SENT), &[|| TakenAllTheSame(live())]),
    ("a_verdict_against_what_the_vendor_took_is_found", |history| {
        ends_as(history, 0, End::Rejected { kind: ErrorKind::QuotaExceeded, drops: false });
    }, &[|| TakenAllTheSame(live())]),
    ("a_push_sent_again_after_its_acceptance_was_read_is_found", |history| {
        history.given[0].repeatable = true;
        history.attempts.push(attempt(3, 0, &live(), End::Accepted));
    }, &[|| SentAgain(live())]),
    ("a_push_repeated_at_risk_is_found_in_the_vendors_record", |history| {
        history.requests.push(request(&live(), true));
    }, &[|| RepeatedAtRisk(live())]),
    ("a_repeat_that_does_no_harm_is_none", |history| {
        history.given[0].repeatable = true;
        history.requests.push(request(&live(), true));
    }, &[]),
    ("a_retry_beyond_the_time_to_live_is_found", |history| {
        history.attempts.insert(0, attempt(0, 0, &live(), NOT_SENT));
        history.attempts[1].at = Duration::from_secs(11);
    }, &[|| TooLate(live())]),
    ("a_retry_in_time_is_none", |history| {
        history.attempts.insert(0, attempt(0, 0, &live(), NOT_SENT));
        history.attempts[1].at = Duration::from_secs(9);
    }, &[]),
    ("an_attempt_that_never_ends_is_found", |history| history.attempts[0].ended = None, &[|| NeverEnded(live())]),
    ("a_live_token_that_is_dropped_is_found", |history| history.dropped.push(live()), &[|| DroppedAlive(live())]),
    ("a_verdict_that_drops_a_live_token_is_found", |history| {
        history.requests[0].taken.clear();
        ends_as(history, 0, GONE);
    }, &[|| DroppedAlive(live())]),
    ("a_dead_token_that_is_not_dropped_is_found", |history| history.dropped.clear(), &[|| KeptDead(dead())]),
    ("a_dead_token_of_which_only_the_attempt_knows_is_found", |history| {
        history.dropped.clear();
        let kept = End::Rejected { kind: ErrorKind::TokenInvalid, drops: false };
        history.told[1].1 = kept;
        history.handed_out[1].1 = kept;
    }, &[|| KeptDead(dead())]),
    ("a_token_that_is_dropped_twice_is_found", |history| history.dropped.push(dead()), &[|| DroppedTwice(dead())]),
    ("a_dead_device_that_accepts_is_found", |history| {
        history.dropped.clear();
        history.attempts.remove(1);
        history.requests[1].taken.push(dead());
        history.told[1].1 = End::Accepted;
        history.handed_out[1].1 = End::Accepted;
    }, &[|| NeverTaken(dead())]),
];

/// One test for each row.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    ROWS.iter().map(|(name, breaks, expected)| {
        Trial::test(format!("checker::{name}"), move || {
            let mut history = sound();
            breaks(&mut history);
            let expected: Vec<Violation> = expected.iter().map(|violation| violation()).collect();
            assert_eq!(violations(&history), expected);
            Ok(())
        })
    })
}

fn live() -> String {
    "live".to_owned()
}

fn dead() -> String {
    "dead".to_owned()
}

/// One live and one dead device, to each of which one push went out.
fn sound() -> History {
    let given = |token: String, dead| Given {
        token,
        dead,
        repeatable: false,
    };
    History {
        given: vec![given(live(), false), given(dead(), true)],
        handed_out: vec![(0, End::Accepted), (1, GONE)],
        told: vec![(live(), End::Accepted), (dead(), GONE)],
        given_up: false,
        attempts: vec![
            attempt(0, 1, &live(), End::Accepted),
            attempt(0, 1, &dead(), GONE),
        ],
        requests: vec![request(&live(), true), request(&dead(), false)],
        dropped: vec![dead()],
        within: Some(Duration::from_secs(10)),
    }
}

fn attempt(from: u64, to: u64, token: &str, end: End) -> Attempt {
    Attempt {
        message: MessageId::default(),
        at: Duration::from_secs(from),
        tokens: vec![token.to_owned()],
        ended: Some(Ended {
            at: Duration::from_secs(from.max(to)),
            outcomes: Some(vec![end]),
        }),
    }
}

fn request(token: &str, taken: bool) -> Request {
    let tokens = vec![token.to_owned()];
    let taken = if taken { tokens.clone() } else { Vec::new() };
    Request { tokens, taken }
}

/// The outcome of one target, to the caller and to observers.
fn ends_as(history: &mut History, position: usize, end: End) {
    history.handed_out[position].1 = end;
    history.told[position].1 = end;
}
