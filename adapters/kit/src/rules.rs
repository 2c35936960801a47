//! Limits of single fields, checked before anything is sent.
//!
//! Every refusal is a [`MessageInvalid`](ErrorKind::MessageInvalid) that names the field.

use std::fmt::Display;
use std::ops::RangeInclusive;

use zpns_core::{ErrorKind, Rejection};

/// What a check comes to.
pub type Checked = Result<(), Rejection>;

/// A refusal of one field.
///
/// ```
/// let refusal = zpns_kit::rules::invalid("badge", "is too high");
/// assert_eq!(refusal.reason, "badge: is too high");
/// ```
pub fn invalid(field: impl Display, why: impl Display) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("{field}: {why}"))
}

/// What cannot be written down. Nothing in our types can; should it ever happen, the push is
/// refused and not lost.
pub fn unwritable(why: impl Display) -> Rejection {
    let reason = format!("the message cannot be written: {why}");
    Rejection::new(ErrorKind::MessageInvalid, reason)
}

/// A number within its range.
///
/// # Errors
/// It is not.
pub fn within(
    field: impl Display,
    number: Option<impl Into<i64>>,
    range: RangeInclusive<i64>,
) -> Checked {
    match number.map(Into::into) {
        Some(number) if !range.contains(&number) => {
            let (least, most) = (range.start(), range.end());
            let why = format!("is {number}, {least} to {most} are allowed");
            Err(invalid(field, why))
        }
        _ => Ok(()),
    }
}

/// A number that is one of a few.
///
/// # Errors
/// It is none of them.
pub fn one_of(field: impl Display, number: Option<i64>, allowed: &[i64]) -> Checked {
    match number {
        Some(number) if !allowed.contains(&number) => {
            let allowed: Vec<String> = allowed.iter().map(i64::to_string).collect();
            Err(invalid(
                field,
                format!("is {number}, not one of {}", allowed.join(", ")),
            ))
        }
        _ => Ok(()),
    }
}

/// A text of so many characters at the most.
///
/// # Errors
/// It has more.
pub fn chars(field: impl Display, text: Option<&str>, most: usize) -> Checked {
    let length = text.map_or(0, |text| text.chars().count());
    if length > most {
        let why = format!("has {length} characters, {most} are allowed");
        return Err(invalid(field, why));
    }
    Ok(())
}

/// A text of so many bytes at the most.
///
/// # Errors
/// It has more.
pub fn bytes(field: impl Display, text: Option<&str>, most: usize) -> Checked {
    let length = text.map_or(0, str::len);
    if length > most {
        return Err(invalid(
            field,
            format!("has {length} bytes, {most} are allowed"),
        ));
    }
    Ok(())
}

/// So many entries at the most.
///
/// # Errors
/// There are more.
pub fn entries(field: impl Display, count: usize, most: usize) -> Checked {
    if count > most {
        return Err(invalid(
            field,
            format!("has {count} entries, {most} are allowed"),
        ));
    }
    Ok(())
}

/// Every line of so many characters at the most.
///
/// # Errors
/// One has more, or there are more of them.
pub fn lines(
    field: impl Display,
    lines: Option<&[String]>,
    count: usize,
    length: usize,
) -> Checked {
    let mut lines = lines.unwrap_or_default().iter();
    entries(&field, lines.len(), count)?;
    lines.try_for_each(|line| chars(&field, Some(line), length))
}

/// An https address, without blanks.
///
/// # Errors
/// It is another one.
pub fn https(field: impl Display, address: Option<&str>) -> Checked {
    let is_https = |address: &str| {
        let scheme = address.get(..8);
        let blank = |letter: char| letter.is_whitespace() || letter.is_control();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
            && !address.contains(blank)
    };
    match address.is_none_or(is_https) {
        true => Ok(()),
        false => Err(invalid(field, "is not an https address")),
    }
}

/// What has to be there.
///
/// # Errors
/// It is not there.
pub fn needed(field: impl Display, given: bool) -> Checked {
    if given {
        Ok(())
    } else {
        Err(invalid(field, "is missing"))
    }
}

/// A JSON object, as a text.
///
/// # Errors
/// It is none.
pub fn json_object(field: impl Display, text: &str) -> Checked {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    object
        .map(drop)
        .map_err(|_| invalid(field, "is not a JSON object in a text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why a field called `f` is refused; nothing if it is not.
    fn why(checked: Checked) -> String {
        match checked {
            Ok(()) => String::new(),
            Err(rejection) => {
                assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
                rejection.reason.into_owned()
            }
        }
    }

    #[test]
    fn a_number_is_held_to_its_range_and_to_its_list() {
        assert_eq!(why(within("f", None::<i64>, 0..=1)), "");
        assert_eq!(why(within("f", Some(1), 0..=1)), "");
        assert_eq!(
            why(within("f", Some(2), 0..=1)),
            "f: is 2, 0 to 1 are allowed"
        );
        assert_eq!(
            why(within("f", Some(-1), 0..=1)),
            "f: is -1, 0 to 1 are allowed"
        );
        assert_eq!(why(one_of("f", Some(3), &[1, 3])), "");
        assert_eq!(
            why(one_of("f", Some(2), &[1, 3])),
            "f: is 2, not one of 1, 3"
        );
    }

    #[test]
    fn texts_are_counted_in_characters_or_in_bytes() {
        assert_eq!(why(chars("f", Some("éé"), 2)), "");
        assert_eq!(
            why(chars("f", Some("éé"), 1)),
            "f: has 2 characters, 1 are allowed"
        );
        assert_eq!(why(bytes("f", Some("éé"), 4)), "");
        assert_eq!(
            why(bytes("f", Some("éé"), 3)),
            "f: has 4 bytes, 3 are allowed"
        );
        assert_eq!(why(chars("f", None, 0)) + &why(bytes("f", None, 0)), "");
    }

    #[test]
    fn lists_are_counted_and_so_are_their_lines() {
        let two = ["ab".to_owned(), "abc".to_owned()];
        assert_eq!(why(lines("f", Some(&two), 2, 3)), "");
        assert_eq!(
            why(lines("f", Some(&two), 1, 3)),
            "f: has 2 entries, 1 are allowed"
        );
        assert_eq!(
            why(lines("f", Some(&two), 2, 2)),
            "f: has 3 characters, 2 are allowed"
        );
        assert_eq!(why(lines("f", None, 0, 0)), "");
    }

    #[test]
    fn an_address_is_https_in_any_case_and_without_blanks() {
        for good in ["https://a", "HTTPS://a/b?c"] {
            assert_eq!(why(https("f", Some(good))), "", "{good}");
        }
        for wrong in ["", "http://a", "https:/a", "https://a b", "https://a\n"] {
            assert_eq!(why(https("f", Some(wrong))), "f: is not an https address");
        }
        assert_eq!(why(https("f", None)), "");
    }

    #[test]
    fn what_is_needed_is_missed_and_an_object_is_one() {
        assert_eq!(why(needed("f", true)), "");
        assert_eq!(why(needed("f", false)), "f: is missing");
        assert_eq!(why(json_object("f", r#"{"a":1}"#)), "");
        let none = "f: is not a JSON object in a text";
        assert_eq!(why(json_object("f", "[1]")), none);
        assert_eq!(why(json_object("f", "{")), none);
    }
}
