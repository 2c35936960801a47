//! The router: one outcome per target, in batches, within bounds, through replacement, shutdown
//! and dropped futures.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::*;
use futures_util::{FutureExt, Stream, StreamExt, poll, stream};
use zpns_core::layers::{Around, Delivery as DeliverySettings, Layer, LayerContext, Next, Wrapped};
use zpns_core::{
    Badge, Batch, Delivery, ErrorKind, Fields, Notification, Outcome, Priority, PushProvider,
    Rejection, Report, Retry, Router, SendOptions, Sent, Target, Timestamp, TokenAction,
};

/// Endless targets of one provider, counting how many were taken.
fn endless(
    provider: &'static str,
    taken: &Arc<AtomicUsize>,
) -> impl Stream<Item = Target> + Unpin + use<> {
    let taken = Arc::clone(taken);
    stream::iter((0..).map(move |number: u64| {
        taken.fetch_add(1, Ordering::SeqCst);
        Target::new(provider, number.to_string())
    }))
}

/// A layer that counts the batches that come by.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl Layer for Counting {
    fn wrap(&self, inner: Arc<dyn PushProvider>, _: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, self.clone())
    }
}

impl Around for Counting {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        self.0.fetch_add(1, Ordering::SeqCst);
        next.pass(batch).await
    }
}

fn vendor_id(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Accepted(accepted) => accepted.vendor_id.as_deref(),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn every_target_has_one_outcome_in_its_place_duplicates_included() {
    let (a, b) = (
        Scripted::new("a", 2, 4).arc(),
        Scripted::new("b", 1, 4).arc(),
    );
    let wanted = [
        ("a", "x"),
        ("b", "y"),
        ("a", "x"),
        ("nobody", "z"),
        ("b", "y"),
        ("a", "w"),
    ];
    let targets = wanted.map(|(provider, token)| Target::new(provider, token));
    let report = router([&a, &b]).send(&alert(), targets).await;
    let got: Vec<_> = report.outcomes().iter().map(vendor_id).collect();
    assert_eq!(
        got,
        [Some("x"), Some("y"), Some("x"), None, Some("y"), Some("w")]
    );
    assert_eq!(a.sizes().iter().sum::<usize>(), 3);
    assert_eq!(b.sizes(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn nothing_to_send_is_an_empty_report() {
    let a = Scripted::new("a", 2, 4).arc();
    assert!(router([&a]).send(&alert(), []).await.is_empty());
    assert!(a.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn batches_hold_one_provider_and_one_badge() {
    let (a, b) = (
        Scripted::new("a", 10, 4).arc(),
        Scripted::new("b", 10, 4).arc(),
    );
    let targets = (0..24u32).map(|number| {
        let target = Target::new(if number % 2 == 0 { "a" } else { "b" }, number.to_string());
        match number % 3 {
            0 => target,
            badge => target.with_badge(badge),
        }
    });
    let report = router([&a, &b]).send(&alert(), targets).await;
    assert_eq!(report.accepted(), 24);
    for (provider, parity) in [(&a, 0), (&b, 1)] {
        let calls = provider.calls();
        assert_eq!(calls.len(), 3);
        for call in calls {
            let badge = match call.badge {
                Badge::Unchanged => 0,
                Badge::Set(badge) => badge,
                other => panic!("{other:?}"),
            };
            let numbers: Vec<u32> = call.tokens.iter().map(|t| t.parse().unwrap()).collect();
            assert_eq!(numbers.len(), 4);
            assert!(numbers.iter().all(|n| n % 2 == parity && n % 3 == badge));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_variant_is_encoded_once_however_many_batches_it_goes_out_in() {
    let a = Scripted::new("a", 10, 4).arc();
    let router = router([&a]);
    let _ = router.send(&alert(), targets("a", 100)).await;
    assert_eq!((a.calls().len(), a.encodes()), (10, 1));
    let badged = (0..100).map(|n| Target::new("a", n.to_string()).with_badge(n % 3));
    let _ = router.send(&alert(), badged).await;
    assert_eq!(a.encodes(), 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn batches_are_split_to_the_limit_exactly() {
    for (batch, count, sizes) in [
        (10, 25, vec![10, 10, 5]),
        (10, 20, vec![10, 10]),
        (10, 3, vec![3]),
        (1, 3, vec![1, 1, 1]),
    ] {
        let a = Scripted::new("a", batch, 4).arc();
        let _ = router([&a]).send(&alert(), targets("a", count)).await;
        assert_eq!(a.sizes(), sizes, "{count} in batches of {batch}");
        assert_eq!(
            a.tokens().concat(),
            (0..count).map(|n| n.to_string()).collect::<Vec<_>>()
        );
    }
}

/// Odd numbers are one part, even ones the other.
fn odd_or_even(token: &str) -> u8 {
    u8::from(token.parse::<usize>().unwrap_or_default() % 2 == 1)
}

#[tokio::test(start_paused = true)]
async fn a_batch_never_mixes_partitions_and_each_is_split_to_the_limit() {
    let a = Scripted::new("a", 10, 4).parted(odd_or_even).arc();
    let router = router([&a]);
    // 45 even ones, and 12 odd ones among them.
    let numbers: Vec<usize> = (0..90).filter(|n| n % 2 == 0 || n % 8 == 1).collect();
    let targets = numbers.iter().map(|n| Target::new("a", n.to_string()));
    let report = router.send(&alert(), targets).await;
    let ids: Vec<_> = report.outcomes().iter().filter_map(vendor_id).collect();
    let wanted: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    assert_eq!(ids, wanted, "verdicts stand where their targets stood");
    assert_eq!(a.encodes(), 1, "one variant for both");
    for (part, sizes) in [(0, vec![10, 10, 10, 10, 5]), (1, vec![10, 2])] {
        let of_part = |call: &Vec<String>| call.iter().all(|token| odd_or_even(token) == part);
        let calls: Vec<_> = a.tokens().into_iter().filter(of_part).collect();
        assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        let odd: Vec<_> = (wanted.iter())
            .filter(|token| odd_or_even(token) == part)
            .collect();
        assert_eq!(calls.concat().iter().collect::<Vec<_>>(), odd);
    }
    assert_eq!(a.calls().len(), 7, "and no batch is of both");
}

#[tokio::test(start_paused = true)]
async fn partitions_and_badges_part_a_stream_together() {
    let a = Scripted::new("a", 10, 4).parted(odd_or_even).arc();
    let targets = (0..400u32).map(|n| Target::new("a", n.to_string()).with_badge(n / 2 % 2));
    let deliveries: Vec<Delivery> = (router([&a]))
        .stream(&alert(), stream::iter(targets))
        .collect()
        .await;
    assert_eq!(deliveries.len(), 400);
    assert_eq!(a.encodes(), 2);
    for call in a.calls() {
        let numbers: Vec<u32> = call.tokens.iter().map(|t| t.parse().unwrap()).collect();
        assert!(numbers.iter().all(|n| n % 4 == numbers[0] % 4));
        assert_eq!(numbers.len(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_of_single_targets_is_not_asked_for_partitions() {
    let a = Scripted::new("a", 1, 4).parted(|_| panic!("asked")).arc();
    let report = router([&a]).send(&alert(), targets("a", 3)).await;
    assert_eq!(report.accepted(), 3);
}

#[tokio::test(start_paused = true)]
async fn as_many_batches_are_in_flight_as_the_window_holds_and_never_more() {
    let a = Scripted::new("a", 2, 3).gated().arc();
    let router = router([&a]);
    let mut flow = router.stream(&alert(), stream::iter(targets("a", 20)));
    assert!(poll!(flow.next()).is_pending());
    assert_eq!((a.in_flight(), a.calls().len()), (3, 3));
    a.let_go(1);
    assert!(poll!(flow.next()).is_ready());
    assert!(poll!(flow.next()).is_ready());
    assert!(poll!(flow.next()).is_pending());
    assert_eq!((a.in_flight(), a.calls().len()), (3, 4));
    a.let_go(100);
    assert_eq!(flow.count().await, 18);
    assert_eq!(a.most_in_flight(), 3);
}

#[tokio::test(start_paused = true)]
async fn max_in_flight_beats_the_window_that_the_provider_suggests() {
    let a = Scripted::new("a", 1, 100).gated().arc();
    let mut delivery = DeliverySettings::default();
    delivery.max_in_flight = std::num::NonZeroUsize::new(2);
    let router = Router::builder(paused())
        .provider_with(a.clone(), delivery)
        .build();
    let notification = alert();
    let mut send = Box::pin(router.send(&notification, targets("a", 10)));
    assert!(poll!(&mut send).is_pending());
    assert_eq!(a.in_flight(), 2);
    a.let_go(100);
    assert_eq!(send.await.accepted(), 10);
    assert_eq!(a.most_in_flight(), 2);
}

/// A window is wider than what waits in a lane at once.
#[tokio::test(start_paused = true)]
async fn a_window_is_filled_while_targets_are_at_hand() {
    let a = Scripted::new("a", 500, 40).gated().arc();
    let router = router([&a]);
    let mut flow = router.stream(&alert(), endless("a", &Arc::default()));
    assert!(poll!(flow.next()).is_pending());
    assert_eq!(a.in_flight(), 40);
}

#[tokio::test(start_paused = true)]
async fn as_many_variants_as_targets_do_not_stall_a_stream() {
    let a = Scripted::new("a", 100, 4).arc();
    let router = router([&a]);
    let badged = stream::iter((0..5_000).map(|n| Target::new("a", n.to_string()).with_badge(n)));
    let flow = router.stream(&alert(), badged);
    assert_eq!(soon(flow.count()).await, 5_000);
}

#[tokio::test(start_paused = true)]
async fn targets_do_not_wait_for_a_full_batch_while_the_input_has_no_more() {
    let a = Scripted::new("a", 100, 4).arc();
    let router = router([&a]);
    let first = stream::iter(targets("a", 3));
    let mut flow = router.stream(&alert(), first.chain(stream::pending()));
    for _ in 0..3 {
        assert!(flow.next().now_or_never().flatten().is_some());
    }
    assert!(poll!(flow.next()).is_pending());
    assert_eq!(a.sizes(), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_sick_provider_delays_nobody_in_a_send() {
    let sick = Scripted::new("sick", 1, 10).gated().arc();
    let well = Scripted::new("well", 1, 10).arc();
    let mut all = targets("sick", 50_000);
    all.extend(targets("well", 30));
    let router = router([&sick, &well]);
    let notification = alert();
    let mut send = Box::pin(router.send(&notification, all));
    assert!(poll!(&mut send).is_pending());
    assert_eq!(well.calls().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_sick_provider_delays_nobody_in_a_stream_of_thousands() {
    let sick = Scripted::new("sick", 1, 10).gated().arc();
    let well = Scripted::new("well", 1, 10).arc();
    let mut all = targets("sick", 10_000);
    all.extend(targets("well", 3_000));
    let router = router([&sick, &well]);
    let flow = router.stream(&alert(), stream::iter(all));
    let well_ones: Vec<Delivery> = soon(flow.take(3_000).collect()).await;
    assert!(
        well_ones
            .iter()
            .all(|d| d.target.provider.as_str() == "well")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stuck_provider_bounds_what_an_endless_stream_reads() {
    let taken = Arc::new(AtomicUsize::new(0));
    let stuck = Scripted::new("stuck", 10, 3).gated().arc();
    let alone = router([&stuck]);
    let mut flow = alone.stream(&alert(), endless("stuck", &taken));
    for _ in 0..100 {
        assert!(poll!(flow.next()).is_pending());
    }
    assert!(taken.swap(0, Ordering::SeqCst) <= 3 * 10 + 1_024);

    let well = Scripted::new("well", 1, 10).arc();
    let both = router([&stuck, &well]);
    let mut flow = both.stream(&alert(), endless("stuck", &taken));
    for _ in 0..100 {
        assert!(poll!(flow.next()).is_pending());
    }
    assert!(taken.load(Ordering::SeqCst) <= 3 * 10 + 16_384);
}

#[tokio::test(start_paused = true)]
async fn refusals_bound_what_an_endless_stream_reads() {
    let taken = Arc::new(AtomicUsize::new(0));
    let router = router([]);
    let mut flow = router.stream(&alert(), endless("nobody", &taken));
    assert!(poll!(flow.next()).is_ready());
    assert!(taken.load(Ordering::SeqCst) <= 1_024);
    assert_eq!(flow.take(10_000).count().await, 10_000);
    assert!(taken.load(Ordering::SeqCst) <= 10_001 + 1_024);
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_a_stream_come_as_verdicts_arrive_with_their_position() {
    let (slow, quick) = (
        Scripted::new("slow", 1, 1).gated().arc(),
        Scripted::new("quick", 1, 1).arc(),
    );
    let router = router([&slow, &quick]);
    let all = vec![Target::new("slow", "s"), Target::new("quick", "q")];
    let mut flow = router.stream(&alert(), stream::iter(all));
    let first = flow.next().now_or_never().flatten().unwrap();
    assert_eq!((first.position, first.target.token.as_str()), (1, "q"));
    slow.let_go(1);
    let (target, outcome) = flow.next().await.unwrap().into();
    assert_eq!(target.token.as_str(), "s");
    assert!(outcome.is_accepted());
    assert!(flow.next().await.is_none());
    assert!(flow.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_provider_is_refused_with_the_names_of_those_there_are() {
    let (a, b) = (
        Scripted::new("a", 1, 1).arc(),
        Scripted::new("b", 1, 1).arc(),
    );
    let report = router([&a, &b]).send(&alert(), targets("c", 1)).await;
    let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
        panic!("{report:?}");
    };
    assert_eq!(rejection.kind, ErrorKind::Unsupported);
    assert_eq!(
        rejection.reason,
        "no provider is called `c`; there are: a, b"
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_answers_too_few_is_answered_for_and_too_many_are_ignored() {
    for answers in [0, 1, 9] {
        let a = Scripted::new("a", 3, 1)
            .answering(move |_, _| vec![Outcome::accepted(None); answers])
            .arc();
        let report = router([&a]).send(&alert(), targets("a", 3)).await;
        assert_eq!(report.len(), 3);
        assert_eq!(report.accepted(), answers.min(3));
        for outcome in &report.outcomes()[answers.min(3)..] {
            assert_eq!(error(outcome).kind(), ErrorKind::Protocol);
            assert_eq!(error(outcome).sent(), Sent::Maybe);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_lacks_is_refused_before_any_call_or_noted_as_dropped() {
    let recorder = Arc::new(Recorder::default());
    let a = Scripted::new("a", 1, 1)
        .with(|capability| capability.fields = Fields::TITLE | Fields::BODY)
        .arc();
    let router = Router::builder(paused())
        .provider(a.clone())
        .observer(recorder.clone())
        .build();
    let report = router
        .send(&alert().with_payload("p"), targets("a", 2))
        .await;
    assert_eq!(report.of_kind(ErrorKind::Unsupported), 2);
    assert!(a.calls().is_empty());
    assert_eq!(
        recorder.lines(),
        ["rejected 0 unsupported", "rejected 1 unsupported"]
    );

    let report = router
        .send(&alert().with_priority(Priority::High), targets("a", 2))
        .await;
    assert_eq!(report.accepted(), 2);
    assert_eq!(report.notes(1).unwrap().dropped, ["priority"]);
    assert_eq!(report.notes(2), None);
}

#[tokio::test(start_paused = true)]
async fn every_batch_carries_the_time_that_the_caller_gives_it() {
    let a = Scripted::new("a", 1, 1).arc();
    let mut delivery = DeliverySettings::default();
    delivery.attempt_timeout = secs(1_000);
    let clock = Arc::new(zpns_core::resources::ManualClock::at(Timestamp::default()));
    clock.advance(secs(5));
    let router = Router::builder(resources(clock))
        .provider_with(a.clone(), delivery)
        .build();
    let mut options = SendOptions::default();
    for timeout in [Some(secs(60)), Some(secs(3)), None] {
        options.timeout = timeout;
        let _ = router.send_with(&alert(), targets("a", 1), &options).await;
    }
    let deadlines: Vec<_> = a
        .calls()
        .iter()
        .map(|call| call.deadline.unwrap())
        .collect();
    assert_eq!(deadlines, [secs(65), secs(8), secs(1_005)]);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_takes_over_what_is_not_in_flight_and_the_old_one_is_handed_back() {
    let old = Scripted::new("a", 2, 2).gated().arc();
    let new = Scripted::new("a", 5, 2).arc();
    let router = router([&old]);
    let sending = tokio::spawn({
        let router = router.clone();
        async move { router.send(&alert(), targets("a", 20)).await }
    });
    settle().await;
    assert_eq!(old.sizes(), [2, 2]);

    let back = router.replace(new.clone()).unwrap();
    assert!(Arc::ptr_eq(&back, &(old.clone() as Arc<dyn PushProvider>)));
    settle().await;
    // Although the old one is stuck, and without another event to wake the send.
    assert_eq!(new.sizes().iter().sum::<usize>(), 16);
    assert!(new.sizes().iter().all(|&size| size <= 5));

    assert!(!sending.is_finished());
    old.let_go(2);
    assert_eq!(sending.await.unwrap().accepted(), 20);
    assert_eq!(old.calls().len(), 2);
    let mut tokens: Vec<u32> = (old.tokens().concat().iter())
        .chain(&new.tokens().concat())
        .map(|token| token.parse().unwrap())
        .collect();
    tokens.sort_unstable();
    assert_eq!(tokens, (0..20).collect::<Vec<_>>());
    assert_eq!(router.send(&alert(), targets("a", 3)).await.accepted(), 3);
    assert_eq!(old.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_lands_on_the_old_provider_widens_no_window_of_the_new_one() {
    let old = Scripted::new("a", 1, 5).gated().arc();
    let new = Scripted::new("a", 1, 2).gated().arc();
    // Outside of the layer that bounds requests: what the router itself lets go.
    let let_go = Counting::default();
    let mut delivery = DeliverySettings::default();
    delivery.outer = Some(Arc::new(let_go.clone()));
    let router = router([&old]);
    let mut flow = router.stream(&alert(), stream::iter(targets("a", 20)));
    assert!(poll!(flow.next()).is_pending());
    router.replace_with(new.clone(), delivery);
    old.let_go(5);
    for _ in 0..5 {
        assert!(soon(flow.next()).await.is_some());
    }
    assert!(poll!(flow.next()).is_pending());
    assert_eq!(let_go.0.load(Ordering::SeqCst), 2);
    new.let_go(100);
    assert_eq!(flow.count().await, 15);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_lacks_a_field_refuses_what_is_not_in_flight() {
    let old = Scripted::new("a", 1, 1).gated().arc();
    let new = Scripted::new("a", 1, 1)
        .with(|c| c.fields = Fields::empty())
        .arc();
    let router = router([&old]);
    let mut flow = router.stream(&alert(), stream::iter(targets("a", 3)));
    assert!(poll!(flow.next()).is_pending());
    router.replace(new.clone());
    for position in [1, 2] {
        let refused = flow.next().await.unwrap();
        assert_eq!(refused.position, position);
        assert_eq!(refused.outcome.kind(), Some(ErrorKind::Unsupported));
    }
    old.let_go(1);
    assert!(flow.next().await.unwrap().outcome.is_accepted());
    assert!(new.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_provider_may_be_added_and_is_known_from_then_on() {
    let a = Scripted::new("a", 1, 1).arc();
    let router = router([]);
    assert!(router.replace(a.clone()).is_none());
    assert_eq!(router.send(&alert(), targets("a", 1)).await.accepted(), 1);
    assert_eq!(router.providers().len(), 1);
    assert!(router.provider(&"a".into()).is_some());
    assert!(router.provider(&"b".into()).is_none());
}

#[tokio::test(start_paused = true)]
async fn shutdown_lets_flights_land_and_cancels_what_waits_and_what_comes() {
    let a = Scripted::new("a", 1, 2).gated().arc();
    let router = router([&a]);
    let mut flow = router.stream(&alert(), stream::iter(targets("a", 5)));
    assert!(poll!(flow.next()).is_pending());
    let closing = tokio::spawn({
        let router = router.clone();
        async move { router.shutdown(secs(30)).await }
    });
    settle().await;
    for position in [2, 3, 4] {
        let cancelled = flow.next().now_or_never().flatten().unwrap();
        assert_eq!(cancelled.position, position);
        assert_eq!(error(&cancelled.outcome).kind(), ErrorKind::Cancelled);
        assert_eq!(error(&cancelled.outcome).sent(), Sent::No);
    }
    let late = router.send(&alert(), targets("a", 2)).await;
    assert_eq!(late.of_kind(ErrorKind::Cancelled), 2);
    assert!(!closing.is_finished());
    assert!(a.shutdowns().is_empty());

    a.let_go(2);
    assert!(flow.next().await.unwrap().outcome.is_accepted());
    assert!(flow.next().await.unwrap().outcome.is_accepted());
    assert!(flow.next().await.is_none());
    closing.await.unwrap();
    assert_eq!(a.shutdowns(), [secs(30)]);
    assert_eq!(a.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_send_learns_of_a_shutdown_at_once() {
    let a = Scripted::new("a", 1, 1).gated().arc();
    let recorder = Arc::new(Recorder::default());
    let router = Router::builder(paused())
        .provider(a.clone())
        .observer(recorder.clone())
        .build();
    let sending = tokio::spawn({
        let router = router.clone();
        async move { router.send(&alert(), targets("a", 3)).await }
    });
    settle().await;
    let mut closing = Box::pin(router.shutdown(secs(30)));
    assert!(poll!(&mut closing).is_pending());
    settle().await;
    assert_eq!(
        recorder.of("failed"),
        ["failed 1 cancelled", "failed 2 cancelled"]
    );
    a.let_go(1);
    assert_eq!(sending.await.unwrap().accepted(), 1);
    closing.await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_keeps_to_its_grace() {
    let stuck = Scripted::new("stuck", 1, 1).gated().timed().arc();
    let router = router([&stuck]);
    let mut flow = router.stream(&alert(), stream::iter(targets("stuck", 1)));
    assert!(poll!(flow.next()).is_pending());
    let clock = paused().clock;
    router.shutdown(secs(5)).await;
    assert_eq!(clock.monotonic(), secs(5));
    assert_eq!(stuck.shutdowns(), [secs(0)]);
}

#[tokio::test(start_paused = true)]
async fn shutdown_does_not_wait_for_a_provider_that_never_closes() {
    let (stuck, well) = (
        Scripted::new("a", 1, 1).never_closing().arc(),
        Scripted::new("b", 1, 1).arc(),
    );
    let clock = paused().clock;
    router([&stuck, &well]).shutdown(secs(5)).await;
    assert_eq!(clock.monotonic(), secs(6));
    assert_eq!(
        (stuck.shutdowns(), well.shutdowns()),
        (vec![secs(5)], vec![secs(5)])
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_dropped_anywhere_frees_its_slots_and_leaves_the_router_usable() {
    for polls in 0..12 {
        let a = Scripted::new("a", 2, 2).gated().arc();
        let router = router([&a]);
        let mut flow = router.stream(&alert(), stream::iter(targets("a", 9)));
        for step in 0..polls {
            let _ = poll!(flow.next());
            if step % 3 == 1 {
                a.let_go(1);
            }
        }
        drop(flow);
        assert_eq!(a.in_flight(), 0, "after {polls} polls");
        let silent = Notification::silent();
        let mut half_done = Box::pin(router.send(&silent, targets("a", 5)));
        let _ = poll!(&mut half_done);
        drop(half_done);
        a.let_go(100);
        let report = router.send(&alert(), targets("a", 9)).now_or_never();
        assert_eq!(report.unwrap().accepted(), 9, "after {polls} polls");
        // Nothing counts as in flight any more.
        assert_eq!(router.shutdown(secs(60)).now_or_never(), Some(()));
    }
}

#[tokio::test(start_paused = true)]
async fn observers_see_every_verdict_once_and_what_it_means_for_the_token() {
    let recorder = Arc::new(Recorder::default());
    let a = Scripted::new("a", 10, 1)
        .answering(|batch, call| {
            let answer = |token: &str| match token {
                "0" => Outcome::accepted(None),
                "1" => Rejection::new(ErrorKind::TokenInvalid, "gone")
                    .with_token(TokenAction::Drop {
                        since: Some(Timestamp::from_millis(9)),
                    })
                    .into(),
                "2" => Rejection::new(ErrorKind::TokenInvalid, "moved")
                    .with_token(TokenAction::Replace("new".into()))
                    .into(),
                "3" if call == 0 => failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No),
                _ => failed(ErrorKind::Protocol, Retry::Never, Sent::Maybe),
            };
            let targets = batch.targets().iter();
            targets
                .map(|target| answer(target.token.as_str()))
                .collect()
        })
        .arc();
    let router = Router::builder(paused())
        .provider(a)
        .observer(recorder.clone())
        .build();
    let _ = router.send(&alert(), targets("a", 5)).await;
    let lines = recorder.lines();
    // What is final is told before the wait, and not again after it.
    assert_eq!(
        lines[..6],
        [
            "accepted 0",
            "rejected 1 token_invalid",
            "dropped 1 Some(9)",
            "rejected 2 token_invalid",
            "replaced 2 new",
            "failed 4 protocol",
        ]
    );
    assert!(lines[6].starts_with("retried 1 2 "), "{lines:?}");
    assert_eq!(lines[7..], ["failed 3 protocol"]);
}

/// Takes all but token `1`, which is busy for two attempts.
fn one_is_busy() -> Scripted {
    Scripted::new("a", 10, 1).answering(|batch, call| {
        let answer = |token: &str| match token {
            "1" if call < 2 => failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No),
            _ => Outcome::accepted(Some(token.to_owned())),
        };
        let targets = batch.targets().iter();
        targets
            .map(|target| answer(target.token.as_str()))
            .collect()
    })
}

#[tokio::test(start_paused = true)]
async fn verdicts_are_handed_out_while_the_rest_of_their_batch_is_tried_again() {
    let a = one_is_busy().arc();
    let router = router([&a]);
    let message = alert();
    let mut flow = router.stream(&message, stream::iter(targets("a", 4)));
    let mut early = Vec::new();
    while let Some(Some(delivery)) = flow.next().now_or_never() {
        early.push(delivery);
    }
    let positions: Vec<u64> = early.iter().map(|delivery| delivery.position).collect();
    assert_eq!(positions, [0, 2, 3]);
    assert_eq!(vendor_id(&early[1].outcome), Some("2"));
    assert_eq!(early[1].notes, None);
    let late: Vec<Delivery> = flow.collect().await;
    assert_eq!(late.len(), 1, "{late:?}");
    assert_eq!(late[0].position, 1);
    let notes = late[0].notes.as_ref().unwrap();
    let kinds: Vec<ErrorKind> = notes.attempts.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [ErrorKind::Unavailable; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_before_a_retry_loses_no_verdict_of_the_batch() {
    let a = one_is_busy().arc();
    let recorder = Arc::new(Recorder::default());
    let router = Router::builder(paused())
        .provider(a)
        .observer(recorder.clone())
        .build();
    let message = alert();
    let mut send = Box::pin(router.send(&message, targets("a", 4)));
    assert!(poll!(&mut send).is_pending());
    drop(send);
    let accepted = ["accepted 0", "accepted 2", "accepted 3"];
    assert_eq!(recorder.of("accepted"), accepted);
}

#[tokio::test(start_paused = true)]
async fn the_guard_judges_what_is_handed_out_early_as_a_whole() {
    let a = Scripted::new("a", 500, 1)
        .answering(|batch, call| {
            let mut outcomes: Vec<Outcome> = batch
                .targets()
                .iter()
                .map(|_| {
                    Rejection::new(ErrorKind::TokenInvalid, "gone")
                        .with_token(TokenAction::Drop { since: None })
                        .into()
                })
                .collect();
            if call == 0 {
                outcomes[7] = failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No);
            }
            outcomes
        })
        .arc();
    let report = router([&a]).send(&alert(), targets("a", 200)).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 200);
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(rejection.token, TokenAction::Keep);
    }
}
