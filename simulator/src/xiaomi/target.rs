//! Registration ids.

use super::error::{MiError, error};
use crate::TokenSet;
use crate::form::Form;
use crate::random::Random;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LIMIT: usize = 1_000;

/// The targets that a body names, without judging the body: for faults and for the record.
pub(super) fn peek(body: &[u8]) -> Vec<String> {
    let form = Form::parse(body).unwrap_or_default();
    form.get("registration_id").map(list).unwrap_or_default()
}

/// The targets of a request: one to a thousand.
pub(super) fn named(form: &Form, key: &str) -> Result<Vec<String>, MiError> {
    let text = form.get(key).unwrap_or_default();
    if text.is_empty() {
        return Err(error(10016, format!("`{key}` is missing")));
    }
    let targets = list(text);
    if targets.len() > LIMIT {
        let detail = format!("{} targets, {LIMIT} are allowed", targets.len());
        return Err(error(10017, detail));
    }
    Ok(targets)
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// Base64 of either alphabet.
pub(super) fn is_well_formed(token: &str) -> bool {
    (1..=256).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte))
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, count| -> Vec<String> {
        (0..count)
            .map(|_| format!("{prefix}{}=", random.text(LETTERS, 63 - prefix.len())))
            .collect()
    };
    TokenSet {
        live: some("d//ig", 8),
        dead: some("dead", 3),
        muted: Vec::new(),
        flaky: some("flaky", 4),
    }
}
