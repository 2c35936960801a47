//! A verdict on many targets together, asked again of ever smaller groups of them.

use zpns_core::{Error, Outcome};

use crate::targets::unanswered;

/// Targets that a vendor is asked about in ever smaller groups, as long as it speaks of many of
/// them as one ("none of these is valid"): nothing is dropped for what was said of another one.
///
/// For n targets that takes at most 2n − 1 requests, and one if the first answer tells them apart.
/// Where a later request fails, the targets that it was about keep what was said of them together.
///
/// ```
/// use zpns_core::Outcome;
/// use zpns_kit::Halving;
///
/// /// Says of each whether it is alive, but only if it is asked about one.
/// fn ask(group: &[&str]) -> Result<Vec<Outcome>, Outcome> {
///     match group {
///         [one] => Ok(vec![Outcome::accepted(Some((*one).to_owned()))]),
///         _ => Err(Outcome::accepted(Some("one of them".to_owned()))),
///     }
/// }
///
/// let mut halving = Halving::new(&["a", "b", "c"]);
/// while let Some(group) = halving.group() {
///     match ask(group) {
///         Ok(outcomes) => halving.each(outcomes),
///         Err(said) => halving.together(said),
///     }
/// }
/// assert_eq!(halving.outcomes()[2], Outcome::accepted(Some("c".to_owned())));
/// ```
#[derive(Clone, Debug)]
pub struct Halving<'a> {
    /// Groups to ask about, the next one last; each with what was said of it beside others.
    groups: Vec<(&'a [&'a str], Option<Outcome>)>,
    outcomes: Vec<Outcome>,
}

impl<'a> Halving<'a> {
    /// All targets as one group.
    pub fn new(targets: &'a [&'a str]) -> Self {
        let groups = match targets {
            [] => Vec::new(),
            targets => vec![(targets, None)],
        };
        Self {
            groups,
            outcomes: Vec::with_capacity(targets.len()),
        }
    }

    /// The group to ask about next, until one of [`each`](Self::each),
    /// [`together`](Self::together) and [`failed`](Self::failed) says what came of it. None once
    /// every target has its outcome.
    pub fn group(&self) -> Option<&'a [&'a str]> {
        self.groups.last().map(|(group, _)| *group)
    }

    /// This came of the group's targets, in their order. One that is left out has no verdict.
    pub fn each(&mut self, mut outcomes: Vec<Outcome>) {
        if let Some((group, _)) = self.groups.pop() {
            outcomes.resize_with(group.len(), unanswered);
            self.outcomes.extend(outcomes);
        }
    }

    /// The answer spoke of the group as one; so much is true of each of its targets until it was
    /// asked about alone. For a single target it is what came of it.
    pub fn together(&mut self, said: Outcome) {
        match self.groups.pop() {
            Some((group, _)) if group.len() > 1 => {
                let (first, second) = group.split_at(group.len() / 2);
                self.groups.push((second, Some(said.clone())));
                self.groups.push((first, Some(said)));
            }
            Some(_) => self.outcomes.push(said),
            None => {}
        }
    }

    /// No answer came, or there was no time to ask: what was said of the group before counts, or
    /// the error where nothing was.
    pub fn failed(&mut self, error: Error) {
        if let Some((group, said)) = self.groups.pop() {
            let outcome = said.unwrap_or_else(|| error.into());
            self.outcomes.extend(vec![outcome; group.len()]);
        }
    }

    /// One outcome per target, in the order of the targets.
    pub fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zpns_core::ErrorKind;

    use super::*;

    fn said(text: &str) -> Outcome {
        Outcome::accepted(Some(text.to_owned()))
    }

    fn lost() -> Error {
        Error::new(ErrorKind::Unavailable, "lost")
    }

    #[test]
    fn an_answer_that_tells_targets_apart_ends_it() {
        let mut halving = Halving::new(&["a", "b"]);
        assert_eq!(halving.group(), Some(&["a", "b"][..]));
        halving.each(vec![said("1"), said("2")]);
        assert_eq!(halving.group(), None);
        assert_eq!(halving.outcomes(), [said("1"), said("2")]);
    }

    #[test]
    fn an_answer_for_too_few_or_too_many_moves_no_other_verdict() {
        let mut halving = Halving::new(&["a", "b", "c", "d"]);
        halving.together(said("together"));
        halving.each(vec![said("a")]);
        halving.each(vec![said("c"), said("d"), said("e")]);
        let outcomes = halving.outcomes();
        assert_eq!(outcomes[0], said("a"));
        assert_eq!(outcomes[1].kind(), Some(ErrorKind::Protocol));
        assert_eq!(outcomes[2..], [said("c"), said("d")]);
    }

    #[test]
    fn nobody_is_asked_about_nobody() {
        let halving = Halving::new(&[]);
        assert_eq!(halving.group(), None);
        assert!(halving.outcomes().is_empty());
    }

    #[test]
    fn what_was_said_together_counts_where_no_better_answer_came() {
        let mut halving = Halving::new(&["a", "b", "c"]);
        halving.together(said("together"));
        assert_eq!(halving.group(), Some(&["a"][..]));
        halving.each(vec![said("a")]);
        assert_eq!(halving.group(), Some(&["b", "c"][..]));
        halving.failed(lost());
        let wanted = [said("a"), said("together"), said("together")];
        assert_eq!(halving.outcomes(), wanted);
    }

    #[test]
    fn a_first_request_that_fails_is_the_outcome_of_all() {
        let mut halving = Halving::new(&["a", "b"]);
        halving.failed(lost());
        assert_eq!(halving.outcomes(), [lost().into(), lost().into()]);
    }

    proptest! {
        #[test]
        fn every_target_gets_its_own_outcome_in_its_place(count in 1usize..60) {
            let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            let targets: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut halving = Halving::new(&targets);
            let mut requests = 0;
            while let Some(group) = halving.group() {
                requests += 1;
                match group {
                    [one] => halving.together(said(one)),
                    _ => halving.together(said("together")),
                }
            }
            prop_assert_eq!(requests, 2 * count - 1);
            let wanted: Vec<Outcome> = targets.iter().map(|one| said(one)).collect();
            prop_assert_eq!(halving.outcomes(), wanted);
        }
    }
}
