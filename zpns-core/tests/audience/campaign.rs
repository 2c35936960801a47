//! A campaign through two faulty vendors in virtual time, with nothing in memory that grows with
//! the audience: neither the vendors nor the checks remember a target.
//!
//! Shared by the test beside this file and by the bench `audience`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use zpns_core::resources::{HttpClient, HttpError, HttpErrorKind, HttpOptions, SeededRandom};
use zpns_core::{
    Batch, Capability, Category, Check, Clock, Error, ErrorKind, Fields, HttpConnector, Kinds,
    Notification, Outcome, ProviderInfo, PushProvider, Rejection, Report, Resources, Retry, Router,
    Sent, Target, TokenAction, Vendor,
};

use crate::virtual_time::{self, VirtualTime};

const LATENCY: Duration = Duration::from_millis(20);

/// Of every minute the vendor is down for the first two seconds, finds everything too fast in the
/// third, and never answers in the fourth.
const MINUTE: u64 = 60_000;

/// What came of a campaign. The targets are told apart by sums that no two audiences share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) outcomes: u64,
    pub(crate) accepted: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    /// What the vendors answered as accepted.
    pub(crate) taken: u64,
    /// Requests beyond the first attempt.
    pub(crate) retries: u64,
    /// Tokens that were dropped although they live, or accepted although they are dead.
    pub(crate) wrong: u64,
    positions: u64,
    hashes: u64,
    /// Virtual seconds.
    pub(crate) seconds: u64,
}

impl Figures {
    /// Whether each of so many targets has exactly one outcome.
    pub(crate) fn has_one_outcome_each(&self, audience: u64) -> bool {
        let sums = (0..audience).fold((0u64, 0u64), |(positions, hashes), number| {
            (
                positions.wrapping_add(number),
                hashes.wrapping_add(mixed(number)),
            )
        });
        self.outcomes == audience && (self.positions, self.hashes) == sums
    }
}

/// Streams one message to so many devices, half of them at a vendor that takes one target per
/// request and half at one that takes five hundred.
/// None if that hangs.
pub(crate) fn stream_to(audience: u64) -> Option<Figures> {
    let time = VirtualTime::default();
    virtual_time::run(&time, campaign(audience, &time))
}

async fn campaign(audience: u64, time: &VirtualTime) -> Figures {
    let clock: Arc<dyn Clock> = Arc::new(time.clone());
    let counts = Arc::new(Counts::default());
    let resources = Resources::new(Arc::new(NoHttp))
        .with_clock(Arc::clone(&clock))
        .with_random(Arc::new(SeededRandom::new(7)));
    let provider = |id, capability| Arc::new(Faulty::new(id, capability, &clock, &counts));
    let router = Router::builder(resources)
        .provider(provider("one", Capability::batched(1, 256)))
        .provider(provider("many", Capability::batched(500, 8)))
        .build();
    let message = Notification::alert("Sale", "Now!").with_category(Category::Marketing);
    let targets = stream::iter((0..audience).map(|number| {
        let provider = if number % 2 == 0 { "one" } else { "many" };
        Target::new(provider, number.to_string())
    }));
    let mut figures = Figures::default();
    let mut flow = router.stream(&message, targets);
    while let Some(delivery) = flow.next().await {
        let number = number(&delivery.target);
        figures.outcomes += 1;
        figures.positions = figures.positions.wrapping_add(delivery.position);
        figures.hashes = figures.hashes.wrapping_add(mixed(number));
        let truth = Truth::of(number);
        match &delivery.outcome {
            Outcome::Accepted(_) => {
                figures.accepted += 1;
                figures.wrong += u64::from(truth == Truth::Dead);
            }
            Outcome::Rejected(rejection) => {
                let dropped = matches!(rejection.token, TokenAction::Drop { .. });
                figures.dropped += u64::from(dropped);
                figures.wrong += u64::from(dropped && truth != Truth::Dead);
            }
            Outcome::Failed(_) => figures.failed += 1,
        }
    }
    figures.taken = counts.taken.load(Ordering::Relaxed);
    figures.retries = counts.retries.load(Ordering::Relaxed);
    figures.seconds = clock.monotonic().as_secs();
    figures
}

#[derive(Debug, Default)]
struct Counts {
    taken: AtomicU64,
    retries: AtomicU64,
}

/// What a vendor knows of a device: told from its number, so that nobody has to remember it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Truth {
    Live,
    /// To be asked about once more.
    BusyOnce,
    /// To be asked about a second later.
    LaterOnce,
    /// Nobody knows whether it got the message.
    Lost,
    Muted,
    Dead,
}

impl Truth {
    fn of(number: u64) -> Self {
        match mixed(number) % 1_000 {
            0..20 => Self::Dead,
            20..25 => Self::Muted,
            25..30 => Self::Lost,
            30..60 => Self::BusyOnce,
            60..65 => Self::LaterOnce,
            _ => Self::Live,
        }
    }
}

/// SplitMix64's last step.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn number(target: &Target) -> u64 {
    target.token.as_str().parse().unwrap_or(u64::MAX)
}

#[derive(Debug)]
struct Faulty {
    info: ProviderInfo,
    capability: Capability,
    clock: Arc<dyn Clock>,
    counts: Arc<Counts>,
}

impl Faulty {
    fn new(
        id: &str,
        mut capability: Capability,
        clock: &Arc<dyn Clock>,
        counts: &Arc<Counts>,
    ) -> Self {
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::all();
        Self {
            info: ProviderInfo::new(id, Vendor::new("faulty")),
            capability,
            clock: Arc::clone(clock),
            counts: Arc::clone(counts),
        }
    }

    fn answer(&self, target: &Target, attempt: u32) -> Outcome {
        match Truth::of(number(target)) {
            Truth::Dead => Rejection::new(ErrorKind::TokenInvalid, "gone")
                .with_token(TokenAction::Drop { since: None })
                .into(),
            Truth::Muted => Rejection::new(ErrorKind::Muted, "muted").into(),
            Truth::Lost => failed(ErrorKind::Timeout, Retry::Backoff, Sent::Maybe),
            Truth::BusyOnce if attempt == 1 => {
                failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No)
            }
            Truth::LaterOnce if attempt == 1 => {
                let pause = Retry::After(Duration::from_secs(1));
                failed(ErrorKind::Unavailable, pause, Sent::No)
            }
            Truth::Live | Truth::BusyOnce | Truth::LaterOnce => {
                self.counts.taken.fetch_add(1, Ordering::Relaxed);
                Outcome::accepted(None)
            }
        }
    }
}

fn failed(kind: ErrorKind, retry: Retry, sent: Sent) -> Outcome {
    Error::new(kind, "a bad day")
        .with_retry(retry)
        .with_sent(sent)
        .into()
}

#[async_trait]
impl PushProvider for Faulty {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        if batch.attempt() > 1 {
            self.counts.retries.fetch_add(1, Ordering::Relaxed);
        }
        let second = self.clock.monotonic().as_millis() as u64 % MINUTE / 1_000;
        self.clock.sleep(LATENCY).await;
        match second {
            0 | 1 => batch.report_all(failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No)),
            2 => {
                let pause = Retry::After(Duration::from_secs(1));
                batch.report_all(failed(ErrorKind::RateLimited, pause, Sent::No))
            }
            3 => std::future::pending().await,
            _ => {
                let targets = batch.targets().iter();
                batch.report(
                    targets
                        .map(|target| self.answer(target, batch.attempt()))
                        .collect(),
                )
            }
        }
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("a model"))
    }

    async fn shutdown(&self, _: Duration) {}
}

/// Nothing here opens a connection.
#[derive(Debug)]
struct NoHttp;

impl HttpConnector for NoHttp {
    fn open(&self, _: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Err(HttpError::new(
            HttpErrorKind::Connect,
            Sent::No,
            "no network here",
        ))
    }
}
