use futures_util::FutureExt;
use zpns_core::layers::{Breaker, Delivery, Retries, RetryBudget};
use zpns_core::resources::SeededRandom;
use zpns_core::{ErrorKind, Fields, Outcome, Random, Retry, Sent};

use super::*;
use crate::common::{Recorder, busy, error, failed, kinds, lost, millis, rejected, secs};

fn after(pause: Duration) -> Outcome {
    failed(ErrorKind::RateLimited, Retry::After(pause), Sent::No)
}

fn attempts(provider: &Scripted) -> Vec<u32> {
    provider.calls().iter().map(|call| call.attempt).collect()
}

#[tokio::test(start_paused = true)]
async fn what_waiting_mends_is_tried_again_as_another_attempt() {
    let accepted = Outcome::accepted(None);
    let provider = Scripted::new("a", 10, 1)
        .in_turn(vec![busy(), busy(), accepted])
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    assert_eq!(layer.send(&batch(&provider, 2, None)).await.accepted(), 2);
    assert_eq!(attempts(&provider), [1, 2, 3]);
    assert_eq!(provider.encodes(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_the_last_attempt_the_last_failure_stands() {
    let provider = Scripted::new("a", 10, 1).in_turn(vec![busy()]).arc();
    let layer = wrap(&Retries::default(), &provider);
    let report = layer.send(&batch(&provider, 2, None)).await;
    assert_eq!(kinds(report.outcomes()), [Some(ErrorKind::Unavailable); 2]);
    assert_eq!(attempts(&provider), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn verdicts_hopeless_failures_and_cancellations_are_final() {
    for outcome in [
        Outcome::accepted(None),
        rejected(ErrorKind::TokenInvalid),
        rejected(ErrorKind::QuotaExceeded),
        failed(ErrorKind::Unavailable, Retry::Never, Sent::No),
        failed(ErrorKind::Cancelled, Retry::Backoff, Sent::No),
    ] {
        let provider = Scripted::new("a", 10, 1)
            .in_turn(vec![outcome.clone()])
            .arc();
        let layer = wrap(&Retries::default(), &provider);
        let report = layer.send(&batch(&provider, 1, None)).await;
        assert_eq!(report.outcomes(), [outcome]);
        assert_eq!(provider.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_retries_means_none() {
    let provider = Scripted::new("a", 10, 1).in_turn(vec![busy()]).arc();
    let layer = wrap(&Retries::none(), &provider);
    let report = layer.send(&batch(&provider, 1, None)).now_or_never();
    assert_eq!(report.unwrap().failed(), 1);
    assert_eq!(provider.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_undelivered_part_of_a_batch_is_tried_again() {
    let provider = Scripted::new("a", 10, 1)
        .answering(|batch, call| {
            let answer = |token: &str| match (token, call) {
                ("1", 0) | ("3", 0 | 1) => busy(),
                ("2", _) => rejected(ErrorKind::TokenInvalid),
                _ => Outcome::accepted(Some(format!("{token} in call {call}"))),
            };
            let targets = batch.targets().iter();
            targets
                .map(|target| answer(target.token.as_str()))
                .collect()
        })
        .arc();
    let recorder = Arc::<Recorder>::default();
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let layer = wrap_with(&Retries::default(), &provider, paused(), observers);
    let report = layer.send(&batch(&provider, 5, None)).await;
    assert_eq!(
        provider.tokens(),
        [vec!["0", "1", "2", "3", "4"], vec!["1", "3"], vec!["3"]]
    );
    let accepted = |text: &str| Outcome::accepted(Some(text.to_owned()));
    assert_eq!(
        report.outcomes(),
        [
            accepted("0 in call 0"),
            accepted("1 in call 1"),
            rejected(ErrorKind::TokenInvalid),
            accepted("3 in call 2"),
            accepted("4 in call 0"),
        ]
    );
    let retried = recorder.of("retried");
    assert!(retried[0].starts_with("retried 2 2 "), "{retried:?}");
    assert!(retried[1].starts_with("retried 1 3 "), "{retried:?}");
    assert!(retried[1].ends_with(" unavailable"), "{retried:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_repeated_only_where_that_shows_nothing_twice() {
    let keyed = alert().with_collapse_key("k");
    let cases = [
        ("plain", alert(), false, false, false, 1),
        (
            "a key that replaces nothing",
            keyed.clone(),
            false,
            false,
            false,
            1,
        ),
        ("a key that replaces", keyed, true, false, false, 2),
        (
            "no key where one would replace",
            alert(),
            true,
            false,
            false,
            1,
        ),
        ("the vendor drops repeats", alert(), false, true, false, 2),
        (
            "the caller would rather have it twice",
            alert(),
            false,
            false,
            true,
            2,
        ),
    ];
    for (name, message, collapse_replaces, deduplicates, at_least_once, calls) in cases {
        let provider = Scripted::new("a", 10, 1)
            .with(|capability| {
                capability.collapse_replaces = collapse_replaces;
                capability.deduplicates = deduplicates;
            })
            .in_turn(vec![lost(), Outcome::accepted(None)])
            .arc();
        let layer = wrap(&Retries::default(), &provider);
        let report = layer
            .send(&variant_batch(&message, &provider, 1, at_least_once))
            .await;
        assert_eq!(provider.calls().len(), calls, "{name}");
        assert_eq!(report.accepted(), calls - 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn once_it_may_have_been_sent_a_later_failure_does_not_deny_it() {
    let provider = Scripted::new("a", 10, 1)
        .with(|capability| capability.deduplicates = true)
        .in_turn(vec![lost(), busy()])
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    let report = layer.send(&batch(&provider, 1, None)).await;
    let error = error(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::Maybe)
    );
    assert_eq!(provider.calls().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_the_least_pause() {
    let accepted = Outcome::accepted(None);
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![after(secs(20)), accepted])
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    assert_eq!(
        layer
            .send(&batch(&provider, 1, Some(secs(60))))
            .await
            .accepted(),
        1
    );
    assert!((secs(20)..secs(22)).contains(&provider.times()[1]));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_is_not_waited_for_and_stays_known() {
    let provider = Scripted::new("a", 10, 1)
        .in_turn(vec![after(secs(60))])
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    let report = layer
        .send(&batch(&provider, 1, Some(secs(60))))
        .now_or_never()
        .unwrap();
    assert_eq!(error(&report.outcomes()[0]).retry(), Retry::After(secs(60)));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_just_fits_is_used_without_jitter() {
    let accepted = Outcome::accepted(None);
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![after(secs(59)), accepted])
        .arc();
    let mut retries = Retries::default();
    retries.base = secs(3_600);
    retries.longest = secs(3_600);
    let layer = wrap(&retries, &provider);
    assert_eq!(
        layer
            .send(&batch(&provider, 1, Some(secs(60))))
            .await
            .accepted(),
        1
    );
    assert!((secs(59)..secs(60)).contains(&provider.times()[1]));
}

#[tokio::test(start_paused = true)]
async fn one_target_s_long_retry_after_keeps_no_other_from_being_tried_again() {
    let provider = Scripted::new("a", 10, 1)
        .answering(|batch, call| {
            let first = [after(secs(3_600)), busy()];
            let again = vec![Outcome::accepted(None); batch.targets().len()];
            if call == 0 { first.to_vec() } else { again }
        })
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    let report = layer.send(&batch(&provider, 2, Some(secs(60)))).await;
    assert_eq!(
        kinds(report.outcomes()),
        [Some(ErrorKind::RateLimited), None]
    );
    assert_eq!(provider.tokens(), [vec!["0", "1"], vec!["1"]]);
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_after_the_deadline_and_each_is_told_of_it() {
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![busy()])
        .arc();
    let mut retries = Retries::default();
    retries.attempts = 1_000;
    let layer = wrap(&retries, &provider);
    let _ = layer.send(&batch(&provider, 1, Some(secs(30)))).await;
    assert!(provider.calls().len() > 2);
    assert!(provider.times().iter().all(|time| *time < secs(30)));
    assert!(
        provider
            .calls()
            .iter()
            .all(|call| call.deadline == Some(secs(30)))
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_never_outlives_the_ttl() {
    let message = alert().with_ttl(secs(10));
    // Whether or not the vendor has such a field.
    for fields in [Fields::all(), Fields::TITLE | Fields::BODY] {
        let provider = Scripted::new("a", 10, 1)
            .with(|capability| capability.fields = fields)
            .timed()
            .in_turn(vec![busy()])
            .arc();
        let mut retries = Retries::default();
        retries.attempts = 1_000;
        let layer = wrap(&retries, &provider);
        let _ = layer
            .send(&batch_of(&message, &provider, 1, Some(secs(3_600))))
            .await;
        let calls = provider.calls();
        assert!(calls.len() > 2);
        assert!(calls.iter().all(|call| call.at < secs(10)));
        assert!(
            calls[1..]
                .iter()
                .all(|call| call.deadline.unwrap() <= secs(10))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_double_with_full_jitter_up_to_the_longest() {
    let provider = Scripted::new("a", 10, 1).in_turn(vec![busy()]).arc();
    let recorder = Arc::<Recorder>::default();
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let mut retries = Retries::default();
    retries.attempts = 9;
    retries.longest = secs(20);
    let resources = paused().with_random(Arc::new(SeededRandom::new(99)));
    let layer = wrap_with(&retries, &provider, resources, observers);
    let _ = layer.send(&batch(&provider, 1, None)).await;

    let random = SeededRandom::new(99);
    let expected: Vec<String> = [1, 2, 4, 8, 16, 20, 20, 20]
        .iter()
        .zip(2..)
        .map(|(ceiling, attempt)| {
            let pause = secs(*ceiling).mul_f64(random.fraction());
            format!("retried 1 {attempt} {} unavailable", pause.as_millis())
        })
        .collect();
    assert_eq!(recorder.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_answered_for_too_few_may_have_been_sent() {
    let provider = Scripted::new("a", 10, 1)
        .answering(|_, call| match call {
            0 => vec![Outcome::accepted(None), busy(), busy()],
            _ => vec![Outcome::accepted(None)],
        })
        .arc();
    let layer = wrap(&Retries::default(), &provider);
    let report = layer.send(&batch(&provider, 3, None)).await;
    assert_eq!(
        kinds(report.outcomes()),
        [None, None, Some(ErrorKind::Protocol)]
    );
    assert_eq!(error(&report.outcomes()[2]).sent(), Sent::Maybe);
    assert_eq!(provider.tokens().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_too_long_repeats_nothing_that_was_accepted() {
    let provider = Scripted::new("a", 10, 1)
        .answering(|_, _| vec![Outcome::accepted(None), busy(), busy()])
        .arc();
    let mut retries = Retries::default();
    retries.attempts = 2;
    let layer = wrap(&retries, &provider);
    assert_eq!(layer.send(&batch(&provider, 2, None)).await.len(), 2);
    assert_eq!(provider.tokens(), [vec!["0", "1"], vec!["1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_retry_is_not_made() {
    let provider = Scripted::new("a", 10, 1).in_turn(vec![busy()]).arc();
    let resources = paused();
    let layer = wrap_with(
        &Retries::default(),
        &provider,
        resources.clone(),
        Vec::new(),
    );
    assert!(
        layer
            .send(&batch(&provider, 1, None))
            .now_or_never()
            .is_none()
    );
    resources.clock.sleep(millis(100_000)).await;
    assert_eq!(provider.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_report_tells_when_and_why_each_earlier_attempt_failed() {
    let provider = Scripted::new("a", 10, 1)
        .with(|capability| capability.deduplicates = true)
        .answering(|batch, call| {
            let answer = |token: &str| match (token, call) {
                ("1", 0) => busy(),
                ("1", 1) => lost(),
                _ => Outcome::accepted(None),
            };
            let targets = batch.targets().iter();
            targets
                .map(|target| answer(target.token.as_str()))
                .collect()
        })
        .arc();
    let resources = paused();
    let began = resources.clock.now();
    let layer = wrap_with(&Retries::default(), &provider, resources, Vec::new());
    let report = layer.send(&batch(&provider, 3, None)).await;
    assert_eq!(report.accepted(), 3);
    assert_eq!(report.notes(0), None);
    assert_eq!(report.notes(2), None);
    let attempts = &report.notes(1).unwrap().attempts;
    let told: Vec<_> = attempts.iter().map(|at| (at.kind, at.sent)).collect();
    assert_eq!(
        told,
        [
            (ErrorKind::Unavailable, Sent::No),
            (ErrorKind::Timeout, Sent::Maybe)
        ]
    );
    assert!(attempts.iter().all(|attempt| attempt.at >= began));
    let json = serde_json::to_value(&**report.notes(1).unwrap()).unwrap();
    assert_eq!(json["attempts"][0]["kind"], "unavailable");
    assert!(json["attempts"][0]["at_ms"].is_u64());
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_once_the_elapsed_time_is_over() {
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![busy()])
        .arc();
    let mut retries = Retries::default();
    retries.attempts = 1_000;
    retries.elapsed = Some(secs(20));
    let layer = wrap(&retries, &provider);
    let _ = layer.send(&batch(&provider, 1, None)).await;
    assert!(provider.calls().len() > 2);
    assert!(provider.times().iter().all(|time| *time < secs(20)));
}

fn budget(per_second: f64, per_success: f64) -> Retries {
    let mut budget = RetryBudget::default();
    budget.per_second = per_second;
    budget.per_success = per_success;
    let mut retries = Retries::default();
    retries.budget = budget;
    retries.base = millis(1);
    retries
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied_by_more_than_the_budget() {
    let provider = Scripted::new("a", 1, 1).in_turn(vec![busy()]).arc();
    let layer = wrap(&budget(1.0, 1.0), &provider);
    let one = batch(&provider, 1, Some(secs(30)));
    let reports = futures_util::future::join_all((0..1_000).map(|_| layer.send(&one))).await;
    assert!(reports.iter().all(|report| report.failed() == 1));
    // Ten that were saved up, and one for each second.
    let retries = provider.calls().len() - 1_000;
    assert!((35..=41).contains(&retries), "{retries}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_beyond_the_budget_waits_for_its_turn() {
    let provider = Scripted::new("a", 1, 1)
        .timed()
        .answering(|batch, _| match batch.attempt() {
            1 => vec![busy()],
            _ => vec![Outcome::accepted(None)],
        })
        .arc();
    let layer = wrap(&budget(1.0, 0.0), &provider);
    let one = batch(&provider, 1, Some(secs(60)));
    let reports = futures_util::future::join_all((0..15).map(|_| layer.send(&one))).await;
    assert!(reports.iter().all(|report| report.accepted() == 1));
    let mut retries = provider.times()[15..].to_vec();
    retries.sort();
    assert!(retries[9] < secs(1), "{retries:?}");
    for (late, number) in retries[10..].iter().zip(1..) {
        assert!(*late >= secs(number), "{retries:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_success_allows_a_further_retry() {
    let provider = Scripted::new("a", 1, 1)
        .answering(
            |batch, _| match (batch.targets()[0].token.as_str(), batch.attempt()) {
                ("0", 1) => vec![busy()],
                _ => vec![Outcome::accepted(None)],
            },
        )
        .arc();
    let layer = wrap(&budget(0.001, 1.0), &provider);
    let two = batch(&provider, 2, Some(secs(60)));
    // The one retry of each round is paid for by the one success before it.
    for _ in 0..50 {
        assert_eq!(layer.send(&two.slice(1, 1)).await.accepted(), 1);
        assert_eq!(layer.send(&two.slice(0, 1)).await.accepted(), 1);
    }
    assert_eq!(provider.calls().len(), 150);
}

#[tokio::test(start_paused = true)]
async fn what_the_breaker_holds_back_waits_for_the_probe_and_uses_up_no_attempt() {
    let outage = secs(25);
    let resources = paused();
    let clock = Arc::clone(&resources.clock);
    let began = clock.monotonic();
    let provider = Scripted::new("a", 1, 1)
        .answering(move |_, _| match clock.monotonic() - began < outage {
            true => vec![busy()],
            false => vec![Outcome::accepted(None)],
        })
        .arc();
    let mut delivery = Delivery::default();
    delivery.breaker = Breaker::default();
    delivery.breaker.at_least = 20;
    let recorder = Arc::new(Recorder::default());
    let context = LayerContext::new(resources, Observers::new(vec![recorder.clone()]));
    let layers = delivery.wrap(Arc::clone(&provider) as Arc<dyn PushProvider>, &context);
    let one = batch(&provider, 1, Some(secs(60)));
    let reports = futures_util::future::join_all((0..200).map(|_| layers.send(&one))).await;
    assert!(reports.iter().all(|report| report.accepted() == 1));
    // Twenty opened it; from then on there were only probes until it was over.
    let probes = provider.calls().len() - 20 - 200;
    assert!((4..12).contains(&probes), "{probes}");
    // Waiting is no retry: observers are told of one for each failure.
    assert_eq!(recorder.of("retried").len(), 20 + probes);
}

#[tokio::test(start_paused = true)]
async fn held_back_pushes_without_time_fail_at_once_and_say_when_to_come_back() {
    let provider = Scripted::new("a", 1, 1).in_turn(vec![busy()]).arc();
    let mut delivery = Delivery::default();
    delivery.retries.attempts = 1;
    delivery.breaker.at_least = 5;
    let context = LayerContext::new(paused(), Observers::default());
    let layers = delivery.wrap(Arc::clone(&provider) as Arc<dyn PushProvider>, &context);
    let one = batch(&provider, 1, Some(secs(60)));
    for _ in 0..5 {
        let _ = layers.send(&one).await;
    }
    let report = layers.send(&one).now_or_never().unwrap();
    let error = error(&report.outcomes()[0]);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry(), Retry::After(millis(500)));
    assert!(error.message().contains("circuit breaker"), "{error}");
    assert_eq!(provider.calls().len(), 5);
}
