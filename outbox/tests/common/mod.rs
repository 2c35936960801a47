//! A service over a vendor that writes down what it was given.
#![allow(dead_code, reason = "each test target uses a part of it")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use zpns_core::layers::{Delivery, Retries};
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpOptions, SystemClock,
};
use zpns_core::service::{Channel, Device, MemoryRegistry, Message, PushId, PushService, Registry};
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, Notification, Outcome, ProviderInfo,
    PushProvider, Rejection, Report, Resources, Router, Sent, Timestamp, Token, TokenAction,
    Vendor,
};

/// A vendor that takes every token but those that begin with `dead`; those with `away` only from
/// the second time on. Writes each one that it took into memory, and into a file if it has one.
#[derive(Debug)]
pub(crate) struct Vend {
    info: ProviderInfo,
    file: Option<PathBuf>,
    /// How long it takes for a request.
    pace: Duration,
    taken: Mutex<BTreeMap<String, usize>>,
    asked: Mutex<BTreeMap<String, usize>>,
}

impl Vend {
    pub(crate) fn new(pace: Duration, file: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            info: ProviderInfo::new("vend", Vendor::new("vend")),
            file,
            pace,
            taken: Mutex::default(),
            asked: Mutex::default(),
        })
    }

    /// How often each token was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, usize> {
        self.taken.lock().unwrap().clone()
    }

    fn answer(&self, token: &str) -> Outcome {
        if token.starts_with("dead") {
            let dead = TokenAction::Drop { since: None };
            return Rejection::new(ErrorKind::TokenInvalid, "dead")
                .with_token(dead)
                .into();
        }
        let mut asked = self.asked.lock().unwrap();
        let before = asked.entry(token.to_owned()).or_default();
        *before += 1;
        if token.starts_with("away") && *before == 1 {
            let away = Error::new(ErrorKind::Unavailable, "away");
            return away.with_sent(Sent::No).into();
        }
        *self
            .taken
            .lock()
            .unwrap()
            .entry(token.to_owned())
            .or_default() += 1;
        Outcome::accepted(None)
    }
}

#[async_trait]
impl PushProvider for Vend {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::batched(100, 4);
        capability.kinds = Kinds::all();
        capability.fields = Fields::all();
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        tokio::time::sleep(self.pace).await;
        let tokens: Vec<&str> = batch
            .targets()
            .iter()
            .map(|target| target.token.as_str())
            .collect();
        let outcomes: Vec<Outcome> = tokens.iter().map(|token| self.answer(token)).collect();
        if let Some(file) = &self.file {
            let lines: String = tokens.iter().map(|token| format!("{token}\n")).collect();
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(file)
                .unwrap();
            file.write_all(lines.as_bytes()).unwrap();
        }
        batch.report(outcomes)
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("in memory"))
    }

    async fn shutdown(&self, _: Duration) {}
}

/// Nothing is connected to here.
#[derive(Debug)]
struct Nowhere;

impl HttpConnector for Nowhere {
    fn open(&self, _: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Err(HttpError::new(HttpErrorKind::Connect, Sent::No, "nowhere"))
    }
}

/// A service over devices with these tokens, the same ones in every process.
pub(crate) async fn service(vend: &Arc<Vend>, tokens: impl Iterator<Item = String>) -> PushService {
    let clock = Arc::new(SystemClock::new());
    let mut delivery = Delivery::default();
    delivery.retries = Retries::none();
    delivery.guard.enabled = false;
    let router = Router::builder(Resources::new(Arc::new(Nowhere)))
        .provider_with(Arc::clone(vend) as _, delivery)
        .build();
    let registry = MemoryRegistry::new();
    let registered = Timestamp::from_secs(1_700_000_000);
    for (number, token) in tokens.enumerate() {
        let mut device = Device::new(device(number), registered);
        device.user = Some(format!("user{number}").as_str().into());
        let channel = Channel::new("vend", Token::from(token.as_str()), registered);
        device.channels.push(channel);
        registry.restore(device).await.unwrap();
    }
    PushService::builder(router, Arc::new(registry), clock).build()
}

/// The same name for the same number in every process.
pub(crate) fn device(number: usize) -> PushId {
    let name = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number as u128);
    name.to_string().parse().unwrap()
}

pub(crate) fn message() -> Message {
    Message::new(Notification::alert("News", "A new version"))
}

/// A new database on the server that the environment names, if it names one: the URL of its
/// database `postgres`.
#[cfg(feature = "postgres")]
pub(crate) async fn postgres() -> Option<String> {
    use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
    let server = std::env::var("ZPNS_TEST_POSTGRES").ok()?;
    let name = format!("outbox_{}", Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(create).await.unwrap();
    let (server, _) = server.rsplit_once('/').expect("a database in the URL");
    Some(format!("{server}/{name}"))
}
