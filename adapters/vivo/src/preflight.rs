//! What a look at a message tells of vivo (`reference/vivo.md` §5, §8).

use zpns_core::preflight::{CHINA, Facts, Rule};

use crate::message::class::{Class, OPERATIONAL};
use crate::message::{Options, PushMode};

const CATEGORY_MISSING: Rule = Rule::warning(
    "vivo.category_missing",
    "the message says nothing of its category: it goes out as an operational one, which makes no \
     sound, and two (of news apps: five) a day and device at the most",
    |facts| {
        let options: Options = facts.options();
        let said = options.category.is_some() || options.classification.is_some();
        facts.is_shown() && facts.notification.category.is_none() && !said
    },
);

const OUT_OF_HOURS: Rule = Rule::warning(
    "vivo.out_of_hours",
    "an operational message before 7 or after 23 o'clock in China: vivo refuses it",
    |facts| {
        let by_day = (7..23).contains(&facts.hour(CHINA));
        !by_day && is_operational(facts) && facts.options::<Options>().timed_display.is_none()
    },
);

const TEST_MESSAGE: Rule = Rule::warning(
    "vivo.test_message",
    "this is a test message (`push_mode` 1): vivo sends it to the devices that its console lists, \
     and refuses every other one",
    |facts| facts.options::<Options>().push_mode == Some(1),
);

const TEST_MODE: Rule = Rule::warning(
    "vivo.test_message",
    "the provider is in test mode (`push_mode` 1): vivo sends to the devices that its console \
     lists, and refuses every other one",
    |facts| facts.options::<Options>().push_mode != Some(0),
);

/// Rules of vivo.
static FORMAL: &[Rule] = &[CATEGORY_MISSING, OUT_OF_HOURS, TEST_MESSAGE];
/// The same for a provider whose messages are tests unless they say otherwise.
static TEST: &[Rule] = &[CATEGORY_MISSING, OUT_OF_HOURS, TEST_MODE];

/// Rules of vivo for a provider in this mode.
pub(crate) fn rules(mode: PushMode) -> &'static [Rule] {
    match mode {
        PushMode::Formal => FORMAL,
        PushMode::Test => TEST,
    }
}

/// Whether it goes out as an operational message; what contradicts itself goes out as nothing.
fn is_operational(facts: &Facts<'_>) -> bool {
    let class = Class::new(facts.notification.category, &facts.options());
    facts.is_shown() && class.is_ok_and(|class| class.classification == OPERATIONAL)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use zpns_kit::testing::{rules_that_hold, walk_rules};

    use super::*;

    fn mode(mode: u8) -> Value {
        json!({"body": "b", "vendor": {"vivo": {"push_mode": mode}}})
    }

    #[test]
    fn every_rule_holds_where_it_should_and_nowhere_else() {
        let plain = || json!({"title": "t", "body": "b"});
        let of = |category: &str| json!({"body": "b", "category": category});
        let system = || json!({"body": "b", "vendor": {"vivo": {"classification": 1}}});
        walk_rules(
            "vivo",
            rules(PushMode::Formal),
            &[
                ("vivo.category_missing", 12, plain(), of("instant_message")),
                ("vivo.category_missing", 12, plain(), system()),
                ("vivo.out_of_hours", 23, of("marketing"), of("order")),
                ("vivo.out_of_hours", 6, plain(), system()),
                ("vivo.test_message", 12, mode(1), mode(0)),
            ],
        );
        for hour in 7..23 {
            let holding = rules_that_hold(rules(PushMode::Formal), hour, of("marketing"));
            assert!(holding.is_empty(), "{hour}: {holding:?}");
        }
    }

    #[test]
    fn a_provider_in_test_mode_says_so_with_every_message_that_is_not_formal() {
        walk_rules(
            "vivo",
            rules(PushMode::Test),
            &[
                (
                    "vivo.category_missing",
                    12,
                    mode(0),
                    json!({"body": "b", "category": "order"}),
                ),
                (
                    "vivo.out_of_hours",
                    0,
                    mode(0),
                    json!({"body": "b", "category": "order"}),
                ),
                (
                    "vivo.test_message",
                    12,
                    json!({"body": "b", "category": "order"}),
                    mode(0),
                ),
            ],
        );
    }
}
