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

const LOOKS_LIKE_A_TEST: Rule = Rule::warning(
    "vivo.looks_like_a_test",
    "title or text has the word `test` (or `测试`), or neither a letter nor anything else but \
     digits, symbols and emoji: vivo refuses that in a message that is no test",
    |facts| {
        let message = facts.notification;
        let texts = [message.display_title(), message.body.as_deref()];
        let is_formal = facts.options::<Options>().push_mode != Some(1);
        is_formal && facts.is_shown() && texts.into_iter().flatten().any(looks_like_a_test)
    },
);

/// Rules of vivo.
static FORMAL: &[Rule] = &[
    CATEGORY_MISSING,
    OUT_OF_HOURS,
    TEST_MESSAGE,
    LOOKS_LIKE_A_TEST,
];
/// The same for a provider whose messages are tests unless they say otherwise.
static TEST: &[Rule] = &[CATEGORY_MISSING, OUT_OF_HOURS, TEST_MODE];

/// Rules of vivo for a provider in this mode.
pub(crate) fn rules(mode: PushMode) -> &'static [Rule] {
    match mode {
        PushMode::Formal => FORMAL,
        PushMode::Test => TEST,
    }
}

/// As vivo's rules for content have it (`reference/vivo.md` §3.1).
fn looks_like_a_test(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let says_so = words.any(|word| word.eq_ignore_ascii_case("test")) || text.contains("测试");
    let has_something = !text.trim().is_empty();
    says_so || (has_something && !text.chars().any(char::is_alphabetic))
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
        let text = |body: &str| json!({"body": body, "category": "order"});
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
                (
                    "vivo.looks_like_a_test",
                    12,
                    text("Test 7"),
                    text("The latest"),
                ),
                ("vivo.looks_like_a_test", 12, text("这是测试"), text("你好")),
                ("vivo.looks_like_a_test", 12, text("12345"), text("12345 a")),
                ("vivo.looks_like_a_test", 12, text("🎉 1!"), text("")),
                (
                    "vivo.looks_like_a_test",
                    12,
                    json!({"title": "test", "body": "b"}),
                    json!({"title": "test", "vendor": {"vivo": {"push_mode": 1}}}),
                ),
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
