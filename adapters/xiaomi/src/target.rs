//! Registration ids, as far as we judge them.

/// No id seen so far is longer than a tenth of it.
const LONGEST: usize = 1_024;

/// Why a text cannot be a registration id: it would break the list that it stands in.
///
/// Xiaomi does not say what an id may hold, and judges all else by itself.
pub(crate) fn unfit(token: &str) -> Option<&'static str> {
    if token.is_empty() {
        return Some("the token is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("the token holds what no registration id does: blanks, or what is not ASCII");
    }
    if token.contains(',') {
        return Some("the token holds a comma, which would make it two");
    }
    (token.len() > LONGEST).then_some("the token is longer than any registration id")
}
