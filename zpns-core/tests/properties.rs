//! What holds of the router whatever the providers, the batch sizes and the outcomes.

mod common;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;

use common::*;
use futures_util::{StreamExt, stream};
use proptest::prelude::*;
use zpns_core::{Delivery, ErrorKind, Outcome, Retry, Router, SendOptions, Sent, Target};

/// Runs on a paused clock, as `tokio::test(start_paused = true)` does.
#[allow(clippy::unwrap_used, reason = "only tests come by here")]
fn on_paused_time<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// What a provider answers to the attempts at one token.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Answer {
    Accept,
    Reject,
    Busy,
    Later,
    Lost,
    Broken,
}

impl Answer {
    fn outcome(self) -> Outcome {
        match self {
            Self::Accept => Outcome::accepted(None),
            Self::Reject => rejected(ErrorKind::TokenInvalid),
            Self::Busy => busy(),
            Self::Later => failed(ErrorKind::RateLimited, Retry::After(secs(2)), Sent::No),
            Self::Lost => lost(),
            Self::Broken => failed(ErrorKind::Protocol, Retry::Never, Sent::Maybe),
        }
    }

    fn is_final(self) -> bool {
        matches!(
            self,
            Self::Accept | Self::Reject | Self::Lost | Self::Broken
        )
    }
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        4 => Just(Answer::Accept),
        1 => Just(Answer::Reject),
        2 => Just(Answer::Busy),
        1 => Just(Answer::Later),
        1 => Just(Answer::Lost),
        1 => Just(Answer::Broken),
    ];
    prop::collection::vec(answer, 6)
}

#[derive(Clone, Debug)]
struct Shape {
    batch: usize,
    window: usize,
    gap: usize,
}

fn shape() -> impl Strategy<Value = Shape> {
    // A gap of one is a provider that always answers for one target too few.
    let gap = prop_oneof![9 => Just(0usize), 1 => Just(1usize)];
    (1usize..12, 1usize..5, gap).prop_map(|(batch, window, gap)| Shape { batch, window, gap })
}

/// Answers each token by the script for that token and this attempt.
fn scripted(id: &str, shape: &Shape, scripts: &Arc<Vec<Vec<Answer>>>) -> Arc<Scripted> {
    let (scripts, gap) = (Arc::clone(scripts), shape.gap);
    Scripted::new(id, shape.batch, shape.window)
        .answering(move |batch, _| {
            let answer = |target: &Target| {
                let number: usize = target.token.as_str().parse().unwrap_or_default();
                scripts[number][batch.attempt() as usize - 1].outcome()
            };
            let answered = batch.targets().len() - gap.min(batch.targets().len());
            batch.targets()[..answered].iter().map(answer).collect()
        })
        .arc()
}

/// The attempts that are to be made at a token with this script, by a provider that answers all.
fn attempts(script: &[Answer]) -> usize {
    let last = script.iter().position(|answer| answer.is_final());
    last.map_or(script.len(), |last| last + 1)
}

async fn deliver(router: &Router, targets: Vec<Target>, streamed: bool) -> Vec<(u64, Outcome)> {
    let mut options = SendOptions::default();
    options.timeout = Some(secs(100_000));
    if streamed {
        let flow = router.stream_with(&alert(), stream::iter(targets), &options);
        let deliveries: Vec<Delivery> = flow.collect().await;
        return deliveries
            .into_iter()
            .map(|delivery| (delivery.position, delivery.outcome))
            .collect();
    }
    let report = router.send_with(&alert(), targets, &options).await;
    (0..).zip(report.into_outcomes()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn every_target_has_exactly_one_outcome_and_nothing_accepted_is_sent_again(
        shapes in prop::collection::vec(shape(), 1..4),
        // Per target: its provider (one more than there are is unknown), its badge, its script.
        said in prop::collection::vec((0usize..5, prop::option::of(0u32..3), answers()), 0..60),
        streamed in any::<bool>(),
    ) {
        let scripts: Arc<Vec<_>> = Arc::new(said.iter().map(|(.., script)| script.clone()).collect());
        let targets: Vec<Target> = said.iter().enumerate()
            .map(|(number, (provider, badge, _))| Target {
                badge: *badge,
                ..Target::new(format!("p{provider}"), number.to_string())
            })
            .collect();
        let providers: Vec<_> = shapes.iter().enumerate()
            .map(|(number, shape)| scripted(&format!("p{number}"), shape, &scripts))
            .collect();

        let outcomes = on_paused_time(async {
            let mut builder = Router::builder(paused());
            for provider in &providers {
                builder = builder.provider(provider.clone());
            }
            deliver(&builder.build(), targets, streamed).await
        });

        let positions: HashSet<u64> = outcomes.iter().map(|(position, _)| *position).collect();
        prop_assert_eq!(outcomes.len(), said.len());
        prop_assert_eq!(positions, (0..said.len() as u64).collect::<HashSet<_>>());

        let outcomes: HashMap<u64, Outcome> = outcomes.into_iter().collect();
        for (number, (provider, _, script)) in said.iter().enumerate() {
            let outcome = &outcomes[&(number as u64)];
            let Some((shape, provider)) = shapes.get(*provider).zip(providers.get(*provider)) else {
                prop_assert_eq!(outcome.kind(), Some(ErrorKind::Unsupported));
                continue;
            };
            let token = number.to_string();
            let sent = provider.tokens().iter().flatten().filter(|sent| **sent == token).count();
            if shape.gap == 0 {
                prop_assert_eq!(sent, attempts(script), "{:?}", script);
                prop_assert_eq!(outcome, &script[sent - 1].outcome());
            } else {
                prop_assert!(sent <= attempts(script), "{:?}", script);
            }
        }
        for (shape, provider) in shapes.iter().zip(&providers) {
            prop_assert!(provider.sizes().iter().all(|size| (1..=shape.batch).contains(size)));
            prop_assert!(provider.most_in_flight() <= shape.window);
        }
    }

    #[test]
    fn a_split_leaves_no_batch_too_small_and_makes_none_too_many(
        batch in 3usize..20,
        count in 0usize..300,
        streamed in any::<bool>(),
    ) {
        let provider = Scripted::new("a", batch, 3).with(|capability| capability.batch_min = 2).arc();
        let outcomes = on_paused_time(async {
            deliver(&router([&provider]), targets("a", count), streamed).await
        });
        prop_assert_eq!(outcomes.len(), count);
        let sizes = provider.sizes();
        prop_assert_eq!(sizes.len(), count.div_ceil(batch));
        prop_assert!(sizes.iter().all(|&size| size <= batch));
        prop_assert!(count < 2 || sizes.iter().all(|&size| size >= 2), "{:?}", sizes);
        prop_assert_eq!(provider.tokens().concat(), (0..count).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    /// However a stream is polled, let go on and dropped, what it held is free afterwards.
    #[test]
    fn a_stream_dropped_anywhere_leaves_nothing_behind(
        steps in prop::collection::vec(any::<bool>(), 0..40),
        batch in 1usize..5,
        window in 1usize..4,
    ) {
        on_paused_time(async {
            let provider = Scripted::new("a", batch, window).gated().arc();
            let router = router([&provider]);
            let mut flow = router.stream(&alert(), stream::iter(targets("a", 30)));
            for let_go in steps {
                if let_go {
                    provider.let_go(1);
                }
                let _ = futures_util::poll!(flow.next());
            }
            drop(flow);
            assert_eq!(provider.in_flight(), 0);
            provider.let_go(100);
            let report = soon(router.send(&alert(), targets("a", 30))).await;
            assert_eq!(report.accepted(), 30);
            soon(router.shutdown(secs(60))).await;
        });
    }
}
