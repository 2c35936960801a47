//! Receipts of both modes: JSON, an object by task.

use serde_json::{Map, Value, json};

use crate::receipts::{Happening, ReceiptRequest, Told, add};
use crate::{Error, Received};

/// `ackType`, and `subAckType` after a slash.
const CODES: &[(Happening, &str)] = &[
    (Happening::Delivered, "0"),
    (Happening::TokenInvalid, "102/20002"),
    (Happening::QuotaExceeded, "100/11001"),
    (Happening::Expired, "100/10012"),
    (Happening::Dropped, "104/2124"),
];

pub(super) fn requests(
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let code = told.code(CODES)?;
    if told.older() && code != "0" {
        return Err(told.nothing(&format!("{code} in the old mode")));
    }
    let mut tasks = Map::new();
    for (push, id) in received.iter().filter_map(|push| Some((push, push.id()?))) {
        let tokens = told.tokens(push);
        if tokens.is_empty() {
            continue;
        }
        let mut receipt = match told.older() {
            true => json!({}),
            false => json!({ "ackTime": told.now }),
        };
        if !told.older() {
            let (kind, detail) = match code.split_once('/') {
                Some((kind, detail)) => (kind, Some(detail)),
                None => (code, None),
            };
            add(&mut receipt, "ackType", Some(kind));
            add(&mut receipt, "subAckType", detail);
        }
        let param = param(push).or_else(|| saved(received, id).and_then(param));
        add(&mut receipt, "param", param.as_deref());
        // A task that went out in several calls is told about once.
        let told_already = tasks
            .get(id)
            .and_then(|known: &Value| known["targets"].as_str());
        let targets = told_already.into_iter().chain(tokens);
        receipt["targets"] = targets.collect::<Vec<_>>().join(",").into();
        tasks.insert(id.to_owned(), receipt);
    }
    match tasks.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![told.json(&Value::Object(tasks))]),
    }
}

fn param(push: &Received) -> Option<String> {
    let body = push.json()?;
    let param = body.get("extra")?.get("callback.param")?;
    param.as_str().map(str::to_owned)
}

/// The call that saved the message of a task.
fn saved<'a>(received: &'a [Received], task: &str) -> Option<&'a Received> {
    received.iter().find(|call| {
        let answer: Option<Value> = serde_json::from_slice(&call.answer).ok();
        call.accepted_tokens().is_empty()
            && answer.is_some_and(|answer| answer["taskId"].as_str() == Some(task))
    })
}
