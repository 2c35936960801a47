//! From a message and an audience to a push on every device that is to get one.

mod audience;
mod calls;
mod diagnose;
mod dispatch;
mod hook;
mod message;
mod paged;
mod plan;
mod receipts;
mod report;
mod ringing;
mod route;
mod silent;
mod sort;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};

use self::audience::Found;
pub use self::hook::{Hook, Veto};
pub use self::message::{Audience, Message};
pub use self::paged::{Checkpoint, PageReport, Roster, Tally};
use self::plan::Plan;
pub use self::report::{DeviceReport, Fate, Forecast, PushReport, ServiceError, Skip};
use self::ringing::Calls;
use self::silent::SilentBudget;
use super::recent::Recent;
use super::{
    Badges, MemoryBadges, MemoryMilestones, MemoryPresence, Milestones, Presence, PresencePolicy,
    PushId, Registry, RegistryError, Strategy, UserId,
};
use crate::model::ProviderId;
use crate::resources::Clock;
use crate::router::{Router, SendOptions};

/// Pages of an audience that are under way at once.
const PAGES: usize = 4;
/// How long a channel rests where a vendor says that it is muted and not how long.
const MUTE: Duration = Duration::from_secs(24 * 3_600);

/// Pushes to users: a [`Router`] with a [`Registry`] of devices, with [`Presence`] and with
/// [strategies](Strategy). Cheap to clone; all clones are one service.
///
/// For each device of the audience the service asks whether the user is online, pushes through
/// the device's channels if the [policy](PresencePolicy) says so, and writes what the vendors
/// say of tokens back into the registry.
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::service::{Audience, MemoryRegistry, PushService, Registry};
/// use zpns_core::{Clock, Notification, Router};
///
/// # async fn example(router: Router, clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
/// let registry: Arc<dyn Registry> = Arc::new(MemoryRegistry::new());
/// let service = PushService::builder(router, registry, clock).build();
/// let message = Notification::alert("Bob", "Lunch?");
/// let report = service.send(message, Audience::user("alice")).await?;
/// println!("{} pushed, {} in the app", report.pushed(), report.in_app().count());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PushService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    router: Router,
    registry: Arc<dyn Registry>,
    presence: Arc<dyn Presence>,
    badges: Arc<dyn Badges>,
    milestones: Arc<dyn Milestones>,
    strategies: BTreeMap<String, Strategy>,
    clock: Arc<dyn Clock>,
    policy: PresencePolicy,
    options: SendOptions,
    hooks: Vec<Arc<dyn Hook>>,
    recent: Recent,
    silent: SilentBudget,
    call_providers: BTreeSet<ProviderId>,
    calls: Calls,
}

/// Builds a [`PushService`].
#[derive(Debug)]
pub struct PushServiceBuilder(Inner);

impl PushServiceBuilder {
    /// With another presence than one of its own in memory.
    #[must_use]
    pub fn presence(mut self, presence: Arc<dyn Presence>) -> Self {
        self.0.presence = presence;
        self
    }

    /// With other counters than those of its own in memory.
    #[must_use]
    pub fn badges(mut self, badges: Arc<dyn Badges>) -> Self {
        self.0.badges = badges;
        self
    }

    /// With other milestones than those of its own in memory.
    #[must_use]
    pub fn milestones(mut self, milestones: Arc<dyn Milestones>) -> Self {
        self.0.milestones = milestones;
        self
    }

    /// With strategies, by resource id: those of a config file, or made by code.
    #[must_use]
    pub fn strategies(mut self, strategies: impl IntoIterator<Item = (String, Strategy)>) -> Self {
        self.0.strategies.extend(strategies);
        self
    }

    /// Which devices get a push unless the message says otherwise: those that are offline.
    #[must_use]
    pub fn policy(mut self, policy: PresencePolicy) -> Self {
        self.0.policy = policy;
        self
    }

    /// How many silent pushes a device gets in an hour; three unless set. Those beyond are
    /// suppressed and reported as [`Skip::SilentBudget`].
    #[must_use]
    pub fn silent_pushes_each_hour(mut self, pushes: usize) -> Self {
        self.0.silent = SilentBudget::new(pushes);
        self
    }

    /// The providers whose tokens are for calls alone: on iOS, those of PushKit, which the app
    /// registers beside its ordinary one under a provider of their own. An invitation to a call
    /// goes through them first, and nothing else ever does.
    ///
    /// Where a vendor has such tokens ([`Capability::call_tokens`](crate::Capability::call_tokens)),
    /// its other providers never carry a call, but an urgent alert in its place.
    #[must_use]
    pub fn call_providers(
        mut self,
        providers: impl IntoIterator<Item = impl Into<ProviderId>>,
    ) -> Self {
        let providers = providers.into_iter().map(Into::into);
        self.0.call_providers.extend(providers);
        self
    }

    /// With one more hook; they are asked in order, and the first veto holds.
    #[must_use]
    pub fn hook(mut self, hook: Arc<dyn Hook>) -> Self {
        self.0.hooks.push(hook);
        self
    }

    /// With options for everything that is sent.
    #[must_use]
    pub fn options(mut self, options: SendOptions) -> Self {
        self.0.options = options;
        self
    }

    /// The service.
    pub fn build(self) -> PushService {
        PushService(Arc::new(self.0))
    }
}

impl PushService {
    /// Begins a service.
    pub fn builder(
        router: Router,
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
    ) -> PushServiceBuilder {
        PushServiceBuilder(Inner {
            router,
            registry,
            presence: Arc::new(MemoryPresence::new()),
            badges: Arc::new(MemoryBadges::new()),
            milestones: Arc::new(MemoryMilestones::new()),
            strategies: BTreeMap::new(),
            clock,
            policy: PresencePolicy::default(),
            options: SendOptions::default(),
            hooks: Vec::new(),
            recent: Recent::default(),
            silent: SilentBudget::new(3),
            call_providers: BTreeSet::new(),
            calls: Calls::default(),
        })
    }

    /// The devices.
    pub fn registry(&self) -> &Arc<dyn Registry> {
        &self.0.registry
    }

    /// Who is online.
    pub fn presence(&self) -> &Arc<dyn Presence> {
        &self.0.presence
    }

    /// The users' counters.
    pub fn badges(&self) -> &Arc<dyn Badges> {
        &self.0.badges
    }

    /// The router underneath.
    pub fn router(&self) -> &Router {
        &self.0.router
    }

    /// Sends a message and waits for all of it. For large audiences see
    /// [`stream`](Self::stream).
    ///
    /// # Errors
    /// [`ServiceError`] if nothing was sent; what goes wrong later stands in the report.
    pub async fn send(
        &self,
        message: impl Into<Message>,
        audience: Audience,
    ) -> Result<PushReport, ServiceError> {
        self.collect(Plan::new(&self.0, message.into())?, audience)
            .await
    }

    /// Sends a message to an audience of any size, in memory that does not grow with it; devices
    /// come as they are done, in any order.
    ///
    /// The stream must be polled for pushes to go out: not polling it is a pause, dropping it
    /// cancels. An error is of the registry or the presence: after one in reading, the audience
    /// is not read on; after one in writing verdicts down, it is.
    ///
    /// # Errors
    /// [`ServiceError`]: an unknown strategy, an audience of everyone that nobody confirmed.
    pub fn stream(
        &self,
        message: impl Into<Message>,
        audience: Audience,
    ) -> Result<BoxStream<'static, Result<DeviceReport, RegistryError>>, ServiceError> {
        self.stream_of(Plan::new(&self.0, message.into())?, audience)
    }

    fn stream_of(
        &self,
        plan: Plan,
        audience: Audience,
    ) -> Result<BoxStream<'static, Result<DeviceReport, RegistryError>>, ServiceError> {
        let plan = Arc::new(plan);
        let pages = audience::pages(&self.0, audience)?;
        let service = self.clone();
        let done = pages.map(move |found| {
            let (service, plan) = (service.clone(), Arc::clone(&plan));
            async move { service.page(&plan, found).await }
        });
        let reports = done.buffer_unordered(PAGES).flat_map(stream::iter);
        Ok(reports.boxed())
    }

    /// A dry run: counts what would come of a message, and sends nothing.
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and whatever the registry reports.
    pub async fn forecast(
        &self,
        message: impl Into<Message>,
        audience: Audience,
    ) -> Result<Forecast, ServiceError> {
        let plan = Plan::new(&self.0, message.into())?;
        let mut pages = audience::pages(&self.0, audience)?;
        let mut forecast = Forecast::default();
        while let Some(found) = pages.next().await {
            let Found { devices, without } = found?;
            let sorted = sort::sort(&self.0, &plan, devices, without).await?;
            forecast.pushes += sorted.pushes.len() as u64;
            for report in &sorted.reports {
                match report.fate {
                    Fate::InApp(_) => forecast.in_app += 1,
                    _ => forecast.skipped += 1,
                }
            }
        }
        Ok(forecast)
    }

    /// Log-out: the user gets no push on this device any more, and is offline there. Nothing
    /// happens if the device is another user's by now.
    ///
    /// # Errors
    /// Whatever the registry or the presence reports.
    pub async fn log_out(&self, device: PushId, user: &UserId) -> Result<bool, RegistryError> {
        self.0.presence.clear(user, Some(device)).await?;
        self.0.registry.unbind(device, Some(user)).await
    }

    async fn page(
        &self,
        plan: &Plan,
        found: Result<Found, RegistryError>,
    ) -> Vec<Result<DeviceReport, RegistryError>> {
        let sorted = match found {
            Ok(Found { devices, without }) => sort::sort(&self.0, plan, devices, without).await,
            Err(error) => Err(error),
        };
        match sorted {
            Ok(sorted) => {
                let sent = self.0.clock.now();
                let mut reports = dispatch::push(&self.0, plan, sorted).await;
                self.note_milestones(plan, &mut reports, sent).await;
                reports
            }
            Err(error) => vec![Err(error)],
        }
    }
}
