//! Conditions such as `'a' in topics && !('b' in topics || 'c' in topics)`.

use super::scalar::is_label;

/// The most topics of a condition.
const TOPICS: usize = 5;

/// Checks syntax and the number of topics.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut parser = Parser {
        rest: text.trim_start(),
        topics: 0,
    };
    parser.expression()?;
    if !parser.rest.is_empty() {
        return Err(format!("unexpected `{}`", parser.rest));
    }
    if parser.topics > TOPICS {
        return Err(format!(
            "{} topics, and {TOPICS} are allowed",
            parser.topics
        ));
    }
    Ok(())
}

struct Parser<'a> {
    rest: &'a str,
    topics: usize,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<(), String> {
        self.term()?;
        while self.take("&&") || self.take("||") {
            self.term()?;
        }
        Ok(())
    }

    fn term(&mut self) -> Result<(), String> {
        while self.take("!") {}
        if self.take("(") {
            self.expression()?;
            return if self.take(")") {
                Ok(())
            } else {
                Err("a parenthesis stays open".to_owned())
            };
        }
        let quoted = self
            .rest
            .strip_prefix('\'')
            .and_then(|rest| rest.split_once('\''));
        let (topic, rest) = quoted.ok_or("a topic in single quotes is missing")?;
        if !is_label(topic, 900) {
            return Err(format!("`{topic}` is not a topic"));
        }
        self.rest = rest.trim_start();
        self.topics += 1;
        if self.take("in") && self.take("topics") {
            Ok(())
        } else {
            Err("`in topics` is missing after a topic".to_owned())
        }
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn conditions_follow_their_grammar() {
        for right in [
            "'a' in topics",
            "'a' in topics && ('b' in topics || 'c' in topics)",
            "!('a' in topics)&&!'b' in topics",
        ] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        let six = ["'a' in topics"; 6].join(" || ");
        for wrong in [
            "",
            "a in topics",
            "'a'",
            "'a' in topics &&",
            "('a' in topics",
            "'a b' in topics",
            &six,
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
