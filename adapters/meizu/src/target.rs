//! PushIds, as far as we judge them, and each of them once.

use std::collections::HashMap;

use zpns_core::Outcome;

/// No id seen so far is longer than a twentieth of it.
const LONGEST: usize = 1_024;

/// Why a text cannot be a pushId: it would break the list that it stands in.
///
/// Meizu does not say what an id may hold, and judges all else by itself.
pub(crate) fn unfit(token: &str) -> Option<&'static str> {
    if token.is_empty() {
        return Some("the token is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("the token holds what no pushId does: blanks, or what is not ASCII");
    }
    if token.contains(',') {
        return Some("the token holds a comma, which would make it two");
    }
    (token.len() > LONGEST).then_some("the token is longer than any pushId")
}

/// Tokens, each of them once: Meizu counts every push of an app to a device within a minute, and
/// folds those that are too many.
#[derive(Clone, Debug)]
pub(crate) struct Unique<'a> {
    /// Every token, where it first stood.
    pub(crate) tokens: Vec<&'a str>,
    /// For each token as it was given, its place in `tokens`.
    places: Vec<usize>,
}

impl<'a> Unique<'a> {
    pub(crate) fn new(given: &[&'a str]) -> Self {
        let mut tokens = Vec::with_capacity(given.len());
        let mut known = HashMap::with_capacity(given.len());
        let place_of = |token: &&'a str| {
            *known.entry(*token).or_insert_with(|| {
                tokens.push(*token);
                tokens.len() - 1
            })
        };
        let places = given.iter().map(place_of).collect();
        Self { tokens, places }
    }

    /// One outcome for each token as it was given, from one for each of [`Self::tokens`].
    pub(crate) fn fan_out(&self, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        if self.tokens.len() == self.places.len() {
            return outcomes;
        }
        let places = self.places.iter();
        places
            .filter_map(|&place| outcomes.get(place).cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_break_the_list_is_no_push_id() {
        let long = "x".repeat(LONGEST + 1);
        for wrong in ["", " ", "a,b", ",", "a b", "a\r\nb", "täuschend", &long] {
            assert!(unfit(wrong).is_some(), "{wrong:?}");
        }
        for right in [
            "RA50c6348036344485d01776773577c64740465480a6b",
            "a&b=c%2C\"",
            &"x".repeat(LONGEST),
        ] {
            assert_eq!(unfit(right), None, "{right}");
        }
    }

    proptest! {
        #[test]
        fn every_token_stands_there_once_and_gets_its_own_outcome_back(
            given in prop::collection::vec("[a-e]", 0..12),
        ) {
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let unique = Unique::new(&given);
            let named = |token: &&str| Outcome::accepted(Some((*token).to_owned()));
            let outcomes: Vec<Outcome> = unique.tokens.iter().map(named).collect();
            let mut once = unique.tokens.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), unique.tokens.len());
            let wanted: Vec<Outcome> = given.iter().map(named).collect();
            prop_assert_eq!(unique.fan_out(outcomes), wanted);
        }
    }
}
