//! Huawei's answer, read as leniently as it is written: nothing in it is promised.

use http::StatusCode;
use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::{Listed, one_line, written};

/// Both spellings of the list.
const ILLEGAL: [&str; 2] = ["illegal_tokens", "illegalTokens"];

/// An answer in Huawei's own form.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    message: String,
    pub(crate) request_id: Option<String>,
}

impl Answer {
    /// None if the body is not Huawei's, which always has a code.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let body: Map<String, Value> = serde_json::from_slice(&response.body).ok()?;
        let code = written(body.get("code")?)?;
        let message = match body.get("msg") {
            Some(Value::String(text)) => text.clone(),
            // The document that should stand in a text, without the text.
            Some(Value::Object(object)) => Value::Object(object.clone()).to_string(),
            _ => String::new(),
        };
        let request_id = body.get("requestId").and_then(written);
        Some(Self {
            code,
            message,
            request_id,
        })
    }

    /// The tokens that were not sent to, if the sentence is a document that lists them.
    pub(crate) fn illegal(&self) -> Option<Illegal> {
        Illegal::read(&self.message)
    }

    /// The code with Huawei's sentence, unless that lists tokens: those are nobody's to see.
    pub(crate) fn vendor_code(&self, status: StatusCode) -> VendorCode {
        let code = VendorCode::new(self.code.as_str()).with_status(status.as_u16());
        let speaks = !self.message.trim().is_empty() && !self.message.trim_start().starts_with('{');
        match speaks {
            true => code.with_reason(one_line(&self.message)),
            false => code,
        }
    }
}

/// The document that stands in the sentence of a partial success.
#[derive(Debug, Default)]
pub(crate) struct Illegal {
    /// How many failed, as far as it says so.
    pub(crate) failure: Option<usize>,
    /// Each token that did, and why, as far as it says so.
    pub(crate) tokens: Listed<Option<String>>,
}

impl Illegal {
    fn read(text: &str) -> Option<Self> {
        let document: Map<String, Value> = serde_json::from_str(text).ok()?;
        let listed = ILLEGAL.iter().find_map(|key| document.get(*key))?;
        let failure = document.get("failure").and_then(written);
        let mut illegal = Self {
            failure: failure.and_then(|text| text.parse().ok()),
            ..Self::default()
        };
        match listed {
            Value::Object(reasons) => {
                for (reason, tokens) in reasons {
                    // A published sample has blanks around its reasons.
                    illegal.tokens.add(tokens, Some(reason.trim().to_owned()));
                }
            }
            tokens => illegal.tokens.add(tokens, None),
        }
        Some(illegal)
    }
}
