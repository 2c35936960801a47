//! Serde helpers for a config file whose values may come from the environment as text.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a whole number")]
enum TextOrNumber<N> {
    Number(N),
    Text(String),
}

/// An id that is a number at the vendor, written as a number or as a string.
///
/// # Errors
/// Any other type.
pub fn id_string<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match TextOrNumber::<i64>::deserialize(from)? {
        TextOrNumber::Number(number) => number.to_string(),
        TextOrNumber::Text(text) => text,
    })
}

/// [`id_string`] for a key that may be absent (use with `#[serde(default)]`).
///
/// # Errors
/// Any other type.
pub fn optional_id_string<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    id_string(from).map(Some)
}

/// A number, written as a number or as a string that holds one (from `"${ENV_NAME}"`).
///
/// # Errors
/// Any other type, or a string that does not hold such a number.
pub fn number<'de, D, N>(from: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + FromStr<Err: Display>,
{
    match TextOrNumber::<N>::deserialize(from)? {
        TextOrNumber::Number(number) => Ok(number),
        TextOrNumber::Text(text) => text
            .trim()
            .parse()
            .map_err(|error| D::Error::custom(format!("`{text}` is not such a number: {error}"))),
    }
}

/// [`number`] for a key that may be absent (use with `#[serde(default)]`).
///
/// # Errors
/// As [`number`].
pub fn optional_number<'de, D, N>(from: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + FromStr<Err: Display>,
{
    number(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Section {
        #[serde(deserialize_with = "id_string")]
        app_id: String,
        #[serde(default, deserialize_with = "optional_number")]
        timeout_ms: Option<u64>,
    }

    #[test]
    fn ids_and_numbers_may_be_written_either_way() {
        let plain: Section = serde_json::from_str(r#"{"app_id":10,"timeout_ms":5}"#).unwrap();
        let quoted: Section = serde_json::from_str(r#"{"app_id":"10","timeout_ms":"5"}"#).unwrap();
        assert_eq!(plain, quoted);
    }

    #[test]
    fn a_text_that_is_no_number_is_named() {
        let error = serde_json::from_str::<Section>(r#"{"app_id":1,"timeout_ms":"soon"}"#);
        assert!(error.unwrap_err().to_string().contains("`soon`"));
    }
}
