//! Bodies of `application/x-www-form-urlencoded`, read strictly.

use std::collections::HashSet;

use crate::call::Call;

/// The pairs of a form, in its order. No key comes twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

/// Why a body is no form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// `Content-Type` says something else, or another charset than UTF-8.
    ContentType(String),
    /// A `%` without two hexadecimal digits, or what is not UTF-8 once decoded.
    Encoding,
    /// A key that comes twice: which of the values would count?
    Repeated(String),
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ContentType(given) => write!(f, "the content type is `{given}`"),
            Self::Encoding => f.write_str("the form is not percent-encoded UTF-8"),
            Self::Repeated(key) => write!(f, "`{key}` comes twice"),
        }
    }
}

impl Form {
    /// The form that a request carries.
    pub(crate) fn read(call: &Call) -> Result<Self, Malformed> {
        let given = call.header("content-type").unwrap_or_default();
        if !is_form(given) {
            return Err(Malformed::ContentType(given.to_owned()));
        }
        let form = Self::parse(&call.body)?;
        let mut seen = HashSet::new();
        let twice = form.0.iter().find(|(key, _)| !seen.insert(key.as_str()));
        if let Some((key, _)) = twice {
            return Err(Malformed::Repeated(key.clone()));
        }
        Ok(form)
    }

    /// The pairs of a body, whatever they are.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let pairs = body.split(|byte| *byte == b'&');
        pairs
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let mut halves = pair.splitn(2, |byte| *byte == b'=');
                let mut half = || decoded(halves.next().unwrap_or_default());
                Ok((half()?, half()?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let mut pairs = self.pairs();
        pairs.find_map(|(known, value)| (known == key).then_some(value))
    }

    /// All pairs.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

fn is_form(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    media.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && parts.all(|part| part.eq_ignore_ascii_case("charset=utf-8"))
}

fn decoded(text: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let value = digit(high)
                    .zip(digit(low))
                    .map(|(high, low)| high * 16 + low);
                let value = value.and_then(|value| u8::try_from(value).ok());
                bytes.push(value.ok_or(Malformed::Encoding)?);
                rest = after;
            }
            (b'%', _) => return Err(Malformed::Encoding),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| Malformed::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_once() {
        let form = Form::parse(b"a=1+2%2B3&b=%25E4&%C3%BC=%e4%bd%a0&empty=&alone&x=y=z").unwrap();
        let pairs: Vec<_> = form.pairs().collect();
        let wanted = [
            ("a", "1 2+3"),
            ("b", "%E4"),
            ("ü", "你"),
            ("empty", ""),
            ("alone", ""),
            ("x", "y=z"),
        ];
        assert_eq!(pairs, wanted);
        assert_eq!(form.get("b"), Some("%E4"));
        assert_eq!(form.get("c"), None);
    }

    #[test]
    fn what_is_not_encoded_is_no_form() {
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "%=1"] {
            let result = Form::parse(body.as_bytes());
            assert_eq!(result, Err(Malformed::Encoding), "{body}");
        }
    }

    #[test]
    fn other_content_types_are_not_forms() {
        for (content_type, form) in [
            ("application/x-www-form-urlencoded", true),
            ("application/x-www-form-urlencoded;charset=UTF-8", true),
            ("Application/X-WWW-Form-Urlencoded; charset=utf-8", true),
            ("application/x-www-form-urlencoded; charset=gbk", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_form(content_type), form, "{content_type}");
        }
    }
}
