//! The mass-invalidation guard: what a wrong topic looks like drops nobody's tokens.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use futures_util::StreamExt;
use futures_util::stream;
use zpns_core::layers::Delivery as DeliverySettings;
use zpns_core::router::GuardSettings;
use zpns_core::{
    Batch, Error, ErrorKind, Outcome, ProviderId, PushProvider, Rejection, Report, Router, Sent,
    Target, Timestamp, TokenAction,
};

fn dead() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "gone")
        .with_token(TokenAction::Drop {
            since: Some(Timestamp::from_millis(7)),
        })
        .into()
}

/// Tokens that begin with `dead` are dead.
fn by_token(batch: &Batch) -> Vec<Outcome> {
    (batch.targets().iter())
        .map(|target| match target.token.as_str().starts_with("dead") {
            true => dead(),
            false => Outcome::accepted(None),
        })
        .collect()
}

fn vendor(id: &str, batch: usize) -> Arc<Scripted> {
    Scripted::new(id, batch, 4)
        .answering(|batch, _| by_token(batch))
        .arc()
}

fn audience(provider: &str, live: usize, dead: usize) -> Vec<Target> {
    let live = (0..live).map(|number| Target::new(provider, format!("live{number}")));
    let dead = (0..dead).map(|number| Target::new(provider, format!("dead{number}")));
    live.chain(dead).collect()
}

fn watched(
    providers: impl IntoIterator<Item = Arc<Scripted>>,
    guard: GuardSettings,
) -> (Router, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let mut builder = Router::builder(paused()).observer(recorder.clone());
    for provider in providers {
        let mut delivery = DeliverySettings::default();
        delivery.guard = guard.clone();
        builder = builder.provider_with(provider, delivery);
    }
    (builder.build(), recorder)
}

fn dropped(report: &Report) -> usize {
    let drops = |outcome: &&Outcome| {
        matches!(outcome, Outcome::Rejected(rejection)
            if matches!(rejection.token, TokenAction::Drop { .. }))
    };
    report.outcomes().iter().filter(drops).count()
}

const A: &str = "a";

fn a() -> ProviderId {
    A.into()
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_which_most_turn_invalid_drops_no_token_and_shows_every_verdict() {
    let (router, recorder) = watched([vendor(A, 1_000)], GuardSettings::default());
    let report = router.send(&alert(), audience(A, 100, 50)).await;

    assert_eq!(dropped(&report), 0);
    assert_eq!(report.accepted(), 100);
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 50);
    let Outcome::Rejected(rejection) = &report.outcomes()[149] else {
        panic!("{:?}", report.outcomes()[149]);
    };
    assert_eq!(rejection.token, TokenAction::Keep);
    let reason = &*rejection.reason;
    assert!(reason.starts_with("gone; the token is kept"), "{reason}");
    assert!(reason.contains("50 of 150 tokens"), "{reason}");

    assert_eq!(recorder.of("guard"), ["guard a 50 150"]);
    assert_eq!(recorder.of("rejected").len(), 50);
    assert!(recorder.of("dropped").is_empty());
    let alarm = router.guard(&a()).unwrap();
    assert_eq!((alarm.invalid, alarm.verdicts), (50, 150));
}

#[tokio::test(start_paused = true)]
async fn fewer_than_fifty_dead_tokens_are_dropped_however_large_their_share() {
    let (router, recorder) = watched([vendor(A, 1_000)], GuardSettings::default());
    let report = router.send(&alert(), audience(A, 0, 49)).await;
    assert_eq!(dropped(&report), 49);
    assert_eq!(recorder.of("dropped").len(), 49);
    assert_eq!(router.guard(&a()), None);
}

#[tokio::test(start_paused = true)]
async fn a_fifth_is_plausible_and_one_more_is_not() {
    let (router, _) = watched([vendor(A, 1_000)], GuardSettings::default());
    let report = router.send(&alert(), audience(A, 800, 200)).await;
    assert_eq!(dropped(&report), 200);
    let report = router.send(&alert(), audience(A, 0, 1)).await;
    assert_eq!(dropped(&report), 0);
    assert!(router.guard(&a()).is_some());
}

#[tokio::test(start_paused = true)]
async fn unary_pushes_are_counted_like_batches() {
    let (router, recorder) = watched([vendor(A, 1)], GuardSettings::default());
    let report = router.send(&alert(), audience(A, 0, 200)).await;
    // Nobody can know earlier: the first forty-nine are plausible.
    assert_eq!(dropped(&report), 49);
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 200);
    assert_eq!(recorder.of("guard"), ["guard a 50 50"]);
}

#[tokio::test(start_paused = true)]
async fn verdicts_before_the_window_do_not_count() {
    let resources = paused();
    let clock = Arc::clone(&resources.clock);
    let router = Router::builder(resources)
        .provider(vendor(A, 1_000))
        .build();
    let first = router.send(&alert(), audience(A, 0, 49)).await;
    clock.sleep(Duration::from_secs(601)).await;
    let second = router.send(&alert(), audience(A, 0, 49)).await;
    assert_eq!(dropped(&first) + dropped(&second), 98);
    clock.sleep(Duration::from_secs(300)).await;
    let third = router.send(&alert(), audience(A, 0, 1)).await;
    assert_eq!(
        dropped(&third),
        0,
        "the second and the third are in one window"
    );
}

#[tokio::test(start_paused = true)]
async fn an_alarm_stays_long_after_its_window_until_it_is_released() {
    let resources = paused();
    let clock = Arc::clone(&resources.clock);
    let recorder = Arc::new(Recorder::default());
    let router = Router::builder(resources)
        .observer(recorder.clone())
        .provider(vendor(A, 1_000))
        .build();
    let _ = router.send(&alert(), audience(A, 0, 50)).await;
    clock.sleep(Duration::from_secs(86_400)).await;
    let report = router.send(&alert(), audience(A, 1_000, 1)).await;
    assert_eq!(dropped(&report), 0);

    let alarm = router.release_guard(&a()).unwrap();
    assert_eq!((alarm.invalid, alarm.verdicts), (50, 50));
    assert_eq!(router.guard(&a()), None);
    assert_eq!(router.release_guard(&a()), None, "there is none to release");
    let report = router.send(&alert(), audience(A, 0, 49)).await;
    assert_eq!(dropped(&report), 49, "it counts from nothing");
    let report = router.send(&alert(), audience(A, 0, 1)).await;
    assert_eq!(dropped(&report), 0, "and watches as before");
    assert_eq!(recorder.of("guard").len(), 2);
    assert_eq!(recorder.of("released"), ["released a"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_there_to_be_released_under_an_unknown_name() {
    let (router, recorder) = watched([vendor(A, 10)], GuardSettings::default());
    let nobody = ProviderId::from("nobody");
    assert_eq!(router.release_guard(&nobody), None);
    assert_eq!(router.guard(&nobody), None);
    assert!(recorder.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_alarm_outlives_a_replacement_of_the_provider() {
    let (router, _) = watched([vendor(A, 1_000)], GuardSettings::default());
    let _ = router.send(&alert(), audience(A, 0, 50)).await;
    router.replace(vendor(A, 1_000));
    let report = router.send(&alert(), audience(A, 0, 1)).await;
    assert_eq!(dropped(&report), 0);
    assert!(router.release_guard(&a()).is_some());
}

#[tokio::test(start_paused = true)]
async fn each_provider_is_watched_by_itself() {
    let (router, _) = watched(
        [vendor(A, 1_000), vendor("b", 1_000)],
        GuardSettings::default(),
    );
    let mut everybody = audience(A, 0, 60);
    everybody.extend(audience("b", 1_000, 40));
    let report = router.send(&alert(), everybody).await;
    assert_eq!(dropped(&report), 40);
    assert!(router.guard(&a()).is_some());
    assert_eq!(router.guard(&"b".into()), None);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_off_believes_every_verdict() {
    let (router, recorder) = watched([vendor(A, 1_000)], GuardSettings::off());
    let report = router.send(&alert(), audience(A, 0, 500)).await;
    assert_eq!(dropped(&report), 500);
    assert!(recorder.of("guard").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_a_token_counts_neither_for_nor_against_it() {
    let outcomes = |batch: &Batch| {
        let of = |(number, _)| match number % 4 {
            0 => rejected(ErrorKind::MessageInvalid),
            1 => Error::new(ErrorKind::Protocol, "?")
                .with_sent(Sent::Maybe)
                .into(),
            2 => rejected(ErrorKind::QuotaExceeded),
            _ => dead(),
        };
        batch.targets().iter().enumerate().map(of).collect()
    };
    let provider = Scripted::new(A, 1_000, 4).answering(move |batch, _| outcomes(batch));
    let (router, recorder) = watched([provider.arc()], GuardSettings::default());
    let report = router.send(&alert(), targets(A, 400)).await;
    assert_eq!(dropped(&report), 0);
    assert_eq!(recorder.of("guard"), ["guard a 100 100"]);
}

#[tokio::test(start_paused = true)]
async fn replaced_and_muted_tokens_are_left_as_they_are() {
    let provider = Scripted::new(A, 1_000, 4).answering(|batch, _| {
        let of = |(number, _)| match number {
            0 => Rejection::new(ErrorKind::TokenInvalid, "moved")
                .with_token(TokenAction::Replace("new".into()))
                .into(),
            1 => Rejection::new(ErrorKind::Muted, "muted")
                .with_token(TokenAction::Mute { until: None })
                .into(),
            _ => dead(),
        };
        batch.targets().iter().enumerate().map(of).collect()
    });
    let (router, recorder) = watched([provider.arc()], GuardSettings::default());
    let report = router.send(&alert(), targets(A, 60)).await;
    let action = |position: usize| match &report.outcomes()[position] {
        Outcome::Rejected(rejection) => rejection.token.as_str(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (action(0), action(1), action(2)),
        ("replace", "mute", "keep")
    );
    assert_eq!(recorder.of("replaced"), ["replaced 0 new"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_streams_at_once_give_one_alarm_and_drop_no_more_than_is_plausible() {
    let (router, recorder) = watched([vendor(A, 1)], GuardSettings::default());
    let streams = (0..8).map(|_| {
        let router = router.clone();
        tokio::spawn(async move {
            let deliveries = router.stream(&alert(), stream::iter(audience(A, 0, 500)));
            let drops = deliveries.filter(|delivery| {
                let drops = matches!(&delivery.outcome, Outcome::Rejected(rejection)
                    if matches!(rejection.token, TokenAction::Drop { .. }));
                std::future::ready(drops)
            });
            drops.count().await
        })
    });
    let mut drops = 0;
    for stream in streams.collect::<Vec<_>>() {
        drops += stream.await.unwrap();
    }
    assert_eq!(drops, 49);
    assert_eq!(recorder.of("guard").len(), 1);
    assert_eq!(recorder.of("dropped").len(), 49);
}

#[test]
fn settings_are_read_from_a_file_and_nonsense_is_refused() {
    let read = |json: &str| serde_json::from_str::<GuardSettings>(json);
    let settings = read(r#"{"share": "0.5", "at_least": "9", "window_ms": 60000}"#).unwrap();
    assert!(settings.enabled);
    assert_eq!((settings.share, settings.at_least), (0.5, 9));
    assert_eq!(settings.window, Duration::from_secs(60));
    assert_eq!(read("{}").unwrap(), GuardSettings::default());
    for nonsense in [
        r#"{"share": 1.5}"#,
        r#"{"share": -0.1}"#,
        r#"{"share": "NaN"}"#,
        r#"{"share": "inf"}"#,
        r#"{"at_least": -1}"#,
        r#"{"window_ms": 0}"#,
        r#"{"windows": 1}"#,
    ] {
        assert!(read(nonsense).is_err(), "{nonsense}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_settings_neither_divide_by_zero_nor_give_an_alarm_over_nothing() {
    let mut settings = GuardSettings::default();
    settings.window = Duration::ZERO;
    settings.share = f64::NAN;
    settings.at_least = 0;
    let (router, recorder) = watched([vendor(A, 10)], settings);
    let report = router.send(&alert(), audience(A, 10, 10)).await;
    assert_eq!(report.len(), 20);
    assert!(recorder.of("guard").is_empty(), "no share is over NaN");
    let provider: Arc<dyn PushProvider> = router.provider(&a()).unwrap();
    assert_eq!(provider.info().id, a());
}
