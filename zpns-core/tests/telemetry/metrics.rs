//! Numbers for a scrape.

use std::sync::Arc;

use futures_util::poll;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use zpns_core::layers::Delivery;
use zpns_core::telemetry::{Metrics, Spans};
use zpns_core::{
    CallEvent, Capability, Category, ErrorKind, Notification, Outcome, PushProvider, Recipient,
    Rejection, Router, Scope, Target, Timestamp, TokenAction,
};

use crate::common::*;

/// The text of a scrape.
struct Page(String);

impl Page {
    /// The value of the only sample with this name and these labels.
    #[track_caller]
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels: Vec<String> = (labels.iter())
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let mut lines = self.0.lines().filter(|line| {
            line.split_once('{').map_or(*line, |(name, _)| name) == name
                && labels.iter().all(|label| line.contains(label.as_str()))
        });
        let (found, more) = (lines.next(), lines.next());
        let line = found.unwrap_or_else(|| panic!("no {name} {labels:?} in:\n{}", self.0));
        assert_eq!(more, None, "more than one {name} {labels:?}");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// What a scrape tells after this work.
fn scrape_after<W: Future<Output = ()>>(work: impl FnOnce(Arc<Metrics>) -> W) -> Page {
    scrape_in(|metrics, page| async move {
        work(metrics).await;
        Page(page.render())
    })
}

/// What this work scrapes, on tokio's paused time.
fn scrape_in<W: Future<Output = Page>>(
    work: impl FnOnce(Arc<Metrics>, PrometheusHandle) -> W,
) -> Page {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(work(Arc::new(Metrics::new()), page))
    })
}

fn measured(metrics: &Arc<Metrics>, provider: Arc<Scripted>, delivery: Delivery) -> Router {
    Router::builder(paused())
        .observer(metrics.clone())
        .provider_with(provider, delivery)
        .build()
}

fn gone() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "gone")
        .with_token(TokenAction::Drop { since: None })
        .into()
}

const PHONES: (&str, &str) = ("provider", "phones");

#[test]
fn the_page_of_a_scrape_tells_what_came_of_the_targets() {
    let page = scrape_after(|metrics| async move {
        let provider = Scripted::new("phones", 3, 1)
            .answering(|_, _| vec![Outcome::accepted(None), gone(), Outcome::accepted(None)])
            .arc();
        let router = Router::builder(paused())
            .observer(metrics.clone())
            .observer(Arc::new(Spans))
            .provider(provider)
            .build();
        let message = alert().with_category(Category::Marketing);
        let report = router.send(&message, targets("phones", 3)).await;
        assert_eq!(report.accepted(), 2);
        metrics.sample(&router);
    });
    let of = [PHONES, ("vendor", "scripted")];
    let class = [("class", "marketing"), ("push", "alert")];
    let accepted = [
        &of[..],
        &class,
        &[("outcome", "accepted"), ("kind", "none")],
    ]
    .concat();
    assert_eq!(page.value("zpns_outcomes_total", &accepted), 2.0);
    let rejected = [("outcome", "rejected"), ("kind", "token_invalid")];
    let rejected = [&of[..], &class, &rejected].concat();
    assert_eq!(page.value("zpns_outcomes_total", &rejected), 1.0);
    assert_eq!(page.value("zpns_tokens_dropped_total", &of), 1.0);
    let answered = [&of[..], &class, &[("result", "answered")]].concat();
    assert_eq!(page.value("zpns_attempt_seconds_count", &answered), 1.0);
    for idle in [
        "zpns_requests_in_flight",
        "zpns_batches_in_flight",
        "zpns_guard_closed",
        "zpns_breaker_open",
        "zpns_quotas_latched",
    ] {
        assert_eq!(page.value(idle, &of), 0.0, "{idle}");
    }
    let told = &page.0;
    assert!(
        !told.contains("Lunch"),
        "nothing that a message says: {told}"
    );
}

#[test]
fn what_waits_is_told_by_lane_and_what_is_under_way_by_provider() {
    let page = scrape_in(|metrics, page| async move {
        let provider = Scripted::new("phones", 10, 2).gated().arc();
        let mut delivery = Delivery::default();
        delivery.max_in_flight = std::num::NonZeroUsize::new(1);
        let router = measured(&metrics, provider.clone(), delivery);
        let sale = alert().with_category(Category::Marketing);
        let chat = alert();
        let call = Notification::call(CallEvent::Invite);
        let mut sale = Box::pin(router.send(&sale, targets("phones", 35)));
        let mut chat = Box::pin(router.send(&chat, targets("phones", 3)));
        let mut call = Box::pin(router.send(&call, targets("phones", 1)));
        assert!(poll!(&mut sale).is_pending());
        assert!(poll!(&mut chat).is_pending());
        assert!(poll!(&mut call).is_pending());
        metrics.sample(&router);
        Page(page.render())
    });
    let lanes = |name: &str, more: &[(&str, &str)]| {
        ["call", "chat", "marketing"]
            .map(|lane| page.value(name, &[&[PHONES, ("lane", lane)], more].concat()))
    };
    // Of the campaign ten are under way, and one batch of each other send waits for their slot.
    assert_eq!(lanes("zpns_targets_waiting", &[]), [0.0, 0.0, 25.0]);
    let slot = [("for", "slot")];
    assert_eq!(lanes("zpns_batches_waiting", &slot), [1.0, 1.0, 0.0]);
    let rate = [("for", "rate")];
    assert_eq!(lanes("zpns_batches_waiting", &rate), [0.0, 0.0, 0.0]);
    assert_eq!(page.value("zpns_batches_in_flight", &[PHONES]), 3.0);
    assert_eq!(page.value("zpns_requests_in_flight", &[PHONES]), 1.0);
}

#[test]
fn what_waits_for_the_rate_is_told_and_so_is_the_rate() {
    let page = scrape_after(|metrics| async move {
        let mut delivery = Delivery::default();
        delivery.rate_per_second = std::num::NonZeroU32::new(10);
        let provider = Scripted::new("phones", 1, 8).arc();
        let router = measured(&metrics, provider, delivery);
        let message = alert();
        let mut send = Box::pin(router.send(&message, targets("phones", 8)));
        assert!(poll!(&mut send).is_pending());
        metrics.sample(&router);
    });
    let waiting = [PHONES, ("lane", "chat"), ("for", "rate")];
    assert_eq!(page.value("zpns_batches_waiting", &waiting), 7.0);
    let rate = [PHONES, ("unit", "requests")];
    assert_eq!(page.value("zpns_rate_limit_per_second", &rate), 10.0);
}

#[test]
fn a_breaker_s_gauge_follows_it_and_a_replacement_closes_it() {
    fn revoked() -> Arc<Scripted> {
        let revoked = rejected(ErrorKind::CredentialInvalid);
        Scripted::new("phones", 1, 1).in_turn(vec![revoked]).arc()
    }
    async fn open(metrics: &Arc<Metrics>) -> Router {
        let router = measured(metrics, revoked(), Delivery::default());
        let _ = router.send(&alert(), targets("phones", 3)).await;
        router
    }
    let opened = scrape_after(|metrics| async move { drop(open(&metrics).await) });
    assert_eq!(opened.value("zpns_breaker_open", &[PHONES]), 1.0);
    let kind = [PHONES, ("kind", "credential_invalid")];
    assert_eq!(opened.value("zpns_breaker_opened_total", &kind), 1.0);

    let replaced = scrape_after(|metrics| async move {
        let router = open(&metrics).await;
        let good: Arc<dyn PushProvider> = Scripted::new("phones", 1, 1).arc();
        router.replace(good);
    });
    // Without a sample: a host that only scrapes sees it too.
    assert_eq!(replaced.value("zpns_breaker_open", &[PHONES]), 0.0);

    let probed = scrape_after(|metrics| async move {
        let router = open(&metrics).await;
        paused().clock.sleep(secs(30)).await;
        let _ = router.send(&alert(), targets("phones", 1)).await;
        metrics.sample(&router);
    });
    assert_eq!(probed.value("zpns_breaker_open", &[PHONES]), 1.0);
    assert_eq!(probed.value("zpns_breaker_probes_total", &[PHONES]), 1.0);
}

#[test]
fn quotas_that_are_used_up_and_the_ends_of_credentials_are_gauges() {
    let end = Timestamp::from_secs(1_900_000_000);
    let page = scrape_after(|metrics| async move {
        let used_up = Rejection::new(ErrorKind::QuotaExceeded, "used up").with_scope(Scope::Class);
        let provider = Scripted::new("phones", 1, 1)
            .with(|capability| capability.quota_day = Some(Capability::CHINA))
            .in_turn(vec![used_up.into()])
            .expiring("certificate", end);
        let router = measured(&metrics, provider.arc(), Delivery::default());
        for category in [Category::News, Category::Social, Category::News] {
            let message = alert().with_category(category);
            let _ = router.send(&message, targets("phones", 1)).await;
        }
        metrics.sample(&router);
    });
    assert_eq!(page.value("zpns_quotas_latched", &[PHONES]), 2.0);
    assert_eq!(page.value("zpns_quotas_used_up_total", &[PHONES]), 2.0);
    let certificate = [PHONES, ("what", "certificate")];
    let at = page.value("zpns_credential_expires_at_seconds", &certificate);
    assert_eq!(at, 1_900_000_000.0);
}

#[test]
fn retries_fallbacks_and_cancelled_attempts_are_counted() {
    let page = scrape_after(|metrics| async move {
        let sick = Scripted::new("phones", 10, 1).in_turn(vec![busy()]).arc();
        let spare = Scripted::new("spare", 10, 1).gated().arc();
        spare.let_go(1);
        let mut delivery = Delivery::default();
        delivery.retries.attempts = 3;
        let router = Router::builder(paused())
            .observer(metrics.clone())
            .provider_with(sick, delivery)
            .provider(spare)
            .build();
        let alice = Recipient::new(Target::new("phones", "1")).or(Target::new("spare", "2"));
        let passages = router.send_to(&alert(), [alice]).await;
        assert!(passages[0].is_accepted());
        let message = alert();
        let mut given_up = Box::pin(router.send(&message, targets("spare", 1)));
        assert!(poll!(&mut given_up).is_pending());
    });
    let unavailable = [PHONES, ("kind", "unavailable")];
    assert_eq!(page.value("zpns_retries_total", &unavailable), 2.0);
    let way = [("from", "phones"), ("to", "spare"), ("kind", "unavailable")];
    assert_eq!(page.value("zpns_fallbacks_total", &way), 1.0);
    let spare = ("provider", "spare");
    let given_up = [spare, ("result", "given_up")];
    assert_eq!(page.value("zpns_attempt_seconds_count", &given_up), 1.0);
    assert_eq!(page.value("zpns_requests_in_flight", &[spare]), 0.0);
}

#[test]
fn names_that_no_provider_has_share_one_label() {
    let page = scrape_after(|metrics| async move {
        let provider = Scripted::new("phones", 10, 1).arc();
        let router = measured(&metrics, provider, Delivery::default());
        let stray = (0..50).map(|number| Target::new(format!("stray-{number}"), "token"));
        let _ = router.send(&alert(), stray).await;
    });
    let unknown = [("provider", "unknown"), ("vendor", "unknown")];
    let unknown = [&unknown[..], &[("kind", "unsupported")]].concat();
    assert_eq!(page.value("zpns_outcomes_total", &unknown), 50.0);
    assert!(!page.0.contains("stray"), "{}", page.0);
}
