//! What observers are told: every event of the design, each exactly once.

mod common;

use std::sync::Arc;

use common::*;
use zpns_core::layers::{BreakerState, Delivery, RateUnit};
use zpns_core::resources::ManualClock;
use zpns_core::{
    Capability, Category, ErrorKind, Outcome, ProviderId, PushProvider, Rejection, Resources,
    Retry, Router, Scope, Sent, Timestamp, TokenAction,
};

/// 2026-11-25 15:59:00 UTC, a minute before midnight in China.
const LATE_IN_CHINA: u64 = 1_795_622_340;

fn watched(
    resources: Resources,
    provider: Arc<Scripted>,
    delivery: Delivery,
) -> (Router, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let router = Router::builder(resources)
        .provider_with(provider, delivery)
        .observer(recorder.clone())
        .build();
    (router, recorder)
}

fn at(secs: u64) -> (Arc<ManualClock>, Resources) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(secs)));
    (clock.clone(), resources(clock))
}

fn gone() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "gone")
        .with_token(TokenAction::Drop { since: None })
        .into()
}

fn moved() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "moved")
        .with_token(TokenAction::Replace("new".into()))
        .into()
}

fn used_up() -> Outcome {
    Rejection::new(ErrorKind::QuotaExceeded, "used up")
        .with_scope(Scope::Class)
        .into()
}

fn too_fast() -> Outcome {
    failed(ErrorKind::RateLimited, Retry::Backoff, Sent::No)
}

/// Opens after ten failures, and probes half a second later.
fn hasty() -> Delivery {
    let mut delivery = without_retries();
    delivery.breaker.at_least = 10;
    delivery
}

#[tokio::test(start_paused = true)]
async fn every_target_has_one_verdict_and_one_word_for_its_token() {
    let provider = Scripted::new("a", 10, 2).answering(|batch, _| {
        let answer = |token: &str| match token {
            "0" => Outcome::accepted(None),
            "1" => gone(),
            "2" => moved(),
            _ => failed(ErrorKind::Protocol, Retry::Never, Sent::Maybe),
        };
        let targets = batch.targets().iter();
        targets
            .map(|target| answer(target.token.as_str()))
            .collect()
    });
    let (router, recorder) = watched(paused(), provider.arc(), Delivery::default());
    let _ = router.send(&alert(), targets("a", 4)).await;
    assert_eq!(
        recorder.lines(),
        [
            "accepted 0",
            "rejected 1 token_invalid",
            "dropped 1 None",
            "rejected 2 token_invalid",
            "replaced 2 new",
            "failed 3 protocol",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_of_a_provider_that_there_is_not_is_told_of_too() {
    let (router, recorder) = watched(
        paused(),
        Scripted::new("a", 10, 2).arc(),
        Delivery::default(),
    );
    let _ = router.send(&alert(), targets("b", 2)).await;
    assert_eq!(
        recorder.lines(),
        ["rejected 0 unsupported", "rejected 1 unsupported"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_told_of_once_however_many_targets_it_is_of() {
    let provider = Scripted::new("a", 10, 1).in_turn(vec![busy(), Outcome::accepted(None)]);
    let (router, recorder) = watched(paused(), provider.arc(), Delivery::default());
    let _ = router.send(&alert(), targets("a", 3)).await;
    let lines = recorder.lines();
    assert!(lines[0].starts_with("retried 3 2 "), "{lines:?}");
    assert_eq!(lines[1..], ["accepted 0", "accepted 1", "accepted 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_is_told_of_once_when_it_opens_for_each_probe_and_when_it_closes() {
    let provider = Scripted::new("a", 1, 16).answering(|_, call| match call {
        0..=10 => vec![busy()],
        _ => vec![Outcome::accepted(None)],
    });
    let (router, recorder) = watched(paused(), provider.arc(), hasty());
    let state = || router.status()[0].layers.breaker;
    let _ = router.send(&alert(), targets("a", 10)).await;
    assert_eq!(state(), BreakerState::Open);
    let _ = router.send(&alert(), targets("a", 100)).await;
    // The first probe fails, the second one does not.
    for pause in [millis(500), secs(1)] {
        paused().clock.sleep(pause).await;
        let _ = router.send(&alert(), targets("a", 1)).await;
    }
    assert_eq!(state(), BreakerState::Closed);
    let mut lines = recorder.lines();
    lines.retain(|line| !line.starts_with("failed") && !line.starts_with("accepted"));
    assert_eq!(
        lines,
        ["opened unavailable", "halfopened", "halfopened", "closed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_breaker_is_half_open_while_its_probe_is_on_its_way() {
    let provider = Scripted::new("a", 1, 16).gated().in_turn(vec![busy()]);
    let provider = provider.arc();
    let (router, _) = watched(paused(), provider.clone(), hasty());
    provider.let_go(10);
    let _ = router.send(&alert(), targets("a", 10)).await;
    paused().clock.sleep(millis(500)).await;
    let message = alert();
    {
        let mut probe = Box::pin(router.send(&message, targets("a", 1)));
        assert!(futures_util::poll!(&mut probe).is_pending());
        assert_eq!(router.status()[0].layers.breaker, BreakerState::HalfOpen);
    }
    // Nobody wants its outcome any more.
    assert_eq!(router.status()[0].layers.breaker, BreakerState::Open);
}

#[tokio::test]
async fn a_quota_is_told_of_once_when_it_is_used_up_and_once_when_it_begins_anew() {
    let (clock, resources) = at(LATE_IN_CHINA);
    let provider = Scripted::new("a", 10, 4)
        .with(|capability| capability.quota_day = Some(Capability::CHINA))
        .answering(|batch, call| {
            let outcome = match call {
                0 => used_up(),
                _ => Outcome::accepted(None),
            };
            vec![outcome; batch.targets().len()]
        });
    let (router, recorder) = watched(resources, provider.arc(), Delivery::default());
    let news = alert().with_category(Category::News);
    for _ in 0..3 {
        let _ = router.send(&news, targets("a", 10)).await;
    }
    let used_up = router.status()[0].layers.used_up.clone();
    assert_eq!(used_up.len(), 1);
    assert_eq!(used_up[0].category, Some(Category::News));
    clock.advance(secs(60));
    assert_eq!(router.status()[0].layers.used_up, []);
    for _ in 0..3 {
        let _ = router.send(&news, targets("a", 1)).await;
    }
    let mut lines = recorder.lines();
    lines.retain(|line| line.contains("latched"));
    let midnight = (LATE_IN_CHINA + 60) * 1_000;
    assert_eq!(
        lines,
        [
            format!("latched Some(News) {midnight}"),
            "unlatched Some(News)".to_owned()
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_told_of_once_for_each_change() {
    let provider = Scripted::new("a", 1, 64).answering(|_, call| match call {
        0..8 => vec![too_fast()],
        _ => vec![Outcome::accepted(None)],
    });
    let mut delivery = without_retries();
    delivery.rate_per_second = std::num::NonZeroU32::new(100);
    let (router, recorder) = watched(paused(), provider.arc(), delivery);
    // Eight complaints at once are one.
    let _ = router.send(&alert(), targets("a", 8)).await;
    let layers = router.status()[0].layers.clone();
    assert_eq!(
        (layers.per_second, layers.rate_unit),
        (Some(50.0), RateUnit::Requests)
    );
    paused().clock.sleep(secs(60)).await;
    let _ = router.send(&alert(), targets("a", 8)).await;
    assert_eq!(
        recorder.of("rate"),
        ["rate Some(50.0) requests", "rate Some(100.0) requests"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_guard_is_told_of_once_when_it_closes_and_once_when_it_is_released() {
    let provider = Scripted::new("a", 10, 4).in_turn(vec![gone()]);
    let (router, recorder) = watched(paused(), provider.arc(), Delivery::default());
    for _ in 0..3 {
        let _ = router.send(&alert(), targets("a", 100)).await;
    }
    let a = ProviderId::from("a");
    assert!(router.release_guard(&a).is_some());
    assert_eq!(router.release_guard(&a), None);
    assert_eq!(recorder.of("guard").len(), 1);
    assert_eq!(recorder.of("released"), ["released a"]);
}

#[tokio::test]
async fn what_ends_within_two_weeks_is_told_of_once_an_hour_while_something_is_sent() {
    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 86_400;
    let (clock, resources) = at(NOW);
    let provider = Scripted::new("a", 10, 1)
        .expiring("certificate", Timestamp::from_secs(NOW + 14 * DAY))
        .expiring("key", Timestamp::from_secs(NOW + 15 * DAY));
    let (router, recorder) = watched(resources, provider.arc(), Delivery::default());
    for _ in 0..3 {
        let _ = router.send(&alert(), targets("a", 2)).await;
    }
    let first = format!("expiring a certificate {}", 14 * DAY);
    assert_eq!(recorder.of("expiring"), std::slice::from_ref(&first));
    clock.advance(secs(3_600));
    let _ = router.send(&alert(), targets("a", 2)).await;
    let second = format!("expiring a certificate {}", 14 * DAY - 3_600);
    assert_eq!(recorder.of("expiring"), [first, second]);
    // What is over is told of as well: with nothing left.
    clock.advance(secs(20 * DAY));
    let _ = router.send(&alert(), targets("a", 2)).await;
    let told = recorder.of("expiring");
    assert_eq!(told[2..], ["expiring a certificate 0", "expiring a key 0"]);
}

#[tokio::test]
async fn a_new_provider_s_credentials_are_looked_at_at_once_and_nobody_else_s_again() {
    const NOW: u64 = 1_800_000_000;
    let (_, resources) = at(NOW);
    let soon = Timestamp::from_secs(NOW + 3_600);
    let old = Scripted::new("a", 10, 1).expiring("certificate", soon);
    let (router, recorder) = watched(resources, old.arc(), Delivery::default());
    let _ = router.send(&alert(), targets("a", 1)).await;
    router.replace(Scripted::new("b", 10, 1).expiring("key", soon).arc());
    let _ = router.send(&alert(), targets("a", 1)).await;
    assert_eq!(
        recorder.of("expiring"),
        ["expiring a certificate 3600", "expiring b key 3600"]
    );
}

/// A provider on which everything has gone wrong at once.
async fn on_a_bad_day() -> (Router, Arc<Recorder>, Arc<Scripted>) {
    let provider = Scripted::new("a", 1, 16)
        .gated()
        .with(|capability| capability.quota_day = Some(Capability::CHINA))
        .answering(|_, call| match call {
            0 => vec![used_up()],
            1 => vec![too_fast()],
            _ => vec![busy()],
        });
    let provider = provider.arc();
    let (router, recorder) = watched(paused(), provider.clone(), hasty());
    provider.let_go(12);
    let news = alert().with_category(Category::News);
    let _ = router.send(&news, targets("a", 1)).await;
    let _ = router.send(&alert(), targets("a", 1)).await;
    let _ = router.send(&alert(), targets("a", 10)).await;
    (router, recorder, provider)
}

#[tokio::test(start_paused = true)]
async fn a_replacement_ends_what_was_told_of_the_provider_before_it() {
    let (router, recorder, _) = on_a_bad_day().await;
    let layers = router.status()[0].layers.clone();
    assert_eq!(layers.breaker, BreakerState::Open);
    assert_eq!(layers.used_up.len(), 1);
    assert!(layers.per_second.is_some());
    let before = recorder.lines().len();
    router.replace(Scripted::new("a", 1, 16).arc());
    let mut lines = recorder.lines().split_off(before);
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["closed", "rate None requests", "unlatched Some(News)"]
    );
    let layers = router.status()[0].layers.clone();
    assert_eq!(layers.breaker, BreakerState::Closed);
    assert_eq!((layers.used_up.len(), layers.per_second), (0, None));
}

#[tokio::test(start_paused = true)]
async fn what_late_batches_of_a_replaced_provider_find_out_is_no_news() {
    let provider = Scripted::new("a", 1, 16)
        .gated()
        .in_turn(vec![busy()])
        .arc();
    let (router, recorder) = watched(paused(), provider.clone(), hasty());
    let message = alert();
    let mut late = Box::pin(router.send(&message, targets("a", 10)));
    assert!(futures_util::poll!(&mut late).is_pending());
    assert_eq!(provider.in_flight(), 10);
    let replacement: Arc<dyn PushProvider> = Scripted::new("a", 1, 16).arc();
    router.replace(replacement);
    provider.let_go(10);
    let report = late.await;
    assert_eq!(report.failed(), 10);
    assert_eq!(recorder.of("opened"), [""; 0]);
    assert_eq!(router.status()[0].layers.breaker, BreakerState::Closed);
}
