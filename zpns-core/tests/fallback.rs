//! Fallback channels: the next one is used once, and never where the device may have been reached.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use futures_util::{FutureExt, StreamExt, stream};
use zpns_core::layers::Delivery as DeliverySettings;
use zpns_core::router::goes_on_after;
use zpns_core::{
    Error, ErrorKind, Outcome, Passage, ProviderId, PushProvider, Recipient, Rejection, Retry,
    Router, SendOptions, Sent, Target, TokenAction,
};

fn dead() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "gone")
        .with_token(TokenAction::Drop { since: None })
        .into()
}

/// A device that is reached through these providers, under its own number everywhere.
fn device(number: usize, providers: &[&str]) -> Recipient {
    let mut channels = (providers.iter()).map(|id| Target::new(*id, format!("{id}{number}")));
    let preferred = Recipient::new(channels.next().unwrap());
    channels.fold(preferred, Recipient::or)
}

fn always(id: &str, outcome: Outcome) -> Arc<Scripted> {
    Scripted::new(id, 10, 4).in_turn(vec![outcome]).arc()
}

fn without_retry<const N: usize>(providers: [&Arc<Scripted>; N]) -> (Router, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let mut builder = Router::builder(paused()).observer(recorder.clone());
    for provider in providers {
        let provider = Arc::clone(provider) as Arc<dyn PushProvider>;
        builder = builder.provider_with(provider, without_retries());
    }
    (builder.build(), recorder)
}

/// The way of a passage: each provider with what came of it.
fn way(passage: &Passage) -> Vec<(&str, Option<ErrorKind>)> {
    (passage.steps.iter())
        .map(|step| (step.target.provider.as_str(), step.outcome.kind()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_dead_channel_is_followed_by_the_next_and_the_passage_shows_both() {
    let (maker, fcm) = (always("maker", dead()), Scripted::new("fcm", 10, 4).arc());
    let (router, recorder) = without_retry([&maker, &fcm]);
    let passages = router
        .send_to(&alert(), [device(0, &["maker", "fcm"])])
        .await;
    assert_eq!(passages.len(), 1);
    let expected = [("maker", Some(ErrorKind::TokenInvalid)), ("fcm", None)];
    assert_eq!(way(&passages[0]), expected);
    assert!(passages[0].is_accepted());
    assert_eq!(fcm.tokens(), [["fcm0"]]);
    let told = ["fellback maker fcm token_invalid"];
    assert_eq!(recorder.of("fellback"), told);
    assert_eq!(recorder.of("dropped"), ["dropped maker0 None"]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_took_the_message_is_the_only_one_used() {
    let (maker, fcm) = (
        Scripted::new("maker", 10, 4).arc(),
        Scripted::new("fcm", 10, 4).arc(),
    );
    let (router, recorder) = without_retry([&maker, &fcm]);
    let devices = (0..25).map(|number| device(number, &["maker", "fcm"]));
    let passages = router.send_to(&alert(), devices).await;
    assert!(passages.iter().all(|passage| passage.steps.len() == 1));
    assert_eq!(maker.sizes(), [10, 10, 5]);
    assert!(fcm.calls().is_empty());
    assert!(recorder.of("fellback").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_retried_first_and_the_next_channel_is_used_once() {
    let (maker, fcm) = (always("maker", busy()), always("fcm", busy()));
    let mut delivery = DeliverySettings::default();
    delivery.retries.attempts = 2;
    let router = Router::builder(paused())
        .provider_with(maker.clone(), delivery.clone())
        .provider_with(fcm.clone(), delivery)
        .build();
    let passages = router
        .send_to(&alert(), [device(0, &["maker", "fcm"])])
        .await;
    let busy = Some(ErrorKind::Unavailable);
    assert_eq!(way(&passages[0]), [("maker", busy), ("fcm", busy)]);
    assert_eq!((maker.calls().len(), fcm.calls().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_not_sent_through_another_channel() {
    let (maker, fcm) = (always("maker", lost()), Scripted::new("fcm", 10, 4).arc());
    let (router, _) = without_retry([&maker, &fcm]);
    let recipients = [device(0, &["maker", "fcm"])];
    let passages = router.send_to(&alert(), recipients.clone()).await;
    assert_eq!(way(&passages[0]), [("maker", Some(ErrorKind::Timeout))]);
    assert!(fcm.calls().is_empty());

    let mut options = SendOptions::default();
    options.at_least_once = true;
    let passages = router.send_to_with(&alert(), recipients, &options).await;
    assert!(passages[0].is_accepted(), "{passages:?}");
    assert_eq!(fcm.tokens(), [["fcm0"]]);
}

/// What is done after each kind, as `Recipient` documents it.
#[rustfmt::skip]
const ONWARD: [(ErrorKind, bool); 16] = [
    (ErrorKind::TokenInvalid, true),
    (ErrorKind::TokenMismatch, true),
    (ErrorKind::Muted, false),
    (ErrorKind::MessageInvalid, false),
    (ErrorKind::PayloadTooLarge, true),
    (ErrorKind::Unsupported, true),
    (ErrorKind::CredentialInvalid, true),
    (ErrorKind::PermissionDenied, true),
    (ErrorKind::QuotaExceeded, true),
    (ErrorKind::RateLimited, true),
    (ErrorKind::Unavailable, true),
    (ErrorKind::Timeout, true),
    (ErrorKind::Protocol, true),
    (ErrorKind::Expired, false),
    (ErrorKind::Suppressed, false),
    (ErrorKind::Cancelled, false),
];

#[tokio::test(start_paused = true)]
async fn every_kind_goes_on_or_not_as_documented() {
    assert_eq!(ONWARD.map(|(kind, _)| kind), ErrorKind::ALL);
    for (kind, goes_on) in ONWARD {
        let outcome = Outcome::from(Error::new(kind, "as the row says"));
        assert_eq!(goes_on_after(&outcome, false), goes_on, "{kind}");
        let (maker, fcm) = (always("maker", outcome), Scripted::new("fcm", 10, 4).arc());
        let (router, _) = without_retry([&maker, &fcm]);
        let passages = router
            .send_to(&alert(), [device(0, &["maker", "fcm"])])
            .await;
        assert_eq!(fcm.calls().len(), usize::from(goes_on), "{kind}");
        assert_eq!(passages[0].is_accepted(), goes_on, "{kind}");
    }
    assert!(!goes_on_after(&Outcome::accepted(None), true));
}

#[tokio::test(start_paused = true)]
async fn each_of_many_devices_has_one_passage_in_its_place() {
    let flaky = Scripted::new("maker", 7, 3).answering(|batch, _| {
        let of = |target: &Target| match target.token.as_str().ends_with('3') {
            true => dead(),
            false => Outcome::accepted(None),
        };
        batch.targets().iter().map(of).collect()
    });
    let (maker, fcm, last) = (
        flaky.arc(),
        always("fcm", rejected(ErrorKind::QuotaExceeded)),
        Scripted::new("last", 1, 4).arc(),
    );
    let (router, _) = without_retry([&maker, &fcm, &last]);
    let devices = (0..1_000).map(|number| device(number, &["maker", "fcm", "last"]));
    let passages = router.send_to(&alert(), devices).await;
    assert_eq!(passages.len(), 1_000);
    for (number, passage) in passages.iter().enumerate() {
        assert_eq!(passage.position, number as u64);
        let steps = if number % 10 == 3 { 3 } else { 1 };
        assert_eq!(passage.steps.len(), steps, "{number}");
        assert!(passage.is_accepted());
        let token = passage.steps[0].target.token.as_str();
        assert_eq!(token, format!("maker{number}"));
    }
    assert_eq!(last.calls().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_not_configured_is_passed_over() {
    let fcm = Scripted::new("fcm", 10, 4).arc();
    let (router, _) = without_retry([&fcm]);
    let passages = router
        .send_to(&alert(), [device(0, &["nobody", "fcm"])])
        .await;
    let expected = [("nobody", Some(ErrorKind::Unsupported)), ("fcm", None)];
    assert_eq!(way(&passages[0]), expected);
}

#[tokio::test(start_paused = true)]
async fn a_channel_given_twice_is_used_once() {
    let maker = always("maker", dead());
    let (router, _) = without_retry([&maker]);
    let twice = Recipient::new(Target::new("maker", "x"))
        .or(Target::new("maker", "x").with_badge(2))
        .or(Target::new("maker", "x"));
    assert_eq!(twice.channels().len(), 1);
    let passages = router.send_to(&alert(), [twice]).await;
    assert_eq!(passages[0].steps.len(), 1);
    assert_eq!(maker.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_channel_is_tried_once_the_message_has_expired() {
    let resources = paused();
    let (maker, fcm) = (
        Scripted::new("maker", 1, 4).gated().arc(),
        Scripted::new("fcm", 1, 4).arc(),
    );
    let mut delivery = without_retries();
    delivery.attempt_timeout = Duration::from_secs(600);
    let router = Router::builder(resources)
        .provider_with(maker.clone(), delivery.clone())
        .provider_with(fcm.clone(), delivery)
        .build();
    // Half of its life is over when the first channel gives up, the whole of it is not.
    let mut options = SendOptions::default();
    options.at_least_once = true;
    let call = alert().with_ttl(secs(30));
    let passages = router
        .send_to_with(&call, [device(0, &["maker", "fcm"])], &options)
        .await;
    assert!(passages[0].is_accepted(), "{passages:?}");

    // A life so short that nothing of it is left when the vendor's silence is noticed.
    let call = alert().with_ttl(millis(100));
    let passages = router
        .send_to_with(&call, [device(1, &["maker", "fcm"])], &options)
        .await;
    assert_eq!(way(&passages[0]), [("maker", Some(ErrorKind::Timeout))]);
    assert_eq!(fcm.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_hands_passages_out_while_more_may_come() {
    let (maker, fcm) = (always("maker", dead()), Scripted::new("fcm", 10, 4).arc());
    let (router, _) = without_retry([&maker, &fcm]);
    let (sender, receiver) = futures_util_channel();
    let mut passages = router.stream_to(&alert(), receiver);
    sender.send(device(0, &["maker", "fcm"])).unwrap();
    let first = soon(passages.next()).await.unwrap();
    assert_eq!(first.steps.len(), 2);
    assert!(
        passages.next().now_or_never().is_none(),
        "the input is open"
    );
    sender.send(device(1, &["maker"])).unwrap();
    let second = soon(passages.next()).await.unwrap();
    assert_eq!((second.position, second.steps.len()), (1, 1));
    drop(sender);
    assert_eq!(soon(passages.next()).await, None);
}

/// A channel as a stream.
fn futures_util_channel() -> (
    tokio::sync::mpsc::UnboundedSender<Recipient>,
    impl stream::Stream<Item = Recipient> + Unpin,
) {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    (
        sender,
        stream::poll_fn(move |context| receiver.poll_recv(context)),
    )
}

#[tokio::test(start_paused = true)]
async fn endless_recipients_are_read_only_as_far_as_they_move() {
    let taken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let devices = stream::iter((0..).map(move |number| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        device(number, &["maker", "fcm"])
    }));
    let (maker, fcm) = (
        always("maker", dead()),
        Scripted::new("fcm", 10, 4).gated().arc(),
    );
    // The makers' dead tokens are no mass invalidation here.
    let mut delivery = without_retries();
    delivery.guard.enabled = false;
    let router = Router::builder(paused())
        .provider_with(maker.clone(), delivery.clone())
        .provider_with(fcm.clone(), delivery)
        .build();
    let mut passages = router.stream_to(&alert(), devices);
    assert!(passages.next().now_or_never().is_none());
    settle().await;
    assert!(passages.next().now_or_never().is_none());
    let read = taken.load(std::sync::atomic::Ordering::SeqCst);
    assert!(read < 50_000, "{read} were read although nothing moves");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_uses_no_further_channel() {
    let (maker, fcm) = (
        Scripted::new("maker", 10, 4)
            .in_turn(vec![dead()])
            .gated()
            .arc(),
        Scripted::new("fcm", 10, 4).arc(),
    );
    let (router, recorder) = without_retry([&maker, &fcm]);
    let mut passages = router.stream_to(&alert(), stream::iter([device(0, &["maker", "fcm"])]));
    assert!(passages.next().now_or_never().is_none());
    assert_eq!(maker.in_flight(), 1);
    drop(passages);
    maker.let_go(1);
    settle().await;
    assert_eq!(maker.in_flight(), 0);
    assert!(fcm.calls().is_empty());
    assert!(recorder.of("fellback").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_passage_where_it_is() {
    let (maker, fcm) = (
        Scripted::new("maker", 1, 1)
            .in_turn(vec![dead()])
            .gated()
            .arc(),
        Scripted::new("fcm", 1, 1).arc(),
    );
    let (router, _) = without_retry([&maker, &fcm]);
    let devices: Vec<_> = (0..3).map(|n| device(n, &["maker", "fcm"])).collect();
    let sender = router.clone();
    let sending = tokio::spawn(async move { sender.send_to(&alert(), devices).await });
    settle().await;
    let closer = router.clone();
    let closing = tokio::spawn(async move { closer.shutdown(secs(5)).await });
    settle().await;
    maker.let_go(1);
    let passages = sending.await.unwrap();
    closing.await.unwrap();
    let kinds: Vec<_> = passages.iter().map(way).collect();
    assert_eq!(kinds[0], [("maker", Some(ErrorKind::TokenInvalid))]);
    for way in &kinds[1..] {
        assert_eq!(way, &[("maker", Some(ErrorKind::Cancelled))]);
    }
    assert!(fcm.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_guarded_provider_s_dead_tokens_still_lead_to_the_next_channel() {
    let (maker, fcm) = (
        Scripted::new("maker", 100, 4).in_turn(vec![dead()]).arc(),
        Scripted::new("fcm", 100, 4).arc(),
    );
    let (router, _) = without_retry([&maker, &fcm]);
    let devices = (0..100).map(|number| device(number, &["maker", "fcm"]));
    let passages = router.send_to(&alert(), devices).await;
    assert!(router.guard(&ProviderId::from("maker")).is_some());
    assert!(passages.iter().all(Passage::is_accepted));
    let Outcome::Rejected(first) = &passages[0].steps[0].outcome else {
        panic!("{:?}", passages[0]);
    };
    assert_eq!(first.token, TokenAction::Keep);
}

#[tokio::test(start_paused = true)]
async fn what_waits_longer_than_its_life_is_not_sent_onward() {
    let resources = paused();
    let clock = Arc::clone(&resources.clock);
    let (maker, fcm) = (
        Scripted::new("maker", 1, 4)
            .in_turn(vec![failed(ErrorKind::RateLimited, Retry::Never, Sent::No)])
            .gated()
            .arc(),
        Scripted::new("fcm", 1, 4).arc(),
    );
    let router = Router::builder(resources)
        .provider_with(maker.clone(), without_retries())
        .provider_with(fcm.clone(), without_retries())
        .build();
    let message = alert().with_ttl(secs(10));
    let mut passages = router.stream_to(&message, stream::iter([device(0, &["maker", "fcm"])]));
    assert!(passages.next().now_or_never().is_none());
    maker.let_go(1);
    // Nobody polls the stream until the message is long dead.
    clock.sleep(secs(11)).await;
    let passage = passages.next().await.unwrap();
    assert_eq!(passage.steps.len(), 1, "{passage:?}");
    assert!(fcm.calls().is_empty());
}

#[test]
fn recipients_are_lists_of_targets_in_json() {
    let json = r#"[{"provider":"maker","token":"m"},{"provider":"fcm","token":"f"}]"#;
    let recipient: Recipient = serde_json::from_str(json).unwrap();
    assert_eq!(
        recipient,
        Recipient::new(Target::new("maker", "m")).or(Target::new("fcm", "f"))
    );
    assert_eq!(serde_json::to_string(&recipient).unwrap(), json);
    let error = serde_json::from_str::<Recipient>("[]").unwrap_err();
    assert!(error.to_string().contains("no channel"), "{error}");
}
