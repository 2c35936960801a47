//! OPPO's answer, read as leniently as it is written: nothing in it is promised.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::{Map, Value};
use zpns_core::VendorCode;
use zpns_core::model::mask;
use zpns_core::resources::HttpResponse;
use zpns_kit::{one_line, written};

use super::table::SUCCESS;

/// The id of a push, as the several calls spell it; the more telling first.
const IDS: [&str; 3] = ["messageId", "message_id", "task_id"];

/// An answer in OPPO's own form: `{"code": …, "message": …, "data": …}`.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    pub(crate) message: Option<String>,
    data: Value,
}

/// What came of one target of a `unicast_batch`.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: Option<String>,
    pub(crate) code: String,
    pub(crate) message: Option<String>,
}

impl Answer {
    /// None if the body is not OPPO's, which always has a code.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let mut body: Map<String, Value> = serde_json::from_slice(&response.body).ok()?;
        Some(Self {
            code: written(body.get("code")?)?,
            message: body.get("message").and_then(written),
            data: body.remove("data").unwrap_or_default(),
        })
    }

    /// The answer, if OPPO says that all went well.
    pub(crate) fn good(response: &HttpResponse) -> Option<Self> {
        Self::read(response).filter(|answer| answer.is_good(response.status))
    }

    /// A good code with a bad status is nobody's word.
    pub(crate) fn is_good(&self, status: StatusCode) -> bool {
        self.code == SUCCESS && status.is_success()
    }

    /// A member of `data`, a text or a number.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.data.get(name).and_then(written)
    }

    /// The id of what was pushed.
    pub(crate) fn id(&self) -> Option<String> {
        id_of(&self.data)
    }

    /// The id of what was saved.
    pub(crate) fn saved_id(&self) -> Option<String> {
        self.text("message_id").or_else(|| self.text("messageId"))
    }

    /// What came of each registration id, where the answer lists them; of one that was given
    /// several times, as often as OPPO says it. The order of the list means nothing.
    pub(crate) fn items(&self) -> Option<HashMap<&str, Vec<Item>>> {
        let listed = self.data.as_array()?;
        let mut items: HashMap<&str, Vec<Item>> = HashMap::with_capacity(listed.len());
        for entry in listed {
            let Some(target) = entry.get("registrationId").and_then(Value::as_str) else {
                continue;
            };
            let code = entry.get("errorCode").and_then(written);
            items.entry(target.trim()).or_default().push(Item {
                id: id_of(entry),
                code: code.unwrap_or_else(|| SUCCESS.to_owned()),
                message: entry.get("errorMessage").and_then(written),
            });
        }
        Some(items)
    }

    /// The registration ids that a broadcast did not reach, with the code of each: members of
    /// `data` whose name is a number.
    pub(crate) fn failing(&self) -> HashMap<&str, &str> {
        let members = self.data.as_object().into_iter().flatten();
        let codes = members.filter(|(name, _)| is_number(name));
        let each = codes.flat_map(|(code, value)| {
            let texts = match value {
                Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                Value::String(text) => vec![text.as_str()],
                _ => Vec::new(),
            };
            let targets = texts.into_iter().flat_map(|text| text.split([';', ',']));
            let targets = targets.map(str::trim).filter(|target| !target.is_empty());
            targets.map(move |target| (target, code.as_str()))
        });
        each.filter(|(_, code)| *code != SUCCESS).collect()
    }
}

fn id_of(object: &Value) -> Option<String> {
    IDS.iter()
        .find_map(|name| object.get(*name).and_then(written))
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A code with OPPO's sentence, in which no registration id is left: those are nobody's to see.
pub(crate) fn vendor_code(
    code: &str,
    sentence: Option<&str>,
    status: StatusCode,
    targets: &[&str],
) -> VendorCode {
    let code = VendorCode::new(code).with_status(status.as_u16());
    match sentence {
        Some(sentence) => code.with_reason(one_line(&masked(sentence, targets))),
        None => code,
    }
}

fn masked(sentence: &str, targets: &[&str]) -> String {
    let mut text = sentence.to_owned();
    for target in targets {
        if text.contains(target) {
            text = text.replace(target, &mask(target));
        }
    }
    text
}

/// Whether a sentence is about the registration id: it names the argument, or one of the ids.
pub(crate) fn names_target(sentence: Option<&str>, targets: &[&str]) -> bool {
    let Some(sentence) = sentence else {
        return false;
    };
    let letters = sentence
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric());
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let arguments = ["registrationid", "regid"];
    arguments.iter().any(|name| letters.contains(name))
        || targets.iter().any(|target| sentence.contains(target))
}
