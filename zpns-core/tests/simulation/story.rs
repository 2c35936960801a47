//! A schedule as a story: what a failing case is printed as. What is as usual is not told.

use std::fmt::{self, Display, Formatter};

use crate::schedule::*;

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Display for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "A day (seed {}), {} before the vendors' midnight:",
            self.seed,
            time(self.to_midnight)
        )?;
        for (number, vendor) in self.vendors.iter().enumerate() {
            writeln!(f, "* v{number} takes {}.", vendor.told().join(", "))?;
        }
        for (number, send) in self.sends.iter().enumerate() {
            write!(
                f,
                "* At {} the host sends message {number}, {}",
                time(send.at),
                send.told().join(", ")
            )?;
            let targets = send
                .targets
                .iter()
                .enumerate()
                .map(|(number, target)| target.told(number));
            writeln!(f, ", to {}.", listed(targets.collect()))?;
        }
        for happening in &self.happenings {
            writeln!(f, "* {happening}")?;
        }
        Ok(())
    }
}

fn time(millis: Millis) -> String {
    match millis {
        0 => "0 s".to_owned(),
        millis if millis % 1_000 == 0 => format!("{} s", millis / 1_000),
        millis => format!("{millis} ms"),
    }
}

fn listed(parts: Vec<String>) -> String {
    if parts.is_empty() {
        "nobody".to_owned()
    } else {
        parts.join("; ")
    }
}

/// The sentence if it is so.
fn told(is_so: bool, sentence: &str) -> Option<String> {
    is_so.then(|| sentence.to_owned())
}

impl VendorPlan {
    fn told(&self) -> Vec<String> {
        let settings = &self.settings;
        let size = match (self.batch, self.batch_min) {
            (1, _) => "one target per request".to_owned(),
            (most, 1) => format!("up to {most} targets per request"),
            (most, least) => format!("{least} to {most} targets per request"),
        };
        let quota = self.quota.map(|quota| {
            let of = if quota.of_class { " of a class" } else { "" };
            format!("allows {} targets{of} a day", quota.targets)
        });
        let rate = settings.rate.map(|rate| {
            let unit = if rate.of_targets {
                "targets"
            } else {
                "requests"
            };
            format!("gets {} {unit} a second at the most", rate.per_second)
        });
        let budget = settings.budget.map(|(seconds, successes)| {
            format!("has a budget of {seconds} retries for ten seconds and {successes} for ten successes")
        });
        let told = [
            Some(size),
            (self.latency > 0).then(|| format!("answers after {}", time(self.latency))),
            told(self.deduplicates, "drops repeats"),
            told(
                self.collapse_replaces,
                "replaces what has the same collapse key",
            ),
            self.allows_per_second
                .map(|most| format!("complains beyond {most} requests a second")),
            quota,
            Some(format!("gets {} requests at once", settings.max_in_flight)),
            rate,
            (settings.attempts != 6).then(|| format!("gets {} attempts", settings.attempts)),
            (settings.base != 1_000)
                .then(|| format!("is left alone for up to {} at first", time(settings.base))),
            (settings.elapsed != 600_000)
                .then(|| format!("is tried for {}", time(settings.elapsed))),
            budget,
            (settings.attempt_timeout != 30_000)
                .then(|| format!("has {} for an answer", time(settings.attempt_timeout))),
            (settings.breaker_at_least != 100).then(|| {
                format!(
                    "is cut off after {} failed requests",
                    settings.breaker_at_least
                )
            }),
            (settings.guard_at_least != 50)
                .then(|| format!("gives alarm at {} dead tokens", settings.guard_at_least)),
            told(
                !settings.watched,
                "has no layer of the host's own around it",
            ),
        ];
        let spells = self.spells.iter().map(|spell| {
            format!(
                "{} for {} from {} on",
                spell.weather.told(),
                time(spell.lasts),
                time(spell.from)
            )
        });
        told.into_iter().flatten().chain(spells).collect()
    }
}

impl Weather {
    fn told(self) -> String {
        match self {
            Self::Slow(more) => format!("is slower by {}", time(more)),
            Self::Down => "is down".to_owned(),
            Self::EveryOther => "is too busy for every other target".to_owned(),
            Self::TooFast(pause) => format!("finds everything too fast by {}", time(pause)),
            Self::Lost { taken: true } => "takes what it gets and loses the connection".to_owned(),
            Self::Lost { taken: false } => "loses the connection and what it got".to_owned(),
            Self::Hangs { taken: true } => "takes what it gets and never answers".to_owned(),
            Self::Hangs { taken: false } => "takes nothing and never answers".to_owned(),
            Self::RefusesCredentials => "refuses the credentials".to_owned(),
            Self::Garbles => "takes what it gets and answers nonsense".to_owned(),
            Self::Short => "takes what it gets and reports on one too few".to_owned(),
        }
    }
}

impl SendPlan {
    fn told(&self) -> Vec<String> {
        let way = match self.way {
            Way::AtOnce => None,
            Way::Streamed {
                source: 0,
                consumer: 0,
            } => Some("streamed".to_owned()),
            Way::Streamed { source, consumer } => Some(format!(
                "streamed with {} before each target and {} after each outcome",
                time(source),
                time(consumer)
            )),
        };
        let told = [
            Some(format!("a {}", self.class.name())),
            way,
            self.timeout
                .map(|timeout| format!("within {}", time(timeout))),
            self.ttl.map(|ttl| format!("alive for {}", time(ttl))),
            told(self.at_least_once, "at least once"),
            told(self.collapses, "with a collapse key"),
            self.dropped_after
                .map(|after| format!("given up after {}", time(after))),
        ];
        told.into_iter().flatten().collect()
    }
}

impl TargetPlan {
    fn told(&self, number: usize) -> String {
        let mut told = self.channel.told(number, 0);
        if self.copies != 1 {
            told += &format!(" ({} times)", self.copies);
        }
        for (plan, place) in self.next.iter().zip(1..) {
            told += &format!(", or else {}", plan.told(number, place));
        }
        told
    }
}

impl ChannelPlan {
    fn told(&self, target: usize, channel: usize) -> String {
        let mut told = format!(
            "{} of {}",
            token(target, channel, self.truth),
            provider(self.vendor)
        );
        if let Some(badge) = self.badge {
            told += &format!(" with badge {badge}");
        }
        if !self.hiccups.is_empty() {
            let hiccups: Vec<String> = self.hiccups.iter().map(|hiccup| hiccup.told()).collect();
            told += &format!(" ({})", hiccups.join(", then "));
        }
        told
    }
}

impl Hiccup {
    fn told(self) -> String {
        match self {
            Self::Busy => "busy".to_owned(),
            Self::Later(pause) => format!("busy for {}", time(pause)),
            Self::Lost { taken: true } => "taken, but lost on the way back".to_owned(),
            Self::Lost { taken: false } => "lost on the way".to_owned(),
            Self::Broken { taken: true } => "taken, but answered nonsense".to_owned(),
            Self::Broken { taken: false } => "not taken, and answered nonsense".to_owned(),
        }
    }
}

impl Display for Happening {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced { at, vendor } => {
                write!(f, "At {} v{vendor} gets other credentials.", time(*at))
            }
            Self::GuardReleased { at, vendor } => {
                write!(f, "At {} the guard of v{vendor} is released.", time(*at))
            }
            Self::Shutdown { at, grace } => write!(
                f,
                "At {} the router shuts down with a grace of {}.",
                time(*at),
                time(*grace)
            ),
        }
    }
}
