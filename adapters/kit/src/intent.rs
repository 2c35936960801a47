//! What a tap does on an Android device, as vendors without a word for it want it: an intent.

use zpns_core::Rejection;

use crate::rules::invalid;

/// A text without `${package}`, for a provider that knows an app by a number and not by its
/// package.
///
/// # Errors
/// It holds `${package}`.
pub fn without_package(text: &str) -> Result<&str, Rejection> {
    if text.contains("${package}") {
        let why = "`${package}` is not known to this provider; write the package itself";
        return Err(invalid("on_click", why));
    }
    Ok(text)
}

/// `app://chat/7` as the intent that opens it, in a task that is there already.
///
/// ```
/// assert_eq!(
///     zpns_kit::intent::of_deep_link("app://chat/7").unwrap(),
///     "intent://chat/7#Intent;scheme=app;launchFlags=0x4000000;end"
/// );
/// ```
///
/// # Errors
/// It is no such link.
pub fn of_deep_link(link: &str) -> Result<String, Rejection> {
    let (scheme, rest) = link
        .split_once("://")
        .filter(|(scheme, _)| is_scheme(scheme))
        .ok_or_else(|| invalid("on_click", "is not a link such as `app://chat/7`"))?;
    Ok(format!(
        "intent://{rest}#Intent;scheme={scheme};launchFlags=0x4000000;end"
    ))
}

/// A letter, then letters, digits and `+-.` (RFC 3986).
fn is_scheme(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|letter: char| letter.is_ascii_alphabetic()) && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_link_is_refused() {
        for wrong in ["", "chat/7", "://chat", "1a://b", "a_b://c", "a b://c"] {
            assert!(of_deep_link(wrong).is_err(), "{wrong}");
        }
        let intent = of_deep_link("a+b-c.1://x?y=z").unwrap();
        assert!(
            intent.starts_with("intent://x?y=z#Intent;scheme=a+b-c.1;"),
            "{intent}"
        );
    }

    #[test]
    fn a_package_that_nobody_knows_is_refused() {
        assert!(without_package("${package}/.Chat").is_err());
        assert_eq!(
            without_package("com.example/.Chat").unwrap(),
            "com.example/.Chat"
        );
    }
}
