//! Walking a JSON value along a proto3 schema, the way Google's JSON parser does: both spellings
//! of a name, `null` for absent, an unknown name is an error.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::{GoogleError, bad_field};
use super::scalar;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bool,
    Int32,
    /// A float from 0 to 1.
    Unit,
    /// `"3.5s"`.
    Duration,
    /// RFC 3339.
    Timestamp,
    /// One of these, or its number. In any case of letters if the flag says so.
    Enum(&'static [&'static str], bool),
    TextMap,
    List(&'static Kind),
    Object(Schema),
    /// Any JSON object.
    Struct,
}

/// Field names in snake case, and what they hold.
pub(super) type Schema = &'static [(&'static str, Kind)];

/// The object with all names in snake case and nulls left out. `path` is where it stands.
pub(super) fn object(
    value: &Value,
    schema: Schema,
    path: &str,
) -> Result<Map<String, Value>, GoogleError> {
    let object = value
        .as_object()
        .ok_or_else(|| invalid(path, "object", value))?;
    let mut clean = Map::new();
    for (name, value) in object {
        let snake = snake(name);
        let (known, kind) = schema
            .iter()
            .find(|(known, _)| *known == snake)
            .ok_or_else(|| unknown(path, name))?;
        if value.is_null() {
            continue;
        }
        let path = join(path, known);
        let value = field(value, *kind, &path)?;
        if clean.insert((*known).to_owned(), value).is_some() {
            return Err(bad_field(
                &path,
                format!("Invalid value at '{path}', set twice."),
            ));
        }
    }
    Ok(clean)
}

fn field(value: &Value, kind: Kind, path: &str) -> Result<Value, GoogleError> {
    let ok = match kind {
        Kind::Text => value.is_string(),
        Kind::Bool => value.is_boolean(),
        Kind::Int32 => scalar::int32(value),
        Kind::Unit => value
            .as_f64()
            .is_some_and(|number| (0.0..=1.0).contains(&number)),
        Kind::Duration => value.as_str().and_then(scalar::duration).is_some(),
        Kind::Timestamp => value.as_str().is_some_and(scalar::is_timestamp),
        Kind::Enum(names, any_case) => match value {
            Value::String(text) => names
                .iter()
                .any(|name| name == text || any_case && name.eq_ignore_ascii_case(text)),
            number => number
                .as_u64()
                .is_some_and(|number| number < names.len() as u64),
        },
        Kind::TextMap => {
            let object = value
                .as_object()
                .ok_or_else(|| invalid(path, "map", value))?;
            if let Some((name, value)) = object.iter().find(|(_, value)| !value.is_string()) {
                return Err(invalid(&format!("{path}[{name}]"), "TYPE_STRING", value));
            }
            true
        }
        Kind::Struct => value.is_object(),
        Kind::List(kind) => {
            let items = value
                .as_array()
                .ok_or_else(|| invalid(path, "list", value))?;
            let items = items
                .iter()
                .enumerate()
                .map(|(index, item)| field(item, *kind, &format!("{path}[{index}]")));
            return items.collect::<Result<Vec<_>, _>>().map(Value::Array);
        }
        Kind::Object(schema) => return object(value, schema, path).map(Value::Object),
    };
    if ok {
        Ok(value.clone())
    } else {
        Err(invalid(path, type_name(kind), value))
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TYPE_STRING",
        Kind::Bool => "TYPE_BOOL",
        Kind::Int32 => "TYPE_INT32",
        Kind::Unit => "TYPE_FLOAT",
        Kind::Duration => "type.googleapis.com/google.protobuf.Duration",
        Kind::Timestamp => "type.googleapis.com/google.protobuf.Timestamp",
        Kind::Enum(..) => "TYPE_ENUM",
        Kind::Struct => "type.googleapis.com/google.protobuf.Struct",
        Kind::TextMap | Kind::List(_) | Kind::Object(_) => "TYPE_MESSAGE",
    }
}

fn invalid(path: &str, kind: &str, value: &Value) -> GoogleError {
    bad_field(path, format!("Invalid value at '{path}' ({kind}), {value}"))
}

fn unknown(path: &str, name: &str) -> GoogleError {
    let place = if path.is_empty() {
        String::new()
    } else {
        format!(" at '{path}'")
    };
    let message = format!(
        "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
    );
    bad_field(path, message)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// `restrictedPackageName` as `restricted_package_name`. A mixture of the two stays as it is.
fn snake(name: &str) -> Cow<'_, str> {
    if name.contains('_') || !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    Cow::Owned(snake)
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_have_two_spellings() {
        assert_eq!(snake("restrictedPackageName"), "restricted_package_name");
        assert_eq!(snake("restricted_package_name"), "restricted_package_name");
        assert_eq!(snake("androidV2"), "android_v2");
        assert_eq!(snake("direct_bootOk"), "direct_bootOk");
        assert_eq!(snake("Token"), "_token");
    }
}
