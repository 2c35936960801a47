//! All layers together, in the order that `Delivery` gives them.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Mutex;

use async_trait::async_trait;
use futures_util::future::join_all;
use zpns_core::layers::{Around, Delivery, Next, Wrapped};
use zpns_core::{Capability, Check, Error, ErrorKind, Outcome, ProviderInfo, Report};

use super::*;
use crate::common::{busy, kinds, lost, millis, rejected, secs};

/// A layer of the host's own: writes down which attempts come by.
#[derive(Clone, Debug, Default)]
struct Passing(Arc<Mutex<Vec<u32>>>);

impl Layer for Passing {
    fn wrap(&self, inner: Arc<dyn PushProvider>, _: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, self.clone())
    }
}

impl Around for Passing {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        if let Ok(mut attempts) = self.0.lock() {
            attempts.push(batch.attempt());
        }
        next.pass(batch).await
    }
}

fn deliver(delivery: &Delivery, provider: &Arc<Scripted>) -> Arc<dyn PushProvider> {
    let context = LayerContext::new(paused(), Observers::default());
    delivery.wrap(Arc::clone(provider) as Arc<dyn PushProvider>, &context)
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_the_host_s_own_sees_the_whole_outside_and_every_attempt_inside() {
    let accepted = Outcome::accepted(None);
    let provider = Scripted::new("a", 10, 1)
        .in_turn(vec![busy(), busy(), accepted])
        .arc();
    let (outer, inner) = (Passing::default(), Passing::default());
    let mut delivery = Delivery::default();
    delivery.outer = Some(Arc::new(outer.clone()));
    delivery.inner = Some(Arc::new(inner.clone()));
    let report = deliver(&delivery, &provider)
        .send(&batch(&provider, 1, None))
        .await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(*outer.0.lock().unwrap(), [1]);
    assert_eq!(*inner.0.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_its_own_time_out() {
    let provider = Scripted::new("a", 10, 1)
        .with(|capability| capability.deduplicates = true)
        .gated()
        .timed()
        .arc();
    let mut delivery = Delivery::default();
    delivery.attempt_timeout = secs(10);
    let report = deliver(&delivery, &provider)
        .send(&batch(&provider, 1, Some(secs(60))))
        .await;
    assert_eq!(kinds(report.outcomes()), [Some(ErrorKind::Timeout)]);
    assert!(provider.calls().len() >= 4);
    assert!(provider.times().iter().all(|time| *time < secs(60)));
}

#[tokio::test(start_paused = true)]
async fn what_the_breaker_refuses_uses_up_no_rate() {
    let revoked = rejected(ErrorKind::CredentialInvalid);
    let provider = Scripted::new("a", 10, 1).in_turn(vec![revoked]).arc();
    let mut delivery = Delivery::default();
    delivery.rate_per_second = NonZeroU32::new(1);
    let context = LayerContext::new(paused(), Observers::default());
    let layers = delivery.wrap(Arc::clone(&provider) as Arc<dyn PushProvider>, &context);
    let one = batch(&provider, 1, Some(secs(60)));
    let _ = layers.send(&one).await;
    join_all((0..100).map(|_| layers.send(&one))).await;
    assert_eq!(context.resources.clock.monotonic(), secs(0));
    assert_eq!(provider.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_counts_for_the_rate() {
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .in_turn(vec![busy()])
        .arc();
    let mut delivery = Delivery::default();
    delivery.rate_per_second = NonZeroU32::new(1);
    delivery.retries.base = millis(1);
    delivery.retries.attempts = 4;
    let _ = deliver(&delivery, &provider)
        .send(&batch(&provider, 1, None))
        .await;
    for (number, time) in (0..).zip(provider.times()) {
        assert!(time >= secs(number), "{number}: {time:?}");
    }
    assert_eq!(provider.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_pause_before_a_retry_keeps_no_slot() {
    let provider = Scripted::new("a", 10, 1)
        .timed()
        .answering(|batch, _| match (batch.targets().len(), batch.attempt()) {
            (1, 1) => vec![busy()],
            (targets, _) => vec![Outcome::accepted(None); targets],
        })
        .arc();
    let mut delivery = Delivery::default();
    delivery.max_in_flight = NonZeroUsize::new(1);
    delivery.retries.base = secs(50);
    let layers = deliver(&delivery, &provider);
    let (one, two) = (batch(&provider, 1, None), batch(&provider, 2, None));
    let (_, second) = futures_util::join!(layers.send(&one), layers.send(&two));
    assert_eq!(second.accepted(), 2);
    assert_eq!(provider.sizes(), [1, 2, 1]);
    assert_eq!(provider.times()[1], secs(0));
}

#[tokio::test(start_paused = true)]
async fn a_slot_comes_free_when_an_attempt_runs_out_of_time() {
    let provider = Scripted::new("a", 10, 1)
        .gated()
        .in_turn(vec![lost()])
        .arc();
    let mut delivery = Delivery::default();
    delivery.max_in_flight = NonZeroUsize::new(1);
    delivery.attempt_timeout = secs(5);
    let layers = deliver(&delivery, &provider);
    let one = batch(&provider, 1, Some(secs(60)));
    join_all((0..3).map(|_| layers.send(&one))).await;
    assert_eq!(provider.calls().len(), 3);
    assert_eq!(provider.most_in_flight(), 1);
}

/// A provider that tells what it was asked besides `send`.
#[derive(Debug)]
struct Asked(ProviderInfo, Mutex<Vec<&'static str>>);

#[async_trait]
impl PushProvider for Asked {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    fn capability(&self) -> Capability {
        Capability::batched(77, 7)
    }

    fn partition(&self, token: &zpns_core::Token) -> u8 {
        u8::try_from(token.as_str().len()).unwrap_or_default()
    }

    async fn send(&self, batch: &Batch) -> Report {
        batch.report_all(Outcome::accepted(None))
    }

    async fn check(&self) -> Result<Check, Error> {
        self.1
            .lock()
            .unwrap_or_else(|held| held.into_inner())
            .push("check");
        Ok(Check::new("fine"))
    }

    async fn shutdown(&self, _: Duration) {
        self.1
            .lock()
            .unwrap_or_else(|held| held.into_inner())
            .push("shutdown");
    }
}

#[tokio::test(start_paused = true)]
async fn everything_but_send_goes_through_all_layers_untouched() {
    let info = ProviderInfo::new("a", zpns_core::Vendor::new("asked"));
    let asked = Arc::new(Asked(info.clone(), Mutex::default()));
    let context = LayerContext::new(paused(), Observers::default());
    let layers = Delivery::default().wrap(asked.clone(), &context);
    assert_eq!(layers.info(), &info);
    assert_eq!(layers.capability(), Capability::batched(77, 7));
    assert_eq!(layers.partition(&zpns_core::Token::from("four")), 4);
    assert_eq!(layers.check().await.unwrap().reason, "fine");
    layers.shutdown(secs(1)).await;
    assert_eq!(*asked.1.lock().unwrap(), ["check", "shutdown"]);
}
