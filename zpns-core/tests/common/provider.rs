//! A provider in memory that does as it is told.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use zpns_core::preflight::Rule;
use zpns_core::{
    Badge, Batch, Capability, Check, Error, Expiry, Fields, Kinds, Notes, Notification, Outcome,
    ProviderInfo, PushProvider, Report, Timestamp, Token, Vendor,
};

/// What came of one batch: from the batch and the number of the call, counted from 0.
type Script = Box<dyn Fn(&Batch, usize) -> Vec<Outcome> + Send + Sync>;

/// Which part of the vendor a token belongs to.
type Partition = Box<dyn Fn(&str) -> u8 + Send + Sync>;

/// One `send` as the provider saw it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Call {
    pub(crate) tokens: Vec<String>,
    pub(crate) badge: Badge,
    pub(crate) attempt: u32,
    pub(crate) deadline: Option<Duration>,
    /// On tokio's time, since the provider was made.
    pub(crate) at: Duration,
}

/// Accepts everything at once unless told otherwise.
pub(crate) struct Scripted {
    info: ProviderInfo,
    capability: Capability,
    script: Script,
    partition: Partition,
    gate: Semaphore,
    start: Option<tokio::time::Instant>,
    calls: Mutex<Vec<Call>>,
    encodes: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    shutdowns: Mutex<Vec<Duration>>,
    closes: AtomicBool,
    rules: &'static [Rule],
    expiries: Vec<Expiry>,
    quota_class: fn(&Notification) -> Option<Cow<'static, str>>,
}

impl Scripted {
    /// One that takes any kind of push with any field, in batches of `batch`, `in_flight` of
    /// them at once.
    pub(crate) fn new(id: &str, batch: usize, in_flight: usize) -> Self {
        let mut capability = Capability::batched(batch, in_flight);
        capability.kinds = Kinds::all();
        capability.fields = Fields::all();
        Self {
            info: ProviderInfo::new(id, Vendor::new("scripted")),
            capability,
            script: Box::new(|batch, _| accept(batch)),
            partition: Box::new(|_| 0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            start: None,
            calls: Mutex::default(),
            encodes: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            shutdowns: Mutex::default(),
            closes: AtomicBool::new(true),
            rules: &[],
            expiries: Vec::new(),
            quota_class: |_| None,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Capability)) -> Self {
        change(&mut self.capability);
        self
    }

    pub(crate) fn answering(
        mut self,
        script: impl Fn(&Batch, usize) -> Vec<Outcome> + Send + Sync + 'static,
    ) -> Self {
        self.script = Box::new(script);
        self
    }

    /// With parts that its tokens belong to.
    pub(crate) fn parted(mut self, by: impl Fn(&str) -> u8 + Send + Sync + 'static) -> Self {
        self.partition = Box::new(by);
        self
    }

    /// The same outcome for every target, by the number of the call; the last one for ever.
    pub(crate) fn in_turn(self, outcomes: Vec<Outcome>) -> Self {
        self.answering(move |batch, call| {
            let outcome = outcomes[call.min(outcomes.len() - 1)].clone();
            vec![outcome; batch.targets().len()]
        })
    }

    /// Answers nothing until it is [let go](Self::let_go).
    pub(crate) fn gated(mut self) -> Self {
        self.gate = Semaphore::new(0);
        self
    }

    /// Notes when calls come, on tokio's time.
    pub(crate) fn timed(mut self) -> Self {
        #[allow(
            clippy::disallowed_methods,
            reason = "tokio's time is the clock of these tests"
        )]
        let now = tokio::time::Instant::now();
        self.start = Some(now);
        self
    }

    /// With preflight rules of its own.
    pub(crate) fn with_rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// With a credential that ends then.
    pub(crate) fn expiring(mut self, what: &str, at: Timestamp) -> Self {
        self.expiries.push(Expiry::new(what, at));
        self
    }

    /// With words of its own for what has a quota together.
    pub(crate) fn counting_by(
        mut self,
        class: fn(&Notification) -> Option<Cow<'static, str>>,
    ) -> Self {
        self.quota_class = class;
        self
    }

    /// Never comes back from `shutdown`.
    pub(crate) fn never_closing(self) -> Self {
        self.closes.store(false, Ordering::SeqCst);
        self
    }

    pub(crate) fn arc(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// Lets so many calls through the gate.
    pub(crate) fn let_go(&self, calls: usize) {
        self.gate.add_permits(calls);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The tokens of each call.
    pub(crate) fn tokens(&self) -> Vec<Vec<String>> {
        self.calls().into_iter().map(|call| call.tokens).collect()
    }

    /// How many targets each call had.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.calls().iter().map(|call| call.tokens.len()).collect()
    }

    /// When each call came.
    pub(crate) fn times(&self) -> Vec<Duration> {
        self.calls().iter().map(|call| call.at).collect()
    }

    pub(crate) fn encodes(&self) -> usize {
        self.encodes.load(Ordering::SeqCst)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::SeqCst)
    }

    /// The grace of each shutdown.
    pub(crate) fn shutdowns(&self) -> Vec<Duration> {
        self.shutdowns.lock().unwrap().clone()
    }

    fn enter(&self, batch: &Batch) -> (usize, InFlight<'_>) {
        let mut calls = self.calls.lock().unwrap();
        calls.push(Call {
            tokens: (batch.targets().iter())
                .map(|target| target.token.as_str().to_owned())
                .collect(),
            badge: batch.notification().badge,
            attempt: batch.attempt(),
            deadline: batch.deadline(),
            at: self.start.map(|start| start.elapsed()).unwrap_or_default(),
        });
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        (calls.len() - 1, InFlight(&self.in_flight))
    }
}

/// Takes every target of the batch, under the token as the vendor's id.
pub(crate) fn accept(batch: &Batch) -> Vec<Outcome> {
    (batch.targets().iter())
        .map(|target| Outcome::accepted(Some(target.token.as_str().to_owned())))
        .collect()
}

struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scripted({})", self.info.id)
    }
}

#[async_trait]
impl PushProvider for Scripted {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn partition(&self, token: &Token) -> u8 {
        (self.partition)(token.as_str())
    }

    fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        (self.quota_class)(message)
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.expiries.clone()
    }

    async fn send(&self, batch: &Batch) -> Report {
        let (call, _in_flight) = self.enter(batch);
        let encoded = batch.variant().encoded(|message| {
            self.encodes.fetch_add(1, Ordering::SeqCst);
            Ok((message.title.clone(), Notes::default()))
        });
        encoded.unwrap();
        self.gate.acquire().await.unwrap().forget();
        batch.report((self.script)(batch, call))
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("as the script says"))
    }

    async fn shutdown(&self, grace: Duration) {
        self.shutdowns.lock().unwrap().push(grace);
        if !self.closes.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}
