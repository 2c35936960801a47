//! Xiaomi's answer, read as leniently as it is written: nothing in it is promised.

use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::{Listed, one_line, written};

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
        let code = written(fields.get("code")?)?;
        Some(Self { code, fields })
    }

    /// Whether Xiaomi says that all went well.
    pub(crate) fn is_good(&self) -> bool {
        self.code == "0"
    }

    /// The message's id; the trace's where there is none, as the SDK has it.
    pub(crate) fn id(&self) -> Option<String> {
        let id = self.data("id").and_then(written);
        id.or_else(|| self.fields.get("trace_id").and_then(written))
    }

    /// The targets that were not sent to.
    pub(crate) fn bad_targets(&self) -> Listed<()> {
        let mut bad = Listed::default();
        for list in BAD_TARGETS.iter().filter_map(|key| self.data(key)) {
            let texts = match list {
                Value::Array(members) => members.as_slice(),
                text => std::slice::from_ref(text),
            };
            for text in texts.iter().filter_map(Value::as_str) {
                bad.add_text(text, ());
            }
        }
        bad
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
        let said = |key| self.fields.get(key).and_then(written);
        let sentence = said("reason").or_else(|| said("description"));
        let quota = self.data("day_quota").and_then(written).map(|quota| {
            let delivered = self
                .data("day_acked")
                .and_then(written)
                .unwrap_or_else(|| "?".to_owned());
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
