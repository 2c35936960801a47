//! Devices, and who else a message may be for.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::{INVALID_ID, OppoError, UNAVAILABLE, error};
use crate::TokenSet;
use crate::form::Form;
use crate::random::Random;
use crate::tokens::Flaky;

/// `target_type` of registration ids.
pub(super) const ID: i64 = 2;
/// `target_type` of aliases.
pub(super) const ALIAS: i64 = 5;
/// `target_type` of a tag expression.
pub(super) const TAGS: i64 = 6;
/// `target_type` of everybody.
pub(super) const EVERYBODY: i64 = 1;

const HEX: &str = "0123456789abcdef";
const ID_DIGITS: usize = 32;
const ALIAS_LIMIT: usize = 64;

/// Whether a push reaches a target.
pub(super) fn check(kind: i64, target: &str) -> Result<(), OppoError> {
    if kind == ALIAS {
        let legal = !target.contains([';', ',']);
        return match (1..=ALIAS_LIMIT).contains(&target.chars().count()) && legal {
            true => Ok(()),
            false => Err(error(41, format!("the alias is `{target}`"))),
        };
    }
    match digits(target) {
        None => Err(error(INVALID_ID, "no registration id looks so")),
        Some(digits) if digits.starts_with("dead") => Err(error(INVALID_ID, "nobody has this id")),
        Some(_) => Ok(()),
    }
}

/// The digits of `OPPO_CN_<32 hexadecimal digits>`, whose brand and region may be absent.
fn digits(id: &str) -> Option<&str> {
    let is_brand = |text: &str| {
        (2..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_region = |text: &str| {
        text == "EUEX" || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    let parts: Vec<&str> = id.split('_').collect();
    let (digits, prefix) = parts.split_last()?;
    let prefixed = match prefix {
        [] => true,
        [one] => is_brand(one) || is_region(one),
        [brand, region] => is_brand(brand) && is_region(region),
        _ => false,
    };
    let whole = digits.len() == ID_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (prefixed && whole).then_some(*digits)
}

/// The targets of one request, each of which makes at most one attempt.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    flaky: &'a Flaky,
    failed: HashSet<String>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(flaky: &'a Flaky) -> Self {
        Self {
            flaky,
            failed: HashSet::new(),
        }
    }

    /// Whether a target can be reached now.
    pub(super) fn check(&mut self, target: &str) -> Result<(), OppoError> {
        if self.failed.contains(target) || self.flaky.fails(target) {
            self.failed.insert(target.to_owned());
            return Err(error(UNAVAILABLE, "first attempt of a flaky token"));
        }
        Ok(())
    }
}

/// The targets that a form names, without judging it: for faults and for the record.
pub(super) fn peek(body: &[u8]) -> Vec<String> {
    let form = Form::parse(body).unwrap_or_default();
    let json = |name: &str| -> Value {
        let text = form.get(name).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    };
    if let Some(targets) = form.get("target_value") {
        let named = form.get("target_type").and_then(|kind| kind.parse().ok());
        return match named {
            Some(ID | ALIAS) => targets.split(';').map(str::to_owned).collect(),
            _ => Vec::new(),
        };
    }
    let (one, many) = (json("message"), json("messages"));
    let many = many.as_array().cloned().unwrap_or_default();
    let targets = many.iter().chain([&one]);
    let texts = targets.filter_map(|message| message.get("target_value")?.as_str());
    texts.map(str::to_owned).collect()
}

/// `{"or": [], "and": [], "not": []}`, of which one at least says something.
pub(super) fn check_tags(text: &str) -> Result<(), OppoError> {
    const OPERATORS: [&str; 3] = ["or", "and", "not"];
    let wrong = |what: &str| error(41, format!("the tag expression {what}"));
    let parsed: Result<Map<String, Value>, _> = serde_json::from_str(text);
    let parsed = parsed.map_err(|_| wrong("is no JSON object"))?;
    for (operator, tags) in &parsed {
        let tags = tags.as_array();
        let tags = tags.filter(|tags| tags.iter().all(Value::is_string));
        if tags.is_none() || !OPERATORS.contains(&operator.as_str()) {
            return Err(wrong(&format!("has a wrong `{operator}`")));
        }
    }
    let mut tags = parsed.values().filter_map(Value::as_array);
    match tags.any(|tags| !tags.is_empty()) {
        true => Ok(()),
        false => Err(wrong("names no tag")),
    }
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, start: &str, count| -> Vec<String> {
        (0..count)
            .map(|_| {
                let rest = random.text(HEX, ID_DIGITS - start.len());
                format!("{prefix}{start}{rest}")
            })
            .collect()
    };
    let mut dead = some("CN_", "dead", 2);
    dead.extend(some("", "dead", 1));
    TokenSet {
        live: some("CN_", "a", 8),
        dead,
        muted: Vec::new(),
        flaky: some("CN_", "f1a5", 4),
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn an_id_has_a_brand_a_region_and_thirty_two_digits() {
        const DIGITS: &str = "0123456789abcdef0123456789ABCDEF";
        let rows = [
            ("", true),
            ("CN_", true),
            ("EUEX_", true),
            ("OPPO_", true),
            ("OPPO_CN_", true),
            ("realme_EUEX_", true),
            ("CN_OPPO_", false),
            ("OPPO_cn_", false),
            ("OPPO_CN_X_", false),
            ("X_", false),
            ("abcdefghijk_", false),
            ("_", false),
        ];
        for (prefix, good) in rows {
            let id = format!("{prefix}{DIGITS}");
            assert_eq!(digits(&id), good.then_some(DIGITS), "{id}");
        }
        for id in [&DIGITS[1..], "", "CN_", &format!("{DIGITS}0")] {
            assert_eq!(digits(id), None, "{id}");
        }
        assert_eq!(digits("0123456789abcdef0123456789abcdeg"), None);
    }
}
