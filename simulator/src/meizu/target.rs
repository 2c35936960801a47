//! Devices.

use super::error::{MeizuError, error};
use super::request::needed;
use super::routes::By;
use crate::TokenSet;
use crate::form::Form;
use crate::random::Random;

const LETTERS: &str = "0123456789abcdef";
/// As long as the one in the vendor's sample.
const LENGTH: usize = 45;
/// Targets of a call at the most, since 2023.
const LIMIT: usize = 100;

/// The targets that a body names, without judging the body: for faults and for the record.
pub(super) fn peek(body: &[u8], by: By) -> Vec<String> {
    let form = Form::parse(body).unwrap_or_default();
    let listed = form.get(by.parameter()).unwrap_or_default();
    let targets = listed.split(',').filter(|_| !listed.is_empty());
    targets.map(str::to_owned).collect()
}

/// The targets of a request: one to a hundred.
pub(super) fn named(form: &Form, by: By) -> Result<Vec<&str>, MeizuError> {
    let targets: Vec<&str> = needed(form, by.parameter())?.split(',').collect();
    match targets.len() {
        ..=LIMIT => Ok(targets),
        count => Err(error(
            "1005",
            format!("{count} targets, {LIMIT} are allowed"),
        )),
    }
}

pub(super) fn is_push_id(token: &str) -> bool {
    (1..=128).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

pub(super) fn is_alias(alias: &str) -> bool {
    (1..=60).contains(&alias.chars().count())
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, count| -> Vec<String> {
        (0..count)
            .map(|_| format!("{prefix}{}", random.text(LETTERS, LENGTH - prefix.len())))
            .collect()
    };
    TokenSet {
        live: some("RA50", 8),
        dead: some("dead", 3),
        muted: some("muted", 2),
        flaky: some("flaky", 4),
    }
}
