//! Values that come from the environment: `"${NAME}"`.

use std::path::Path;

use toml::Value;

use super::FileError;

/// Replaces every value that is exactly `${NAME}` by the variable of that name.
pub(super) fn expand(root: &mut toml::Table, file: &Path) -> Result<(), FileError> {
    for (key, value) in root.iter_mut() {
        expand_value(value, key, file)?;
    }
    Ok(())
}

fn expand_value(value: &mut Value, place: &str, file: &Path) -> Result<(), FileError> {
    match value {
        Value::String(text) => {
            if let Some(name) = variable(text) {
                *text = std::env::var(name).map_err(|_| {
                    let message = format!(
                        "{}: the environment variable `{name}` is not set, or not text",
                        written(place)
                    );
                    FileError::new(file, message)
                })?;
            }
            Ok(())
        }
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|value| expand_value(value, place, file)),
        Value::Table(table) => table
            .iter_mut()
            .try_for_each(|(key, value)| expand_value(value, &format!("{place}.{key}"), file)),
        _ => Ok(()),
    }
}

/// `providers.ios.topic` as an error names it: ``[providers.ios]: `topic` ``.
fn written(place: &str) -> String {
    place.rsplit_once('.').map_or_else(
        || format!("`{place}`"),
        |(table, key)| format!("[{table}]: `{key}`"),
    )
}

fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let legal = |character: char| character.is_ascii_alphanumeric() || character == '_';
    (!name.is_empty() && name.chars().all(legal)).then_some(name)
}
