//! vivo's answer, read as leniently as it is written: nothing in it is promised.

use std::collections::HashMap;

use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::{one_line, written};

/// The member of a single push, and that of a list; either may be an object or an array.
const INVALID: [&str; 2] = ["invalidUser", "invalidUsers"];

/// An answer in vivo's own form.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    fields: Map<String, Value>,
}

/// The targets that were not sent to, each with its status as far as there is one.
pub(crate) type Invalid = HashMap<String, Option<i64>>;

impl Answer {
    /// None if the body is not vivo's, which always has a result: a number, or one in a text.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(&response.body).ok()?;
        let code = said(fields.get("result"))?;
        Some(Self { code, fields })
    }

    pub(crate) fn is_good(&self) -> bool {
        self.code == super::table::SUCCESS
    }

    /// vivo's id of what it took.
    pub(crate) fn task_id(&self) -> Option<String> {
        said(self.fields.get("taskId"))
    }

    /// The token of an exchange.
    pub(crate) fn auth_token(&self) -> Option<&str> {
        let token = self.fields.get("authToken")?.as_str()?.trim();
        (!token.is_empty()).then_some(token)
    }

    /// The targets that were not sent to; none if there is a list that cannot be read, so that
    /// nobody knows who is on it.
    pub(crate) fn invalid(&self) -> Option<Invalid> {
        let mut invalid = Invalid::new();
        for list in INVALID.iter().filter_map(|key| self.fields.get(*key)) {
            let entries = match list {
                Value::Null => continue,
                Value::String(text) if text.trim().is_empty() => continue,
                // An object without members is what some serialisers make of nothing.
                Value::Object(entry) if entry.is_empty() => continue,
                Value::Array(entries) => entries.as_slice(),
                entry => std::slice::from_ref(entry),
            };
            for entry in entries {
                let user = entry.get("userid").or_else(|| entry.get("userId"));
                let user = user.and_then(Value::as_str)?;
                let status = said(entry.get("status")).and_then(|text| text.parse().ok());
                invalid.insert(user.trim().to_owned(), status);
            }
        }
        Some(invalid)
    }

    /// The code, with vivo's sentence, in which no target is to be seen.
    pub(crate) fn vendor_code(&self, response: &HttpResponse, targets: &[&str]) -> VendorCode {
        let code = VendorCode::new(self.code.as_str()).with_status(response.status.as_u16());
        let Some(sentence) = said(self.fields.get("desc")) else {
            return code;
        };
        let named = targets.iter().filter(|target| sentence.contains(**target));
        let sentence = named.fold(sentence.clone(), |text, target| text.replace(target, "…"));
        code.with_reason(one_line(&sentence))
    }
}

fn said(value: Option<&Value>) -> Option<String> {
    value.and_then(written)
}
