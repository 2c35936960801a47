//! What a message is about → how much it may interrupt.

use serde::{Deserialize, Serialize};
use zpns_core::Category;

/// How much a notification may interrupt (`interruption-level`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InterruptionLevel {
    /// Goes to the list without lighting the screen or sounding.
    Passive,
    /// The usual way.
    Active,
    /// Breaks through a Focus; the app needs Apple's entitlement.
    #[serde(alias = "time_sensitive")]
    TimeSensitive,
    /// Sounds in silence; the app needs Apple's entitlement.
    Critical,
}

/// The level of each category; none is Apple's default, `active`.
///
/// Careful on purpose: a Focus is broken only by what is worthless when late, and nobody is
/// called to the phone by advertising.
pub(crate) const LEVELS: [(Category, Option<InterruptionLevel>); 13] = [
    (Category::InstantMessage, None),
    (Category::Call, Some(InterruptionLevel::TimeSensitive)),
    (Category::Account, None),
    (Category::Order, None),
    (Category::Finance, None),
    (Category::Travel, None),
    (Category::Health, None),
    (Category::Work, None),
    (
        Category::DeviceReminder,
        Some(InterruptionLevel::TimeSensitive),
    ),
    (Category::Mail, None),
    (Category::Social, None),
    (Category::News, Some(InterruptionLevel::Passive)),
    (Category::Marketing, Some(InterruptionLevel::Passive)),
];

pub(crate) fn level(category: Category) -> Option<InterruptionLevel> {
    let row = LEVELS.iter().find(|(known, _)| *known == category);
    row.and_then(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_row() {
        let rows: Vec<Category> = LEVELS.iter().map(|(category, _)| *category).collect();
        assert_eq!(rows, Category::ALL);
    }

    #[test]
    fn only_what_is_worthless_when_late_breaks_a_focus_and_advertising_disturbs_nobody() {
        let at = |wanted| -> Vec<Category> {
            let all = Category::ALL.into_iter();
            all.filter(|category| level(*category) == Some(wanted))
                .collect()
        };
        let urgent = [Category::Call, Category::DeviceReminder];
        assert_eq!(at(InterruptionLevel::TimeSensitive), urgent);
        let quiet = [Category::News, Category::Marketing];
        assert_eq!(at(InterruptionLevel::Passive), quiet);
    }
}
