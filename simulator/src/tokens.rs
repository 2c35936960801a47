//! Tokens by how they behave.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::sync::lock;

/// Tokens of one vendor, in its legal form, by how they behave.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TokenSet {
    /// Accepted.
    pub live: Vec<String>,
    /// The device is gone.
    pub dead: Vec<String>,
    /// Well-formed and installed, but pushes are not shown. Empty where a vendor has no such answer.
    pub muted: Vec<String>,
    /// Unavailable at the first attempt, accepted at the next.
    pub flaky: Vec<String>,
}

/// Whether a well-formed token is dead: its text starts with `dead`, after a region prefix in capitals
/// (`CN_`) where it has one.
pub(crate) fn is_dead(token: &str) -> bool {
    let is_region =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let text = match token.split_once('_') {
        Some((region, text)) if is_region(region) => text,
        _ => token,
    };
    text.starts_with("dead")
}

/// Listed tokens that fail at the first attempt, and those that a script has fail at the next one.
/// Listed, not matched by a prefix, so that no client meets one by chance.
#[derive(Debug, Default)]
pub(crate) struct Flaky {
    attempted: Mutex<HashMap<String, bool>>,
    /// How many attempts at a token fail because a script says so.
    scripted: Mutex<HashMap<String, u32>>,
}

impl Flaky {
    pub(crate) fn new(tokens: &[String]) -> Self {
        let attempted = tokens.iter().map(|token| (token.clone(), false)).collect();
        Self {
            attempted: Mutex::new(attempted),
            scripted: Mutex::default(),
        }
    }

    /// Has the next attempt at this token fail.
    pub(crate) fn fail_next(&self, token: &str) {
        *lock(&self.scripted).entry(token.to_owned()).or_default() += 1;
    }

    /// Whether this attempt fails.
    pub(crate) fn fails(&self, token: &str) -> bool {
        if self.is_scripted(token) {
            return true;
        }
        match lock(&self.attempted).get_mut(token) {
            Some(attempted) => !std::mem::replace(attempted, true),
            None => false,
        }
    }

    fn is_scripted(&self, token: &str) -> bool {
        let mut scripted = lock(&self.scripted);
        let Some(left) = scripted.get_mut(token) else {
            return false;
        };
        *left -= 1;
        if *left == 0 {
            scripted.remove(token);
        }
        true
    }

    pub(crate) fn reset(&self) {
        lock(&self.scripted).clear();
        lock(&self.attempted)
            .values_mut()
            .for_each(|attempted| *attempted = false);
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaky, is_dead};

    #[test]
    fn a_token_fails_as_often_as_it_was_told_to_and_a_listed_one_once_more() {
        let flaky = Flaky::new(&["listed".to_owned()]);
        for token in ["listed", "any"] {
            flaky.fail_next(token);
            flaky.fail_next(token);
        }
        let failures = |token| (0..5).filter(|_| flaky.fails(token)).count();
        assert_eq!(
            (failures("listed"), failures("any"), failures("other")),
            (3, 2, 0)
        );
        flaky.fail_next("any");
        flaky.reset();
        assert_eq!((failures("listed"), failures("any")), (1, 0));
    }

    #[test]
    fn dead_stands_at_the_start_or_after_a_region() {
        for (token, dead) in [
            ("dead", true),
            ("dead-1", true),
            ("CN_dead1", true),
            ("cn_dead1", false),
            ("_dead1", false),
            ("live_dead", false),
            ("CN_live", false),
            ("", false),
        ] {
            assert_eq!(is_dead(token), dead, "{token}");
        }
    }
}
