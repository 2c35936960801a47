//! Devices.

use serde_json::Value;

use crate::TokenSet;
use crate::random::Random;
use crate::tokens::is_dead;

const LETTERS: &str = "0123456789abcdef";
/// What the vendor's SDK insists on. The pages of today name no length.
const LENGTH: usize = 23;

/// How a target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Live,
    /// Installed, but its notifications are off.
    Muted,
    /// Of this `status`.
    Invalid(u8),
}

/// Nobody has this id.
const UNKNOWN: u8 = 1;
/// Uninstalled, unsubscribed, or its data were cleared.
const GONE: u8 = 2;
/// What older pages call inactive: there, and not receiving.
pub(super) const INACTIVE: u8 = 3;
/// Not registered for the test mode.
const NO_TEST_DEVICE: u8 = 4;

/// How a target stands; in the test mode, only these devices are known.
pub(super) fn standing(target: &str, tokens: &TokenSet, testers: Option<&[String]>) -> Standing {
    let is = |listed: &[String]| listed.iter().any(|one| one == target);
    if !is_well_formed(target) {
        Standing::Invalid(UNKNOWN)
    } else if testers.is_some_and(|testers| !is(testers)) {
        Standing::Invalid(NO_TEST_DEVICE)
    } else if is_dead(target) {
        Standing::Invalid(GONE)
    } else if is(&tokens.muted) {
        Standing::Muted
    } else {
        Standing::Live
    }
}

fn is_well_formed(token: &str) -> bool {
    (1..=128).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The targets that a body names, without judging the body: for faults and for the record.
pub(super) fn peek(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let some = |name: &str| -> Vec<String> {
        let named = body.get(name).unwrap_or(&Value::Null);
        let one = std::slice::from_ref(named);
        let named = named.as_array().map_or(one, Vec::as_slice);
        let texts = named.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let names = ["regId", "regIds", "alias", "aliases"];
    let mut named = names.into_iter().map(some);
    named.find(|some| !some.is_empty()).unwrap_or_default()
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, count| -> Vec<String> {
        (0..count)
            .map(|_| format!("{prefix}{}", random.text(LETTERS, LENGTH - prefix.len())))
            .collect()
    };
    TokenSet {
        live: some("15", 8),
        dead: some("dead", 3),
        muted: some("muted", 2),
        flaky: some("flaky", 4),
    }
}
