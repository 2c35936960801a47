//! Walking a JSON value along a schema. An unknown name, a wrong type or a limit that is passed is
//! an error; null is not absence.

use serde_json::{Map, Value};

use super::answer::{HonorError, illegal};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A text that is not blank.
    Filled,
    /// A text that is not blank, of so many characters at the most.
    Short(usize),
    /// An https address.
    Https,
    /// A whole number from here to there.
    Int(i64, i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// What a function of the text accepts.
    Form(fn(&str) -> bool),
    /// So many entries at the most.
    List(&'static Kind, usize),
    Object(Schema),
}

/// Field names, and what they hold.
pub(super) type Schema = &'static [(&'static str, Kind)];

/// An object of this schema. `path` is where it stands.
pub(super) fn object<'a>(
    value: &'a Value,
    schema: Schema,
    path: &str,
) -> Result<&'a Map<String, Value>, HonorError> {
    let object = value.as_object();
    let object = object.ok_or_else(|| illegal(path, "is not an object"))?;
    for (name, value) in object {
        let row = schema.iter().find(|(known, _)| known == name);
        let (_, kind) = row.ok_or_else(|| illegal(path, format!("has no field {name}")))?;
        field(value, *kind, &format!("{path}.{name}"))?;
    }
    Ok(object)
}

fn field(value: &Value, kind: Kind, path: &str) -> Result<(), HonorError> {
    let text = value.as_str();
    let filled = text.filter(|text| !text.trim().is_empty());
    let number = value.as_i64();
    let ok = match kind {
        Kind::Text => text.is_some(),
        Kind::Filled => filled.is_some(),
        Kind::Short(most) => filled.is_some_and(|text| text.chars().count() <= most),
        Kind::Https => text.is_some_and(is_https),
        Kind::Int(least, most) => number.is_some_and(|number| (least..=most).contains(&number)),
        Kind::OneOf(numbers) => number.is_some_and(|number| numbers.contains(&number)),
        Kind::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Kind::Form(accepts) => text.is_some_and(accepts),
        Kind::List(kind, most) => {
            let items = value.as_array();
            let items = items.ok_or_else(|| illegal(path, "is not a list"))?;
            items.iter().try_for_each(|item| field(item, *kind, path))?;
            items.len() <= most
        }
        Kind::Object(schema) => return object(value, schema, path).map(drop),
    };
    match ok {
        true => Ok(()),
        false => Err(illegal(path, format!("is illegal: {value}"))),
    }
}

/// An https address with a host.
pub(super) fn is_https(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

/// What has to be there.
pub(super) fn need(object: &Map<String, Value>, name: &str, path: &str) -> Result<(), HonorError> {
    match object.contains_key(name) {
        true => Ok(()),
        false => Err(illegal(path, format!("needs {name}"))),
    }
}
