use std::num::NonZeroU32;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use zpns_core::layers::Rate;
use zpns_core::{ErrorKind, Retry, Sent};

use super::*;
use crate::common::{error, millis, secs};

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
