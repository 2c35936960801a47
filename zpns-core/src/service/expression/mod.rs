//! Which devices a message is for, as an expression over tags and attributes.

mod lexer;
mod parser;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::parser::ExpressionError;
use super::{AttributeValue, Device};
use crate::provider::Environment;

/// Tags and attributes, combined.
///
/// * `vip`: the device has the tag. A tag that is not of letters, digits and `_ - . : / @` alone
///   is written in quotes: `"new york"`.
/// * `age >= 30`, `city == Bern`, `city != "New York"`, `beta == true`: the device has the
///   attribute and its value compares so. A device without the attribute, or with a value of
///   another type, matches no comparison, not even `!=`.
/// * `$platform == ios`: of the device itself there are `$platform`, `$environment`, `$locale`
///   and `$provider` (of any of its channels), which compare as text.
/// * `!a`, `a && b`, `a || b`, parentheses; `!` binds closest, `||` loosest.
///
/// ```
/// use zpns_core::service::Expression;
///
/// let expression: Expression = "vip && !cn && ($platform == ios || age >= 30)".parse().unwrap();
/// assert_eq!(expression.to_string(), "vip && !cn && ($platform == ios || age >= 30)");
///
/// let error = "vip && ".parse::<Expression>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "at character 8: expected a tag, an attribute, `!` or `(`, found the end"
/// );
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Expression {
    /// The device has this tag.
    Tag(String),
    /// Its attribute compares so.
    Attribute(String, Comparison, AttributeValue),
    /// It compares so itself.
    Property(Property, Comparison, String),
    /// Not so.
    Not(Box<Expression>),
    /// Each of them.
    All(Vec<Expression>),
    /// One of them at least.
    Any(Vec<Expression>),
}

/// How two values compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Every comparison, in the order of declaration.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    /// The sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// Whether values can compare so that have no order.
    const fn needs_no_order(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// What a device is, beside its tags and attributes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Property {
    /// What it runs: `android`, `ios`, `harmony`, `web`, `other`.
    Platform,
    /// Whether its app is from the store: `production`, `sandbox`.
    Environment,
    /// Its language.
    Locale,
    /// The provider of any of its channels.
    Provider,
}

impl Property {
    /// Every property, in the order of declaration.
    pub const ALL: [Self; 4] = [
        Self::Platform,
        Self::Environment,
        Self::Locale,
        Self::Provider,
    ];

    /// The name in an expression, with the `$`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "$platform",
            Self::Environment => "$environment",
            Self::Locale => "$locale",
            Self::Provider => "$provider",
        }
    }

    fn compares(self, device: &Device, comparison: Comparison, value: &str) -> bool {
        let holds = |text: &str| comparison.holds(text.cmp(value));
        match self {
            Self::Platform => holds(device.platform.as_str()),
            Self::Environment => holds(match device.environment {
                Environment::Production => "production",
                Environment::Sandbox => "sandbox",
            }),
            Self::Locale => device.locale.as_deref().is_some_and(holds),
            Self::Provider => {
                let mut channels = device.channels.iter();
                channels.any(|channel| holds(channel.provider.as_str()))
            }
        }
    }
}

impl Expression {
    /// Whether a device is meant.
    ///
    /// ```
    /// use zpns_core::Timestamp;
    /// use zpns_core::service::{Device, Expression, PushId};
    ///
    /// let mut device = Device::new(PushId::new(), Timestamp::default());
    /// device.tags.insert("vip".into());
    /// device.attributes.insert("age".into(), 30.0.into());
    /// assert!("vip && age >= 30".parse::<Expression>().unwrap().matches(&device));
    /// assert!(!"vip && city != Bern".parse::<Expression>().unwrap().matches(&device));
    /// ```
    pub fn matches(&self, device: &Device) -> bool {
        match self {
            Self::Tag(tag) => device.tags.contains(tag),
            Self::Attribute(name, comparison, value) => {
                let own = device.attributes.get(name);
                own.is_some_and(|own| compares(own, *comparison, value))
            }
            Self::Property(property, comparison, value) => {
                property.compares(device, *comparison, value)
            }
            Self::Not(inner) => !inner.matches(device),
            Self::All(parts) => parts.iter().all(|part| part.matches(device)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(device)),
        }
    }
}

fn compares(own: &AttributeValue, comparison: Comparison, value: &AttributeValue) -> bool {
    let ordering = match (own, value) {
        (AttributeValue::Number(a), AttributeValue::Number(b)) => a.partial_cmp(b),
        (AttributeValue::Text(a), AttributeValue::Text(b)) => Some(a.cmp(b)),
        (AttributeValue::Bool(a), AttributeValue::Bool(b)) if comparison.needs_no_order() => {
            Some(a.cmp(b))
        }
        _ => None,
    };
    ordering.is_some_and(|ordering| comparison.holds(ordering))
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parser::parse(text)
    }
}

impl TryFrom<String> for Expression {
    type Error = ExpressionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.to_string()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(&lexer::written(tag)),
            Self::Attribute(name, comparison, value) => {
                let sign = comparison.as_str();
                write!(f, "{} {sign} ", lexer::written(name))?;
                match value {
                    AttributeValue::Bool(value) => write!(f, "{value}"),
                    AttributeValue::Number(value) => write!(f, "{value}"),
                    AttributeValue::Text(value) => f.write_str(&lexer::written_value(value)),
                }
            }
            Self::Property(property, comparison, value) => {
                let (name, sign) = (property.as_str(), comparison.as_str());
                write!(f, "{name} {sign} {}", lexer::written_value(value))
            }
            Self::Not(inner) if inner.is_atom() => write!(f, "!{inner}"),
            Self::Not(inner) => write!(f, "!({inner})"),
            Self::All(parts) => joined(f, parts, " && "),
            Self::Any(parts) => joined(f, parts, " || "),
        }
    }
}

impl Expression {
    /// Whether `!` in front of it takes all of it.
    fn is_atom(&self) -> bool {
        matches!(self, Self::Tag(_) | Self::Not(_))
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], sign: &str) -> fmt::Result {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            f.write_str(sign)?;
        }
        if matches!(part, Expression::All(_) | Expression::Any(_)) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
