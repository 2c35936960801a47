//! What every scenario stands on: simulated vendors over real sockets, a router, the scene's time.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use toml::Table;
use zpns::layers::Delivery as DeliverySettings;
use zpns::resources::SystemClock;
use zpns::{Capability, Clock, Config, Notification, PushProvider, Resources, Router, Target};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::{CallKind, FaultScript, Received, Simulator, SimulatorBuilder, Verdict};

use crate::campaign::Campaign;
use crate::clock::SceneClock;
use crate::recorder::Recorder;
use crate::subjects::{SUBJECTS, Subject};

/// So often everything that can go on goes on before time does.
const QUIET: usize = 20;

/// Longer than any attempt takes in real time; on the scene's clock it passes in a moment.
const TIMEOUT_MS: i64 = 20_000;

/// Simulated vendors, and a router that reaches them.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) subject: &'static Subject,
    pub(crate) simulator: Simulator,
    pub(crate) router: Router,
    pub(crate) clock: SceneClock,
    pub(crate) recorder: Recorder,
    /// Whether a fault in force withholds answers.
    hangs: Cell<bool>,
}

/// A scene that is not set yet.
pub(crate) struct Stage {
    subject: &'static Subject,
    simulator: SimulatorBuilder,
    keys: Table,
    delivery: fn(&mut DeliverySettings),
}

impl Stage {
    /// With every vendor, not only the one that misbehaves.
    pub(crate) fn with_all_vendors(mut self) -> Self {
        let vendors = SUBJECTS.iter().map(|subject| subject.vendor);
        self.simulator = self.simulator.vendors(vendors);
        self
    }

    /// Chooses how the simulator runs.
    pub(crate) fn simulator(
        mut self,
        change: impl FnOnce(SimulatorBuilder) -> SimulatorBuilder,
    ) -> Self {
        self.simulator = change(self.simulator);
        self
    }

    /// A key in the config of the vendor that misbehaves.
    pub(crate) fn key(mut self, name: &str, value: impl Into<toml::Value>) -> Self {
        self.keys.insert(name.to_owned(), value.into());
        self
    }

    /// Changes how the vendor that misbehaves is delivered to.
    pub(crate) fn delivery(mut self, change: fn(&mut DeliverySettings)) -> Self {
        self.delivery = change;
        self
    }

    /// Starts the simulator, and builds the router.
    pub(crate) async fn open(self) -> Scene {
        let simulator = self.simulator.start().await.unwrap();
        let clock = SceneClock::new();
        let recorder = Recorder::new(&clock);
        let mut router = Router::builder(resources(&clock)).observer(Arc::new(recorder.clone()));
        for vendor in simulator.vendors() {
            let keys = match vendor == self.subject.vendor {
                true => self.keys.clone(),
                false => Table::new(),
            };
            let (provider, mut delivery) = build(&simulator, &clock, vendor, keys);
            if vendor == self.subject.vendor {
                (self.delivery)(&mut delivery);
            }
            router = router.provider_with(provider, delivery);
        }
        Scene {
            subject: self.subject,
            simulator,
            router: router.build(),
            clock,
            recorder,
            hangs: Cell::new(false),
        }
    }
}

impl Scene {
    /// With this vendor alone, delivered to as by a user who sets nothing.
    pub(crate) async fn open(subject: &'static Subject) -> Self {
        Self::stage(subject).open().await
    }

    /// Set differently.
    pub(crate) fn stage(subject: &'static Subject) -> Stage {
        Stage {
            subject,
            simulator: Simulator::builder().vendors([subject.vendor]),
            keys: Table::new(),
            delivery: |_| {},
        }
    }

    /// Puts these faults in force, of the vendor that misbehaves.
    pub(crate) fn faults(&self, rules: impl IntoIterator<Item = Rule>) {
        let mut script = FaultScript::new();
        for rule in rules {
            let withholds = matches!(rule.fault, Fault::Stall { .. } | Fault::Drip { .. });
            self.hangs.set(self.hangs.get() || withholds);
            script = script.rule(rule.provider(self.subject.vendor));
        }
        self.simulator.set_faults(script).unwrap();
    }

    /// What the vendor that misbehaves can do.
    pub(crate) fn capability(&self) -> Capability {
        self.capability_of(self.subject.vendor)
    }

    pub(crate) fn capability_of(&self, vendor: &str) -> Capability {
        self.router.provider(&vendor.into()).unwrap().capability()
    }

    /// Another provider in the place of the one that there is, with these keys instead.
    pub(crate) fn another(&self, keys: Table) -> (Arc<dyn PushProvider>, DeliverySettings) {
        build(&self.simulator, &self.clock, self.subject.vendor, keys)
    }

    /// A campaign to so many live and dead devices of the vendor that misbehaves, one request for
    /// each. The dead ones stand among the others.
    pub(crate) fn campaign(&self, live: usize, dead: usize) -> Campaign {
        let mut targets = self.devices(self.subject.vendor, live, 0);
        let every = targets.len() / (dead + 1);
        for (number, target) in self.dead_ones(dead).into_iter().enumerate() {
            targets.insert((number + 1) * every + number, target);
        }
        Campaign::new(hello(), targets)
    }

    /// So many live devices of a vendor, all different, from this number on.
    pub(crate) fn devices(&self, vendor: &str, count: usize, from: usize) -> Vec<Target> {
        let model = &self.simulator.tokens(vendor).live[0];
        let numbers = from..from + count;
        numbers
            .map(|number| Target::new(vendor, numbered(model, number)))
            .collect()
    }

    /// Whether a device lives.
    pub(crate) fn is_live(&self, target: &Target) -> bool {
        !self.dead_ones(50).contains(target)
    }

    fn dead_ones(&self, count: usize) -> Vec<Target> {
        let vendor = self.subject.vendor;
        let model = &self.simulator.tokens(vendor).dead[0];
        (0..count)
            .map(|number| Target::new(vendor, numbered(model, number)))
            .collect()
    }

    /// Every push that a vendor saw.
    pub(crate) fn pushes(&self) -> Vec<Received> {
        self.pushes_of(self.subject.vendor)
    }

    pub(crate) fn pushes_of(&self, vendor: &str) -> Vec<Received> {
        let mut received = self.simulator.received(vendor);
        received.retain(|call| call.kind == CallKind::Push);
        received
    }

    /// The different credentials that pushes came with.
    pub(crate) fn credentials(&self) -> BTreeSet<String> {
        self.pushes()
            .iter()
            .map(self.subject.wire.credential)
            .collect()
    }

    /// Moves time on, here and at the vendors.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.simulator.advance(by);
    }

    /// Runs something to its end. Time stands still while an answer is to be expected, and jumps
    /// to whatever is waited for when none is.
    pub(crate) async fn drive<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let mut quiet = 0;
        loop {
            let idle = self.is_idle();
            let tick: Pin<Box<dyn Future<Output = ()>>> = match idle {
                true => Box::pin(tokio::task::yield_now()),
                false => SystemClock::new().sleep(Duration::from_millis(1)),
            };
            match select(work.as_mut(), tick).await {
                Either::Left((output, _)) => return output,
                Either::Right(_) if idle => quiet += 1,
                Either::Right(_) => quiet = 0,
            }
            if quiet >= QUIET && self.is_idle() {
                quiet = 0;
                match self.clock.next_wake() {
                    Some(wake) => self.advance(wake),
                    // Something else than time is waited for.
                    None => SystemClock::new().sleep(Duration::from_millis(1)).await,
                }
            }
        }
    }

    /// Whether nothing is on its way: every attempt under way is one that the vendor leaves
    /// without an answer.
    fn is_idle(&self) -> bool {
        if self.recorder.under_way() == 0 {
            return true;
        }
        if !self.hangs.get() {
            return false;
        }
        let open: Vec<String> = {
            let log = self.recorder.log();
            let open = log
                .attempts
                .iter()
                .filter(|attempt| attempt.ended.is_none());
            open.map(|attempt| attempt.tokens[0].clone()).collect()
        };
        let withheld = self.withheld();
        let attempts = |token: &String| {
            let log = self.recorder.log();
            let of_token = log
                .attempts
                .iter()
                .filter(|attempt| attempt.tokens[0] == *token);
            of_token.count()
        };
        open.iter().all(|token| {
            let answers = withheld.iter().filter(|(named, _)| named == token);
            let answers: Vec<bool> = answers.map(|(_, withheld)| *withheld).collect();
            answers.len() >= attempts(token) && answers.last() == Some(&true)
        })
    }

    /// The first target of every push, and whether its answer is withheld.
    fn withheld(&self) -> Vec<(String, bool)> {
        let vendors = self.simulator.vendors().into_iter();
        let pushes = vendors.flat_map(|vendor| self.pushes_of(vendor));
        pushes
            .filter_map(|push| {
                let withheld = matches!(
                    push.verdict,
                    Verdict::Fault {
                        fault: "stall" | "drip"
                    } | Verdict::AcceptedThenFault {
                        fault: "stall" | "drip",
                        ..
                    } | Verdict::PartlyAccepted {
                        fault: Some("stall" | "drip"),
                        ..
                    }
                );
                Some((push.token?, withheld))
            })
            .collect()
    }

    /// Has the vendor that misbehaves take a push while it is well, so that a connection is open.
    pub(crate) async fn warm(&self) {
        let device = self.devices(self.subject.vendor, 1, 9_999);
        let finished = Campaign::new(hello(), device).run(self).await;
        assert_eq!(finished.accepted(), 1);
    }

    /// Waits for something that the simulator or an observer sees, while time stands still.
    pub(crate) async fn until(&self, seen: impl Fn(&Self) -> bool) {
        while !seen(self) {
            SystemClock::new().sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The message of every campaign that says nothing else.
pub(crate) fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

fn resources(clock: &SceneClock) -> Resources {
    Resources::new(Arc::new(zpns::http::Connector::new())).with_clock(Arc::new(clock.clone()))
}

/// A provider of the simulator's config file, with these keys instead.
fn build(
    simulator: &Simulator,
    clock: &SceneClock,
    vendor: &str,
    keys: Table,
) -> (Arc<dyn PushProvider>, DeliverySettings) {
    let mut config: Table = simulator.config_toml().unwrap().parse().unwrap();
    let providers = config["providers"].as_table_mut().unwrap();
    providers.retain(|name, _| name == vendor);
    let own = providers[vendor].as_table_mut().unwrap();
    own.insert("timeout_ms".to_owned(), TIMEOUT_MS.into());
    own.extend(keys);
    let config = Config::parse(&config.to_string(), "faults.toml").unwrap();
    let section = config.providers.into_iter().next().unwrap();
    let provider = section.build(resources(clock)).unwrap();
    (provider, section.delivery)
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
