//! Google's error body, read as leniently as it is written: nothing in it is promised.

use http::StatusCode;
use serde_json::Value;
use zpns_core::VendorCode;
use zpns_core::resources::HttpResponse;
use zpns_kit::one_line;

/// What an error answer shows.
#[derive(Default)]
pub(crate) struct GoogleError {
    pub(crate) status_code: StatusCode,
    /// Whether the body is Google's at all, and not that of a proxy.
    pub(crate) is_googles: bool,
    pub(crate) status: Option<String>,
    pub(crate) message: Option<String>,
    /// `FcmError.errorCode`.
    pub(crate) code: Option<String>,
    /// `ApnsError.reason`.
    pub(crate) apns_reason: Option<String>,
    /// `BadRequest.fieldViolations[].field`.
    pub(crate) bad_fields: Vec<String>,
}

impl GoogleError {
    pub(crate) fn read(response: &HttpResponse) -> Self {
        let mut answer = Self {
            status_code: response.status,
            ..Self::default()
        };
        let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
            return answer;
        };
        let Some(error) = body.get("error").filter(|error| error.is_object()) else {
            return answer;
        };
        answer.status = text(error, "status");
        answer.message = text(error, "message").map(|sentence| one_line(&sentence));
        // A proxy may answer in JSON too; Google's errors always carry their status.
        answer.is_googles = answer.status.is_some();
        let details = error.get("details").and_then(Value::as_array);
        for detail in details.into_iter().flatten() {
            answer.read_detail(detail);
        }
        answer
    }

    fn read_detail(&mut self, detail: &Value) {
        let kind = detail
            .get("@type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match kind.rsplit(['.', '/']).next() {
            Some("FcmError") => self.code = text(detail, "errorCode"),
            Some("ApnsError") => self.apns_reason = text(detail, "reason"),
            Some("BadRequest") => {
                let violations = detail.get("fieldViolations").and_then(Value::as_array);
                let fields = violations.into_iter().flatten();
                self.bad_fields
                    .extend(fields.filter_map(|violation| text(violation, "field")));
            }
            _ => {}
        }
    }

    /// The most specific code, with Google's sentence.
    pub(crate) fn vendor_code(&self) -> VendorCode {
        let code = self.code.clone().or_else(|| self.status.clone());
        let code = VendorCode::new(code.unwrap_or_else(|| self.status_code.as_str().to_owned()));
        match &self.message {
            Some(message) => code.with_reason(message.as_str()),
            None => code,
        }
        .with_status(self.status_code.as_u16())
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    let text = object.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
