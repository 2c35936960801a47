//! Tokens of devices.

use std::collections::HashSet;

use serde_json::Value;

use super::answer::Sorted;
use crate::TokenSet;
use crate::random::Random;
use crate::tokens::{Flaky, is_dead};

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What becomes of these targets: one that is not well-formed is nobody's, and gone too.
pub(super) fn sort(tokens: Vec<String>, flaky: &Flaky) -> Sorted {
    let mut sorted = Sorted::default();
    let (mut failed, mut expired) = (HashSet::new(), HashSet::new());
    for token in tokens {
        if !is_well_formed(&token) || is_dead(&token) {
            if expired.insert(token.clone()) {
                sorted.expired.push(token);
            }
        } else if failed.contains(&token) {
            // Given twice, it was attempted once.
        } else if flaky.fails(&token) {
            failed.insert(token.clone());
            sorted.failed.push(token);
        } else {
            sorted.taken.push(token);
        }
    }
    sorted
}

/// No form is documented; what a token of any vendor may hold.
fn is_well_formed(token: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+=".contains(&byte);
    (1..=512).contains(&token.len()) && token.bytes().all(legal)
}

/// The tokens that a body names, without judging the body: for faults and for the record.
pub(super) fn peek(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let tokens = body.get("token").and_then(Value::as_array);
    let texts = tokens.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, count| -> Vec<String> {
        (0..count)
            .map(|_| format!("{prefix}{}", random.text(LETTERS, 120 - prefix.len())))
            .collect()
    };
    TokenSet {
        live: some("BAEAAAAB", 8),
        dead: some("dead", 3),
        muted: Vec::new(),
        flaky: some("flaky", 4),
    }
}
