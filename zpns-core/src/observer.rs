//! Where events go.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tracing::Span;

use crate::layers::RateUnit;
use crate::model::{
    Accepted, Category, Error, ErrorKind, Notification, Rejection, Report, Target, Timestamp, Token,
};
use crate::provider::{Batch, Expiry, ProviderInfo};
use crate::router::MassInvalidation;

/// Something worth knowing happened. Tokens inside are masked in `Debug`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The vendor took a push.
    Accepted {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// Of which message.
        notification: &'a Notification,
        /// For which device.
        target: &'a Target,
        /// The vendor's id.
        accepted: &'a Accepted,
    },
    /// A verdict against a push.
    Rejected {
        /// Through which provider; where there is none of this name,
        /// [one that is unknown](ProviderInfo::unknown).
        provider: &'a ProviderInfo,
        /// Of which message.
        notification: &'a Notification,
        /// For which device.
        target: &'a Target,
        /// The verdict.
        rejection: &'a Rejection,
    },
    /// No verdict, and no further attempt.
    Failed {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// Of which message.
        notification: &'a Notification,
        /// For which device.
        target: &'a Target,
        /// Why.
        error: &'a Error,
    },
    /// A batch goes out: once per attempt, after all waiting.
    AttemptStarted {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// What goes out.
        batch: &'a Batch,
    },
    /// An attempt is over. Every one that started ends, even if it was given up.
    AttemptEnded {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// What went out.
        batch: &'a Batch,
        /// What the provider answered; none if the attempt was given up: its time was over, or
        /// nobody wants the outcome any more.
        report: Option<&'a Report>,
        /// How long it took.
        took: Duration,
    },
    /// Part of a batch is tried again. What was held back without a call (an open breaker) only
    /// waits: that is told of by what holds it back.
    Retried {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// How many targets.
        targets: usize,
        /// The attempt that is about to be made.
        attempt: u32,
        /// The pause before it.
        delay: Duration,
        /// Why the last one failed.
        kind: ErrorKind,
    },
    /// The vendor says that a device is gone.
    TokenDropped {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// Which device.
        target: &'a Target,
        /// Since when, if it says so.
        since: Option<Timestamp>,
    },
    /// The vendor gave a device another token.
    TokenReplaced {
        /// Through which provider.
        provider: &'a ProviderInfo,
        /// Which device, by its old token.
        target: &'a Target,
        /// The new one.
        token: &'a Token,
    },
    /// A device's next channel is used, because this one is dead or exhausted.
    FellBack {
        /// The channel that did not reach the device.
        from: &'a Target,
        /// The one that is used next.
        to: &'a Target,
        /// What came of the first.
        kind: ErrorKind,
    },
    /// A provider is not called any more until a probe says that all is well again.
    BreakerOpened {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// What opened it.
        kind: ErrorKind,
    },
    /// The breaker is half open: one batch goes out as a probe. Once per probe;
    /// [`BreakerClosed`](Self::BreakerClosed) follows if it finds all well, nothing if it does not.
    BreakerHalfOpened {
        /// Which provider.
        provider: &'a ProviderInfo,
    },
    /// A provider is called again: a probe got through, or another one took its place in the
    /// router.
    BreakerClosed {
        /// Which provider.
        provider: &'a ProviderInfo,
    },
    /// The bound on requests per second changed: the vendor complained, or has not for a while.
    RateAdapted {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// So many a second from now on; none if nothing is bounded any more.
        per_second: Option<f64>,
        /// What is counted.
        unit: RateUnit,
    },
    /// A daily quota is used up: its pushes are answered without a call until the vendor's
    /// midnight.
    QuotaLatched {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// Of which category and what else makes a class; none if it is everything.
        category: Option<Category>,
        /// When the quota begins anew.
        until: Timestamp,
        /// What the vendor said.
        reason: &'a str,
    },
    /// The pushes of a quota that was used up go out again. Told when the first one after the
    /// vendor's midnight does, or when another provider took the place of this one.
    QuotaReleased {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// As in [`QuotaLatched`](Self::QuotaLatched).
        category: Option<Category>,
    },
    /// A certificate or a key of a provider ends within two weeks. Told once an hour while
    /// something is sent.
    CredentialExpiring {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// What ends, and when.
        expiry: &'a Expiry,
        /// How long that is from now; zero if it is over.
        left: Duration,
    },
    /// So many of a provider's tokens died at once that none is dropped any more.
    GuardClosed {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// What was seen.
        alarm: &'a MassInvalidation,
    },
    /// Somebody released a provider's guard: tokens are dropped again.
    GuardReleased {
        /// Which provider.
        provider: &'a ProviderInfo,
        /// What the alarm was.
        alarm: &'a MassInvalidation,
    },
}

/// Told of every [`Event`], on the sending path: must not block, and is not the place for
/// business logic.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use zpns_core::{Event, Observer};
///
/// #[derive(Debug, Default)]
/// struct Accepted(AtomicUsize);
///
/// impl Observer for Accepted {
///     fn observe(&self, event: &Event<'_>) {
///         if matches!(event, Event::Accepted { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Debug + Send + Sync + 'static {
    /// One event.
    fn observe(&self, event: &Event<'_>);

    /// The span in which everything of one send runs; none unless this says otherwise. Where
    /// several observers have one, the first one's is used.
    fn send_span(&self, notification: &Notification) -> Option<Span> {
        let _ = notification;
        None
    }

    /// The span in which one attempt runs, within the send's; none unless this says otherwise.
    fn attempt_span(&self, provider: &ProviderInfo, batch: &Batch) -> Option<Span> {
        let _ = (provider, batch);
        None
    }
}

/// Several observers, told in order. Cheap to clone; free when empty.
#[derive(Clone, Debug, Default)]
pub struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    /// These observers.
    pub fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self(observers.into())
    }

    /// Tells all of them.
    pub fn tell(&self, event: &Event<'_>) {
        for observer in &*self.0 {
            observer.observe(event);
        }
    }

    pub(crate) fn send_span(&self, notification: &Notification) -> Option<Span> {
        let mut observers = self.0.iter();
        observers.find_map(|observer| observer.send_span(notification))
    }

    pub(crate) fn attempt_span(&self, provider: &ProviderInfo, batch: &Batch) -> Option<Span> {
        let mut observers = self.0.iter();
        observers.find_map(|observer| observer.attempt_span(provider, batch))
    }

    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
