//! Receipts: a JSON array of any number of messages.

use serde_json::{Value, json};

use super::Credentials;
use crate::receipts::{Happening, ReceiptRequest, Told, add, text_at};
use crate::{Error, Received};

const CODES: &[(Happening, &str)] = &[
    (Happening::Delivered, "push_arrive"),
    (Happening::TokenInvalid, "regid_invalid"),
    (Happening::QuotaExceeded, "user_daily_limit"),
    (Happening::Dropped, "message_night_control"),
];
/// Where a message's parameter stands.
const PARAMETER: &str = "/notification/call_back_parameter";

pub(super) fn requests(
    known: &Credentials,
    received: &[Received],
    told: &Told<'_>,
) -> Result<Vec<ReceiptRequest>, Error> {
    let event = told.code(CODES)?;
    let mut items = Vec::new();
    for push in received.iter().filter(|push| push.id().is_some()) {
        for Sent {
            message,
            task,
            targets,
            param,
        } in sent(push, received, told)
        {
            let mut item = json!({
                "messageId": message, "taskId": task, "registrationIds": targets,
                "appId": known.app.id, "eventTime": told.now.to_string(), "eventType": event,
            });
            add(&mut item, "param", param.as_deref());
            items.push(item);
        }
    }
    match items.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![told.json(&Value::Array(items))]),
    }
}

/// A message and whom it reached.
struct Sent {
    message: String,
    task: String,
    targets: String,
    param: Option<String>,
}

/// The messages of a call: one, one per target of a batch, or one saved before.
/// What a call with several ids was about is in its answer: none that a fault withheld.
fn sent(push: &Received, received: &[Received], told: &Told<'_>) -> Vec<Sent> {
    let form = push.fields().unwrap_or_default();
    let argument =
        |name: &str| -> Option<Value> { serde_json::from_str(form.get(name)?.as_str()?).ok() };
    let answer = answer(push);
    let tokens = told.tokens(push);
    let single = |message: &str, targets: String, param: Option<&str>| Sent {
        message: message.to_owned(),
        task: message.to_owned(),
        targets,
        param: param.map(str::to_owned),
    };
    if let Some(message) = argument("message") {
        let id = push.id().unwrap_or_default();
        let param = text_at(&message, PARAMETER);
        let targets = tokens.iter().map(|token| (*token).to_owned());
        return targets.map(|target| single(id, target, param)).collect();
    }
    if let Some(Value::Array(messages)) = argument("messages") {
        let items = answer.as_array().into_iter().flatten();
        let items = items.filter_map(|item| {
            let target = item["registrationId"].as_str()?;
            let id = item["messageId"].as_str()?;
            tokens.contains(&target).then_some((id, target))
        });
        return items
            .map(|(id, target)| {
                let mut messages = messages.iter();
                let message = messages.find(|message| message["target_value"] == target);
                let param = message.and_then(|message| text_at(message, PARAMETER));
                single(id, target.to_owned(), param)
            })
            .collect();
    }
    let message = text_at(&answer, "/message_id").unwrap_or_default();
    let saved = received.iter().find(|call| {
        call.id().is_none() && self::answer(call)["message_id"].as_str() == Some(message)
    });
    let saved = saved.and_then(Received::fields).unwrap_or_default();
    match tokens.is_empty() {
        true => Vec::new(),
        false => vec![Sent {
            message: message.to_owned(),
            task: text_at(&answer, "/task_id").unwrap_or_default().to_owned(),
            targets: tokens.join(","),
            param: text_at(&saved, "/call_back_parameter").map(str::to_owned),
        }],
    }
}

fn answer(call: &Received) -> Value {
    let answer: Value = serde_json::from_slice(&call.answer).unwrap_or_default();
    answer["data"].clone()
}
