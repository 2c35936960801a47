//! One bad day, written down: vendors with their moods, sends, and what happens meanwhile.
//!
//! Everything that a run depends on is in here, so that it can be run again, shrunk and told as a
//! story (`story.rs`). Times are milliseconds since the day began.

use std::time::Duration;

/// Milliseconds.
pub(crate) type Millis = u64;

#[derive(Clone, PartialEq)]
pub(crate) struct Schedule {
    /// Of the jitter.
    pub(crate) seed: u64,
    /// How long until the vendors' midnight when it begins.
    pub(crate) to_midnight: Millis,
    pub(crate) vendors: Vec<VendorPlan>,
    pub(crate) sends: Vec<SendPlan>,
    pub(crate) happenings: Vec<Happening>,
}

/// What a vendor is like, and how we deliver to it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct VendorPlan {
    /// Targets per request.
    pub(crate) batch: usize,
    /// The fewest targets of a request that is not alone.
    pub(crate) batch_min: usize,
    /// From a request to its answer.
    pub(crate) latency: Millis,
    /// Whether a repeat with the same id is dropped.
    pub(crate) deduplicates: bool,
    /// Whether a repeat with the same collapse key replaces the first one.
    pub(crate) collapse_replaces: bool,
    /// Requests per second before it complains.
    pub(crate) allows_per_second: Option<usize>,
    pub(crate) quota: Option<QuotaPlan>,
    /// The first one that holds at the time of a request decides; none is fine weather.
    pub(crate) spells: Vec<Spell>,
    pub(crate) settings: Settings,
}

/// So many targets a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QuotaPlan {
    pub(crate) targets: usize,
    /// Whether each class has its own.
    pub(crate) of_class: bool,
}

/// Some weather for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Spell {
    pub(crate) from: Millis,
    pub(crate) lasts: Millis,
    pub(crate) weather: Weather,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weather {
    /// Answers, but so much later.
    Slow(Millis),
    /// Answers that it is out of order.
    Down,
    /// Every other target of a request is told to come again.
    EveryOther,
    /// Answers that all is too fast, and when to come again.
    TooFast(Millis),
    /// The connection is lost after the request went out.
    Lost {
        taken: bool,
    },
    /// Never answers.
    Hangs {
        taken: bool,
    },
    RefusesCredentials,
    /// Takes all, and answers something that nobody can read.
    Garbles,
    /// Takes all, and reports on one target too few.
    Short,
}

/// How we deliver to it. Everything else is as it is by default.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Settings {
    pub(crate) attempts: u32,
    pub(crate) base: Millis,
    pub(crate) elapsed: Millis,
    /// Retries per ten seconds and per ten successes.
    pub(crate) budget: Option<(u32, u32)>,
    pub(crate) attempt_timeout: Millis,
    pub(crate) max_in_flight: usize,
    pub(crate) rate: Option<RatePlan>,
    /// Failed requests that open the breaker.
    pub(crate) breaker_at_least: u64,
    /// Dead tokens that give the guard's alarm.
    pub(crate) guard_at_least: u64,
    /// Whether a layer of the host's own is around all others.
    pub(crate) watched: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RatePlan {
    pub(crate) per_second: u32,
    /// Whether targets are counted, and not requests.
    pub(crate) of_targets: bool,
}

/// One call of the router by the host.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SendPlan {
    pub(crate) at: Millis,
    pub(crate) class: Class,
    /// With further channels: to recipients. Else: to targets.
    pub(crate) targets: Vec<TargetPlan>,
    pub(crate) way: Way,
    pub(crate) timeout: Option<Millis>,
    pub(crate) ttl: Option<Millis>,
    pub(crate) at_least_once: bool,
    pub(crate) collapses: bool,
    /// When the host gives up on it, since it began.
    pub(crate) dropped_after: Option<Millis>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Class {
    Chat,
    Call,
    Campaign,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// `Router::send` or `send_to`.
    AtOnce,
    /// `Router::stream` or `stream_to`, with a pause before each target is read and after each
    /// outcome is taken.
    Streamed { source: Millis, consumer: Millis },
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TargetPlan {
    pub(crate) channel: ChannelPlan,
    /// How often the same token is in the audience, where it is sent to targets.
    pub(crate) copies: usize,
    /// Further channels of the same device.
    pub(crate) next: Vec<ChannelPlan>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ChannelPlan {
    /// One more than there are is a provider that nobody configured.
    pub(crate) vendor: usize,
    pub(crate) truth: Truth,
    pub(crate) badge: Option<u32>,
    /// What goes wrong with the first requests that have this token, one after the other.
    pub(crate) hiccups: Vec<Hiccup>,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Truth {
    Live,
    Dead,
    Moved,
    OfAnotherApp,
    Muted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hiccup {
    /// Come again.
    Busy,
    /// Come again after so long.
    Later(Millis),
    /// Nobody knows whether it was taken; it was if so.
    Lost { taken: bool },
    /// Nobody knows, and coming again does not help.
    Broken { taken: bool },
}

/// What happens beside the sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happening {
    /// A vendor's provider is replaced by one with other credentials.
    Replaced {
        at: Millis,
        vendor: usize,
    },
    /// Somebody lets tokens be dropped again.
    GuardReleased {
        at: Millis,
        vendor: usize,
    },
    Shutdown {
        at: Millis,
        grace: Millis,
    },
}

impl SendPlan {
    /// Whether it goes to recipients with several channels.
    pub(crate) fn is_to_recipients(&self) -> bool {
        self.targets.iter().any(|target| !target.next.is_empty())
    }

    /// Whether a second delivery of it shows nothing twice at this vendor, or nobody minds.
    pub(crate) fn may_repeat(&self, vendor: &VendorPlan) -> bool {
        self.at_least_once || vendor.deduplicates || (self.collapses && vendor.collapse_replaces)
    }

    /// How long a target has from the launch of its batch on.
    pub(crate) fn patience(&self) -> Option<Duration> {
        let life = self.ttl.filter(|ttl| *ttl > 0 && self.is_to_recipients());
        let half_a_life = life.map(|life| Duration::from_millis(life) / 2);
        let timeout = self.timeout.map(Duration::from_millis);
        [timeout, half_a_life].into_iter().flatten().min()
    }
}

impl Schedule {
    /// When the router is shut down, if it is.
    pub(crate) fn shutdown(&self) -> Option<(Millis, Millis)> {
        self.happenings
            .iter()
            .find_map(|happening| match happening {
                Happening::Shutdown { at, grace } => Some((*at, *grace)),
                _ => None,
            })
    }
}

/// The token of a channel: says which one it is and what the vendor knows of it.
pub(crate) fn token(target: usize, channel: usize, truth: Truth) -> String {
    let truth = match truth {
        Truth::Live => "live",
        Truth::Dead => "dead",
        Truth::Moved => "moved",
        Truth::OfAnotherApp => "foreign",
        Truth::Muted => "muted",
    };
    format!("{truth}-{target}.{channel}")
}

/// The provider id of a vendor.
pub(crate) fn provider(vendor: usize) -> String {
    format!("v{vendor}")
}
