//! Runs a schedule: one router, every send in a task of its own, all on virtual time.

use std::future::Future;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream, StreamExt};
use zpns_core::layers::{Delivery, Layer, LayerContext, RateUnit};
use zpns_core::{
    CallEvent, Category, Clock, Notification, Outcome, Passage, PushProvider, Recipient, Router,
    SendOptions, Target,
};

use crate::clock::VirtualClock;
use crate::common::resources_with;
use crate::journal::{Journal, Pages, Result as SendResult, What};
use crate::schedule::{
    ChannelPlan, Class, Happening, Schedule, SendPlan, VendorPlan, Way, provider, token,
};
use crate::vendor::Company;

/// No schedule lasts so long: whoever is not done then never will be.
const WATCHDOG: Duration = Duration::from_secs(20 * 86_400);

/// A layer of the host's own that is not as it should be, to see that the checks see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broken {
    pub(crate) inner: Option<Arc<dyn Layer>>,
    pub(crate) outer: Option<Arc<dyn Layer>>,
}

/// Writes down what is launched; around a broken layer, if there is one.
#[derive(Debug)]
struct Outer {
    journal: Journal,
    broken: Option<Arc<dyn Layer>>,
}

impl Layer for Outer {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let inner = match &self.broken {
            Some(broken) => broken.wrap(inner, context),
            None => inner,
        };
        self.journal.wrap(inner, context)
    }
}

/// What there is to check once the day is over.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) pages: Pages,
    /// One for each send; none if it was still under way when the watchdog barked.
    pub(crate) results: Vec<Option<SendResult>>,
    /// How long the shutdown took, if there was one.
    pub(crate) shutdown_took: Option<Duration>,
}

type Results = Arc<Mutex<Vec<Option<SendResult>>>>;

/// Lives through it.
pub(crate) fn live(schedule: &Arc<Schedule>, broken: &Broken) -> Day {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(live_through(schedule, broken))
}

async fn live_through(schedule: &Arc<Schedule>, broken: &Broken) -> Day {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::before_midnight(schedule.to_midnight));
    let journal = Journal::new(Arc::clone(&clock));
    let companies: Vec<_> = (0..schedule.vendors.len())
        .map(|number| Company::new(number, schedule, &journal))
        .collect();
    let delivery = |vendor: usize| delivery(&schedule.vendors[vendor], &journal, broken);
    let mut builder = Router::builder(resources_with(Arc::clone(&clock), schedule.seed))
        .observer(Arc::new(journal.clone()));
    for (vendor, company) in companies.iter().enumerate() {
        builder = builder.provider_with(Arc::new(company.credentials(0)), delivery(vendor));
    }
    let router = builder.build();

    let results: Results = Arc::new(Mutex::new(vec![None; schedule.sends.len()]));
    let shutdown_took = Arc::new(Mutex::new(None));
    let sends = schedule.sends.iter().enumerate().map(|(number, plan)| {
        let (router, journal, plan) = (router.clone(), journal.clone(), plan.clone());
        let results = Arc::clone(&results);
        tokio::spawn(async move { send(number, &plan, &router, &journal, &results).await })
    });
    let happenings = schedule
        .happenings
        .iter()
        .enumerate()
        .map(|(number, happening)| {
            let (router, journal, happening) = (router.clone(), journal.clone(), *happening);
            let replacement = match happening {
                Happening::Replaced { vendor, .. } => companies.get(vendor).map(|company| {
                    let credentials: Arc<dyn PushProvider> =
                        Arc::new(company.credentials(number + 1));
                    (credentials, delivery(vendor))
                }),
                _ => None,
            };
            let took = Arc::clone(&shutdown_took);
            tokio::spawn(
                async move { happen(happening, replacement, &router, &journal, &took).await },
            )
        });
    let tasks: Vec<_> = sends.chain(happenings).collect();
    let all = async {
        for task in tasks {
            if let Err(failure) = task.await {
                std::panic::resume_unwind(failure.into_panic());
            }
        }
    };
    // The clock of the day would count the watchdog's own look.
    let watchdog = zpns_core::resources::SystemClock::new().sleep(WATCHDOG);
    select(std::pin::pin!(all), watchdog).await;
    let results = std::mem::take(&mut *results.lock().unwrap_or_else(PoisonError::into_inner));
    let shutdown_took = *shutdown_took.lock().unwrap_or_else(PoisonError::into_inner);
    let pages = std::mem::take(&mut *journal.open());
    Day {
        pages,
        results,
        shutdown_took,
    }
}

fn delivery(plan: &VendorPlan, journal: &Journal, broken: &Broken) -> Delivery {
    let settings = plan.settings;
    let mut delivery = Delivery::default();
    delivery.retries.attempts = settings.attempts;
    delivery.retries.base = millis(settings.base);
    delivery.retries.elapsed = Some(millis(settings.elapsed));
    if let Some((per_ten_seconds, per_ten_successes)) = settings.budget {
        delivery.retries.budget.per_second = f64::from(per_ten_seconds) / 10.0;
        delivery.retries.budget.per_success = f64::from(per_ten_successes) / 10.0;
    }
    delivery.attempt_timeout = millis(settings.attempt_timeout);
    delivery.max_in_flight = NonZeroUsize::new(settings.max_in_flight);
    if let Some(rate) = settings.rate {
        delivery.rate_per_second = NonZeroU32::new(rate.per_second);
        if rate.of_targets {
            delivery.rate.unit = RateUnit::Targets;
        }
    }
    delivery.breaker.at_least = settings.breaker_at_least;
    delivery.guard.at_least = settings.guard_at_least;
    let watched = settings.watched || broken.outer.is_some();
    let outer = Outer {
        journal: journal.clone(),
        broken: broken.outer.clone(),
    };
    delivery.outer = watched.then(|| Arc::new(outer) as Arc<dyn Layer>);
    delivery.inner.clone_from(&broken.inner);
    delivery
}

async fn happen(
    happening: Happening,
    replacement: Option<(Arc<dyn PushProvider>, Delivery)>,
    router: &Router,
    journal: &Journal,
    took: &Mutex<Option<Duration>>,
) {
    let clock = &journal.clock;
    match happening {
        Happening::Replaced { at, vendor } => {
            clock.sleep(millis(at)).await;
            if let Some((credentials, delivery)) = replacement {
                journal.write(What::Replaced {
                    provider: provider(vendor),
                });
                router.replace_with(credentials, delivery);
            }
        }
        Happening::GuardReleased { at, vendor } => {
            clock.sleep(millis(at)).await;
            router.release_guard(&provider(vendor).into());
        }
        Happening::Shutdown { at, grace } => {
            clock.sleep(millis(at)).await;
            journal.write(What::ShutdownBegan);
            let began = clock.monotonic();
            router.shutdown(millis(grace)).await;
            journal.write(What::ShutdownEnded);
            let mut took = took.lock().unwrap_or_else(PoisonError::into_inner);
            *took = Some(clock.monotonic() - began);
        }
    }
}

async fn send(
    number: usize,
    plan: &SendPlan,
    router: &Router,
    journal: &Journal,
    results: &Mutex<Vec<Option<SendResult>>>,
) {
    journal.clock.sleep(millis(plan.at)).await;
    let message = message(number, plan);
    let options = options(plan);
    // What was handed out is kept even if the rest is given up.
    let result = if plan.is_to_recipients() {
        let got = Mutex::new(Vec::new());
        let run = to_recipients(plan, router, &message, &options, journal, &got);
        until_dropped(number, plan, journal, run).await;
        SendResult::Recipients(got.into_inner().unwrap_or_default())
    } else {
        let got = Mutex::new(Vec::new());
        let run = to_targets(plan, router, &message, &options, journal, &got);
        until_dropped(number, plan, journal, run).await;
        SendResult::Targets(got.into_inner().unwrap_or_default())
    };
    results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
}

async fn until_dropped(
    number: usize,
    plan: &SendPlan,
    journal: &Journal,
    run: impl Future<Output = ()>,
) {
    let Some(after) = plan.dropped_after else {
        return run.await;
    };
    let limit = journal.clock.sleep(millis(after));
    if let Either::Right(((), run)) = select(Box::pin(run), limit).await {
        drop(run);
        journal.write(What::Dropped { send: number });
    }
}

async fn to_targets(
    plan: &SendPlan,
    router: &Router,
    message: &Notification,
    options: &SendOptions,
    journal: &Journal,
    got: &Mutex<Vec<(u64, Target, Outcome)>>,
) {
    let targets: Vec<Target> = targets(plan);
    let keep = |delivery: (u64, Target, Outcome)| {
        got.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(delivery);
    };
    match plan.way {
        Way::AtOnce => {
            let report = router.send_with(message, targets.clone(), options).await;
            let outcomes = (0..).zip(targets).zip(report.into_outcomes());
            outcomes.for_each(|((position, target), outcome)| keep((position, target, outcome)));
        }
        Way::Streamed { source, consumer } => {
            let targets = paced(targets, source, journal);
            let mut flow = router.stream_with(message, targets, options);
            while let Some(delivery) = flow.next().await {
                keep((delivery.position, delivery.target, delivery.outcome));
                pause(consumer, journal).await;
            }
        }
    }
}

async fn to_recipients(
    plan: &SendPlan,
    router: &Router,
    message: &Notification,
    options: &SendOptions,
    journal: &Journal,
    got: &Mutex<Vec<Passage>>,
) {
    let recipients: Vec<Recipient> = recipients(plan);
    let keep = |passage| {
        got.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(passage)
    };
    match plan.way {
        Way::AtOnce => {
            let passages = router.send_to_with(message, recipients, options).await;
            passages.into_iter().for_each(keep);
        }
        Way::Streamed { source, consumer } => {
            let recipients = paced(recipients, source, journal);
            let mut passages = router.stream_to_with(message, recipients, options);
            while let Some(passage) = passages.next().await {
                keep(passage);
                pause(consumer, journal).await;
            }
        }
    }
}

async fn pause(consumer: u64, journal: &Journal) {
    if consumer > 0 {
        journal.clock.sleep(millis(consumer)).await;
    }
}

/// With a pause before each.
fn paced<T: Send + 'static>(
    items: Vec<T>,
    source: u64,
    journal: &Journal,
) -> impl Stream<Item = T> + Unpin + use<T> {
    let clock = Arc::clone(&journal.clock);
    Box::pin(stream::iter(items).then(move |item| {
        let sleep = (source > 0).then(|| clock.sleep(millis(source)));
        async move {
            if let Some(sleep) = sleep {
                sleep.await;
            }
            item
        }
    }))
}

/// The targets of a send, in order, each as often as its token is in the audience.
pub(crate) fn targets(plan: &SendPlan) -> Vec<Target> {
    let targets = plan
        .targets
        .iter()
        .enumerate()
        .flat_map(|(number, target)| {
            std::iter::repeat_n(channel(number, 0, &target.channel), target.copies)
        });
    targets.collect()
}

/// The recipients of a send, in order.
pub(crate) fn recipients(plan: &SendPlan) -> Vec<Recipient> {
    let recipients = plan.targets.iter().enumerate().map(|(number, target)| {
        let next = target.next.iter().zip(1..);
        next.fold(
            Recipient::new(channel(number, 0, &target.channel)),
            |recipient, (plan, place)| recipient.or(channel(number, place, plan)),
        )
    });
    recipients.collect()
}

fn channel(target: usize, channel: usize, plan: &ChannelPlan) -> Target {
    Target {
        badge: plan.badge,
        ..Target::new(provider(plan.vendor), token(target, channel, plan.truth))
    }
}

fn message(number: usize, plan: &SendPlan) -> Notification {
    let mut message = match plan.class {
        Class::Chat => {
            Notification::alert("Alice", "Lunch?").with_category(Category::InstantMessage)
        }
        Class::Call => Notification::call(CallEvent::Invite),
        Class::Campaign => Notification::alert("Sale", "Now!").with_category(Category::Marketing),
    };
    message = message.with_payload(number.to_string());
    message.ttl = plan.ttl.map(millis);
    if plan.collapses {
        message = message.with_collapse_key("lunch");
    }
    message
}

fn options(plan: &SendPlan) -> SendOptions {
    let mut options = SendOptions::default();
    options.timeout = plan.timeout.map(millis);
    options.at_least_once = plan.at_least_once;
    options
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
