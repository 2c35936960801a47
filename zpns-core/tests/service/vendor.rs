//! A vendor whose tokens say what becomes of them, and a service over two of its kind.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use zpns_core::resources::ManualClock;
use zpns_core::service::{
    MemoryRegistry, Platform, PushId, PushService, PushServiceBuilder, Registration, Registry,
};
use zpns_core::{
    Batch, Capability, Check, Clock, Error, ErrorKind, Fields, Kinds, Notification, Outcome,
    ProviderInfo, PushProvider, Rejection, Report, Retry, Router, Sent, Timestamp, TokenAction,
    Vendor,
};

/// Takes everything but tokens that begin with `dead`, `old` (replaced by `new…`), `muted`,
/// `lost` (nobody knows) and `busy` (not sent); `slow` it keeps for ever.
#[derive(Debug)]
pub(crate) struct Talking {
    info: ProviderInfo,
    lacks: Fields,
    call_tokens: bool,
    pushes: Mutex<Vec<(String, Notification)>>,
}

impl Talking {
    /// Honours every field but these.
    pub(crate) fn new(id: &str, vendor: &'static str, lacks: Fields) -> Arc<Self> {
        Arc::new(Self {
            lacks,
            call_tokens: vendor == "apns",
            info: ProviderInfo::new(id, Vendor::new(vendor)),
            pushes: Mutex::default(),
        })
    }

    /// Each push that it got, by token.
    pub(crate) fn pushes(&self) -> Vec<(String, Notification)> {
        self.pushes.lock().unwrap().clone()
    }

    fn record(&self, tokens: &[String], notification: &Notification) {
        let mut pushes = self.pushes.lock().unwrap();
        let each = tokens.iter();
        pushes.extend(each.map(|token| (token.clone(), notification.clone())));
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        let mut tokens: Vec<_> = self.pushes().into_iter().map(|push| push.0).collect();
        tokens.sort();
        tokens
    }
}

fn answer(token: &str) -> Outcome {
    let rejected = |kind, action| Rejection::new(kind, "as the token says").with_token(action);
    let failed = |sent| {
        Error::new(ErrorKind::Timeout, "as the token says")
            .with_retry(Retry::Never)
            .with_sent(sent)
    };
    let word = token.trim_end_matches(|character: char| character.is_ascii_digit());
    match word {
        "dead" => rejected(ErrorKind::TokenInvalid, TokenAction::Drop { since: None }).into(),
        "old" => {
            let new = token.replace("old", "new");
            rejected(ErrorKind::TokenInvalid, TokenAction::Replace(new.into())).into()
        }
        "muted" => rejected(ErrorKind::Muted, TokenAction::Mute { until: None }).into(),
        "lost" => failed(Sent::Maybe).into(),
        "busy" => failed(Sent::No).into(),
        _ => Outcome::accepted(format!("id-{token}")),
    }
}

#[async_trait]
impl PushProvider for Talking {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::batched(100, 10);
        capability.kinds = Kinds::all();
        capability.fields = Fields::all() - self.lacks;
        capability.call_tokens = self.call_tokens;
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        let targets = batch.targets().iter();
        let tokens: Vec<String> = targets.map(|target| target.token.as_str().into()).collect();
        self.record(&tokens, batch.notification());
        if tokens.iter().any(|token| token.starts_with("slow")) {
            std::future::pending::<()>().await;
        }
        batch.report(tokens.iter().map(|token| answer(token)).collect())
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("in memory"))
    }

    async fn shutdown(&self, _: std::time::Duration) {}
}

/// A service over the providers `ios` and `calls` (of the vendor apns, `calls` for calls alone) and
/// `android` (of fcm).
pub(crate) struct Town {
    pub(crate) service: PushService,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ios: Arc<Talking>,
    pub(crate) calls: Arc<Talking>,
    pub(crate) android: Arc<Talking>,
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(PushServiceBuilder) -> PushServiceBuilder) -> Self {
        Self::of(Fields::empty(), change)
    }

    /// Whose vendors lack these fields.
    pub(crate) fn lacking(lacks: Fields) -> Self {
        Self::of(lacks, |builder| builder)
    }

    /// Over another registry.
    pub(crate) fn of_registry(registry: Arc<dyn Registry>) -> Self {
        Self::over(registry, Fields::empty(), |builder| builder)
    }

    fn of(lacks: Fields, change: impl FnOnce(PushServiceBuilder) -> PushServiceBuilder) -> Self {
        Self::over(Arc::new(MemoryRegistry::new()), lacks, change)
    }

    fn over(
        registry: Arc<dyn Registry>,
        lacks: Fields,
        change: impl FnOnce(PushServiceBuilder) -> PushServiceBuilder,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_764_000_000)));
        let ios = Talking::new("ios", "apns", lacks);
        let calls = Talking::new("calls", "apns", lacks);
        let android = Talking::new("android", "fcm", lacks);
        let resources = crate::common::resources(Arc::clone(&clock) as Arc<dyn Clock>);
        let router = Router::builder(resources)
            .provider_with(Arc::clone(&ios) as _, crate::common::without_retries())
            .provider_with(Arc::clone(&calls) as _, crate::common::without_retries())
            .provider_with(Arc::clone(&android) as _, crate::common::without_retries())
            .build();
        let builder = PushService::builder(router, registry, Arc::clone(&clock) as _)
            .call_providers(["calls"]);
        Self {
            service: change(builder).build(),
            clock,
            ios,
            calls,
            android,
        }
    }

    /// A device of the user's with these channels, the preferred one first.
    pub(crate) async fn device(&self, user: &str, channels: &[(&str, &str)]) -> PushId {
        let mut app = Registration::new(Platform::Android);
        for (provider, token) in channels {
            app = app.channel(*provider, *token);
        }
        let registry = self.service.registry();
        let id = registry.register(app, self.clock.now()).await.unwrap();
        if !user.is_empty() {
            registry.bind(id, &user.into()).await.unwrap();
        }
        id
    }
}
