//! What every case stands on: a simulator of its own, and a router built from its config file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use toml::Table;
use zpns::layers::Delivery;
use zpns::resources::SystemClock;
use zpns::{
    Accepted, Capability, Clock, Config, Error, Outcome, ProviderSection, PushProvider, Rejection,
    Report, Resources, Router, SendOptions, Target,
};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::{CallKind, FaultScript, Received, Simulator, SimulatorBuilder};

use crate::clock::SkippingClock;
use crate::subjects::{SUBJECTS, Subject};
use crate::ways::Way;

/// A runtime of one thread.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// A simulator, and a router that reaches it.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) subject: &'static Subject,
    pub(crate) simulator: Simulator,
    pub(crate) router: Router,
    pub(crate) clock: SkippingClock,
}

/// A scene that is not set yet.
#[derive(Debug)]
pub(crate) struct Stage {
    subject: &'static Subject,
    simulator: SimulatorBuilder,
    keys: Table,
    delivery: Option<fn(&mut Delivery)>,
}

impl Stage {
    /// Chooses how the simulator runs.
    pub(crate) fn simulator(
        mut self,
        change: impl FnOnce(SimulatorBuilder) -> SimulatorBuilder,
    ) -> Self {
        self.simulator = change(self.simulator);
        self
    }

    /// A key in the config of the provider under test.
    pub(crate) fn key(mut self, name: &str, value: impl Into<toml::Value>) -> Self {
        self.keys.insert(name.to_owned(), value.into());
        self
    }

    /// Changes how the provider under test is delivered to.
    pub(crate) fn delivery(mut self, change: fn(&mut Delivery)) -> Self {
        self.delivery = Some(change);
        self
    }

    /// Starts the simulator, and builds the router.
    pub(crate) async fn open(self) -> Scene {
        let simulator = self.simulator.start().await.unwrap();
        let clock = SkippingClock::new();
        let resources = resources(&clock);
        let mut router = Router::builder(resources.clone()).observer(Arc::new(clock.clone()));
        for (mut section, keys) in sections(&simulator, self.subject, self.keys) {
            let mut way = Way::Direct;
            if section.id.as_str() == self.subject.vendor {
                way = self.subject.way;
                if let Some(change) = self.delivery {
                    change(&mut section.delivery);
                }
            }
            let provider = way.build(&section, &keys, resources.clone());
            router = router.provider_with(provider, section.delivery);
        }
        Scene {
            subject: self.subject,
            simulator,
            router: router.build(),
            clock,
        }
    }
}

impl Scene {
    /// As a user's would be who sets nothing.
    pub(crate) async fn open(subject: &'static Subject) -> Self {
        Self::stage(subject).open().await
    }

    /// Set differently.
    pub(crate) fn stage(subject: &'static Subject) -> Stage {
        Stage {
            subject,
            simulator: Simulator::builder().vendors(SUBJECTS.iter().map(|subject| subject.vendor)),
            keys: Table::new(),
            delivery: None,
        }
    }

    /// With these faults of the vendor under test from the start.
    pub(crate) async fn with_faults(
        subject: &'static Subject,
        rules: impl IntoIterator<Item = Rule>,
    ) -> Self {
        let scene = Self::open(subject).await;
        scene.faults(rules);
        scene
    }

    /// Puts these faults of the vendor under test in force.
    pub(crate) fn faults(&self, rules: impl IntoIterator<Item = Rule>) {
        let mut script = FaultScript::new();
        for rule in rules {
            script = script.rule(rule.provider(self.subject.vendor));
        }
        self.simulator.set_faults(script).unwrap();
    }

    /// The provider under test, with its layers.
    pub(crate) fn provider(&self) -> Arc<dyn PushProvider> {
        self.router.provider(&self.subject.vendor.into()).unwrap()
    }

    /// What it can do.
    pub(crate) fn capability(&self) -> Capability {
        self.provider().capability()
    }

    /// Another provider with the same id, from the same config with these keys instead.
    pub(crate) fn another(&self, keys: Table) -> (Arc<dyn PushProvider>, Delivery) {
        let (section, keys) = sections(&self.simulator, self.subject, keys)
            .into_iter()
            .find(|(section, _)| section.id.as_str() == self.subject.vendor)
            .unwrap();
        let way = self.subject.way;
        let provider = way.build(&section, &keys, resources(&self.clock));
        (provider, section.delivery)
    }

    /// A target of the provider under test.
    pub(crate) fn target(&self, token: impl Into<String>) -> Target {
        Target::new(self.subject.vendor, token.into())
    }

    /// A live device.
    pub(crate) fn live(&self) -> Target {
        self.target(self.simulator.tokens(self.subject.vendor).live[0].clone())
    }

    /// So many live devices, all different.
    pub(crate) fn live_ones(&self, count: usize) -> Vec<Target> {
        let model = &self.simulator.tokens(self.subject.vendor).live[0];
        (0..count)
            .map(|number| self.target(numbered(model, number)))
            .collect()
    }

    /// A dead device.
    pub(crate) fn dead(&self) -> Target {
        self.target(self.simulator.tokens(self.subject.vendor).dead[0].clone())
    }

    /// A device that is unavailable at the first attempt.
    pub(crate) fn flaky(&self) -> Target {
        self.target(self.simulator.tokens(self.subject.vendor).flaky[0].clone())
    }

    /// A token of another app or environment, where there is such a thing.
    pub(crate) fn foreign(&self) -> Option<Target> {
        let (token, _) = self.subject.wire.foreign?;
        Some(self.target(token(&self.simulator)))
    }

    /// Every request of the vendor under test.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.simulator.received(self.subject.vendor)
    }

    /// The pushes among them.
    pub(crate) fn pushes(&self) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|call| call.kind == CallKind::Push);
        received
    }

    /// How many targets the pushes among them named.
    pub(crate) fn pushed_targets(&self) -> usize {
        self.pushes().iter().map(|push| push.tokens.len()).sum()
    }

    /// How often each device would have shown something. A repeat with the same id shows nothing
    /// where the vendor drops it.
    pub(crate) fn shown(&self) -> BTreeMap<String, usize> {
        let deduplicates = self.capability().deduplicates;
        let id_of = self.subject.wire.push_id.filter(|_| deduplicates);
        let mut shown = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for push in self.pushes() {
            let id = id_of.map(|id_of| id_of(&push));
            let name = |token: &String| (id.clone(), token.clone());
            let tokens: Vec<_> = push.accepted_tokens().iter().collect();
            for token in &tokens {
                if id.is_none() || !seen.contains(&name(token)) {
                    *shown.entry((*token).clone()).or_default() += 1;
                }
            }
            seen.extend(tokens.into_iter().map(name));
        }
        shown
    }

    /// The different credentials that pushes came with.
    pub(crate) fn credentials(&self) -> BTreeSet<String> {
        self.pushes()
            .iter()
            .map(self.subject.wire.credential)
            .collect()
    }

    /// Calls for a credential.
    pub(crate) fn exchanges(&self) -> u64 {
        self.simulator.counters(self.subject.vendor).auth_calls
    }

    /// Waits until the simulator has seen something.
    pub(crate) async fn until(&self, seen: impl Fn(&Self) -> bool) {
        let clock = SystemClock::new();
        while !seen(self) {
            clock.sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Default options, with another time-out.
pub(crate) fn within(timeout: Duration) -> SendOptions {
    let mut options = SendOptions::default();
    options.timeout = Some(timeout);
    options
}

/// A rule that hits the first push with this fault.
pub(crate) fn once(fault: Fault) -> Rule {
    Rule::new(fault).count(1)
}

/// The outcome of an accepted push.
#[track_caller]
pub(crate) fn accepted(outcome: &Outcome) -> &Accepted {
    match outcome {
        Outcome::Accepted(accepted) => accepted,
        other => panic!("not accepted: {other:?}"),
    }
}

/// Nothing of the message was left out or cut. What a look at it told may be noted.
#[track_caller]
pub(crate) fn all_went_out(report: &Report, position: usize) {
    let notes = report.notes(position).cloned().unwrap_or_default();
    let missing: Vec<_> = notes.dropped.iter().chain(&notes.truncated).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The outcome of a rejected push.
#[track_caller]
pub(crate) fn rejected(outcome: &Outcome) -> &Rejection {
    match outcome {
        Outcome::Rejected(rejection) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

/// The outcome of a failed push.
#[track_caller]
pub(crate) fn failed(outcome: &Outcome) -> &Error {
    match outcome {
        Outcome::Failed(error) => error,
        other => panic!("not failed: {other:?}"),
    }
}

fn resources(clock: &SkippingClock) -> Resources {
    Resources::new(Arc::new(zpns::http::Connector::new())).with_clock(Arc::new(clock.clone()))
}

/// The providers of the simulator's config file with their keys, the one under test with these keys
/// instead.
fn sections(
    simulator: &Simulator,
    subject: &Subject,
    keys: Table,
) -> Vec<(ProviderSection, Table)> {
    let mut config: Table = simulator.config_toml().unwrap().parse().unwrap();
    let own = config["providers"][subject.vendor].as_table_mut().unwrap();
    own.extend(keys);
    let text = toml::to_string(&config).unwrap();
    let sections = Config::parse(&text, "behaviour.toml").unwrap().providers;
    let with_keys = |section: ProviderSection| {
        let keys = config["providers"][section.id.as_str()].as_table().unwrap();
        (section, keys.clone())
    };
    sections.into_iter().map(with_keys).collect()
}

/// The same token with its last letters or digits replaced by a number: still well-formed, and
/// another device.
fn numbered(token: &str, number: usize) -> String {
    let digits = format!("{number:04}");
    // In a subscription it is the end of its URL.
    let end = token.find("\",\"").unwrap_or(token.len());
    let (start, rest) = (&token[..end - digits.len()], &token[end..]);
    format!("{start}{digits}{rest}")
}
