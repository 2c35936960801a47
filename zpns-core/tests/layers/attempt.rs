use futures_util::FutureExt;
use zpns_core::layers::AttemptTimeout;
use zpns_core::{ErrorKind, Retry, Sent};

use super::*;
use crate::common::{error, millis, secs};

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_may_have_been_sent() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let resources = paused();
    let layer = wrap_with(
        &AttemptTimeout::new(secs(3)),
        &provider,
        resources.clone(),
        Vec::new(),
    );
    let report = layer.send(&batch(&provider, 2, None)).await;
    assert_eq!(report.len(), 2);
    let error = error(&report.outcomes()[1]);
    assert_eq!(
        (error.kind(), error.sent(), error.retry()),
        (ErrorKind::Timeout, Sent::Maybe, Retry::Backoff)
    );
    assert_eq!(error.message(), "no answer within 3000 ms");
    assert_eq!(resources.clock.monotonic(), millis(3_250));
    assert_eq!(provider.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_provider_s_own_answer_within_the_margin_is_the_one_that_counts() {
    let provider = Scripted::new("a", 10, 1).gated().arc();
    let resources = paused();
    let layer = wrap_with(
        &AttemptTimeout::new(secs(3)),
        &provider,
        resources.clone(),
        Vec::new(),
    );
    let batch = batch(&provider, 1, None);
    let (report, ()) = futures_util::join!(layer.send(&batch), async {
        resources.clock.sleep(millis(3_200)).await;
        provider.let_go(1);
    });
    assert_eq!(report.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_provider_is_told_the_nearer_of_the_deadline_and_the_time_out() {
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap(&AttemptTimeout::new(secs(3)), &provider);
    for deadline in [None, Some(secs(2)), Some(secs(60))] {
        let _ = layer.send(&batch(&provider, 1, deadline)).await;
    }
    let deadlines: Vec<_> = provider
        .calls()
        .iter()
        .map(|call| call.deadline.unwrap())
        .collect();
    assert_eq!(deadlines, [secs(3), secs(2), secs(3)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_for_which_no_time_is_left_is_not_made() {
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap(&AttemptTimeout::new(secs(3)), &provider);
    let report = layer.send(&batch(&provider, 1, Some(secs(0)))).await;
    assert_eq!(error(&report.outcomes()[0]).sent(), Sent::No);
    assert!(provider.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_time_out_without_end_is_none() {
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap(&AttemptTimeout::new(Duration::MAX), &provider);
    let batch = batch(&provider, 1, None);
    assert_eq!(layer.send(&batch).now_or_never().unwrap().accepted(), 1);
}
