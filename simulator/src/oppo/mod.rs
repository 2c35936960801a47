//! OPPO PUSH: auth, messages to single targets, saved messages and broadcasts, on one origin.
//!
//! The vendor takes a push to a well-formed id that nobody has, and says by a receipt, later, that
//! the device is gone. There are no receipts here, and a dead token has to be seen dead: it is
//! answered with the code of an invalid registration id, 10000, in the shape of each call (the whole
//! answer of `unicast`, an item of `unicast_batch`, a member of `broadcast`). A flaky token is
//! answered -1, service unavailable, by the first two; a broadcast with one fails as a whole.

mod auth;
mod credentials;
mod error;
mod fields;
mod memory;
mod message;
mod receipt;
mod target;

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};
use toml::Table;

pub use credentials::{App, Credentials};

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::form::{Form, Malformed};
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::Flaky;
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use auth::Auth;
use error::{INVALID_ID, OppoError, UNAVAILABLE, error, good};
use fields::For;
use memory::Memory;
use message::{Check, Envelope};
use target::Attempts;

/// The vendor's name.
pub(crate) const NAME: &str = "oppo";

/// Serves one kind of call.
type Serve = fn(&Oppo, &App, &Form) -> Result<Answer, OppoError>;

/// Paths, what they are for, and who serves them; the auth call comes without a token.
const ROUTES: &[(&str, CallKind, Option<Serve>)] = &[
    ("/server/v1/auth", CallKind::Auth, None),
    (
        "/server/v1/message/notification/unicast",
        CallKind::Push,
        Some(Oppo::unicast),
    ),
    (
        "/server/v1/message/notification/unicast_batch",
        CallKind::Push,
        Some(Oppo::unicast_batch),
    ),
    (
        "/server/v1/message/notification/save_message_content",
        CallKind::Other,
        Some(Oppo::save),
    ),
    (
        "/server/v1/message/notification/broadcast",
        CallKind::Push,
        Some(Oppo::broadcast),
    ),
];

/// Messages of a batch, and targets of a broadcast, at the most.
const LIMIT: usize = 1_000;

#[derive(Debug)]
struct Oppo {
    credentials: Credentials,
    auth: Auth,
    memory: Memory,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    let clock: Arc<Clock> = setup.clock.clone();
    Ok(Box::new(Oppo {
        credentials: credentials::generate(&mut random)?,
        auth: Auth::new(clock),
        memory: Memory::default(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Oppo {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let kind = route(call).map_or(CallKind::Other, |(kind, _)| kind);
        let tokens = match kind {
            CallKind::Push => target::peek(&call.body),
            _ => Vec::new(),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        match route(call) {
            Some((_, serve)) => self.judge(call, serve).unwrap_or_else(OppoError::answer),
            None => error::not_found(),
        }
    }

    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply {
        error::scripted(place, refusal)
    }

    fn is_expired(&self, call: &Call) -> bool {
        self.auth.is_expired(call)
    }

    fn expire(&self, call: &Call) {
        self.auth.expire(call);
    }

    fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn section(&self) -> Table {
        let text = |text: &str| toml::Value::from(text);
        let app = &self.credentials.app;
        Table::from_iter([
            ("app_key".to_owned(), text(&app.key)),
            ("master_secret".to_owned(), text(&app.master_secret)),
        ])
    }

    fn receipts(
        &self,
        received: &[Received],
        told: &Told<'_>,
    ) -> Result<Vec<ReceiptRequest>, Error> {
        receipt::requests(&self.credentials, received, told)
    }

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    fn reset(&self) {
        self.flaky.reset();
        self.memory.reset();
    }
}

fn route(call: &Call) -> Option<(CallKind, Option<Serve>)> {
    let row = ROUTES.iter().find(|row| row.0 == call.path);
    row.map(|row| (row.1, row.2))
}

impl Oppo {
    fn judge(&self, call: &Call, serve: Option<Serve>) -> Result<Answer, OppoError> {
        if call.method != Method::POST {
            return Err(error(12, "POST is wanted"));
        }
        let form = form(call)?;
        let known = &self.credentials;
        let Some(serve) = serve else {
            return self.auth.exchange(&form, known);
        };
        let app = self.auth.check(auth::token(call, &form), known)?;
        if app.key == known.disabled.key {
            return Err(error(30, "push is not enabled for this app"));
        }
        serve(self, app, &form)
    }

    fn unicast(&self, app: &App, form: &Form) -> Result<Answer, OppoError> {
        let message = Envelope::open(argument(form, "message")?)?;
        let id = self.push(app, &message, &mut Attempts::new(&self.flaky))?;
        let reply = good(&json!({ "messageId": id }));
        Ok(Answer::accepted(id, reply))
    }

    /// Every message has an answer of its own, unless all of them are wrong. The answers come in
    /// another order than the messages: no page says that it is the same.
    fn unicast_batch(&self, app: &App, form: &Form) -> Result<Answer, OppoError> {
        let Value::Array(messages) = argument(form, "messages")? else {
            return Err(error(41, "`messages` is no JSON array"));
        };
        if messages.is_empty() {
            return Err(error(40, "`messages` is empty"));
        }
        if messages.len() > LIMIT {
            return Err(error(41, format!("{} messages", messages.len())));
        }
        let messages = messages.into_iter().map(Envelope::open);
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let mut attempts = Attempts::new(&self.flaky);
        let answers: Vec<_> = messages
            .into_iter()
            .map(|message| {
                let answer = self.push(app, &message, &mut attempts);
                (message.target, answer)
            })
            .collect();
        if let Some(wrong) = common_fault(&answers) {
            return Err(wrong);
        }
        let items: Vec<Value> = answers.iter().rev().map(item).collect();
        let reply = good(&Value::Array(items));
        let (mut taken, mut first_id, mut fault) = (Vec::new(), None, None);
        for (target, answer) in answers {
            match answer {
                Ok(id) => {
                    first_id.get_or_insert(id);
                    taken.push(target);
                }
                Err(why) => fault = Some(why),
            }
        }
        Ok(match (first_id, fault) {
            (Some(id), None) => Answer::accepted(id, reply),
            (Some(id), Some(_)) => Answer::partly_accepted(id, taken, reply),
            (None, fault) => {
                let code = fault.map_or(UNAVAILABLE, |fault| fault.code);
                Answer::refused(reply, code.to_string(), "no message was taken")
            }
        })
    }

    fn push(
        &self,
        app: &App,
        message: &Envelope,
        attempts: &mut Attempts<'_>,
    ) -> Result<String, OppoError> {
        let check = self.check(app, &message.notification, For::Unicast);
        check.run()?;
        target::check(message.kind, &message.target)?;
        attempts.check(&message.target)?;
        let id = self
            .memory
            .send(app, &message.notification, &message.target);
        Ok(id)
    }

    fn save(&self, app: &App, form: &Form) -> Result<Answer, OppoError> {
        let notification = fields::typed(form, &["auth_token"])?;
        self.check(app, &notification, For::Broadcast).run()?;
        let id = self.memory.save(app, &notification);
        Ok(Answer::served(good(&json!({ "message_id": id }))))
    }

    fn broadcast(&self, app: &App, form: &Form) -> Result<Answer, OppoError> {
        const FIELDS: [&str; 4] = ["auth_token", "message_id", "target_type", "target_value"];
        if let Some((name, _)) = form.pairs().find(|(name, _)| !FIELDS.contains(name)) {
            return Err(error(41, format!("no argument is called `{name}`")));
        }
        let id = needed(form, "message_id")?;
        let kind: Option<i64> = needed(form, "target_type")?.parse().ok();
        let saved = self.memory.saved(app, id);
        let saved = saved.ok_or_else(|| error(31, format!("there is no message `{id}`")))?;
        if saved.planned && kind != Some(target::EVERYBODY) {
            return Err(error(41, "a planned message is for everybody"));
        }
        let (taken, gone) = match kind {
            Some(target::EVERYBODY) => match form.get("target_value") {
                None | Some("") => (Vec::new(), Vec::new()),
                Some(_) => return Err(error(41, "`target_value` for everybody")),
            },
            Some(target::TAGS) => {
                target::check_tags(needed(form, "target_value")?)?;
                (Vec::new(), Vec::new())
            }
            Some(kind @ (target::ID | target::ALIAS)) => {
                self.sort(kind, needed(form, "target_value")?)?
            }
            _ => return Err(error(41, "`target_type` is none of 1, 2, 5 and 6")),
        };
        let task = format!("{}-1-3-{}", app.id, memory::digits());
        let mut data = json!({ "message_id": id, "task_id": task });
        if gone.is_empty() {
            return Ok(Answer::accepted(id, good(&data)));
        }
        data[INVALID_ID.to_string()] = json!(gone);
        let reply = good(&data);
        Ok(match taken.is_empty() {
            true => Answer::refused(reply, INVALID_ID.to_string(), "no target is valid"),
            false => Answer::partly_accepted(id, taken, reply),
        })
    }

    /// The targets of a broadcast that are reached, and those that nobody has, each of these once.
    fn sort(&self, kind: i64, targets: &str) -> Result<(Vec<String>, Vec<String>), OppoError> {
        let targets: Vec<&str> = targets.split(';').collect();
        if targets.len() > LIMIT {
            return Err(error(41, format!("{} targets", targets.len())));
        }
        let (mut taken, mut gone, mut named) = (Vec::new(), Vec::new(), HashSet::new());
        for target in targets {
            match target::check(kind, target) {
                Ok(()) => taken.push(target.to_owned()),
                Err(why) if why.code == INVALID_ID => {
                    if named.insert(target) {
                        gone.push(target.to_owned());
                    }
                }
                Err(why) => return Err(why),
            }
        }
        // Every one of them has made its first attempt then.
        let failing = taken.iter().filter(|target| self.flaky.fails(target));
        match failing.count() {
            0 => Ok((taken, gone)),
            _ => Err(error(UNAVAILABLE, "first attempt of a flaky token")),
        }
    }

    fn check<'a>(
        &'a self,
        app: &'a App,
        notification: &'a Map<String, Value>,
        used_by: For,
    ) -> Check<'a> {
        Check {
            notification,
            used_by,
            app,
            known: &self.credentials,
        }
    }
}

/// What is wrong with a batch as a whole: each of its messages is, and not for its target.
fn common_fault(answers: &[(String, Result<String, OppoError>)]) -> Option<OppoError> {
    let of_message = |answer: &(String, Result<String, OppoError>)| match &answer.1 {
        Err(why) => ![INVALID_ID, UNAVAILABLE].contains(&why.code),
        Ok(_) => false,
    };
    let (_, first) = answers.first()?;
    let all = answers.iter().all(of_message);
    first.as_ref().err().filter(|_| all).cloned()
}

fn item((target, answer): &(String, Result<String, OppoError>)) -> Value {
    match answer {
        Ok(id) => json!({ "messageId": id, "registrationId": target }),
        Err(why) => json!({
            "registrationId": target, "errorCode": why.code, "errorMessage": why.sentence(),
        }),
    }
}

/// The JSON of an argument, which is the only one beside the token.
fn argument(form: &Form, name: &str) -> Result<Value, OppoError> {
    let unknown = form
        .pairs()
        .find(|(key, _)| ![name, "auth_token"].contains(key));
    if let Some((key, _)) = unknown {
        return Err(error(41, format!("no argument is called `{key}`")));
    }
    let text = needed(form, name)?;
    serde_json::from_str(text).map_err(|why| error(41, format!("`{name}`: {why}")))
}

fn needed<'a>(form: &'a Form, name: &str) -> Result<&'a str, OppoError> {
    let value = form.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| error(40, format!("`{name}` is missing")))
}

/// What is no form has no arguments.
fn form(call: &Call) -> Result<Form, OppoError> {
    const MEDIA: &str = "application/x-www-form-urlencoded";
    Form::read(call).map_err(|malformed| {
        let code = match &malformed {
            Malformed::ContentType(given) if given.to_ascii_lowercase().starts_with(MEDIA) => 25,
            Malformed::ContentType(_) => 40,
            Malformed::Encoding => 25,
            Malformed::Repeated(_) => 41,
        };
        error(code, malformed.to_string())
    })
}
