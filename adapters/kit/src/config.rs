//! Keys of a vendor's section of the config file, beside those of [`zpns_core::config`].

use std::fmt::Display;
use std::path::PathBuf;

use http::Uri;
use http::uri::Scheme;
use serde::{Deserialize, Deserializer};
use zpns_core::Secret;
use zpns_core::config::{ConfigError, inline_or_file};

/// A truth value, written as one or as a text that holds one (from `"${ENV_NAME}"`).
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Section {
///     #[serde(default, deserialize_with = "zpns_kit::config::flag")]
///     strict: bool,
/// }
/// let section: Section = serde_json::from_str(r#"{"strict": "true"}"#).unwrap();
/// assert!(section.strict);
/// ```
///
/// # Errors
/// Any other type or text.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "true or false")]
    enum Written {
        Flag(bool),
        Text(String),
    }
    match Written::deserialize(from)? {
        Written::Flag(flag) => Ok(flag),
        Written::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is not true or false"))),
    }
}

/// A whole https URL that secrets are sent to: at least over TLS, and without any of its own.
///
/// ```
/// assert!(zpns_kit::config::https_url("https://auth.example.com/token").is_ok());
/// assert!(zpns_kit::config::https_url("http://auth.example.com/token").is_err());
/// ```
///
/// # Errors
/// What is wrong with it, worded to follow the config key.
pub fn https_url(text: &str) -> Result<Uri, &'static str> {
    const WRONG: &str = "is not an https URL without credentials";
    let uri: Uri = text.parse().map_err(|_| WRONG)?;
    let authority = uri.authority();
    let plain = authority.is_some_and(|authority| !authority.as_str().contains('@'));
    if uri.scheme() == Some(&Scheme::HTTPS) && plain {
        Ok(uri)
    } else {
        Err(WRONG)
    }
}

/// Whether a text is made of ASCII letters, digits and these bytes only, and is not empty: an id
/// that becomes part of a path, out of which nothing may lead.
///
/// ```
/// assert!(zpns_kit::config::is_made_of("com.example_app", b"._"));
/// assert!(!zpns_kit::config::is_made_of("../v2", b"._"));
/// ```
#[must_use]
pub fn is_made_of(text: &str, beside: &[u8]) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || beside.contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

/// A secret that every request carries: not empty.
///
/// # Errors
/// It is empty or blank, by key.
pub fn filled<'a>(key: &str, secret: &'a Secret) -> Result<&'a str, ConfigError> {
    match secret.expose() {
        text if text.trim().is_empty() => Err(ConfigError::key(key, "is empty")),
        text => Ok(text),
    }
}

/// A key that stands in the config itself or in a file that it names, read by `read`; with the
/// name of the key of the config that it came from.
///
/// `read` words what is wrong to follow the config key, and quotes nothing of the secret.
///
/// # Errors
/// Neither or both are given, the file cannot be read, or `read` refuses it.
pub fn read_key<T, E: Display>(
    inline: (&'static str, Option<&Secret>),
    file: (&'static str, Option<&PathBuf>),
    read: impl FnOnce(&Secret) -> Result<T, E>,
) -> Result<(T, &'static str), ConfigError> {
    let key = match inline.1 {
        Some(_) => inline.0,
        None => file.0,
    };
    let secret = inline_or_file((inline.0, inline.1.cloned()), file)?;
    let read = read(&secret).map_err(|reason| ConfigError::key(key, reason.to_string()))?;
    Ok((read, key))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_truth_value_may_be_a_text() {
        let read = |json: &str| flag(&mut serde_json::Deserializer::from_str(json));
        let rows = [
            ("true", Some(true)),
            ("false", Some(false)),
            (r#"" true ""#, Some(true)),
            (r#""false""#, Some(false)),
            (r#""yes""#, None),
            ("1", None),
        ];
        for (json, wanted) in rows {
            assert_eq!(read(json).ok(), wanted, "{json}");
        }
    }

    #[test]
    fn a_url_for_secrets_is_https_without_a_password() {
        for wrong in [
            "",
            "auth",
            "http://x/y",
            "https://u:p@x/y",
            "//x/y",
            "/y",
            "ftp://x",
        ] {
            assert!(https_url(wrong).is_err(), "{wrong}");
        }
        let uri = https_url("https://127.0.0.1:8443/oauth2/v3/token").unwrap();
        assert_eq!(uri.path(), "/oauth2/v3/token");
    }

    #[test]
    fn nothing_leads_out_of_a_path() {
        for wrong in ["", "a/b", "..%2f", "a b", "a?b", "é"] {
            assert!(!is_made_of(wrong, b"-._"), "{wrong}");
        }
        assert!(is_made_of("a-1", b"-") && !is_made_of("a-1", b""));
    }

    #[test]
    fn a_key_names_where_it_came_from() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "from the file").unwrap();
        let path = file.path().to_path_buf();
        let text = |secret: &Secret| Ok::<_, String>(secret.expose().to_owned());
        let inline = Secret::new("inline");
        let given = read_key(("a_json", Some(&inline)), ("a_path", None), text);
        assert_eq!(given.unwrap(), ("inline".to_owned(), "a_json"));
        let read = read_key(("a_json", None), ("a_path", Some(&path)), text);
        assert_eq!(read.unwrap(), ("from the file".to_owned(), "a_path"));
        let refuse = |_: &Secret| Err::<(), _>("is no key");
        let error = read_key(("a_json", None), ("a_path", Some(&path)), refuse).unwrap_err();
        assert_eq!(error.to_string(), "`a_path` is no key");
        assert!(read_key(("a_json", None), ("a_path", None), text).is_err());
        let both = read_key(("a_json", Some(&inline)), ("a_path", Some(&path)), text);
        assert!(both.is_err());
    }

    #[test]
    fn a_blank_secret_is_named() {
        let error = filled("app_secret", &Secret::new(" ")).unwrap_err();
        assert_eq!(error.to_string(), "`app_secret` is empty");
        assert_eq!(filled("app_secret", &Secret::new("s")).unwrap(), "s");
    }
}
