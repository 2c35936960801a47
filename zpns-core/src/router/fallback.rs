//! Several channels to one device: the next one is used once when the one before it is dead or
//! exhausted.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};

use super::{Delivery, Flow, Router, SendOptions};
use crate::model::{Error, ErrorKind, Notes, Notification, Outcome, Sent, Target, TokenAction};
use crate::observer::Event;
use crate::resources::Clock;

/// One device with its channels, the preferred one first: the maker's, then FCM, …
///
/// The next channel is used, once, when the one before it
///
/// * is dead: its token is to be [dropped](TokenAction::Drop), or is
///   [invalid](ErrorKind::TokenInvalid) or of [another app](ErrorKind::TokenMismatch);
/// * is exhausted: it failed after all retries, its credentials or permissions fail, its quota is
///   used up;
/// * cannot carry the message: [unsupported](ErrorKind::Unsupported), or
///   [too large](ErrorKind::PayloadTooLarge) for that vendor.
///
/// It is not used where the device may have been reached ([`Sent::Maybe`]) unless
/// [`SendOptions::at_least_once`] is set, where somebody decided that the user is not to get it
/// (muted, suppressed, expired, cancelled), where the message itself is wrong, or once the
/// notification's time to live is over. Where there is one, each channel is given half of it; the
/// vendor of a later channel is told the whole of it again.
///
/// ```
/// use zpns_core::{Recipient, Target};
///
/// let alice = Recipient::new(Target::new("xiaomi", "d//igwEhgBGCI2TG6lWqlN"))
///     .or(Target::new("fcm", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"));
/// assert_eq!(alice.channels().len(), 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "Vec<Target>", try_from = "Vec<Target>")]
pub struct Recipient {
    /// At least one.
    channels: Vec<Target>,
}

impl Recipient {
    /// A device with one channel.
    pub fn new(preferred: Target) -> Self {
        Self {
            channels: vec![preferred],
        }
    }

    /// With one more channel, after those that it has. One that it has already stays where it
    /// is: no channel is used twice.
    #[must_use]
    pub fn or(mut self, next: Target) -> Self {
        let known =
            |channel: &Target| channel.provider == next.provider && channel.token == next.token;
        if !self.channels.iter().any(known) {
            self.channels.push(next);
        }
        self
    }

    /// The channels, the preferred one first; at least one.
    pub fn channels(&self) -> &[Target] {
        &self.channels
    }
}

impl From<Target> for Recipient {
    fn from(target: Target) -> Self {
        Self::new(target)
    }
}

impl From<Recipient> for Vec<Target> {
    fn from(recipient: Recipient) -> Self {
        recipient.channels
    }
}

impl TryFrom<Vec<Target>> for Recipient {
    type Error = &'static str;

    fn try_from(channels: Vec<Target>) -> Result<Self, Self::Error> {
        let mut channels = channels.into_iter();
        let preferred = channels.next().ok_or("a recipient has no channel")?;
        Ok(channels.fold(Self::new(preferred), Self::or))
    }
}

/// What came of one recipient: what each channel that was used answered, in order.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Passage {
    /// The recipient's position among those given, from 0.
    pub position: u64,
    /// One step for each channel that was used; at least one. Channels of the recipient that are
    /// not among them were not needed, or were not to be used.
    pub steps: Vec<Step>,
}

/// What came of one channel.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Step {
    /// The channel.
    pub target: Target,
    /// What came of it.
    pub outcome: Outcome,
    /// What was left out or cut on the way.
    pub notes: Option<Arc<Notes>>,
}

impl Step {
    /// Whether another channel is to be tried after this one: its outcome says so
    /// ([`goes_on_after`]), and no earlier attempt may have reached the device, unless the token
    /// is dead and so nobody was there.
    ///
    /// A vendor that drops repeats is asked again after an attempt that nobody knows the end of.
    /// If that meets a refusal that is not about the device (an open breaker, a used-up quota),
    /// the refusal says nothing of the attempt before it.
    pub fn goes_on(&self, at_least_once: bool) -> bool {
        let attempts = self.notes.iter().flat_map(|notes| &notes.attempts);
        let may_be_reached = attempts
            .into_iter()
            .any(|attempt| attempt.sent == Sent::Maybe);
        goes_on_after(&self.outcome, at_least_once)
            && (at_least_once || !may_be_reached || is_dead(&self.outcome))
    }
}

/// Whether the verdict is that nobody is behind this token.
fn is_dead(outcome: &Outcome) -> bool {
    let Outcome::Rejected(rejection) = outcome else {
        return false;
    };
    let kinds = [ErrorKind::TokenInvalid, ErrorKind::TokenMismatch];
    kinds.contains(&rejection.kind) || matches!(rejection.token, TokenAction::Drop { .. })
}

impl Passage {
    /// What came of the recipient: the outcome of the last channel that was used.
    ///
    /// ```
    /// # use zpns_core::{Notification, Recipient, Router, Target};
    /// # async fn example(router: &Router, alice: Recipient) {
    /// for passage in router.send_to(&Notification::alert("Bob", "Lunch?"), [alice]).await {
    ///     let reached = passage.outcome().is_some_and(|outcome| outcome.is_accepted());
    ///     println!("{reached} after {} channels", passage.steps.len());
    /// }
    /// # }
    /// ```
    pub fn outcome(&self) -> Option<&Outcome> {
        self.steps.last().map(|step| &step.outcome)
    }

    /// Whether some channel took the message.
    pub fn is_accepted(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_accepted)
    }
}

/// Whether another channel is to be tried after this outcome of the only attempt; with more than
/// one, ask the [`Step`](Step::goes_on).
///
/// ```
/// use zpns_core::{Error, ErrorKind, Outcome, Rejection, Sent, router::goes_on_after};
///
/// let dead = Outcome::from(Rejection::new(ErrorKind::TokenInvalid, "gone"));
/// assert!(goes_on_after(&dead, false));
/// let lost = Outcome::from(Error::new(ErrorKind::Timeout, "lost").with_sent(Sent::Maybe));
/// assert!(!goes_on_after(&lost, false));
/// assert!(goes_on_after(&lost, true));
/// ```
pub fn goes_on_after(outcome: &Outcome, at_least_once: bool) -> bool {
    match outcome {
        Outcome::Accepted(_) => false,
        Outcome::Rejected(rejection) => {
            matches!(rejection.token, TokenAction::Drop { .. }) || goes_on(rejection.kind)
        }
        Outcome::Failed(error) => goes_on(error.kind()) && may_repeat(error, at_least_once),
    }
}

fn may_repeat(error: &Error, at_least_once: bool) -> bool {
    at_least_once || error.sent() == Sent::No
}

/// Whether an outcome of this kind is the channel's own: another one may do better.
const fn goes_on(kind: ErrorKind) -> bool {
    match kind {
        // Dead.
        ErrorKind::TokenInvalid | ErrorKind::TokenMismatch => true,
        // Exhausted.
        ErrorKind::CredentialInvalid
        | ErrorKind::PermissionDenied
        | ErrorKind::QuotaExceeded
        | ErrorKind::RateLimited
        | ErrorKind::Unavailable
        | ErrorKind::Timeout
        | ErrorKind::Protocol => true,
        // Not able to carry it.
        ErrorKind::Unsupported | ErrorKind::PayloadTooLarge => true,
        // The user, a rule or the caller does not want it delivered.
        ErrorKind::Muted | ErrorKind::Suppressed | ErrorKind::Expired | ErrorKind::Cancelled => {
            false
        }
        // The next vendor would see the same mistake, and the host is to see it now.
        ErrorKind::MessageInvalid => false,
    }
}

/// Passages of a stream of recipients, as [`Router::stream_to`] returns it.
#[must_use = "nothing is sent unless the stream is polled"]
pub struct Passages<S> {
    flow: Flow<Feed<S>>,
    router: Router,
    at_least_once: bool,
    /// How long the message lives, where it says so: no channel is begun after that.
    life: Option<Duration>,
}

/// What the flow underneath reads: first channels as recipients come in, and further ones as
/// they are needed.
struct Feed<S> {
    recipients: S,
    exhausted: bool,
    taken: u64,
    clock: Arc<dyn Clock>,
    /// With a channel that is to be used next.
    onward: VecDeque<Journey>,
    /// By the position that the flow gave the channel under way.
    under_way: HashMap<u64, Journey>,
    /// The position of the next target in the flow.
    next: u64,
}

/// One recipient on its way.
struct Journey {
    position: u64,
    started: Duration,
    steps: Vec<Step>,
    /// Channels that were not used, the preferred one first.
    left: VecDeque<Target>,
}

impl<S: Stream<Item = Recipient> + Unpin> Feed<S> {
    fn take_in(&mut self, recipient: Recipient) -> Journey {
        let position = self.taken;
        self.taken += 1;
        Journey {
            position,
            started: self.clock.monotonic(),
            steps: Vec::new(),
            left: recipient.channels.into(),
        }
    }

    /// Sends a journey on its next channel; none if it has none left.
    fn set_out(&mut self, mut journey: Journey) -> Option<Target> {
        let target = journey.left.pop_front()?;
        self.under_way.insert(self.next, journey);
        self.next += 1;
        Some(target)
    }
}

impl<S: Stream<Item = Recipient> + Unpin> Stream for Feed<S> {
    type Item = Target;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Target>> {
        let this = self.get_mut();
        loop {
            let journey = match this.onward.pop_front() {
                Some(journey) => journey,
                None if this.exhausted && this.under_way.is_empty() => return Poll::Ready(None),
                // Whoever takes a delivery out polls again, and may have sent it onward.
                None if this.exhausted => return Poll::Pending,
                None => match this.recipients.poll_next_unpin(context) {
                    Poll::Ready(Some(recipient)) => this.take_in(recipient),
                    Poll::Ready(None) => {
                        this.exhausted = true;
                        continue;
                    }
                    Poll::Pending => return Poll::Pending,
                },
            };
            if let Some(target) = this.set_out(journey) {
                return Poll::Ready(Some(target));
            }
        }
    }
}

impl<S: Stream<Item = Recipient> + Unpin> Passages<S> {
    /// Writes a channel's outcome down, and sends the journey onward or ends it.
    fn arrive(&mut self, delivery: Delivery) -> Option<Passage> {
        let feed = self.flow.targets_mut();
        let mut journey = feed.under_way.remove(&delivery.position)?;
        let elapsed = feed.clock.monotonic().saturating_sub(journey.started);
        let alive = self.life.is_none_or(|life| elapsed < life);
        let from = delivery.target.clone();
        let kind = delivery.outcome.kind();
        let step = Step {
            target: delivery.target,
            outcome: delivery.outcome,
            notes: delivery.notes,
        };
        let goes_on = step.goes_on(self.at_least_once);
        journey.steps.push(step);
        match (journey.left.front(), kind) {
            (Some(to), Some(kind)) if goes_on && alive && !self.router.is_closing() => {
                self.router.0.context.observers.tell(&Event::FellBack {
                    from: &from,
                    to,
                    kind,
                });
                feed.onward.push_back(journey);
                None
            }
            _ => Some(Passage {
                position: journey.position,
                steps: journey.steps,
            }),
        }
    }
}

impl<S: Stream<Item = Recipient> + Unpin> Stream for Passages<S> {
    type Item = Passage;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Passage>> {
        let this = self.get_mut();
        loop {
            match this.flow.poll_next_unpin(context) {
                Poll::Ready(Some(delivery)) => {
                    if let Some(passage) = this.arrive(delivery) {
                        return Poll::Ready(Some(passage));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<S> fmt::Debug for Passages<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passages")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

impl Router {
    /// Sends to devices that have several channels each, and waits for all of them: one passage per
    /// recipient, in the same order.
    ///
    /// When the next channel is used is said at [`Recipient`]. Dropping the future cancels what
    /// is under way.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use zpns_core::{Notification, Recipient, Router, Target};
    /// # async fn example(router: Router) {
    /// let alice = Recipient::new(Target::new("xiaomi", "d//igwEhgBGCI2TG6lWqlN"))
    ///     .or(Target::new("fcm", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"));
    /// let message = Notification::alert("Bob", "Lunch?");
    /// for passage in router.send_to(&message, [alice]).await {
    ///     for step in &passage.steps {
    ///         println!("{}: {:?}", step.target.provider, step.outcome.kind());
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn send_to(
        &self,
        notification: &Notification,
        recipients: impl IntoIterator<Item = Recipient>,
    ) -> Vec<Passage> {
        self.send_to_with(notification, recipients, &SendOptions::default())
            .await
    }

    /// [`send_to`](Self::send_to) with options.
    pub async fn send_to_with(
        &self,
        notification: &Notification,
        recipients: impl IntoIterator<Item = Recipient>,
        options: &SendOptions,
    ) -> Vec<Passage> {
        let recipients: Vec<Recipient> = recipients.into_iter().collect();
        let passages = self.passages(notification, stream::iter(recipients), options, true);
        let mut passages: Vec<Passage> = passages.collect().await;
        passages.sort_unstable_by_key(|passage| passage.position);
        passages
    }

    /// Sends to any number of devices that have several channels each, in bounded memory; passages
    /// come as they are complete, in any order, one per recipient.
    ///
    /// [`SendOptions::timeout`] holds for each channel. Where the notification has a time to live
    /// that is shorter than twice that, a channel has half of it, so that one which does not
    /// answer leaves time for the next.
    pub fn stream_to<S>(&self, notification: &Notification, recipients: S) -> Passages<S>
    where
        S: Stream<Item = Recipient> + Unpin,
    {
        self.stream_to_with(notification, recipients, &SendOptions::default())
    }

    /// [`stream_to`](Self::stream_to) with options.
    pub fn stream_to_with<S>(
        &self,
        notification: &Notification,
        recipients: S,
        options: &SendOptions,
    ) -> Passages<S>
    where
        S: Stream<Item = Recipient> + Unpin,
    {
        self.passages(notification, recipients, options, false)
    }

    fn passages<S>(
        &self,
        notification: &Notification,
        recipients: S,
        options: &SendOptions,
        in_memory: bool,
    ) -> Passages<S>
    where
        S: Stream<Item = Recipient> + Unpin,
    {
        let feed = Feed {
            recipients,
            exhausted: false,
            taken: 0,
            clock: Arc::clone(&self.0.context.resources.clock),
            onward: VecDeque::new(),
            under_way: HashMap::new(),
            next: 0,
        };
        let mut options = options.clone();
        // Now or never says nothing of how long delivery itself may take.
        let life = notification.ttl.filter(|ttl| !ttl.is_zero());
        let half_a_life = life.map(|life| life / 2);
        options.timeout = [options.timeout, half_a_life].into_iter().flatten().min();
        let flow = self.stream_with(notification, feed, &options);
        Passages {
            flow: if in_memory { flow.reading_all() } else { flow },
            router: self.clone(),
            at_least_once: options.at_least_once,
            life,
        }
    }
}
