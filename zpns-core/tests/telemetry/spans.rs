//! `tracing` spans and lines.

use std::sync::Arc;

use futures_util::poll;
use zpns_core::layers::Delivery;
use zpns_core::telemetry::Spans;
use zpns_core::{
    Capability, Category, Error, ErrorKind, Notification, Outcome, ProviderId, PushProvider,
    Rejection, Resources, Router, Scope, Sent, Target, Timestamp, TokenAction,
};

use crate::common::*;
use crate::seen::{Seen, SeenSpan};

fn router_of(provider: Arc<dyn PushProvider>, delivery: Delivery) -> Router {
    router_with(paused(), provider, delivery)
}

fn router_with(
    resources: Resources,
    provider: Arc<dyn PushProvider>,
    delivery: Delivery,
) -> Router {
    Router::builder(resources)
        .observer(Arc::new(Spans))
        .provider_with(provider, delivery)
        .build()
}

#[track_caller]
fn fields(span: &SeenSpan, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        let found = span.fields.get(*name).map(String::as_str);
        assert_eq!(found, Some(*value), "{name}: {span:?}");
    }
}

#[test]
fn a_send_is_one_span_and_each_of_its_attempts_is_one_within_it() {
    let id = alert().id;
    let seen = Seen::of(async move {
        let busy_once = Scripted::new("a", 10, 1).in_turn(vec![busy(), Outcome::accepted(None)]);
        let router = router_of(busy_once.arc(), Delivery::default());
        let mut message = alert();
        message.id = id;
        let report = router.send(&message, targets("a", 3)).await;
        assert_eq!(report.accepted(), 3);
    });
    let sends = seen.spans("zpns.send");
    assert_eq!(sends.len(), 1);
    fields(&sends[0], &[("id", &id.to_string()), ("push", "alert")]);
    let attempts = seen.spans("zpns.attempt");
    assert_eq!(attempts.len(), 2);
    for (attempt, (number, failed, accepted)) in
        attempts.iter().zip([("1", "3", "0"), ("2", "0", "3")])
    {
        assert_eq!(attempt.parent, Some("zpns.send"));
        fields(
            attempt,
            &[
                ("provider", "a"),
                ("vendor", "scripted"),
                ("id", &id.to_string()),
                ("attempt", number),
                ("targets", "3"),
                ("failed", failed),
                ("accepted", accepted),
                ("rejected", "0"),
            ],
        );
        assert!(attempt.fields.contains_key("took_ms"));
        assert!(!attempt.fields.contains_key("given_up"));
    }
    let all = sends.iter().chain(&attempts);
    assert!(all.into_iter().all(|span| span.closed));
}

#[test]
fn each_of_many_sends_has_a_span_of_its_own() {
    let seen = Seen::of(async {
        let router = router_of(Scripted::new("a", 10, 4).arc(), Delivery::default());
        let message = alert();
        let sends = (0..5).map(|_| router.send(&message, targets("a", 20)));
        futures_util::future::join_all(sends).await;
    });
    assert_eq!(seen.spans("zpns.send").len(), 5);
    let attempts = seen.spans("zpns.attempt");
    assert_eq!(attempts.len(), 10);
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.parent == Some("zpns.send"))
    );
}

#[test]
fn an_attempt_that_is_cancelled_ends_its_span_as_given_up() {
    let seen = Seen::of(async {
        let provider = Scripted::new("a", 10, 1).gated().arc();
        let router = router_of(provider.clone(), Delivery::default());
        let message = alert();
        let mut send = Box::pin(router.send(&message, targets("a", 2)));
        assert!(poll!(&mut send).is_pending());
        paused().clock.sleep(millis(70)).await;
        drop(send);
        assert_eq!(provider.in_flight(), 0);
    });
    let attempts = seen.spans("zpns.attempt");
    assert_eq!(attempts.len(), 1);
    fields(&attempts[0], &[("given_up", "true"), ("targets", "2")]);
    let took: u64 = attempts[0].fields["took_ms"].parse().unwrap();
    assert!((70..80).contains(&took), "{took}");
    assert!(!attempts[0].fields.contains_key("accepted"));
    assert!(attempts[0].closed);
}

#[test]
fn an_attempt_whose_time_is_over_ends_its_span_as_given_up() {
    let seen = Seen::of(async {
        let mut delivery = without_retries();
        delivery.attempt_timeout = secs(2);
        let router = router_of(Scripted::new("a", 10, 1).gated().arc(), delivery);
        let report = router.send(&alert(), targets("a", 1)).await;
        assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    });
    let attempts = seen.spans("zpns.attempt");
    assert_eq!(attempts.len(), 1);
    fields(&attempts[0], &[("given_up", "true")]);
}

#[test]
fn what_is_answered_without_a_call_has_no_attempt() {
    let seen = Seen::of(async {
        let revoked = rejected(ErrorKind::CredentialInvalid);
        let provider = Scripted::new("a", 1, 1).in_turn(vec![revoked]);
        let router = router_of(provider.arc(), Delivery::default());
        let _ = router.send(&alert(), targets("a", 5)).await;
    });
    assert_eq!(seen.spans("zpns.attempt").len(), 1);
    let told = seen.lines();
    let verdicts = told
        .iter()
        .filter(|line| line.message.starts_with("rejected: "));
    let verdicts: Vec<_> = verdicts.map(|line| line.span).collect();
    assert_eq!(verdicts, [Some("zpns.send"); 5]);
}

#[test]
fn what_an_operator_should_know_of_is_a_warning_and_comes_once() {
    let seen = Seen::of(async {
        let provider = Scripted::new("a", 10, 1)
            .with(|capability| capability.quota_day = Some(Capability::CHINA))
            .answering(|batch, call| {
                let outcome: Outcome = match call {
                    0..6 => Rejection::new(ErrorKind::TokenInvalid, "gone")
                        .with_token(TokenAction::Drop { since: None })
                        .into(),
                    6 => Rejection::new(ErrorKind::QuotaExceeded, "used up")
                        .with_scope(Scope::Class)
                        .into(),
                    7 => rejected(ErrorKind::CredentialInvalid),
                    _ => Outcome::accepted(None),
                };
                vec![outcome; batch.targets().len()]
            });
        let router = router_of(provider.arc(), Delivery::default());
        let _ = router.send(&alert(), targets("a", 60)).await;
        router.release_guard(&ProviderId::from("a"));
        let news = alert().with_category(Category::News);
        for _ in 0..3 {
            let _ = router.send(&news, targets("a", 1)).await;
        }
        for _ in 0..3 {
            let _ = router.send(&alert(), targets("a", 1)).await;
        }
        paused().clock.sleep(secs(30)).await;
        let _ = router.send(&alert(), targets("a", 1)).await;
    });
    let warnings = seen.warnings();
    assert!(warnings[0].starts_with("no token is dropped: 50 of 50 tokens"));
    assert_eq!(
        warnings[1..],
        [
            "tokens are dropped again",
            "a daily quota is used up",
            "not called any more",
            "called again",
        ]
    );
}

#[test]
fn a_credential_that_ends_soon_is_warned_of_by_name_and_with_the_days_that_are_left() {
    let seen = Seen::of(async {
        let soon = paused().clock.now() + secs(3 * 86_400 + 60);
        let later = paused().clock.now() + secs(40 * 86_400);
        let provider = Scripted::new("a", 10, 1)
            .expiring("certificate", soon)
            .expiring("key", later);
        let router = router_of(provider.arc(), Delivery::default());
        for _ in 0..3 {
            let _ = router.send(&alert(), targets("a", 1)).await;
        }
    });
    assert_eq!(seen.warnings(), ["a credential ends soon: certificate"]);
    let lines = seen.lines();
    let warning = lines
        .iter()
        .find(|line| line.message.contains("ends soon"))
        .unwrap();
    assert_eq!(warning.fields["provider"], "a");
    assert_eq!(warning.fields["days_left"], "3");
}

#[test]
fn no_token_and_nothing_that_a_message_says_is_shown_at_any_level() {
    const DEAD: &str = "dead-token-0123456789";
    const LIVE: &str = "live-token-0123456789";
    const NEW: &str = "new-token-0123456789";
    const LOST: &str = "lost-token-0123456789";
    let seen = Seen::of(async {
        let provider = Scripted::new("a", 10, 1).answering(|batch, call| {
            let answer = |token: &str| match token {
                DEAD => Rejection::new(ErrorKind::TokenInvalid, format!("`{DEAD}` is gone"))
                    .with_token(TokenAction::Drop {
                        since: Some(Timestamp::from_millis(1)),
                    })
                    .into(),
                NEW => Rejection::new(ErrorKind::TokenInvalid, "moved")
                    .with_token(TokenAction::Replace("newer-token-0123456789".into()))
                    .into(),
                LOST => Error::new(ErrorKind::Unavailable, format!("no route to {LOST}"))
                    .with_sent(Sent::No)
                    .into(),
                _ if call == 0 => busy(),
                _ => Outcome::accepted(None),
            };
            let targets = batch.targets().iter();
            targets
                .map(|target| answer(target.token.as_str()))
                .collect()
        });
        let router = router_of(provider.arc(), Delivery::default());
        let message = Notification::alert("quiet title", "quiet body")
            .with_payload(r#"{"quiet":"payload"}"#)
            .with_data("quiet", "data");
        let all = [DEAD, LIVE, NEW, LOST].map(|token| Target::new("a", token));
        let _ = router.send(&message, all).await;
    });
    let everything = format!("{seen:?}");
    assert_eq!(seen.spans("zpns.attempt").len(), 2, "{everything}");
    assert!(everything.contains("dead…, 21"), "masked: {everything}");
    for hidden in ["token-0123456789", "quiet"] {
        assert!(!everything.contains(hidden), "{hidden}: {everything}");
    }
}
