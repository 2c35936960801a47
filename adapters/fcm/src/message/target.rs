//! Whom a message is for: four sorts of target, in one text form.

use std::fmt;

use zpns_core::Token;
use zpns_core::model::mask;

/// Topics in one condition at the most.
const TOPICS_IN_A_CONDITION: usize = 5;
/// Characters in the name of a topic at the most.
const TOPIC_LENGTH: usize = 900;

/// Whom a message is for.
///
/// As the text of a [`Token`]:
///
/// | text | target |
/// | --- | --- |
/// | `fid:<id>` | a Firebase installation, which Google recommends from 2026 on |
/// | `topic:<name>` | everyone subscribed to a topic; a leading `/topics/` is taken off |
/// | `condition:<expression>` | topics joined by `&&`, `\|\|`, `!` and parentheses, five at the most |
/// | anything else | a registration token |
///
/// ```
/// use zpns_core::Token;
/// use zpns_fcm::FcmTarget;
///
/// let token = Token::from(FcmTarget::Topic("news".to_owned()));
/// assert_eq!(token.as_str(), "topic:news");
/// assert_eq!(FcmTarget::parse("topic:/topics/news"), Ok(FcmTarget::Topic("news".to_owned())));
/// assert!(FcmTarget::parse("topic:two words").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum FcmTarget {
    /// A registration token. Opaque.
    Token(String),
    /// A Firebase installation ID.
    Fid(String),
    /// A topic, by its bare name.
    Topic(String),
    /// A condition on topics.
    Condition(String),
}

impl FcmTarget {
    /// Reads the text form.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat a token.
    pub fn parse(text: &str) -> Result<Self, String> {
        let target = TargetRef::parse(text)?;
        let value = target.value.to_owned();
        Ok(match target.sort {
            Sort::Token => Self::Token(value),
            Sort::Fid => Self::Fid(value),
            Sort::Topic => Self::Topic(value),
            Sort::Condition => Self::Condition(value),
        })
    }
}

impl From<FcmTarget> for Token {
    fn from(target: FcmTarget) -> Self {
        match target {
            FcmTarget::Token(token) => token.into(),
            FcmTarget::Fid(fid) => format!("fid:{fid}").into(),
            FcmTarget::Topic(topic) => format!("topic:{topic}").into(),
            FcmTarget::Condition(condition) => format!("condition:{condition}").into(),
        }
    }
}

impl fmt::Debug for FcmTarget {
    /// Masks what names a device.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => write!(f, "Token({})", mask(token)),
            Self::Fid(fid) => write!(f, "Fid({})", mask(fid)),
            Self::Topic(topic) => write!(f, "Topic({topic:?})"),
            Self::Condition(condition) => write!(f, "Condition({condition:?})"),
        }
    }
}

/// The sorts of target, and how each is named in our text form and on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Token,
    Fid,
    Topic,
    Condition,
}

struct SortRow {
    sort: Sort,
    prefix: &'static str,
    check: fn(&str) -> Result<(), String>,
}

/// Every sort with a prefix of its own; whatever has none of them is a registration token.
const PREFIXED: [SortRow; 3] = [
    SortRow {
        sort: Sort::Fid,
        prefix: "fid:",
        check: check_fid,
    },
    SortRow {
        sort: Sort::Topic,
        prefix: "topic:",
        check: check_topic,
    },
    SortRow {
        sort: Sort::Condition,
        prefix: "condition:",
        check: check_condition,
    },
];

impl Sort {
    /// The key of the target in `message`.
    pub(crate) const fn wire_key(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Fid => "fid",
            Self::Topic => "topic",
            Self::Condition => "condition",
        }
    }

    /// Whether it names one device.
    pub(crate) const fn is_device(self) -> bool {
        matches!(self, Self::Token | Self::Fid)
    }
}

/// A target that was checked, borrowed from the text of its token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TargetRef<'a> {
    pub(crate) sort: Sort,
    pub(crate) value: &'a str,
}

impl<'a> TargetRef<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        for row in &PREFIXED {
            if let Some(value) = text.strip_prefix(row.prefix) {
                let value = match row.sort {
                    Sort::Topic => value.strip_prefix("/topics/").unwrap_or(value),
                    _ => value,
                };
                (row.check)(value)?;
                return Ok(Self {
                    sort: row.sort,
                    value,
                });
            }
        }
        check_token(text)?;
        Ok(Self {
            sort: Sort::Token,
            value: text,
        })
    }
}

/// A registration token is opaque (`reference/fcm.md` §2): only what can be no token in any
/// header or JSON is refused.
fn check_token(token: &str) -> Result<(), String> {
    if token.is_empty() {
        return Err("the token is empty".to_owned());
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token holds white space or characters outside ASCII".to_owned());
    }
    Ok(())
}

/// `^[cdef][A-Za-z0-9_-]{21}$`, as the official client checks it.
fn check_fid(fid: &str) -> Result<(), String> {
    let first = fid.bytes().next();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if fid.len() == 22 && matches!(first, Some(b'c'..=b'f')) && fid.bytes().all(legal) {
        return Ok(());
    }
    Err("a Firebase installation ID is 22 characters of A-Z a-z 0-9 _ - and starts with c, d, e or f".to_owned())
}

fn check_topic(topic: &str) -> Result<(), String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    if (1..=TOPIC_LENGTH).contains(&topic.len()) && topic.bytes().all(legal) {
        return Ok(());
    }
    Err(format!(
        "a topic is 1 to {TOPIC_LENGTH} characters of A-Z a-z 0-9 - _ . ~ %"
    ))
}

/// One word of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Topic(&'a str),
    InTopics,
    Join,
    Not,
    Open,
    Close,
}

/// A condition joins `'name' in topics` by `&&` and `||`, with `!` and parentheses.
fn check_condition(condition: &str) -> Result<(), String> {
    let (mut topics, mut depth) = (0, 0_usize);
    // What may come next: the start of a term, `in topics`, or what follows a term.
    let (mut term, mut in_topics) = (true, false);
    let mut rest = condition.trim_start();
    while !rest.is_empty() {
        let (word, after) = next_word(rest)?;
        rest = after.trim_start();
        match word {
            Word::Topic(topic) if term => {
                check_topic(topic)?;
                topics += 1;
                (term, in_topics) = (false, true);
            }
            Word::InTopics if in_topics => in_topics = false,
            Word::Not if term => {}
            Word::Open if term => depth += 1,
            Word::Close if !term && !in_topics && depth > 0 => depth -= 1,
            Word::Join if !term && !in_topics => term = true,
            _ => return Err(form_of_a_condition()),
        }
    }
    if term || in_topics || depth > 0 {
        return Err(form_of_a_condition());
    }
    if topics > TOPICS_IN_A_CONDITION {
        return Err(format!(
            "a condition names {TOPICS_IN_A_CONDITION} topics at the most, not {topics}"
        ));
    }
    Ok(())
}

fn next_word(text: &str) -> Result<(Word<'_>, &str), String> {
    const FIXED: [(&str, Word<'static>); 5] = [
        ("&&", Word::Join),
        ("||", Word::Join),
        ("!", Word::Not),
        ("(", Word::Open),
        (")", Word::Close),
    ];
    for (spelling, word) in FIXED {
        if let Some(rest) = text.strip_prefix(spelling) {
            return Ok((word, rest));
        }
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let (topic, rest) = quoted.split_once('\'').ok_or_else(form_of_a_condition)?;
        return Ok((Word::Topic(topic), rest));
    }
    text.strip_prefix("in")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .and_then(|rest| rest.trim_start().strip_prefix("topics"))
        .map(|rest| (Word::InTopics, rest))
        .ok_or_else(form_of_a_condition)
}

fn form_of_a_condition() -> String {
    "a condition has the form `'a' in topics && ('b' in topics || !('c' in topics))`".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FID: &str = "cAbcdefghijklmnopqrst-";

    #[test]
    fn every_sort_survives_its_text_form() {
        let targets = [
            FcmTarget::Token("bk3RNwTe3H0:APA91bHun4MxP5".to_owned()),
            FcmTarget::Fid(FID.to_owned()),
            FcmTarget::Topic("news_%7E.a-b~".to_owned()),
            FcmTarget::Condition("'a' in topics && !('b' in topics)".to_owned()),
        ];
        for target in targets {
            let token = Token::from(target.clone());
            assert_eq!(FcmTarget::parse(token.as_str()), Ok(target));
        }
    }

    #[test]
    fn the_prefix_of_old_topics_is_taken_off() {
        let target = FcmTarget::parse("topic:/topics/news");
        assert_eq!(target, Ok(FcmTarget::Topic("news".to_owned())));
    }

    #[test]
    fn what_cannot_be_a_target_is_refused() {
        let long = format!("topic:{}", "a".repeat(901));
        let texts = [
            "",
            "two words",
            "token\n",
            "schlüssel",
            "fid:",
            "fid:short",
            "fid:aAbcdefghijklmnopqrst-",
            "fid:cAbcdefghijklmnopqrst/",
            "topic:",
            "topic:a b",
            "topic:/topics/",
            "topic:a/b",
            &long,
        ];
        for text in texts {
            assert!(FcmTarget::parse(text).is_err(), "{text:?}");
        }
        assert!(FcmTarget::parse(&long[..long.len() - 1]).is_ok());
    }

    #[test]
    fn a_condition_is_checked_before_it_is_sent() {
        let good = [
            "'a' in topics",
            "'a' in topics&&'b' in topics",
            "!('a' in topics || 'b' in topics) && !!'c' in topics",
            "(('a' in topics))",
            "'a' in topics||'b' in topics||'c' in topics||'d' in topics||'e' in topics",
        ];
        for condition in good {
            assert_eq!(check_condition(condition), Ok(()), "{condition}");
        }
        let bad = [
            "",
            "'a'",
            "'a' in",
            "'a' intopics",
            "a in topics",
            "'a' in topics &&",
            "&& 'a' in topics",
            "'a' in topics 'b' in topics",
            "('a' in topics",
            "'a' in topics)",
            "()",
            "'a b' in topics",
            "'a in topics",
            "'a' in topics & 'b' in topics",
            "'a' in topics && 'b' in topics && 'c' in topics && 'd' in topics && 'e' in topics && 'f' in topics",
        ];
        for condition in bad {
            assert!(check_condition(condition).is_err(), "{condition}");
        }
    }

    #[test]
    fn a_target_that_names_a_device_is_masked() {
        let shown = format!(
            "{:?}",
            FcmTarget::Token("bk3RNwTe3H0:APA91bHun4MxP5".to_owned())
        );
        assert_eq!(shown, "Token(bk3R…, 26)");
        let shown = format!("{:?}", FcmTarget::Fid(FID.to_owned()));
        assert!(!shown.contains(FID), "{shown}");
    }
}
