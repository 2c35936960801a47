//! What a look at the message tells before anything is sent.
//!
//! A vendor often takes a push that no user will ever see: in a class with a tiny quota, at an
//! hour at which it shows nothing, to test devices only. Each [`Rule`] is one such case, as a row
//! of a table: a name, a sentence, whether it refuses the push or only says so in the report, and
//! a question to the message. The rows that hold for every vendor are [`COMMON`]; a vendor's own
//! come from [`PushProvider::rules`]. A host switches each row to what it likes ([`Preflight`]).

mod common;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::common::COMMON;
use crate::config::ConfigError;
use crate::layers::Urgency;
use crate::model::{ErrorKind, Kind, Notification, Rejection, Timestamp, VendorSection};
use crate::provider::{ProviderInfo, PushProvider};
use crate::resources::Clock;

/// What happens where a rule holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The push is [suppressed](ErrorKind::Suppressed) before anything is sent; the reason names
    /// the rule.
    Error,
    /// The push goes out, and the report's notes say what will go wrong.
    Warning,
    /// Nothing.
    Off,
}

/// One thing that a look at the message tells.
///
/// ```
/// use zpns_core::preflight::{Facts, Rule, Severity};
///
/// const SHOUTING: Rule = Rule::warning(
///     "house.shouting",
///     "the title is all in capitals, which our users hate",
///     |facts: &Facts<'_>| {
///         let title = facts.notification.title.as_deref().unwrap_or_default();
///         title.len() > 3 && title.to_uppercase() == title
///     },
/// );
/// assert_eq!(SHOUTING.severity, Severity::Warning);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Rule {
    /// `vendor.rule`, or only `rule` where it is about every vendor.
    pub name: &'static str,
    /// What happens where it holds, unless the host says otherwise.
    pub severity: Severity,
    /// What will go wrong, in a sentence that begins in lower case.
    pub says: &'static str,
    /// Whether it holds.
    pub holds: fn(&Facts<'_>) -> bool,
}

impl Rule {
    /// A rule that refuses the push unless the host says otherwise: for what the vendor is sure
    /// to refuse or to throw away.
    pub const fn error(
        name: &'static str,
        says: &'static str,
        holds: fn(&Facts<'_>) -> bool,
    ) -> Self {
        Self {
            name,
            severity: Severity::Error,
            says,
            holds,
        }
    }

    /// A rule that only says so unless the host says otherwise: for what may be meant.
    pub const fn warning(
        name: &'static str,
        says: &'static str,
        holds: fn(&Facts<'_>) -> bool,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(name, says, holds)
        }
    }

    /// A rule that does nothing unless the host says otherwise: for what goes wrong in some apps
    /// only.
    pub const fn off(
        name: &'static str,
        says: &'static str,
        holds: fn(&Facts<'_>) -> bool,
    ) -> Self {
        Self {
            severity: Severity::Off,
            ..Self::error(name, says, holds)
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .field("severity", &self.severity)
            .finish_non_exhaustive()
    }
}

/// What a rule may look at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The notification as the host said it.
    pub notification: &'a Notification,
    /// The provider that it is to go through.
    pub provider: &'a ProviderInfo,
    /// The wall clock.
    pub now: Timestamp,
}

impl<'a> Facts<'a> {
    /// These facts.
    pub const fn new(
        notification: &'a Notification,
        provider: &'a ProviderInfo,
        now: Timestamp,
    ) -> Self {
        Self {
            notification,
            provider,
            now,
        }
    }

    /// Whether it is shown to the user: an alert or a call.
    pub fn is_shown(&self) -> bool {
        matches!(self.notification.kind, Kind::Alert | Kind::Call(_))
    }

    /// Whether it advertises: news or marketing, and no call ([`Urgency::Campaign`]).
    pub fn is_marketing(&self) -> bool {
        Urgency::of(self.notification) == Urgency::Campaign
    }

    /// The vendor's own options; their defaults where they cannot be read, which the adapter
    /// will say.
    pub fn options<S: VendorSection>(&self) -> S {
        self.notification.vendor.get().unwrap_or_default()
    }

    /// Whether there is a payload that is not JSON.
    pub fn payload_is_not_json(&self) -> bool {
        let payload = self.notification.payload.as_deref();
        payload
            .is_some_and(|payload| serde_json::from_str::<serde::de::IgnoredAny>(payload).is_err())
    }

    /// The hour of the day, from 0 to 23, in a time zone so far east of Greenwich.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zpns_core::preflight::Facts;
    /// use zpns_core::{Notification, ProviderInfo, Timestamp, Vendor};
    ///
    /// let (message, provider) = (Notification::default(), ProviderInfo::new("v", Vendor::new("v")));
    /// let facts = Facts::new(&message, &provider, Timestamp::from_secs(16 * 3_600));
    /// assert_eq!(facts.hour(Duration::from_secs(8 * 3_600)), 0);
    /// ```
    pub fn hour(&self, east: Duration) -> u64 {
        (self.now + east).as_secs() / 3_600 % 24
    }
}

/// What happens where a rule holds, by the rule's name. Rules that are not named do what they do
/// by themselves.
///
/// ```
/// use zpns_core::layers::Delivery;
/// use zpns_core::preflight::Severity;
///
/// let mut delivery = Delivery::default();
/// delivery.preflight.set("call_without_ttl", Severity::Error);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Preflight(BTreeMap<String, Severity>);

impl Preflight {
    /// Says what happens where this rule holds.
    pub fn set(&mut self, rule: impl Into<String>, severity: Severity) {
        self.0.insert(rule.into(), severity);
    }

    /// What happens where this rule holds.
    pub fn severity(&self, rule: &Rule) -> Severity {
        self.0.get(rule.name).copied().unwrap_or(rule.severity)
    }

    /// Whether every rule that is named is one of this provider's.
    ///
    /// # Errors
    /// The name that is not, and those that there are.
    pub fn check(&self, provider: &dyn PushProvider) -> Result<(), ConfigError> {
        let known: Vec<&str> = rules_of(provider).map(|rule| rule.name).collect();
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(ConfigError::key(
                "delivery.preflight",
                format!(
                    "has no rule `{unknown}` for this vendor; there are: {}",
                    known.join(", ")
                ),
            )),
        }
    }
}

/// Every rule for a provider's pushes: the common ones, then the vendor's own.
pub fn rules_of(provider: &dyn PushProvider) -> impl Iterator<Item = &'static Rule> + use<> {
    COMMON.iter().chain(provider.rules())
}

/// The rules of one provider that are not off, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Checks {
    rules: Arc<[(&'static Rule, Severity)]>,
    clock: Arc<dyn Clock>,
}

impl Checks {
    pub(crate) fn new(
        provider: &dyn PushProvider,
        settings: &Preflight,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let rules = rules_of(provider)
            .map(|rule| (rule, settings.severity(rule)))
            .filter(|(_, severity)| *severity != Severity::Off)
            .collect();
        Self { rules, clock }
    }

    /// What will go wrong: warnings for the report, or the first rule that refuses the push.
    pub(crate) fn ask(
        &self,
        notification: &Notification,
        provider: &ProviderInfo,
    ) -> Result<Vec<String>, Rejection> {
        let mut warnings = Vec::new();
        if self.rules.is_empty() {
            return Ok(warnings);
        }
        let facts = Facts::new(notification, provider, self.clock.now());
        for (rule, severity) in &*self.rules {
            if !(rule.holds)(&facts) {
                continue;
            }
            let sentence = format!("{}: {}", rule.name, rule.says);
            if *severity == Severity::Error {
                return Err(Rejection::new(
                    ErrorKind::Suppressed,
                    format!("preflight rule {sentence}"),
                ));
            }
            warnings.push(sentence);
        }
        Ok(warnings)
    }
}

/// How far east of Greenwich China's time is, in which most vendors count.
pub const CHINA: Duration = Duration::from_secs(8 * 3_600);
