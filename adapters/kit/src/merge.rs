//! The raw merge.

use serde_json::Value;

/// Merges `patch` into `document` (RFC 7396): an object merges, `null` removes, all else replaces.
///
/// ```
/// use serde_json::json;
///
/// let mut body = json!({"aps": {"badge": 1, "sound": "default"}});
/// zpns_kit::merge_patch(&mut body, &json!({"aps": {"badge": null, "url-args": ["a"]}}));
/// assert_eq!(body, json!({"aps": {"sound": "default", "url-args": ["a"]}}));
/// ```
pub fn merge_patch(document: &mut Value, patch: &Value) {
    json_patch::merge(document, patch);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7396, appendix A: original, patch, result.
    const TABLE: [(&str, &str, &str); 15] = [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":"d","c":null}}"#,
            r#"{"a":{"b":"d"}}"#,
        ),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#"null"#, r#"null"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        (
            r#"{}"#,
            r#"{"a":{"bb":{"ccc":null}}}"#,
            r#"{"a":{"bb":{}}}"#,
        ),
    ];

    #[test]
    fn every_example_of_the_rfc_holds() {
        for (original, patch, result) in TABLE {
            let mut document: Value = serde_json::from_str(original).unwrap();
            merge_patch(&mut document, &serde_json::from_str(patch).unwrap());
            let wanted: Value = serde_json::from_str(result).unwrap();
            assert_eq!(document, wanted, "{original} with {patch}");
        }
    }
}
