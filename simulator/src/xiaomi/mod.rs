//! Xiaomi Push: sends to registration ids, recalls, and the quota, on one origin.

mod credentials;
mod error;
mod extras;
mod message;
mod receipt;
mod target;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use serde_json::json;
use toml::{Table, Value};

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::form::{Form, Malformed};
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::{Flaky, is_dead};
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use error::{MiError, good};

/// The vendor's name.
pub(crate) const NAME: &str = "xiaomi";

/// What a path is for. Version 2 takes one package, the others several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Send { packages: bool },
    Revoke,
    RevokeFromDevices,
    Quota,
}

const ROUTES: &[(&str, Route)] = &[
    ("/v2/message/regid", Route::Send { packages: false }),
    ("/v3/message/regid", Route::Send { packages: true }),
    ("/v4/message/regid", Route::Send { packages: true }),
    ("/v2/message/revoke", Route::Revoke),
    ("/v1/message/regid/revoke", Route::RevokeFromDevices),
    ("/v1/trace/quota/get", Route::Quota),
];

#[derive(Debug)]
struct Xiaomi {
    credentials: Credentials,
    clock: Arc<Clock>,
    tokens: TokenSet,
    flaky: Flaky,
    /// The secret was replaced in the console.
    revoked: AtomicBool,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    Ok(Box::new(Xiaomi {
        credentials: credentials::generate(&mut random)?,
        clock: setup.clock.clone(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
        revoked: AtomicBool::new(false),
    }))
}

impl Vendor for Xiaomi {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        match route(call) {
            Some(Route::Send { .. }) => Place {
                kind: CallKind::Push,
                tokens: target::peek(&call.body),
            },
            _ => Place {
                kind: CallKind::Other,
                tokens: Vec::new(),
            },
        }
    }

    fn serve(&self, call: &Call) -> Answer {
        self.judge(call).unwrap_or_else(MiError::answer)
    }

    fn refuse(&self, _: &Place, refusal: &Refusal) -> Reply {
        error::scripted(refusal)
    }

    fn is_expired(&self, call: &Call) -> bool {
        self.revoked.load(Ordering::Relaxed) && self.secret(call) == Some(self.own_secret())
    }

    fn expire(&self, call: &Call) {
        if self.secret(call) == Some(self.own_secret()) {
            self.revoked.store(true, Ordering::Relaxed);
        }
    }

    fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn section(&self) -> Table {
        let text = |text: &str| Value::String(text.to_owned());
        Table::from_iter([
            ("app_secret".to_owned(), text(self.own_secret())),
            ("package".to_owned(), text(&self.credentials.package)),
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
    }
}

fn route(call: &Call) -> Option<Route> {
    let row = ROUTES.iter().find(|(path, _)| *path == call.path);
    row.map(|(_, route)| *route)
}

impl Xiaomi {
    fn judge(&self, call: &Call) -> Result<Answer, MiError> {
        let route = route(call).ok_or_else(error::not_found)?;
        let method = match route {
            Route::Quota => Method::GET,
            _ => Method::POST,
        };
        if call.method != method {
            return Err(error::error(10021, format!("{} is wanted", method)));
        }
        self.check_secret(call)?;
        match route {
            Route::Send { packages } => self.send(&form(call)?, packages),
            Route::Revoke => self.revoke(&form(call)?),
            Route::RevokeFromDevices => self.revoke_from_devices(&form(call)?),
            Route::Quota => Ok(Answer::served(good(
                &json!({ "day_quota": "10000", "day_acked": "0" }),
            ))),
        }
    }

    fn own_secret(&self) -> &str {
        &self.credentials.app_secret
    }

    /// `key` in lower case, and nothing around it.
    fn secret<'a>(&self, call: &'a Call) -> Option<&'a str> {
        call.header("authorization")?.strip_prefix("key=")
    }

    fn check_secret(&self, call: &Call) -> Result<(), MiError> {
        let known = &self.credentials;
        match self.secret(call) {
            Some(secret) if secret == known.app_secret && !self.is_expired(call) => Ok(()),
            Some(secret) if secret == known.blocked_app_secret => {
                Err(error::error(10031, "the app is blacklisted"))
            }
            Some(_) => Err(error::error(21301, "a wrong app secret")),
            None => Err(error::error(21301, "no `Authorization: key=…`")),
        }
    }

    fn check_package(&self, form: &Form, several: bool) -> Result<(), MiError> {
        let key = "restricted_package_name";
        let Some(packages) = form.get(key) else {
            return Err(error::error(10016, format!("`{key}` is missing")));
        };
        let own = self.credentials.package.as_str();
        let known = match several {
            true => packages.split(',').all(|package| package == own),
            false => packages == own,
        };
        if known {
            return Ok(());
        }
        Err(error::error(
            22022,
            format!("`{packages}` is not the app's"),
        ))
    }

    fn send(&self, form: &Form, packages: bool) -> Result<Answer, MiError> {
        self.check_package(form, packages)?;
        let targets = target::named(form, "registration_id")?;
        self.check_message(form)?;
        // Every one of them has made its first attempt then.
        let failing = targets.iter().filter(|target| self.flaky.fails(target));
        if failing.count() > 0 {
            return Err(error::error(10002, "first attempt of a flaky token"));
        }
        let is_bad = |target: &String| !target::is_well_formed(target) || is_dead(target);
        let (bad, taken): (Vec<_>, Vec<_>) = targets.into_iter().partition(is_bad);
        if taken.is_empty() {
            return Err(error::error(20301, "no target is valid"));
        }
        let id = format!("scm{}", uuid::Uuid::new_v4().simple());
        if bad.is_empty() {
            return Ok(Answer::accepted(id.clone(), good(&json!({ "id": id }))));
        }
        let reply = good(&json!({ "id": id, "bad_regids": bad.join(",") }));
        Ok(Answer::partly_accepted(id, taken, reply))
    }

    fn revoke(&self, form: &Form) -> Result<Answer, MiError> {
        self.check_package(form, false)?;
        let named = |key| form.get(key).is_some_and(|value: &str| !value.is_empty());
        if named("msg_id") == named("job_key") {
            return Err(error::error(
                10016,
                "one of `msg_id` and `job_key` is wanted",
            ));
        }
        Ok(Answer::served(good(&json!({}))))
    }

    fn revoke_from_devices(&self, form: &Form) -> Result<Answer, MiError> {
        self.check_package(form, false)?;
        target::named(form, "registration_ids")?;
        if message::number(form, "notify_id", 0, i64::from(i32::MAX))?.is_none() {
            return Err(error::error(10016, "`notify_id` is missing"));
        }
        Ok(Answer::served(good(&json!({}))))
    }
}

fn form(call: &Call) -> Result<Form, MiError> {
    Form::read(call).map_err(|malformed| {
        let code = match malformed {
            Malformed::ContentType(_) => 10007,
            Malformed::Encoding => 10012,
            Malformed::Repeated(_) => 10008,
        };
        error::error(code, malformed.to_string())
    })
}
