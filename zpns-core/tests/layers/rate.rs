use std::num::NonZeroU32;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use zpns_core::layers::{Rate, RateUnit};
use zpns_core::{CallEvent, Category, Error, ErrorKind, Notification, Outcome, Retry, Scope, Sent};

use super::*;
use crate::common::{Recorder, alert, error, failed, millis, secs};

fn per_second(requests: u32) -> Rate {
    Rate::new(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN))
}

#[tokio::test(start_paused = true)]
async fn requests_are_spaced_out_in_the_order_in_which_they_come() {
    let provider = Scripted::new("a", 100, 1).timed().arc();
    let layer = wrap(&per_second(10), &provider);
    let batches: Vec<Batch> = (1..=21)
        .map(|count| batch(&provider, count, Some(secs(60))))
        .collect();
    join_all(batches.iter().map(|batch| layer.send(batch))).await;
    assert_eq!(provider.sizes(), (1..=21).collect::<Vec<_>>());
    let times = provider.times();
    for (number, time) in (0..).zip(&times) {
        // Tokio's timer rounds up to whole milliseconds.
        let due = millis(100) * number;
        assert!(
            (due..=due + millis(30)).contains(time),
            "{number}: {time:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenth_of_a_second_s_worth_may_go_at_once() {
    let provider = Scripted::new("a", 1, 1).timed().arc();
    let layer = wrap(&per_second(100), &provider);
    let one = batch(&provider, 1, None);
    join_all((0..30).map(|_| layer.send(&one))).await;
    let at_once = provider
        .times()
        .iter()
        .filter(|time| time.is_zero())
        .count();
    assert_eq!(at_once, 10);
    assert!((millis(200)..=millis(230)).contains(provider.times().last().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_would_wait_beyond_its_deadline_fails_at_once() {
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap(&per_second(1), &provider);
    let patient = batch(&provider, 1, Some(secs(60)));
    let _ = layer.send(&patient).await;
    let mut waiting = Box::pin(layer.send(&patient));
    let mut waiting_too = Box::pin(layer.send(&patient));
    assert!(poll!(&mut waiting).is_pending());
    assert!(poll!(&mut waiting_too).is_pending());
    let hasty = batch(&provider, 2, Some(millis(1_500)));
    let report = layer.send(&hasty).now_or_never().unwrap();
    assert_eq!(report.len(), 2);
    let error = error(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::RateLimited, Sent::No)
    );
    assert_eq!(error.retry(), Retry::After(secs(2)));
    assert_eq!(provider.sizes(), [1]);
    // Nor does it take up a place.
    let _ = futures_util::join!(waiting, waiting_too);
    assert_eq!(provider.sizes(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn dropped_and_unpolled_requests_hold_up_nobody() {
    let provider = Scripted::new("a", 10, 1).timed().arc();
    let layer = wrap(&per_second(10), &provider);
    let one = batch(&provider, 1, None);
    let _ = layer.send(&one).await;
    let mut dropped: Vec<_> = (0..50).map(|_| Box::pin(layer.send(&one))).collect();
    let mut paused = Box::pin(layer.send(&one));
    for send in &mut dropped {
        assert!(poll!(send).is_pending());
    }
    drop(dropped);
    assert!(poll!(&mut paused).is_pending());
    let _ = layer.send(&one).await;
    assert!(provider.times()[1] <= millis(210), "{:?}", provider.times());
}

fn too_fast() -> Outcome {
    failed(ErrorKind::RateLimited, Retry::Backoff, Sent::No)
}

#[tokio::test(start_paused = true)]
async fn targets_are_counted_where_the_vendor_counts_them() {
    let provider = Scripted::new("a", 50, 1).timed().arc();
    let mut rate = per_second(100);
    rate.unit = RateUnit::Targets;
    let layer = wrap(&rate, &provider);
    let fifty = batch(&provider, 50, None);
    join_all((0..5).map(|_| layer.send(&fifty))).await;
    for (number, time) in (0..).zip(provider.times()) {
        let due = millis(500) * number;
        assert!(
            (due..=due + millis(30)).contains(&time),
            "{number}: {time:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_wait_behind_a_campaign() {
    let provider = Scripted::new("a", 10, 1).timed().arc();
    let layer = wrap(&per_second(10), &provider);
    let offer = alert().with_category(Category::Marketing);
    let offer = batch_of(&offer, &provider, 1, None);
    let call = Notification::call(CallEvent::Invite);
    let call = batch_of(&call, &provider, 2, None);
    // The campaign is asked for first.
    let campaign = join_all((0..50).map(|_| layer.send(&offer)));
    let (_, report) = futures_util::join!(campaign, layer.send(&call));
    assert_eq!(report.accepted(), 2);
    let rang = provider.sizes().iter().position(|size| *size == 2).unwrap();
    assert!(
        provider.times()[rang] <= millis(230),
        "{:?}",
        provider.times()[rang]
    );
    assert_eq!(provider.calls().len(), 51);
}

/// How many requests went out in each of so many seconds, with as many waiting as can be.
async fn per_each_second(
    provider: &Scripted,
    layer: &Arc<dyn PushProvider>,
    seconds: u64,
) -> Vec<usize> {
    let resources = paused();
    let one = batch(provider, 1, None);
    let began = provider.calls().len();
    let flood = join_all((0..5_000).map(|_| layer.send(&one)));
    let until = resources.clock.sleep(secs(seconds));
    let _ = futures_util::future::select(Box::pin(flood), until).await;
    let times = &provider.times()[began..];
    let start = times[0].as_secs();
    (0..seconds)
        .map(|second| {
            times
                .iter()
                .filter(|time| time.as_secs() == start + second)
                .count()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_complaint_halves_the_rate_and_quiet_seconds_give_it_back() {
    let complaining = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let provider = Scripted::new("a", 10, 1).timed().answering({
        let complaining = Arc::clone(&complaining);
        move |_, _| match complaining.swap(false, std::sync::atomic::Ordering::SeqCst) {
            true => vec![too_fast()],
            false => vec![Outcome::accepted(None)],
        }
    });
    let (provider, recorder) = (provider.arc(), Arc::<Recorder>::default());
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let layer = wrap_with(&per_second(100), &provider, paused(), observers);
    let _ = layer.send(&batch(&provider, 1, None)).await;
    let seconds = per_each_second(&provider, &layer, 8).await;
    assert!((45..=60).contains(&seconds[0]), "{seconds:?}");
    assert!(
        seconds[1] > seconds[0] && seconds[2] > seconds[1],
        "{seconds:?}"
    );
    assert!((95..=112).contains(&seconds[6]), "{seconds:?}");
    // Every step is told of, once, and none after the rate is what was set.
    let steps = recorder.lines();
    assert_eq!(
        steps,
        [
            "rate Some(50.0) requests",
            "rate Some(62.5) requests",
            "rate Some(78.125) requests",
            "rate Some(97.65625) requests",
            "rate Some(100.0) requests",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn where_no_rate_is_set_a_complaint_finds_one_and_it_is_forgotten_again() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .answering(
            move |_, _| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                400 => vec![too_fast()],
                _ => vec![Outcome::accepted(None)],
            },
        )
        .arc();
    let layer = wrap(&Rate::default(), &provider);
    let one = batch(&provider, 1, None);
    join_all((0..401).map(|_| layer.send(&one))).await;
    assert!(provider.times().iter().all(Duration::is_zero));
    // Four hundred in a second were too many.
    let seconds = per_each_second(&provider, &layer, 2).await;
    assert!((180..=260).contains(&seconds[0]), "{seconds:?}");
    paused().clock.sleep(secs(30)).await;
    let before = paused().clock.monotonic();
    join_all((0..2_000).map(|_| layer.send(&one))).await;
    let times = provider.times();
    let last = times[times.len() - 1] - times[times.len() - 2_000];
    assert!(last < millis(100), "{last:?} {before:?}");
}

#[tokio::test(start_paused = true)]
async fn a_complaint_about_one_device_slows_nobody_down() {
    let of_device = Error::new(ErrorKind::RateLimited, "too many to this device")
        .with_retry(Retry::Backoff)
        .with_scope(Scope::Target);
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![of_device.into(), Outcome::accepted(None)])
        .arc();
    let layer = wrap(&Rate::default(), &provider);
    let one = batch(&provider, 1, None);
    join_all((0..1_000).map(|_| layer.send(&one))).await;
    assert!(provider.times().iter().all(Duration::is_zero));
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_does_not_give_way_stays_as_it_is_set() {
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![too_fast()])
        .arc();
    let mut rate = per_second(100);
    rate.adaptive = false;
    let layer = wrap(&rate, &provider);
    let seconds = per_each_second(&provider, &layer, 3).await;
    assert!(
        seconds.iter().all(|count| (98..=112).contains(count)),
        "{seconds:?}"
    );
}
