//! Walking a JSON value along a schema. An unknown name, a wrong type or a limit that is passed is
//! an error; null is not absence.

use serde_json::{Map, Value};

use super::answer::{HuaweiError, error, illegal};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// So many characters at the most.
    Short(usize),
    /// An https address.
    Https,
    Bool,
    /// A whole number from here to there.
    Int(i64, i64),
    /// As `Int`, with a code of its own.
    Coded(i64, i64, &'static str),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// A number from 0 to 1.
    Unit,
    /// One of these words.
    Word(&'static [&'static str]),
    /// What a function of the text accepts.
    Form(fn(&str) -> bool),
    /// So many entries at the most.
    List(&'static Kind, usize),
    /// Any key, values of one kind, so many of them at the most.
    Table(&'static Kind, usize),
    Object(Schema),
    /// Any JSON object.
    Struct,
}

/// Field names, and what they hold.
pub(crate) type Schema = &'static [(&'static str, Kind)];

/// An object of this schema. `path` is where it stands.
pub(crate) fn object<'a>(
    value: &'a Value,
    schema: Schema,
    path: &str,
) -> Result<&'a Map<String, Value>, HuaweiError> {
    let object = value
        .as_object()
        .ok_or_else(|| illegal(path, "is not an object"))?;
    for (name, value) in object {
        let row = schema.iter().find(|(known, _)| known == name);
        let (_, kind) = row.ok_or_else(|| illegal(path, format!("has no field {name}")))?;
        field(value, *kind, &format!("{path}.{name}"))?;
    }
    Ok(object)
}

fn field(value: &Value, kind: Kind, path: &str) -> Result<(), HuaweiError> {
    let text = value.as_str();
    let ok = match kind {
        Kind::Text => text.is_some(),
        Kind::Short(most) => text.is_some_and(|text| text.chars().count() <= most),
        Kind::Https => text.is_some_and(|text| text.starts_with("https://")),
        Kind::Bool => value.is_boolean(),
        Kind::Int(least, most) => is_within(value, least, most),
        Kind::Coded(least, most, code) => {
            if !is_within(value, least, most) {
                return Err(error(code, format!("{path} is {value}")));
            }
            true
        }
        Kind::OneOf(numbers) => value
            .as_i64()
            .is_some_and(|number| numbers.contains(&number)),
        Kind::Unit => value
            .as_f64()
            .is_some_and(|number| (0.0..=1.0).contains(&number)),
        Kind::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Kind::Form(accepts) => text.is_some_and(accepts),
        Kind::Struct => value.is_object(),
        Kind::List(kind, most) => {
            let items = value.as_array();
            let items = items.ok_or_else(|| illegal(path, "is not a list"))?;
            for item in items {
                field(item, *kind, path)?;
            }
            items.len() <= most
        }
        Kind::Table(kind, most) => {
            let entries = value.as_object();
            let entries = entries.ok_or_else(|| illegal(path, "is not an object"))?;
            for (key, item) in entries {
                field(item, *kind, &format!("{path}.{key}"))?;
            }
            entries.len() <= most
        }
        Kind::Object(schema) => return object(value, schema, path).map(drop),
    };
    match ok {
        true => Ok(()),
        false => Err(illegal(path, format!("is illegal: {value}"))),
    }
}

fn is_within(value: &Value, least: i64, most: i64) -> bool {
    value
        .as_i64()
        .is_some_and(|number| (least..=most).contains(&number))
}

/// What has to be there.
pub(crate) fn need(object: &Map<String, Value>, name: &str, path: &str) -> Result<(), HuaweiError> {
    match object.contains_key(name) {
        true => Ok(()),
        false => Err(illegal(path, format!("needs {name}"))),
    }
}
