//! HarmonyOS push: v3, and taking back what it sent, on one origin.

mod auth;
mod credentials;
mod fields;
mod message;
mod receipt;

use std::any::Any;

use http::Method;
use serde_json::{Map, json};
use toml::{Table, Value};

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::huawei::answer::{self, HuaweiError, error, good, illegal};
use crate::huawei::message::{json, listed};
use crate::huawei::target::{self, Platform};
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::{Flaky, is_dead};
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, Received, TokenSet};

use auth::Auth;

/// The vendor's name.
pub(crate) const NAME: &str = "harmony";

const SEND: &str = "/messages:send";
const REVOKE: &str = "/messages:revoke";

#[derive(Debug)]
struct Harmony {
    credentials: Credentials,
    auth: Auth,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random, Platform::Harmony, "MAMzLg");
    let credentials = credentials::generate(&mut random)?;
    Ok(Box::new(Harmony {
        auth: Auth::new(&credentials, setup.clock.clone())?,
        credentials,
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Harmony {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        let (kind, tokens) = match call.path.ends_with(SEND) {
            true => (CallKind::Push, target::peek(&call.body, "target")),
            false => (CallKind::Other, Vec::new()),
        };
        Place { kind, tokens }
    }

    fn serve(&self, call: &Call) -> Answer {
        let path = call
            .path
            .strip_prefix('/')
            .filter(|_| call.method == Method::POST);
        let parts = path.and_then(|path| path.split_once('/'));
        let judged = match parts {
            Some((version, rest)) => match (rest.strip_suffix(SEND), rest.strip_suffix(REVOKE)) {
                (Some(project), _) if !project.contains('/') => self.send(call, version, project),
                (_, Some(app)) if version == "v1" => self.revoke(call, app),
                _ => return answer::not_found(),
            },
            None => return answer::not_found(),
        };
        judged.unwrap_or_else(HuaweiError::answer)
    }

    fn refuse(&self, _: &Place, refusal: &Refusal) -> Reply {
        answer::scripted(refusal)
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
        let text = |text: &str| Value::String(text.to_owned());
        let known = &self.credentials;
        let account = text(&known.service_account_json);
        Table::from_iter([
            ("service_account_json".to_owned(), account),
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

impl Harmony {
    fn send(&self, call: &Call, version: &str, project: &str) -> Result<Answer, HuaweiError> {
        let own = self.auth.check(call)?;
        if project != own {
            return Err(error("80200001", "the account is another project's"));
        }
        if project == self.credentials.disabled_project_id {
            return Err(error("80300002", "push is not enabled for this project"));
        }
        let tokens = message::parse(call)?;
        if version != "v3" {
            return Err(error("80300007", "the devices are reached through v3 only"));
        }
        // Every one of them has made its first attempt then.
        let failing = tokens.iter().filter(|token| self.flaky.fails(token));
        if failing.count() > 0 {
            return Err(error("81000001", "first attempt of a flaky token"));
        }
        let count = tokens.len();
        let mut live = Vec::new();
        let mut illegal: Map<String, serde_json::Value> = Map::new();
        for token in tokens {
            match self.wrong(&token) {
                None => live.push(token),
                Some(reason) => {
                    let list = illegal.entry(reason).or_insert_with(|| json!([]));
                    if let Some(list) = list.as_array_mut() {
                        list.push(token.into());
                    }
                }
            }
        }
        if live.len() == count {
            let (id, reply) = good("Success", "80000000");
            return Ok(Answer::accepted(id, reply));
        }
        let failure = count - live.len();
        if live.is_empty() {
            let text = json!({ "failure": failure, "illegalTokens": illegal });
            let refusal = error("80300007", "no token is valid");
            return Err(refusal.with_message(text.to_string()));
        }
        let text = json!({
            "success": live.len(), "failure": failure, "illegalTokens": illegal,
        });
        let (id, reply) = good(&text.to_string(), "80100000");
        Ok(Answer::partly_accepted(id, live, reply))
    }

    /// Why a token is not sent to.
    fn wrong(&self, token: &str) -> Option<&'static str> {
        match target::platform(token) {
            None => Some("tokenFormatError"),
            Some(Platform::Android) => Some("noRight"),
            Some(Platform::Harmony) if is_dead(token) => Some("tokenFormatError"),
            Some(Platform::Harmony) if token == self.credentials.foreign_token => Some("noRight"),
            Some(Platform::Harmony) => None,
        }
    }

    fn revoke(&self, call: &Call, app: &str) -> Result<Answer, HuaweiError> {
        self.auth.check(call)?;
        if app != self.credentials.app_id {
            return Err(error("80300028", "the tokens are another app's"));
        }
        if !matches!(call.header("push-type"), Some("0" | "2")) {
            return Err(error("80100001", "the push type is neither 0 nor 2"));
        }
        let body = json(call)?;
        let number = body.get("notifyId").and_then(serde_json::Value::as_i64);
        if !number.is_some_and(|number| (0..=i64::from(i32::MAX)).contains(&number)) {
            return Err(illegal("notifyId", "is missing or illegal"));
        }
        listed(body.get("token").unwrap_or(&serde_json::Value::Null))?;
        let (_, reply) = good("Success", "80000000");
        Ok(Answer::served(reply))
    }
}
