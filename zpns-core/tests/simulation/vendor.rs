//! A vendor as far as we can see it: what it knows of each token, what it took, and its moods.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, Outcome, ProviderInfo, PushProvider,
    Rejection, Report, Retry, Scope, Sent, TokenAction, Vendor,
};

use crate::journal::{Call, End, Journal, Key, send_of, tokens};
use crate::schedule::{Class, Hiccup, Schedule, Truth, Weather, provider, token};

const DAY: u64 = 86_400_000;

/// What stays when the provider in front of it is replaced.
#[derive(Default)]
struct Books {
    /// How many requests had this token.
    seen: HashMap<Key, usize>,
    taken: HashSet<Key>,
    /// When the requests of the last second came.
    requests: VecDeque<Duration>,
    /// Targets taken today, by class if the quota is of it.
    today: HashMap<Option<u8>, usize>,
    day: u64,
}

/// Whom the vendor knows, by provider and token within a send.
type Devices = HashMap<Key, (Truth, Vec<Hiccup>)>;

/// One vendor, which providers stand for.
pub(crate) struct Company {
    number: usize,
    schedule: Arc<Schedule>,
    journal: Journal,
    devices: Devices,
    books: Mutex<Books>,
}

/// One set of credentials at a vendor.
pub(crate) struct Credentials {
    company: Arc<Company>,
    instance: usize,
    info: ProviderInfo,
}

impl Company {
    pub(crate) fn new(number: usize, schedule: &Arc<Schedule>, journal: &Journal) -> Arc<Self> {
        let mut devices = Devices::new();
        for (send, plan) in schedule.sends.iter().enumerate() {
            for (target, plan) in plan.targets.iter().enumerate() {
                let channels = std::iter::once(&plan.channel).chain(&plan.next);
                for (channel, plan) in channels
                    .enumerate()
                    .filter(|(_, plan)| plan.vendor == number)
                {
                    let token = token(target, channel, plan.truth);
                    let key = Key {
                        send,
                        provider: provider(number),
                        token,
                    };
                    devices.insert(key, (plan.truth, plan.hiccups.clone()));
                }
            }
        }
        Arc::new(Self {
            number,
            schedule: Arc::clone(schedule),
            journal: journal.clone(),
            devices,
            books: Mutex::default(),
        })
    }

    pub(crate) fn credentials(self: &Arc<Self>, instance: usize) -> Credentials {
        Credentials {
            company: Arc::clone(self),
            instance,
            info: ProviderInfo::new(provider(self.number), Vendor::new("model")),
        }
    }

    fn weather(&self, now: Duration) -> Option<Weather> {
        let now = now.as_millis() as u64;
        let spells = &self.schedule.vendors[self.number].spells;
        let spell = spells
            .iter()
            .find(|spell| (spell.from..spell.from + spell.lasts).contains(&now));
        spell.map(|spell| spell.weather)
    }

    /// What it does with a request, at the moment when it comes; none if it never answers.
    fn act(&self, send: usize, tokens: &[String]) -> Option<Vec<Outcome>> {
        let now = self.journal.clock.monotonic();
        let weather = self.weather(now);
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(complaint) = self.complain(&mut books, now) {
            return Some(vec![complaint; tokens.len()]);
        }
        let all = |outcome: Outcome| Some(vec![outcome; tokens.len()]);
        let take_all = |books: &mut Books| -> Vec<Outcome> {
            let answers = tokens
                .iter()
                .enumerate()
                .map(|(at, token)| self.answer(books, send, token, at, weather));
            answers.collect()
        };
        match weather {
            Some(Weather::Down) => all(failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No)),
            Some(Weather::TooFast(millis)) => all(too_fast(millis)),
            Some(Weather::RefusesCredentials) => {
                all(Rejection::new(ErrorKind::CredentialInvalid, "revoked").into())
            }
            Some(Weather::Lost { taken }) => {
                let _ = taken.then(|| take_all(&mut books));
                all(failed(ErrorKind::Timeout, Retry::Backoff, Sent::Maybe))
            }
            Some(Weather::Hangs { taken }) => {
                let _ = taken.then(|| take_all(&mut books));
                None
            }
            Some(Weather::Garbles) => {
                take_all(&mut books);
                all(failed(ErrorKind::Protocol, Retry::Never, Sent::Maybe))
            }
            Some(Weather::Short) => {
                let mut answers = take_all(&mut books);
                answers.pop();
                Some(answers)
            }
            Some(Weather::Slow(_) | Weather::EveryOther) | None => Some(take_all(&mut books)),
        }
    }

    /// Whether this is one request too many for this second.
    fn complain(&self, books: &mut Books, now: Duration) -> Option<Outcome> {
        let most = self.schedule.vendors[self.number].allows_per_second?;
        let second = Duration::from_secs(1);
        while books
            .requests
            .front()
            .is_some_and(|first| *first + second <= now)
        {
            books.requests.pop_front();
        }
        if books.requests.len() >= most {
            return Some(too_fast(1_000));
        }
        books.requests.push_back(now);
        None
    }

    fn answer(
        &self,
        books: &mut Books,
        send: usize,
        token: &str,
        at: usize,
        weather: Option<Weather>,
    ) -> Outcome {
        let key = Key {
            send,
            provider: provider(self.number),
            token: token.to_owned(),
        };
        let (truth, hiccups) = self.devices.get(&key).expect("a token of this schedule");
        if weather == Some(Weather::EveryOther) && at.is_multiple_of(2) {
            return failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No);
        }
        let seen = books.seen.entry(key.clone()).or_default();
        *seen += 1;
        match hiccups.get(*seen - 1) {
            Some(Hiccup::Busy) => return failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No),
            Some(Hiccup::Later(millis)) => {
                let pause = Retry::After(Duration::from_millis(*millis));
                return failed(ErrorKind::Unavailable, pause, Sent::No);
            }
            Some(Hiccup::Lost { taken }) => {
                let _ = taken.then(|| self.take(books, key, *truth));
                return failed(ErrorKind::Timeout, Retry::Backoff, Sent::Maybe);
            }
            Some(Hiccup::Broken { taken }) => {
                let _ = taken.then(|| self.take(books, key, *truth));
                return failed(ErrorKind::Protocol, Retry::Never, Sent::Maybe);
            }
            None => {}
        }
        self.take(books, key, *truth)
    }

    /// The verdict on one target.
    fn take(&self, books: &mut Books, key: Key, truth: Truth) -> Outcome {
        let rejection = match truth {
            Truth::Live => return self.deliver(books, key),
            Truth::Dead => Rejection::new(ErrorKind::TokenInvalid, "gone")
                .with_token(TokenAction::Drop { since: None }),
            Truth::Moved => Rejection::new(ErrorKind::TokenInvalid, "moved")
                .with_token(TokenAction::Replace(format!("new-{}", key.token).into())),
            Truth::OfAnotherApp => Rejection::new(ErrorKind::TokenMismatch, "of another app"),
            Truth::Muted => Rejection::new(ErrorKind::Muted, "muted")
                .with_token(TokenAction::Mute { until: None }),
        };
        rejection.into()
    }

    fn deliver(&self, books: &mut Books, key: Key) -> Outcome {
        let plan = &self.schedule.vendors[self.number];
        let send = &self.schedule.sends[key.send];
        let repeat = !books.taken.insert(key.clone());
        if repeat && plan.deduplicates {
            return Outcome::accepted(None);
        }
        if let Some(quota) = plan.quota {
            let day = (self.journal.clock.now().as_millis() + 8 * 3_600_000) / DAY;
            if day != books.day {
                books.day = day;
                books.today.clear();
            }
            let today = books
                .today
                .entry(quota.of_class.then_some(send.class as u8))
                .or_default();
            if *today >= quota.targets {
                books.taken.remove(&key);
                let scope = if quota.of_class {
                    Scope::Class
                } else {
                    Scope::Provider
                };
                return Rejection::new(ErrorKind::QuotaExceeded, "used up")
                    .with_scope(scope)
                    .into();
            }
            *today += 1;
        }
        let replaces = repeat && plan.collapse_replaces && send.collapses;
        if !replaces {
            *self.journal.open().shown.entry(key).or_default() += 1;
        }
        Outcome::accepted(None)
    }

    fn latency(&self, now: Duration) -> Duration {
        let own = self.schedule.vendors[self.number].latency;
        let more = match self.weather(now) {
            Some(Weather::Slow(millis)) => millis,
            _ => 0,
        };
        Duration::from_millis(own + more)
    }
}

fn failed(kind: ErrorKind, retry: Retry, sent: Sent) -> Outcome {
    Error::new(kind, "one of those days")
        .with_retry(retry)
        .with_sent(sent)
        .into()
}

fn too_fast(millis: u64) -> Outcome {
    let pause = Retry::After(Duration::from_millis(millis));
    failed(ErrorKind::RateLimited, pause, Sent::No)
}

/// A request under way; given up if nobody waits for its end.
struct UnderWay<'a> {
    journal: &'a Journal,
    call: usize,
    over: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.over {
            let at = self.journal.clock.monotonic();
            self.journal.end(self.call, End::GivenUp { at });
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, {})", self.info.id, self.instance)
    }
}

#[async_trait]
impl PushProvider for Credentials {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let plan = &self.company.schedule.vendors[self.company.number];
        let mut capability = Capability::batched(plan.batch, 64);
        capability.batch_min = plan.batch_min;
        capability.kinds = Kinds::all();
        capability.fields = Fields::all();
        capability.deduplicates = plan.deduplicates;
        capability.collapse_replaces = plan.collapse_replaces;
        capability.quota_day = Some(Capability::CHINA);
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        let (company, journal) = (&*self.company, &self.company.journal);
        let (send, tokens) = (send_of(batch.notification()), tokens(batch));
        let began = journal.clock.monotonic();
        let call = journal.begin(Call {
            send,
            vendor: company.number,
            instance: self.instance,
            attempt: batch.attempt(),
            began,
            deadline: batch.deadline(),
            tokens: tokens.clone(),
            end: End::Pending,
        });
        let mut under_way = UnderWay {
            journal,
            call,
            over: false,
        };
        let outcomes = company.act(send, &tokens);
        let latency = company.latency(began);
        if !latency.is_zero() {
            journal.clock.sleep(latency).await;
        }
        let Some(outcomes) = outcomes else {
            return std::future::pending().await;
        };
        let at = journal.clock.monotonic();
        under_way.over = true;
        journal.end(
            call,
            End::Answered {
                at,
                outcomes: outcomes.clone(),
            },
        );
        batch.report(outcomes)
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("a model"))
    }

    async fn shutdown(&self, _: Duration) {}
}

impl Class {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Call => "call",
            Self::Campaign => "campaign",
        }
    }
}
