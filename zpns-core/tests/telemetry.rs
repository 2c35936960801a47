//! The ready observers: numbers for a scrape, without a token in them.

mod common;

use std::sync::Arc;

use common::*;
use metrics_exporter_prometheus::PrometheusBuilder;
use zpns_core::telemetry::{Metrics, Spans};
use zpns_core::{Category, ErrorKind, Outcome, Rejection, Router, TokenAction};

fn gone() -> Outcome {
    Rejection::new(ErrorKind::TokenInvalid, "gone")
        .with_token(TokenAction::Drop { since: None })
        .into()
}

#[test]
fn the_page_of_a_scrape_tells_what_came_of_the_targets() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || {
        let metrics = Arc::new(Metrics::new());
        let provider = Scripted::new("phones", 3, 1)
            .answering(|_, _| vec![Outcome::accepted(None), gone(), Outcome::accepted(None)])
            .arc();
        let router = Router::builder(paused())
            .observer(metrics.clone())
            .observer(Arc::new(Spans))
            .provider(provider)
            .build();
        let mut message = alert();
        message.category = Some(Category::Marketing);
        let targets = targets("phones", 3);
        let report = runtime.block_on(router.send(&message, targets));
        assert_eq!(report.accepted(), 2);
        metrics.sample(&router);
    });
    let page = page.render();
    let value = |name: &str, labels: &[&str]| {
        let line = page
            .lines()
            .find(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)));
        let line = line.unwrap_or_else(|| panic!("no {name} {labels:?} in:\n{page}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let of = [r#"provider="phones""#, r#"vendor="scripted""#];
    let accepted = [
        of[0],
        of[1],
        r#"outcome="accepted""#,
        r#"class="marketing""#,
        r#"push="alert""#,
    ];
    assert_eq!(value("zpns_outcomes_total{", &accepted), 2.0);
    let rejected = [of[0], r#"outcome="rejected""#, r#"kind="token_invalid""#];
    assert_eq!(value("zpns_outcomes_total{", &rejected), 1.0);
    assert_eq!(value("zpns_tokens_dropped_total{", &of), 1.0);
    assert_eq!(
        value(
            "zpns_attempt_seconds_count{",
            &[of[0], r#"result="answered""#]
        ),
        1.0
    );
    for idle in [
        "zpns_requests_in_flight{",
        "zpns_targets_waiting{",
        "zpns_batches_in_flight{",
        "zpns_guard_closed{",
    ] {
        assert_eq!(value(idle, &of), 0.0, "{idle}");
    }
    assert!(
        !page.contains("Lunch"),
        "nothing that a message says: {page}"
    );
}
