//! HONOR Push: sends to tokens, and the token endpoint that they need, on one origin.
//!
//! HONOR's page of result codes could not be read. What every client agrees on is kept to the
//! letter: 200 in `code`, `data.sendResult`, and the lists `failTokens` (not pushed this time: the
//! flaky ones) and `expireTokens` (gone). Every other code is Huawei's.

mod answer;
mod credentials;
mod fields;
mod message;
mod oauth;
mod receipt;
mod schema;
mod target;

use std::any::Any;
use std::sync::Arc;

use http::Method;
use toml::{Table, Value};

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::Flaky;
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use answer::{HonorError, error};
use oauth::OAuth;

/// The vendor's name.
pub(crate) const NAME: &str = "honor";

/// How far `timestamp` may be from the server's clock. HONOR publishes no bound; a day tells a clock
/// that is a little off from a number that is no time.
const SKEW_MS: u64 = 24 * 60 * 60 * 1000;

#[derive(Debug)]
struct Honor {
    credentials: Credentials,
    clock: Arc<Clock>,
    oauth: OAuth,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    let credentials = credentials::generate(&mut random, setup.origin)?;
    Ok(Box::new(Honor {
        oauth: OAuth::new(&credentials, setup.clock.clone()),
        credentials,
        clock: setup.clock.clone(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Honor {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let (kind, tokens) = match &*call.path {
            path if oauth::PATHS.contains(&path) => (CallKind::Auth, Vec::new()),
            path if app(path).is_some() => (CallKind::Push, target::peek(&call.body)),
            _ => (CallKind::Other, Vec::new()),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        if oauth::PATHS.contains(&&*call.path) {
            return self.oauth.exchange(call);
        }
        match app(&call.path) {
            Some(app) => self.send(call, app).unwrap_or_else(HonorError::answer),
            None => answer::not_found(),
        }
    }

    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply {
        match place.kind {
            CallKind::Auth => oauth::refusal(refusal),
            _ => answer::scripted(refusal),
        }
    }

    fn is_expired(&self, call: &Call) -> bool {
        self.oauth.is_expired(call)
    }

    fn expire(&self, call: &Call) {
        self.oauth.expire(call);
    }

    fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn section(&self) -> Table {
        let text = |text: &str| Value::String(text.to_owned());
        let known = &self.credentials;
        Table::from_iter([
            ("app_id".to_owned(), text(&known.app_id)),
            ("client_id".to_owned(), text(&known.client_id)),
            ("client_secret".to_owned(), text(&known.client_secret)),
            ("auth_endpoint".to_owned(), text(&known.auth_endpoint)),
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

/// The app of `/api/v1/{app}/sendMessage`.
fn app(path: &str) -> Option<&str> {
    let app = path
        .strip_prefix("/api/v1/")?
        .strip_suffix("/sendMessage")?;
    (!app.is_empty() && !app.contains('/')).then_some(app)
}

impl Honor {
    fn send(&self, call: &Call, app: &str) -> Result<Answer, HonorError> {
        if call.method != Method::POST {
            return Err(error(405, "a push is a POST"));
        }
        let known = &self.credentials;
        let owner = self.oauth.check(call)?;
        if app != known.app_id && app != known.disabled_app_id {
            return Err(error(404, format!("there is no app `{app}`")));
        }
        if owner != app {
            return Err(error(80_200_001, "the access token is another app's"));
        }
        if app == known.disabled_app_id {
            return Err(error(80_300_002, "push is not enabled for this app"));
        }
        self.check_timestamp(call)?;
        let tokens = message::parse(call)?;
        Ok(answer::sent(target::sort(tokens, &self.flaky)))
    }

    /// Milliseconds, which have 13 digits until the year 2286.
    fn check_timestamp(&self, call: &Call) -> Result<(), HonorError> {
        let Some(given) = call.header("timestamp") else {
            return Err(error(80_100_001, "no `timestamp` header"));
        };
        let far = |time: u64| time.abs_diff(self.clock.now_ms()) > SKEW_MS;
        let digits = given.len() == 13 && given.bytes().all(|byte| byte.is_ascii_digit());
        match given.parse() {
            Ok(time) if digits && !far(time) => Ok(()),
            _ => Err(error(80_100_001, format!("`timestamp` is `{given}`"))),
        }
    }
}
