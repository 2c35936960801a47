//! Preflight rules, walked row by row.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use zpns_core::preflight::{CHINA, Facts, Rule};
use zpns_core::{Notification, ProviderInfo, Timestamp, Vendor};

/// A rule's name, the hour of the day in China, a message for which it holds, and one for which
/// it does not.
pub type RuleCase = (&'static str, u64, Value, Value);

/// Walks every rule of a vendor: each holds for the messages that say so and for none of the
/// others, each has a case, and each is named and worded as rules are.
///
/// # Panics
/// If a rule is not as it should be.
pub fn walk_rules(vendor: &str, rules: &'static [Rule], cases: &[RuleCase]) {
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules.len(), "two rules have one name");
    for rule in rules {
        let (of, _) = rule.name.split_once('.').unwrap_or_default();
        assert_eq!(of, vendor, "{}", rule.name);
        assert!(!rule.says.ends_with('.'), "{}", rule.name);
    }
    let walked: BTreeSet<&str> = cases.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        walked, names,
        "every rule has a case, and every case a rule"
    );
    for (name, hour, holds, not) in cases {
        let holding = rules_that_hold(rules, *hour, holds.clone());
        assert!(holding.contains(name), "{name} does not hold for {holds}");
        let holding = rules_that_hold(rules, *hour, not.clone());
        assert!(!holding.contains(name), "{name} holds for {not}");
    }
}

/// The names of the rules that hold for a message at this hour of the day in China.
///
/// # Panics
/// If the message is none.
#[allow(clippy::expect_used, reason = "only tests come by here")]
pub fn rules_that_hold(
    rules: &'static [Rule],
    hour_in_china: u64,
    message: Value,
) -> Vec<&'static str> {
    let message: Notification = serde_json::from_value(message).expect("a message");
    let provider = ProviderInfo::new("p", Vendor::new("v"));
    // Some day, far from the beginning of time.
    let hour = Duration::from_secs((24 * 20_000 + hour_in_china) * 3_600);
    let now = Timestamp::default() + (hour - CHINA);
    let facts = Facts::new(&message, &provider, now);
    let holding = rules.iter().filter(|rule| (rule.holds)(&facts));
    holding.map(|rule| rule.name).collect()
}
