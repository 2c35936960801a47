use futures_util::{FutureExt, poll};
use zpns_core::layers::Concurrency;
use zpns_core::{CallEvent, Category, ErrorKind, Notification, Retry, Sent};

use super::*;
use crate::common::{alert, error, secs};

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

fn offer() -> Notification {
    alert().with_category(Category::Marketing)
}

fn call() -> Notification {
    Notification::call(CallEvent::Invite)
}

#[tokio::test(start_paused = true)]
async fn calls_go_before_chat_and_chat_before_campaigns_whoever_came_first() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let layer = wrap(&Concurrency::new(1), &provider);
    let batches = [
        batch(&provider, 1, None),
        batch_of(&offer(), &provider, 2, None),
        batch_of(&alert(), &provider, 3, None),
        batch_of(&call(), &provider, 4, None),
        batch_of(&offer(), &provider, 5, None),
        batch_of(&call(), &provider, 6, None),
    ];
    let mut sends: Vec<_> = batches
        .iter()
        .map(|one| Box::pin(layer.send(one)))
        .collect();
    for send in &mut sends {
        assert!(poll!(send).is_pending());
    }
    provider.let_go(6);
    let _ = futures_util::future::join_all(sends).await;
    assert_eq!(provider.sizes(), [1, 4, 6, 3, 2, 5]);
    assert_eq!(provider.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_campaign_leaves_places_for_calls_and_chat() {
    for (most, for_campaigns) in [(1, 1), (2, 1), (8, 7), (32, 28)] {
        let provider = Scripted::new("a", 10, 1).gated().arc();
        let layer = wrap(&Concurrency::new(most), &provider);
        let (offer, call) = (
            batch_of(&offer(), &provider, 1, None),
            batch_of(&call(), &provider, 1, None),
        );
        let mut campaign: Vec<_> = (0..100).map(|_| Box::pin(layer.send(&offer))).collect();
        for send in &mut campaign {
            assert!(poll!(send).is_pending());
        }
        assert_eq!(provider.in_flight(), for_campaigns);
        if most > 1 {
            let mut ringing = Box::pin(layer.send(&call));
            assert!(poll!(&mut ringing).is_pending());
            assert_eq!(provider.in_flight(), for_campaigns + 1, "it waits");
            drop(ringing);
        }
        // Nothing of the campaign is lost either.
        provider.let_go(1_000);
        let reports = futures_util::future::join_all(campaign).await;
        assert!(reports.iter().all(|report| report.accepted() == 1));
    }
}

#[tokio::test(start_paused = true)]
async fn chat_may_fill_every_place() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let layer = wrap(&Concurrency::new(8), &provider);
    let one = batch(&provider, 1, None);
    let mut sends: Vec<_> = (0..20).map(|_| Box::pin(layer.send(&one))).collect();
    for send in &mut sends {
        assert!(poll!(send).is_pending());
    }
    assert_eq!(provider.in_flight(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_slot_is_lost_or_doubled_between_threads() {
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap(&Concurrency::new(3), &provider);
    let messages = [offer(), alert(), call()];
    let tasks: Vec<_> = (0..300)
        .map(|number: usize| {
            let (layer, provider) = (Arc::clone(&layer), Arc::clone(&provider));
            let message = messages[number % 3].clone();
            tokio::spawn(async move {
                let one = batch_of(&message, &provider, 1, None);
                for _ in 0..20 {
                    assert_eq!(layer.send(&one).await.accepted(), 1);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(provider.most_in_flight() <= 3);
    assert_eq!(provider.calls().len(), 6_000);
}
