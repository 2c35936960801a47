//! Meizu's answer, which changes its form with what it says.

use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::{Listed, one_line, written};

const GOOD: &str = "200";

/// An answer in Meizu's own form.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    fields: Map<String, Value>,
}

impl Answer {
    /// None if the body is not Meizu's, which always has a code: a text, or a number.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(&response.body) else {
            return None;
        };
        let code = written(fields.get("code")?)?;
        Some(Self { code, fields })
    }

    /// Whether Meizu says that all went well, but for the targets in `value`.
    pub(crate) fn is_good(&self) -> bool {
        self.code == GOOD
    }

    /// The message's id, in receipts and in the console.
    pub(crate) fn id(&self) -> Option<String> {
        written(self.fields.get("msgId")?)
    }

    /// The targets that were not sent to, each with its code; nobody, if `value` says nothing. None
    /// if it says something else than that: nobody knows then who is among them.
    pub(crate) fn refused(&self) -> Option<Listed<String>> {
        let mut listed = Listed::default();
        match self.fields.get("value") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.trim().is_empty() => {}
            Some(Value::Object(codes)) => {
                for (code, targets) in codes {
                    match targets {
                        Value::Array(texts) if texts.iter().all(Value::is_string) => {
                            listed.add(targets, code.clone());
                        }
                        Value::String(texts) => listed.add_text(texts, code.clone()),
                        _ => return None,
                    }
                }
            }
            Some(_) => return None,
        }
        Some(listed)
    }

    /// The code, with Meizu's sentence.
    pub(crate) fn vendor_code(&self, response: &HttpResponse) -> VendorCode {
        let code = VendorCode::new(self.code.as_str()).with_status(response.status.as_u16());
        match self.sentence() {
            Some(sentence) => code.with_reason(sentence),
            None => code,
        }
    }

    /// `message`, with the address that Meizu names instead of its own.
    fn sentence(&self) -> Option<String> {
        let said = |name| self.fields.get(name).and_then(written);
        let message = said("message");
        let elsewhere = said("redirect").map(|address| format!("redirect to {address}"));
        let both: Vec<String> = [message, elsewhere].into_iter().flatten().collect();
        (!both.is_empty()).then(|| one_line(&both.join("; ")))
    }
}
