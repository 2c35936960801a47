use futures_util::{FutureExt, poll};
use zpns_core::layers::Concurrency;
use zpns_core::{ErrorKind, Retry, Sent};

use super::*;
use crate::common::{error, secs};

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_bound_wait_and_go_in_the_order_in_which_they_came() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let layer = wrap(&Concurrency::new(1), &provider);
    let batches: Vec<Batch> = (1..=3)
        .map(|count| batch(&provider, count, Some(secs(60))))
        .collect();
    let mut first = Box::pin(layer.send(&batches[0]));
    let mut second = Box::pin(layer.send(&batches[1]));
    let mut third = Box::pin(layer.send(&batches[2]));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    assert!(poll!(&mut third).is_pending());
    assert_eq!(provider.sizes(), [1]);
    provider.let_go(1);
    let _ = first.await;
    // A newcomer does not go first either.
    let newcomer = batch(&provider, 4, None);
    let mut newcomer = Box::pin(layer.send(&newcomer));
    assert!(poll!(&mut newcomer).is_pending());
    assert!(poll!(&mut third).is_pending());
    assert!(poll!(&mut second).is_pending());
    assert_eq!(provider.sizes(), [1, 2]);
    provider.let_go(3);
    let _ = futures_util::join!(second, third, newcomer);
    assert_eq!(provider.sizes(), [1, 2, 3, 4]);
    assert_eq!(provider.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_its_slot_no_longer_than_its_deadline() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let resources = paused();
    let layer = wrap_with(
        &Concurrency::new(1),
        &provider,
        resources.clone(),
        Vec::new(),
    );
    let stuck = batch(&provider, 1, None);
    let mut stuck = Box::pin(layer.send(&stuck));
    assert!(poll!(&mut stuck).is_pending());
    let report = layer.send(&batch(&provider, 2, Some(secs(7)))).await;
    assert_eq!(resources.clock.monotonic(), secs(7));
    assert_eq!(report.len(), 2);
    let error = error(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent(), error.retry()),
        (ErrorKind::Timeout, Sent::No, Retry::Backoff)
    );
    assert_eq!(provider.sizes(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_gives_its_slot_and_its_place_in_the_queue_back() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let layer = wrap(&Concurrency::new(1), &provider);
    let one = batch(&provider, 1, Some(secs(60)));
    let mut running = Box::pin(layer.send(&one));
    let mut waiting = Box::pin(layer.send(&one));
    assert!(poll!(&mut running).is_pending());
    assert!(poll!(&mut waiting).is_pending());
    drop(running);
    // The slot is now the one's that waited; it goes away without having looked.
    drop(waiting);
    provider.let_go(1);
    assert_eq!(layer.send(&one).now_or_never().unwrap().accepted(), 1);
}
