//! What a plugin's descriptor calls secret is taken out of everything that the plugin says.

use std::borrow::Cow;

use serde_json::Value;

/// Shorter texts are not looked for: they would be found in anything.
const SHORTEST: usize = 4;
const INSTEAD: &str = "[secret]";

/// The secrets in one instance's config.
#[derive(Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// The texts at these JSON pointers, and below them.
    pub(crate) fn of(config: &Value, pointers: &[String]) -> Self {
        let mut secrets = Vec::new();
        for pointer in pointers {
            if let Some(value) = config.pointer(pointer) {
                collect(value, &mut secrets);
            }
        }
        // Longest first, so that no part of one is left where another is its beginning.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// Whether the text holds one.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret))
    }

    /// The text without them.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut hidden = Cow::Borrowed(text);
        for secret in &self.0 {
            if hidden.contains(secret) {
                hidden = Cow::Owned(hidden.replace(secret, INSTEAD));
            }
        }
        hidden
    }
}

fn collect(value: &Value, to: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= SHORTEST => {
            to.push(text.clone());
            // As it stands in JSON, where that is another text (the lines of a PEM).
            let quoted = Value::String(text.clone()).to_string();
            let escaped = quoted.trim_matches('"');
            if escaped != text {
                to.push(escaped.to_owned());
            }
        }
        Value::Number(number) if number.to_string().len() >= SHORTEST => {
            to.push(number.to_string())
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, to)),
        Value::Object(values) => values.values().for_each(|value| collect(value, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_plain_and_escaped_wherever_they_stand() {
        let config = serde_json::json!({
            "key": "hunter2", "deep": {"pem": "line one\nline two", "pin": 123_456}, "open": "name",
        });
        let pointers = ["/key", "/deep", "/nowhere"].map(String::from);
        let secrets = Secrets::of(&config, &pointers);
        let said = r#"name: hunter2, "line one\nline two", 123456"#;
        assert!(secrets.is_in(said));
        assert_eq!(
            secrets.hide(said),
            r#"name: [secret], "[secret]", [secret]"#
        );
        assert_eq!(secrets.hide("name"), "name");
    }
}
