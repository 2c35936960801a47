//! How a request proves who it is: one static header. Nothing expires, and nothing is signed.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use zpns_core::Secret;
use zpns_core::config::ConfigError;
use zpns_kit::config::filled;

const FORM: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");

/// The headers of every request that has a form as its body.
///
/// # Errors
/// A secret that no header can hold.
pub(crate) fn headers(app_secret: &Secret) -> Result<HeaderMap, ConfigError> {
    let secret = filled("app_secret", app_secret)?;
    // `key` in lower case: Xiaomi knows no other scheme.
    let mut value = HeaderValue::from_str(&format!("key={secret}"))
        .map_err(|_| ConfigError::key("app_secret", "holds a character that no header can"))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, value),
        (CONTENT_TYPE, FORM),
    ]))
}
