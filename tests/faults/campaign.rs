//! One message to many devices, and its history afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use zpns::{Delivery, ErrorKind, Notification, SendOptions, Target};

use crate::checker::{Given, History, Request, violations};
use crate::recorder::End;
use crate::scene::Scene;

/// A message on its way to many.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) message: Notification,
    pub(crate) targets: Vec<Target>,
    pub(crate) options: SendOptions,
    piece: usize,
}

/// What became of a campaign. Whoever has one knows that every invariant holds for it.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) history: History,
}

impl Campaign {
    /// One request for each target, without a deadline.
    pub(crate) fn new(message: Notification, targets: Vec<Target>) -> Self {
        let mut options = SendOptions::default();
        options.timeout = None;
        Self {
            message,
            targets,
            options,
            piece: 1,
        }
    }

    /// So many targets in one request, where the vendor takes as many.
    pub(crate) fn in_pieces_of(mut self, targets: usize) -> Self {
        self.piece = targets;
        self
    }

    /// With a deadline for each target.
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// The targets, with a pause after each piece: what is at hand then makes a request.
    pub(crate) fn audience(&self) -> Pin<Box<dyn Stream<Item = Target>>> {
        let mut targets = self.targets.clone().into_iter();
        let (piece, mut given) = (self.piece, 0);
        Box::pin(stream::poll_fn(move |context| {
            if given == piece {
                given = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            given += 1;
            Poll::Ready(targets.next())
        }))
    }

    /// Sends it, lets time pass as it is needed, and checks every invariant.
    pub(crate) async fn run(&self, scene: &Scene) -> Finished {
        let mut handed_out = Vec::new();
        let mut flow = scene
            .router
            .stream_with(&self.message, self.audience(), &self.options);
        scene
            .drive(async {
                while let Some(delivery) = flow.next().await {
                    handed_out.push(delivery);
                }
            })
            .await;
        self.finished(scene, &handed_out)
    }

    /// What became of it, with every outcome that there is to be. Every invariant is checked.
    #[track_caller]
    pub(crate) fn finished(&self, scene: &Scene, handed_out: &[Delivery]) -> Finished {
        self.checked(self.history(scene, handed_out))
    }

    /// The same, after the caller gave it up with these outcomes in hand.
    #[track_caller]
    pub(crate) fn given_up(&self, scene: &Scene, handed_out: &[Delivery]) -> Finished {
        let mut history = self.history(scene, handed_out);
        history.given_up = true;
        self.checked(history)
    }

    #[track_caller]
    fn checked(&self, history: History) -> Finished {
        let broken = violations(&history);
        assert!(broken.is_empty(), "{broken:#?}\nof {history:#?}");
        Finished { history }
    }

    fn history(&self, scene: &Scene, handed_out: &[Delivery]) -> History {
        let tokens: BTreeSet<&str> = self
            .targets
            .iter()
            .map(|target| target.token.as_str())
            .collect();
        let vendors: BTreeSet<&str> = self
            .targets
            .iter()
            .map(|target| target.provider.as_str())
            .collect();
        let pushes = vendors.iter().flat_map(|vendor| scene.pushes_of(vendor));
        let ours = pushes.filter(|push| push.tokens.iter().any(|token| tokens.contains(&**token)));
        let log = scene.recorder.log();
        History {
            given: self
                .targets
                .iter()
                .map(|target| self.given(scene, target))
                .collect(),
            handed_out: handed_out
                .iter()
                .map(|delivery| (delivery.position, End::from(&delivery.outcome)))
                .collect(),
            told: log
                .told
                .iter()
                .filter(|(message, ..)| *message == self.message.id)
                .map(|(_, token, end)| (token.clone(), *end))
                .collect(),
            given_up: false,
            attempts: log
                .attempts
                .iter()
                .filter(|attempt| attempt.message == self.message.id)
                .cloned()
                .collect(),
            requests: ours
                .map(|push| Request {
                    taken: push.accepted_tokens().to_vec(),
                    tokens: push.tokens,
                })
                .collect(),
            dropped: log
                .dropped
                .iter()
                .filter(|token| tokens.contains(&***token))
                .cloned()
                .collect(),
            within: [self.options.timeout, self.message.ttl]
                .into_iter()
                .flatten()
                .min(),
        }
    }

    fn given(&self, scene: &Scene, target: &Target) -> Given {
        let vendor = target.provider.as_str();
        let capability = scene.capability_of(vendor);
        let model = &scene.simulator.tokens(vendor).dead[0];
        Given {
            token: target.token.as_str().to_owned(),
            dead: kin(model, target.token.as_str()),
            repeatable: capability.deduplicates || self.options.at_least_once,
        }
    }
}

/// Whether two tokens differ in their numbers at most.
fn kin(model: &str, token: &str) -> bool {
    let end = model.find("\",\"").unwrap_or(model.len());
    token.starts_with(&model[..end - 4])
}

impl Finished {
    pub(crate) fn accepted(&self) -> usize {
        self.count(|end| *end == End::Accepted)
    }

    /// Every outcome that there was, and how often: for an assertion that fails.
    pub(crate) fn summary(&self) -> BTreeMap<String, usize> {
        let mut summary = BTreeMap::new();
        for (_, end) in &self.history.handed_out {
            *summary.entry(format!("{end:?}")).or_default() += 1;
        }
        summary
    }

    /// How many ended with this kind.
    pub(crate) fn of_kind(&self, wanted: ErrorKind) -> usize {
        self.count(|end| match end {
            End::Accepted => false,
            End::Rejected { kind, .. } | End::Failed { kind, .. } => *kind == wanted,
        })
    }

    fn count(&self, wanted: impl Fn(&End) -> bool) -> usize {
        let ends = self.history.handed_out.iter();
        ends.filter(|(_, end)| wanted(end)).count()
    }

    /// How many requests named this target.
    pub(crate) fn requests_for(&self, target: &Target) -> usize {
        let requests = self.history.requests.iter();
        let named =
            requests.filter(|r| r.tokens.iter().any(|token| token == target.token.as_str()));
        named.count()
    }

    /// How often the vendor took this target.
    pub(crate) fn taken(&self, target: &Target) -> usize {
        let taken = self
            .history
            .requests
            .iter()
            .flat_map(|request| &request.taken);
        taken
            .filter(|token| *token == target.token.as_str())
            .count()
    }

    /// What came of this target.
    pub(crate) fn end(&self, target: &Target) -> End {
        self.history.end(target.token.as_str()).unwrap()
    }
}
