//! Xiaomi's answer, read as leniently as it is written: nothing in it is promised.

use std::collections::HashSet;

use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;

/// Characters of Xiaomi's sentence that are kept.
const SENTENCE_LENGTH: usize = 300;
/// Of the two spellings, one client in five reads the second.
const BAD_TARGETS: [&str; 2] = ["bad_regids", "bad_regIds"];

/// An answer in Xiaomi's own form.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    fields: Map<String, Value>,
}

impl Answer {
    /// None if the body is not Xiaomi's, which always has a code.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(&response.body) else {
            return None;
        };
        let code = said(fields.get("code"))?;
        Some(Self { code, fields })
    }

    /// Whether Xiaomi says that all went well.
    pub(crate) fn is_good(&self) -> bool {
        self.code == "0"
    }

    /// The message's id; the trace's where there is none, as the SDK has it.
    pub(crate) fn id(&self) -> Option<String> {
        said(self.data("id")).or_else(|| said(self.fields.get("trace_id")))
    }

    /// The targets that were not sent to.
    pub(crate) fn bad_targets(&self) -> HashSet<&str> {
        let lists = BAD_TARGETS.iter().filter_map(|key| self.data(key));
        let texts = lists.flat_map(|list| match list {
            Value::Array(members) => members.iter().filter_map(Value::as_str).collect(),
            Value::String(text) => vec![text.as_str()],
            _ => Vec::new(),
        });
        texts
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|target| !target.is_empty())
            .collect()
    }

    /// What has taken a target's place, if Xiaomi says so.
    pub(crate) fn replacement(&self, target: &str) -> Option<&str> {
        let replaced = self.data("replaceTarget")?;
        let new = replaced.get(target)?.as_str()?;
        (!new.is_empty()).then_some(new)
    }

    /// The code, with Xiaomi's sentence.
    pub(crate) fn vendor_code(&self, response: &HttpResponse) -> VendorCode {
        let code = VendorCode::new(self.code.as_str()).with_status(response.status.as_u16());
        match self.sentence() {
            Some(sentence) => code.with_reason(sentence),
            None => code,
        }
    }

    /// `reason`, else `description`; with the quota where it is told.
    fn sentence(&self) -> Option<String> {
        let said_so = |key| said(self.fields.get(key));
        let sentence = said_so("reason").or_else(|| said_so("description"));
        let quota = said(self.data("day_quota")).map(|quota| {
            let delivered = said(self.data("day_acked")).unwrap_or_else(|| "?".to_owned());
            format!("{delivered} of {quota} delivered today")
        });
        let both = [sentence, quota].into_iter().flatten();
        let text = both.collect::<Vec<_>>().join("; ");
        (!text.is_empty()).then(|| one_line(&text))
    }

    fn data(&self, key: &str) -> Option<&Value> {
        self.fields.get("data")?.get(key)
    }
}

/// A text or a number, as text. Xiaomi writes the same field either way.
fn said(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn one_line(sentence: &str) -> String {
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    sentence
        .chars()
        .take(SENTENCE_LENGTH)
        .map(printable)
        .collect()
}
