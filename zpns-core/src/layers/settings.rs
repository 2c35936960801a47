//! How the layers' settings are read from a config file: numbers may be texts, from the
//! environment.

use std::time::Duration;

use serde::Deserializer;
use serde::de::Error;

pub(super) use crate::config::{number, optional_number};

/// A duration in whole milliseconds, not zero.
pub(super) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let millis: std::num::NonZeroU64 = number(from)?;
    Ok(Duration::from_millis(millis.get()))
}

/// [`millis`] for a value that may be absent.
pub(super) fn optional_millis<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    millis(from).map(Some)
}

/// A number from 0 on.
pub(super) fn fraction<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let fraction: f64 = number(from)?;
    if fraction.is_finite() && fraction >= 0.0 {
        Ok(fraction)
    } else {
        Err(D::Error::custom(format!(
            "{fraction} is not a number from 0 on"
        )))
    }
}

/// A number above 0.
pub(super) fn above_zero<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let number = fraction(from)?;
    if number > 0.0 {
        Ok(number)
    } else {
        Err(D::Error::custom(format!("{number} is not above 0")))
    }
}

/// A whole number from 1 on.
pub(super) fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number: std::num::NonZeroU32 = number(from)?;
    Ok(number.get())
}
