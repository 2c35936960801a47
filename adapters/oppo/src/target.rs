//! Registration ids, as far as we judge them.

/// OPPO's own are 45 characters long at the most.
const LONGEST: usize = 256;

/// Why a text cannot be a registration id: it would break the list that it stands in.
///
/// Everything else OPPO judges by itself, and says so per target (10000).
pub(crate) fn unfit(token: &str) -> Option<&'static str> {
    if token.is_empty() {
        return Some("the token is empty");
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("the token holds what no registration id does: blanks, or what is not ASCII");
    }
    if token.contains([';', ',']) {
        return Some("the token holds a separator, which would make it two");
    }
    (token.len() > LONGEST).then_some("the token is longer than any registration id")
}
