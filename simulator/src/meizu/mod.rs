//! Meizu (Flyme) Push: notifications to devices and aliases, tasks, statistics, on one origin.

mod credentials;
mod error;
mod fields;
mod message;
mod receipt;
mod request;
mod routes;
mod target;
mod tasks;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use serde_json::{Value, json};
use toml::Table;

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::form::Form;
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::{Flaky, is_dead};
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use error::{MeizuError, error, good, message_id};
use request::needed;
use routes::{By, Route};
use tasks::Tasks;

/// The vendor's name.
pub(crate) const NAME: &str = "meizu";

#[derive(Debug)]
struct Meizu {
    credentials: Credentials,
    clock: Arc<Clock>,
    tasks: Tasks,
    tokens: TokenSet,
    flaky: Flaky,
    /// The secret was replaced in the console.
    revoked: AtomicBool,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    Ok(Box::new(Meizu {
        credentials: credentials::generate(&mut random)?,
        clock: setup.clock.clone(),
        tasks: Tasks::default(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
        revoked: AtomicBool::new(false),
    }))
}

impl Vendor for Meizu {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let (kind, tokens) = match routes::find(call).map(|row| row.route) {
            Some(
                Route::Notify(by)
                | Route::PassThrough(by)
                | Route::NotifyByTask(by)
                | Route::PassThroughByTask(by),
            ) => (CallKind::Push, target::peek(&call.body, by)),
            _ => (CallKind::Other, Vec::new()),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        self.judge(call).unwrap_or_else(MeizuError::answer)
    }

    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply {
        error::scripted(place, refusal)
    }

    fn is_expired(&self, call: &Call) -> bool {
        self.is_revoked() && self.is_own(call)
    }

    fn expire(&self, call: &Call) {
        if self.is_own(call) {
            self.revoked.store(true, Ordering::Relaxed);
        }
    }

    fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn section(&self) -> Table {
        let known = &self.credentials;
        let id = i64::try_from(known.app_id).unwrap_or(i64::MAX);
        let secret = toml::Value::from(known.app_secret.as_str());
        let receipt_key = toml::Value::from(known.receipt_access_token.as_str());
        Table::from_iter([
            ("app_id".to_owned(), toml::Value::Integer(id)),
            ("app_secret".to_owned(), secret),
            ("receipt_key".to_owned(), receipt_key),
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
    }
}

impl Meizu {
    fn judge(&self, call: &Call) -> Result<Answer, MeizuError> {
        let row = routes::find(call);
        let row = row.ok_or_else(|| error::http(StatusCode::NOT_FOUND, "no such path"))?;
        let form = request::read(call, row)?;
        let app = self.check_app(&form, row)?;
        self.check_packages(&form)?;
        match row.route {
            Route::Notify(by) => self.notify(&form, by),
            Route::NotifyByTask(by) => self.notify_by_task(&form, by),
            Route::PassThrough(by) => {
                target::named(&form, by)?;
                message::check_pass_through(&form, false)?;
                Err(discontinued())
            }
            Route::PassThroughByTask(by) => {
                self.tasks.named(&form)?;
                target::named(&form, by)?;
                Err(discontinued())
            }
            Route::CreateTask => self.create_task(&form, app),
            Route::TaskStatistics => {
                let task = self.tasks.named(&form)?;
                Ok(served(&self.tasks.statistics(task)))
            }
            Route::DailyStatistics => {
                tasks::check_days(&form)?;
                // Days are counted when they are over, and none is yet.
                Ok(served(&json!([])))
            }
            Route::RegisterSwitch => self.register_switch(&form),
        }
    }

    fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Relaxed)
    }

    /// Packages that a message is for, of an app with several.
    fn check_packages(&self, form: &Form) -> Result<(), MeizuError> {
        let packages = form.get("restrictedPackageNames").unwrap_or_default();
        let own = self.credentials.package.as_str();
        match packages.is_empty() || packages.split(',').all(|package| package == own) {
            true => Ok(()),
            false => Err(error("110031", format!("`{packages}` is not the app's"))),
        }
    }

    fn notify(&self, form: &Form, by: By) -> Result<Answer, MeizuError> {
        let targets = target::named(form, by)?;
        message::check_notification(form, false)?;
        let (taken, failed) = self.sort(&targets, by);
        let id = message_id(self.clock.now_ms());
        let reply = good(&json!(failed), Some(&id));
        Ok(answer(id, taken, &failed, reply))
    }

    fn create_task(&self, form: &Form, app: u64) -> Result<Answer, MeizuError> {
        if request::flag(form, "pushType")? {
            message::check_pass_through(form, true)?;
            return Err(discontinued());
        }
        message::check_notification(form, true)?;
        let task = self.tasks.create();
        let value = json!({ "taskId": task, "pushType": 0, "appId": app });
        Ok(served(&value))
    }

    fn notify_by_task(&self, form: &Form, by: By) -> Result<Answer, MeizuError> {
        let task = self.tasks.named(form)?;
        let targets = target::named(form, by)?;
        let (taken, failed) = self.sort(&targets, by);
        self.tasks.count(task, targets.len(), taken.len());
        // The task's id is all that there is.
        let reply = good(&json!(failed), None);
        Ok(answer(task.to_string(), taken, &failed, reply))
    }

    /// The targets that a notification is taken for, and the others by code. Each of these is
    /// named once, however often it was given.
    fn sort<'a>(
        &self,
        targets: &[&'a str],
        by: By,
    ) -> (Vec<String>, BTreeMap<&'static str, Vec<&'a str>>) {
        let mut known = HashMap::new();
        let mut taken = Vec::new();
        let mut failed: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for target in targets.iter().copied() {
            let is_first = !known.contains_key(target);
            let first_attempt = || self.flaky.fails(target).then_some("513");
            let judged = || self.code(target, by).or_else(first_attempt);
            let code = *known.entry(target).or_insert_with(judged);
            match code {
                None => taken.push(target.to_owned()),
                Some(code) if is_first => failed.entry(code).or_default().push(target),
                Some(_) => {}
            }
        }
        (taken, failed)
    }

    /// What keeps a notification from a target.
    fn code(&self, target: &str, by: By) -> Option<&'static str> {
        let is_legal = match by {
            By::PushId => target::is_push_id(target),
            By::Alias => target::is_alias(target),
        };
        let is_muted = self.tokens.muted.iter().any(|muted| muted == target);
        match by {
            By::Alias if !is_legal || is_dead(target) => Some("110005"),
            By::Alias => None,
            By::PushId if !is_legal => Some("110003"),
            By::PushId if is_dead(target) => Some("110002"),
            By::PushId if is_muted => Some("110010"),
            By::PushId => None,
        }
    }

    fn register_switch(&self, form: &Form) -> Result<Answer, MeizuError> {
        let id = needed(form, "pushId")?;
        match self.code(id, By::PushId) {
            Some(code @ ("110002" | "110003")) => Err(error(code, "no such device")),
            code => {
                let on = i64::from(code != Some("110010"));
                let value = json!({ "barTypeSwitch": on, "directTypeSwitch": on, "pushId": id });
                Ok(served(&value))
            }
        }
    }
}

/// An answer to a push, by what it was taken for.
fn answer(
    id: String,
    taken: Vec<String>,
    failed: &BTreeMap<&'static str, Vec<&str>>,
    reply: Reply,
) -> Answer {
    match failed.keys().next() {
        None => Answer::accepted(id, reply),
        Some(code) if taken.is_empty() => Answer::refused(reply, *code, "no target is left"),
        Some(_) => Answer::partly_accepted(id, taken, reply),
    }
}

fn served(value: &Value) -> Answer {
    Answer::served(good(value, None))
}

fn discontinued() -> MeizuError {
    error("110053", "pass-through messages have come to an end")
}
