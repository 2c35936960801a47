//! Tokens of devices. Real ones are opaque; these tell by a dot whose they are, so that a client
//! that confuses the two vendors is noticed.

use serde_json::Value;

use crate::TokenSet;
use crate::random::Random;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// EMUI, HarmonyOS up to 4.
    Android,
    /// HarmonyOS 5 and later: with one dot.
    Harmony,
}

/// Whose this token is; none if it is nobody's.
pub(crate) fn platform(token: &str) -> Option<Platform> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(8..=512).contains(&token.len()) || !token.bytes().all(legal) {
        return None;
    }
    match token.matches('.').count() {
        0 => Some(Platform::Android),
        1 => Some(Platform::Harmony),
        _ => None,
    }
}

/// A token of this platform that starts with `prefix`.
pub(crate) fn token(random: &mut Random, platform: Platform, prefix: &str) -> String {
    let head = random.text(LETTERS, 40 - prefix.len());
    let tail = random.text(LETTERS, 80);
    match platform {
        Platform::Android => format!("{prefix}{head}{tail}"),
        Platform::Harmony => format!("{prefix}{head}.{tail}"),
    }
}

pub(crate) fn tokens(random: &mut Random, platform: Platform, live: &str) -> TokenSet {
    let mut some = |prefix, count| {
        (0..count)
            .map(|_| token(random, platform, prefix))
            .collect()
    };
    TokenSet {
        live: some(live, 8),
        dead: some("dead", 3),
        muted: Vec::new(),
        flaky: some("flaky", 4),
    }
}

/// The tokens that a body names below `holder`, without judging the body: for faults and for the
/// record.
pub(crate) fn peek(body: &[u8], holder: &str) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let tokens = body.get(holder).and_then(|held| held.get("token"));
    let tokens = tokens.and_then(Value::as_array).into_iter().flatten();
    tokens
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
