//! What goes wrong on the way: one table, in which every row is a case.

use std::time::Duration;

use zpns::layers::Retries;
use zpns::{Capability, ErrorKind, Notification, Outcome, SendOptions, Sent};
use zpns_simulator::faults::{Fault, GoAwayMode, Rule};

use super::{Case, any};
use crate::scene::{Scene, accepted, failed, once, within};
use crate::subjects::{Subject, WORDLESS_AT_500};

/// One fault, and what is known of the push that it hits.
struct Row {
    name: &'static str,
    fault: fn() -> Fault,
    then: Then,
}

/// What is known of a push that a fault hit.
#[derive(Clone, Copy)]
enum Then {
    /// The vendor provably did not act: the transport sends it again by itself, at once.
    Replayed,
    /// The vendor did not act: it is retried.
    NotSent(ErrorKind),
    /// Nobody knows: it is retried only where a repeat does no harm.
    Lost(ErrorKind),
    /// As `Lost`, where the vendor says in the body that it accepted; else it was accepted.
    LostIfSpoken(ErrorKind),
}

use Then::{Lost, LostIfSpoken, NotSent, Replayed};

/// The case of an error that is the vendor's own, and not that of something on the way.
const VENDORS_OWN_500: &str = "vendors_own_500";

/// How long the provider waits for an answer in these cases.
const TIMEOUT: Duration = Duration::from_millis(400);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("refused_stream", || reset(|_, _, code| *code = Some(7)), Replayed),
    row("goaway", || Fault::goaway(GoAwayMode::Graceful), Replayed),
    row("busy_503", || Fault::status(503), NotSent(ErrorKind::Unavailable)),
    row("busy_503_page", || Fault::Html { status: 503 }, NotSent(ErrorKind::Unavailable)),
    row(VENDORS_OWN_500, || Fault::status(500), NotSent(ErrorKind::Unavailable)),
    row("too_fast_429", || Fault::retry_after(429, 1), NotSent(ErrorKind::RateLimited)),
    row("too_fast_429_page", || Fault::Html { status: 429 }, NotSent(ErrorKind::RateLimited)),
    row("gateway_502_page", || Fault::Html { status: 502 }, Lost(ErrorKind::Unavailable)),
    row("gateway_504_page", || Fault::Html { status: 504 }, Lost(ErrorKind::Unavailable)),
    row("page_500", || Fault::Html { status: 500 }, Lost(ErrorKind::Unavailable)),
    row("malformed_500", || malformed(Some(500)), Lost(ErrorKind::Unavailable)),
    row("malformed_body", || malformed(None), LostIfSpoken(ErrorKind::Protocol)),
    row("reset_stream", Fault::reset, Lost(ErrorKind::Unavailable)),
    row("reset_stream_of_a_processed_push", || reset(|processed, _, _| *processed = true), Lost(ErrorKind::Unavailable)),
    row("reset_mid_response", reset_mid_response, Lost(ErrorKind::Unavailable)),
    row("dropped_connection", || reset(|_, connection, _| *connection = true), Lost(ErrorKind::Unavailable)),
    row("goaway_that_covers_everything", || Fault::goaway(GoAwayMode::Abrupt), Lost(ErrorKind::Unavailable)),
    row("goaway_after_processing", || Fault::goaway(GoAwayMode::AbruptProcessed), Lost(ErrorKind::Unavailable)),
    row("stall", Fault::stall, Lost(ErrorKind::Timeout)),
    row("stall_of_a_processed_push", || Fault::Stall { processed: true, connection: false }, Lost(ErrorKind::Timeout)),
    row("frozen_connection", || Fault::Stall { processed: false, connection: true }, Lost(ErrorKind::Timeout)),
];

const fn row(name: &'static str, fault: fn() -> Fault, then: Then) -> Row {
    Row { name, fault, then }
}

fn reset(change: fn(&mut bool, &mut bool, &mut Option<u32>)) -> Fault {
    let (mut processed, mut connection, mut code) = (false, false, None);
    change(&mut processed, &mut connection, &mut code);
    Fault::Reset {
        after_headers: false,
        processed,
        connection,
        code,
    }
}

fn reset_mid_response() -> Fault {
    Fault::Reset {
        after_headers: true,
        processed: true,
        connection: false,
        code: None,
    }
}

fn malformed(status: Option<u16>) -> Fault {
    Fault::MalformedBody { status, body: None }
}

/// A case for every row, and for every row whose push may be lost, two on repeating it.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in ROWS {
        cases.push(Case {
            name: row.name.to_owned(),
            needs: match row.name {
                VENDORS_OWN_500 => speaks_at_500,
                _ => any,
            },
            run: Box::new(|subject| Box::pin(hit(subject, row))),
        });
        if matches!(row.then, Lost(_) | LostIfSpoken(_)) {
            cases.push(Case {
                name: format!("{}_is_repeated_with_a_collapse_key", row.name),
                needs: collapse,
                run: Box::new(|subject| Box::pin(repeated_with_a_collapse_key(subject, row))),
            });
            cases.push(Case {
                name: format!("{}_is_repeated_on_demand", row.name),
                needs: any,
                run: Box::new(|subject| Box::pin(repeated_on_demand(subject, row))),
            });
        }
    }
    cases
}

fn speaks_at_500(subject: &Subject, _: &Capability) -> bool {
    !WORDLESS_AT_500.contains(&subject.vendor)
}

fn collapse(_: &Subject, capability: &Capability) -> bool {
    capability.collapse_replaces
}

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

/// One push under default delivery, and what comes of it.
async fn hit(subject: &'static Subject, row: &'static Row) {
    let scene = scene(subject, row, once((row.fault)())).await;
    // Longer than any vendor is left alone after a 429 that names no time.
    let options = within(Duration::from_secs(300));
    let report = scene
        .router
        .send_with(&hello(), [scene.live()], &options)
        .await;
    let outcome = &report.outcomes()[0];
    match row.then {
        Replayed => {
            accepted(outcome);
            assert!(
                scene.clock.pauses().is_empty(),
                "the transport does it, no retry is needed"
            );
        }
        NotSent(_) => {
            accepted(outcome);
            assert_eq!(scene.pushes().len(), 2);
            assert_eq!(scene.clock.pauses().len(), 1);
        }
        LostIfSpoken(_) if !subject.wire.speaks_when_it_accepts => {
            accepted(outcome);
        }
        // The vendor drops a repeat with the same id, so that repeating it does no harm.
        Lost(_) | LostIfSpoken(_) if scene.capability().deduplicates => {
            accepted(outcome);
            assert_eq!(scene.pushes().len(), 2);
        }
        Lost(kind) | LostIfSpoken(kind) => nobody_knows(&scene, outcome, kind),
    }
    assert!(
        scene.shown().into_values().sum::<usize>() <= 1,
        "never twice"
    );
    if let NotSent(kind) = row.then {
        without_retries(subject, row, kind).await;
    }
    // Whatever it was, it is over.
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
}

/// What a caller learns who does without retries.
async fn without_retries(subject: &'static Subject, row: &'static Row, kind: ErrorKind) {
    let scene = Scene::stage(subject)
        .delivery(|delivery| delivery.retries = Retries::none())
        .open()
        .await;
    scene.faults([once((row.fault)())]);
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!((error.kind(), error.sent()), (kind, Sent::No), "{error:?}");
}

#[track_caller]
fn nobody_knows(scene: &Scene, outcome: &Outcome, kind: ErrorKind) {
    let error = failed(outcome);
    assert_eq!(
        (error.kind(), error.sent()),
        (kind, Sent::Maybe),
        "{error:?}"
    );
    assert_eq!(scene.pushes().len(), 1, "not repeated");
}

async fn repeated_with_a_collapse_key(subject: &'static Subject, row: &'static Row) {
    let scene = scene(subject, row, once((row.fault)())).await;
    let message = hello().with_collapse_key("room-7");
    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.pushes().len(), 1 + repeats(subject, row));
}

async fn repeated_on_demand(subject: &'static Subject, row: &'static Row) {
    let scene = scene(subject, row, once((row.fault)())).await;
    let report = scene
        .router
        .send_with(&hello(), [scene.live()], &on_demand())
        .await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.pushes().len(), 1 + repeats(subject, row));
}

/// Rather twice than not at all.
fn on_demand() -> SendOptions {
    let mut options = SendOptions::default();
    options.at_least_once = true;
    options
}

fn repeats(subject: &Subject, row: &Row) -> usize {
    match row.then {
        LostIfSpoken(_) if !subject.wire.speaks_when_it_accepts => 0,
        _ => 1,
    }
}

/// A scene that is warm, with one fault ahead. Where the fault is silence, nobody waits for long.
async fn scene(subject: &'static Subject, row: &Row, rule: Rule) -> Scene {
    let mut stage = Scene::stage(subject);
    if matches!(row.then, Lost(ErrorKind::Timeout)) {
        let millis = i64::try_from(TIMEOUT.as_millis()).unwrap();
        stage = stage.key("timeout_ms", millis);
    }
    let scene = stage.open().await;
    // On a busy machine log-in and handshake may take longer than that.
    let report = scene
        .router
        .send_with(&hello(), [scene.live()], &on_demand())
        .await;
    accepted(&report.outcomes()[0]);
    scene.simulator.clear();
    scene.faults([rule]);
    scene
}
