//! HONOR's answer, read as leniently as it is written: nothing in it is promised.

use http::StatusCode;
use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::{Listed, one_line, written};

use super::table::{DEAD, NOT_PUSHED, Row};

/// An answer in HONOR's own form.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    message: String,
    /// `data.sendResult`, where there is one.
    pub(crate) sent: Option<bool>,
    pub(crate) request_id: Option<String>,
    /// Tokens that it names, and the row that speaks of each.
    pub(crate) listed: Listed<&'static Row>,
}

impl Answer {
    /// None if the body is not HONOR's, which always has a code.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let body: Map<String, Value> = serde_json::from_slice(&response.body).ok()?;
        let code = written(body.get("code")?)?;
        let said = ["message", "msg"].into_iter().find_map(|key| body.get(key));
        let empty = Map::new();
        // The data, and each of their members, may be missing or null.
        let data = body
            .get("data")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let mut listed = Listed::default();
        // The last word counts: a token that is in both lists is dead.
        for row in [&NOT_PUSHED, &DEAD] {
            if let Some(tokens) = data.get(row.code) {
                listed.add(tokens, row);
            }
        }
        let request_id = data.get("requestId").or_else(|| body.get("requestId"));
        Some(Self {
            code,
            message: said.and_then(Value::as_str).unwrap_or_default().to_owned(),
            sent: data.get("sendResult").and_then(truth),
            request_id: request_id.and_then(written),
            listed,
        })
    }

    /// The code with HONOR's sentence, unless that is a document: those may list tokens, which are
    /// nobody's to see.
    pub(crate) fn vendor_code(&self, status: StatusCode) -> VendorCode {
        let code = VendorCode::new(self.code.as_str()).with_status(status.as_u16());
        let sentence = self.message.trim();
        match sentence.is_empty() || sentence.starts_with(['{', '[']) {
            true => code,
            false => code.with_reason(one_line(sentence)),
        }
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
