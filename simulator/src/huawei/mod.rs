//! Huawei's Android push: v1 and v2, and the token endpoint that they need, on one origin.

pub(crate) mod answer;
mod credentials;
mod fields;
pub(crate) mod message;
pub(crate) mod oauth;
pub(crate) mod receipt;
pub(crate) mod schema;
pub(crate) mod target;

use std::any::Any;

use http::Method;
use serde_json::json;
use toml::{Table, Value};

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::{Flaky, is_dead};
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use answer::{HuaweiError, error, good};
use oauth::OAuth;
use target::Platform;

/// The vendor's name.
pub(crate) const NAME: &str = "huawei";

/// Both paths are served; the second is the older one.
const TOKEN: [&str; 2] = ["/oauth2/v3/token", "/oauth2/v2/token"];
const SEND: &str = "/messages:send";

#[derive(Debug)]
struct Huawei {
    credentials: Credentials,
    oauth: OAuth,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random, Platform::Android, "IQAAAA");
    let credentials = credentials::generate(&mut random, setup.origin)?;
    Ok(Box::new(Huawei {
        oauth: OAuth::new(&credentials, setup.clock.clone()),
        credentials,
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Huawei {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let (kind, tokens) = match &*call.path {
            path if TOKEN.contains(&path) => (CallKind::Auth, Vec::new()),
            path if path.ends_with(SEND) => (CallKind::Push, target::peek(&call.body, "message")),
            _ => (CallKind::Other, Vec::new()),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        if TOKEN.contains(&&*call.path) {
            return self.oauth.exchange(call);
        }
        let Some((version, id)) = route(&call.path).filter(|_| call.method == Method::POST) else {
            return answer::not_found();
        };
        self.send(call, version, id)
            .unwrap_or_else(HuaweiError::answer)
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
            ("app_secret".to_owned(), text(&known.app_secret)),
            ("auth_endpoint".to_owned(), text(&known.auth_endpoint)),
            ("receipt_user".to_owned(), text(&known.receipt_user)),
            ("receipt_key".to_owned(), text(&known.receipt_key)),
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

/// Version and id of `/v1/{id}/messages:send`.
fn route(path: &str) -> Option<(&str, &str)> {
    let (version, id) = path
        .strip_suffix(SEND)?
        .strip_prefix('/')?
        .split_once('/')?;
    (!id.is_empty() && !id.contains('/')).then_some((version, id))
}

impl Huawei {
    fn send(&self, call: &Call, version: &str, id: &str) -> Result<Answer, HuaweiError> {
        let known = &self.credentials;
        let app = self.oauth.check(call)?;
        match version {
            "v1" if id == app => {}
            "v2" if id == known.project_id && app == known.app_id => {}
            "v3" => return Err(error("80200001", "v3 takes no OAuth token")),
            "v1" | "v2" => return Err(error("80200001", "the token is another app's")),
            _ => return Ok(answer::not_found()),
        }
        if app == known.disabled_app_id {
            return Err(error("80300002", "push is not enabled for this app"));
        }
        let message = message::parse(call)?;
        if message.validate_only {
            let (_, reply) = good("Success", "80000000");
            return Ok(Answer::served(reply));
        }
        // Every one of them has made its first attempt then.
        let failing = message
            .tokens
            .iter()
            .filter(|token| self.flaky.fails(token));
        if failing.count() > 0 {
            return Err(error("81000001", "first attempt of a flaky token"));
        }
        let is_live =
            |token: &String| target::platform(token) == Some(Platform::Android) && !is_dead(token);
        let count = message.tokens.len();
        let (live, bad): (Vec<_>, Vec<_>) = message.tokens.into_iter().partition(is_live);
        if bad.is_empty() {
            let (id, reply) = good("Success", "80000000");
            return Ok(Answer::accepted(id, reply));
        }
        if bad.len() == count {
            return Err(error("80300007", "no token is valid"));
        }
        let text = json!({
            "success": live.len(), "failure": bad.len(), "illegal_tokens": bad,
        });
        let (id, reply) = good(&text.to_string(), "80100000");
        Ok(Answer::partly_accepted(id, live, reply))
    }
}
