//! vivo Push: auth, pushes to one and to lists, saved messages and recalls, on one origin.

mod auth;
mod credentials;
mod error;
mod fields;
mod message;
mod receipt;
mod recent;
mod target;
mod tasks;

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use toml::Table;

pub use credentials::{App, Credentials};

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::Flaky;
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use auth::Auth;
use error::{VivoError, error, good, invalid_user};
use fields::{Fields, text};
use target::Standing;
use tasks::{Tasks, fingerprint};

/// The vendor's name.
pub(crate) const NAME: &str = "vivo";

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Auth,
    Send,
    Save,
    List,
    Recall,
}

const ROUTES: &[(&str, Route)] = &[
    ("/message/auth", Route::Auth),
    ("/message/send", Route::Send),
    ("/message/saveListPayload", Route::Save),
    ("/message/pushToList", Route::List),
    ("/message/recycle", Route::Recall),
];

const ALIAS_LIMIT: usize = 70;
const LIST_LIMITS: std::ops::RangeInclusive<usize> = 2..=1_000;

/// Serves one kind of call.
type Serve = fn(&Vivo, &App, &Map<String, Value>) -> Result<Answer, VivoError>;

#[derive(Debug)]
struct Vivo {
    credentials: Credentials,
    clock: Arc<Clock>,
    auth: Auth,
    tasks: Tasks,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    Ok(Box::new(Vivo {
        credentials: credentials::generate(&mut random, &tokens)?,
        clock: setup.clock.clone(),
        auth: Auth::new(setup.clock.clone()),
        tasks: Tasks::default(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Vivo {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let (kind, tokens) = match route(call) {
            Some(Route::Auth) => (CallKind::Auth, Vec::new()),
            Some(Route::Send | Route::List) => (CallKind::Push, target::peek(&call.body)),
            Some(Route::Save | Route::Recall) | None => (CallKind::Other, Vec::new()),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        self.judge(call).unwrap_or_else(VivoError::answer)
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
        let app = &self.credentials.app;
        let text = |text: &str| toml::Value::from(text);
        let id = i64::try_from(app.id).unwrap_or(i64::MAX);
        Table::from_iter([
            ("app_id".to_owned(), toml::Value::Integer(id)),
            ("app_key".to_owned(), text(&app.key)),
            ("app_secret".to_owned(), text(&app.secret)),
        ])
    }

    fn receipts(
        &self,
        received: &[Received],
        told: &Told<'_>,
    ) -> Result<Vec<ReceiptRequest>, Error> {
        receipt::requests(received, told)
    }

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    fn reset(&self) {
        self.flaky.reset();
        self.tasks.forget_requests();
    }
}

fn route(call: &Call) -> Option<Route> {
    let row = ROUTES.iter().find(|(path, _)| *path == call.path);
    row.map(|(_, route)| *route)
}

impl Vivo {
    fn judge(&self, call: &Call) -> Result<Answer, VivoError> {
        let route =
            route(call).ok_or_else(|| error::http(StatusCode::NOT_FOUND, "no such path"))?;
        if call.method != Method::POST {
            return Err(error::http(
                StatusCode::METHOD_NOT_ALLOWED,
                "POST is wanted",
            ));
        }
        match route {
            Route::Auth => self.auth.exchange(call, &self.credentials),
            Route::Send => self.checked(call, fields::SEND, Self::send),
            Route::Save => self.checked(call, fields::SAVE, Self::save),
            Route::List => self.checked(call, fields::LIST, Self::list),
            Route::Recall => self.checked(call, fields::RECALL, Self::recall),
        }
    }

    /// Serves what an app asks for, once it is known to be the app, and its fields to be right.
    fn checked(&self, call: &Call, lists: &[Fields], serve: Serve) -> Result<Answer, VivoError> {
        let app = self.auth.check(call, &self.credentials)?;
        let body = fields::object(call)?;
        fields::check(&body, lists)?;
        if body.get("appId").and_then(Value::as_u64) != Some(app.id) {
            return Err(error(10094, "`appId` is not the token's"));
        }
        if app.id == self.credentials.switched_off.id {
            return Err(error(10043, "push is switched off for the app"));
        }
        serve(self, app, &body)
    }

    fn send(&self, app: &App, body: &Map<String, Value>) -> Result<Answer, VivoError> {
        let target = match (text(body, "regId"), text(body, "alias")) {
            ("", "") => return Err(error(10050, "no target")),
            ("", alias) if alias.chars().count() > ALIAS_LIMIT => {
                return Err(error(10301, "a long alias"));
            }
            ("", alias) => alias,
            (id, _) => id,
        };
        message::check(body, self.clock.now_ms())?;
        let test_mode = self.test_mode(app, body, false)?;
        let said = fingerprint("send", body, "");
        self.tasks.claim(app.id, text(body, "requestId"), said)?;
        self.attempt([target])?;
        match self.standing(target, test_mode) {
            Standing::Live => {
                let id = self.tasks.sent(app.id);
                let reply = good(&[("taskId", json!(id))]);
                Ok(Answer::accepted(id, reply))
            }
            Standing::Muted => Err(error(10311, "its notifications are off")),
            Standing::Invalid(status) => Err(invalid_user(status, target.to_owned())),
        }
    }

    fn save(&self, app: &App, body: &Map<String, Value>) -> Result<Answer, VivoError> {
        let now = self.clock.now_ms();
        message::check(body, now)?;
        let test_mode = self.test_mode(app, body, false)?;
        let said = fingerprint("save", body, "");
        self.tasks.claim(app.id, text(body, "requestId"), said)?;
        let content = fingerprint("content", body, "requestId");
        let id = self.tasks.save(app.id, content, test_mode, now);
        Ok(Answer::served(good(&[("taskId", json!(id))])))
    }

    fn list(&self, app: &App, body: &Map<String, Value>) -> Result<Answer, VivoError> {
        fields::need(body, "requestId", 10352)?;
        let task = text(body, "taskId");
        let saved = self.tasks.saved(app.id, task, self.clock.now_ms())?;
        let targets = targets(body)?;
        let test_mode = self.test_mode(app, body, saved.test_mode)?;
        let request = text(body, "requestId");
        // Saved once more, because the first save was forgotten, it is still the same request.
        let said = fingerprint("list", body, "taskId") ^ saved.content;
        self.tasks.claim(app.id, request, said)?;
        self.attempt(targets.iter().copied())?;
        let (mut taken, mut invalid, mut named) = (Vec::new(), Vec::new(), HashSet::new());
        for target in targets {
            let status = match self.standing(target, test_mode) {
                Standing::Live => {
                    taken.push(target.to_owned());
                    continue;
                }
                Standing::Muted => target::INACTIVE,
                Standing::Invalid(status) => status,
            };
            // Each is named once, however often it was given.
            if named.insert(target) {
                invalid.push(json!({ "status": status, "userid": target }));
            }
        }
        let mut fields = vec![("requestId", json!(request))];
        if invalid.is_empty() {
            return Ok(Answer::accepted(task, good(&fields)));
        }
        fields.push(("invalidUsers", json!(invalid)));
        let reply = good(&fields);
        match taken.is_empty() {
            true => Ok(Answer::refused(reply, "0", "no target is valid")),
            false => Ok(Answer::partly_accepted(task, taken, reply)),
        }
    }

    fn recall(&self, app: &App, body: &Map<String, Value>) -> Result<Answer, VivoError> {
        self.tasks.check(app.id, text(body, "taskId"))?;
        Ok(Answer::served(good(&[])))
    }

    /// Whether a request is for the console's test devices, which is all that an app under review
    /// may reach.
    fn test_mode(
        &self,
        app: &App,
        body: &Map<String, Value>,
        saved: bool,
    ) -> Result<bool, VivoError> {
        let asked = body.get("pushMode").and_then(Value::as_i64) == Some(1);
        let in_review = app.id == self.credentials.in_review.id;
        match asked || saved {
            false if in_review => Err(error(10045, "the app is under review")),
            test_mode => Ok(test_mode),
        }
    }

    /// Every flaky target of a request makes its first attempt, and the request fails with it.
    fn attempt<'a>(&self, targets: impl IntoIterator<Item = &'a str>) -> Result<(), VivoError> {
        let failing = targets
            .into_iter()
            .filter(|target| self.flaky.fails(target));
        match failing.count() {
            0 => Ok(()),
            _ => Err(error(10072, "first attempt of a flaky token")),
        }
    }

    fn standing(&self, target: &str, test_mode: bool) -> Standing {
        let testers = test_mode.then_some(&*self.credentials.test_devices);
        target::standing(target, &self.tokens, testers)
    }
}

/// The targets of a list: two to a thousand. Registration ids win over aliases.
fn targets(body: &Map<String, Value>) -> Result<Vec<&str>, VivoError> {
    let some = |name: &str| -> Vec<&str> {
        let named = body.get(name).and_then(Value::as_array);
        named
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let (ids, aliases) = (some("regIds"), some("aliases"));
    let (targets, code) = match (ids.is_empty(), aliases.is_empty()) {
        (true, true) => return Err(error(10150, "no target")),
        (true, false) => (aliases, 10154),
        (false, _) => (ids, 10153),
    };
    match LIST_LIMITS.contains(&targets.len()) {
        true => Ok(targets),
        false => Err(error(code, format!("{} targets", targets.len()))),
    }
}
