//! Limits of single fields, checked before anything is sent.

use std::ops::RangeInclusive;

use zpns_core::{ErrorKind, Rejection};

/// What a check comes to.
pub(super) type Checked = Result<(), Rejection>;

/// A refusal of one field.
pub(crate) fn invalid(field: impl std::fmt::Display, why: impl std::fmt::Display) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("{field}: {why}"))
}

/// A number within its range.
pub(super) fn within(
    field: &str,
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
pub(super) fn one_of(field: &str, number: Option<i64>, allowed: &[i64]) -> Checked {
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
pub(super) fn chars(field: &str, text: Option<&String>, most: usize) -> Checked {
    let length = text.map_or(0, |text| text.chars().count());
    if length > most {
        let why = format!("has {length} characters, {most} are allowed");
        return Err(invalid(field, why));
    }
    Ok(())
}

/// A text of so many bytes at the most.
pub(super) fn bytes(field: &str, text: Option<&String>, most: usize) -> Checked {
    let length = text.map_or(0, String::len);
    if length > most {
        return Err(invalid(
            field,
            format!("has {length} bytes, {most} are allowed"),
        ));
    }
    Ok(())
}

/// So many entries at the most.
pub(super) fn entries(field: &str, count: usize, most: usize) -> Checked {
    if count > most {
        return Err(invalid(
            field,
            format!("has {count} entries, {most} are allowed"),
        ));
    }
    Ok(())
}

/// Every line of so many characters at the most.
pub(super) fn lines(
    field: &str,
    lines: Option<&Vec<String>>,
    count: usize,
    length: usize,
) -> Checked {
    let lines = lines.map(Vec::as_slice).unwrap_or_default();
    entries(field, lines.len(), count)?;
    lines
        .iter()
        .try_for_each(|line| chars(field, Some(line), length))
}

/// An https address.
pub(super) fn https(field: &str, address: Option<&str>) -> Checked {
    match address {
        Some(address) if !address.starts_with("https://") => {
            Err(invalid(field, "is not an https address"))
        }
        _ => Ok(()),
    }
}

/// What has to be there.
pub(super) fn needed(field: &str, given: bool) -> Checked {
    if given {
        Ok(())
    } else {
        Err(invalid(field, "is missing"))
    }
}

/// A JSON object, as a text.
pub(super) fn json_object(field: &str, text: &str) -> Checked {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    object
        .map(drop)
        .map_err(|_| invalid(field, "is not a JSON object in a text"))
}
