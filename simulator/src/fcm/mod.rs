//! FCM: the HTTP v1 API and the OAuth token endpoint that it needs, on one origin.

mod apns;
mod condition;
mod credentials;
mod error;
mod fields;
mod message;
mod oauth;
mod scalar;
mod schema;
mod target;

use std::any::Any;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::json;
use toml::{Table, Value};

pub use credentials::Credentials;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::tokens::Flaky;
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, TokenSet};

use error::GoogleError;
use oauth::OAuth;

/// The vendor's name.
pub(crate) const NAME: &str = "fcm";

const TOKEN: &str = "/token";

#[derive(Debug)]
struct Fcm {
    credentials: Credentials,
    oauth: OAuth,
    clock: Arc<Clock>,
    tokens: TokenSet,
    flaky: Flaky,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = target::tokens(&mut random);
    let (credentials, public) = credentials::generate(&mut random, setup.origin)?;
    Ok(Box::new(Fcm {
        oauth: OAuth::new(&credentials, public, setup.clock.clone()),
        credentials,
        clock: setup.clock.clone(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
    }))
}

impl Vendor for Fcm {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        if call.path == TOKEN {
            return Place {
                kind: CallKind::Auth,
                tokens: Vec::new(),
            };
        }
        match call.path.ends_with("messages:send") {
            true => Place {
                kind: CallKind::Push,
                tokens: Vec::from_iter(target::peek(&call.body)),
            },
            false => Place {
                kind: CallKind::Other,
                tokens: Vec::new(),
            },
        }
    }

    fn serve(&self, call: &Call) -> Answer {
        if call.path == TOKEN {
            return self.oauth.exchange(call);
        }
        match self.send(call) {
            Ok(answer) => answer,
            Err(error) => error.answer(),
        }
    }

    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply {
        if place.kind == CallKind::Auth {
            return oauth::refusal(refusal);
        }
        error::scripted(refusal)
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
        Table::from_iter([
            (
                "service_account_json".to_owned(),
                text(&self.credentials.service_account_json),
            ),
            ("project_id".to_owned(), text(&self.credentials.project_id)),
            (
                "token_endpoint".to_owned(),
                text(&self.credentials.token_uri),
            ),
        ])
    }

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    fn reset(&self) {
        self.flaky.reset();
    }
}

impl Fcm {
    fn send(&self, call: &Call) -> Result<Answer, GoogleError> {
        let project = call
            .path
            .strip_prefix("/v1/projects/")
            .and_then(|rest| rest.strip_suffix("/messages:send"))
            .filter(|project| !project.is_empty() && !project.contains('/'))
            .filter(|_| call.method == Method::POST)
            .ok_or_else(|| error::not_found("no such method or path"))?;
        self.oauth.check(call)?;
        self.project(project)?;
        let message = message::parse(call)?;
        self.judge(&message.target)?;
        if message.validate_only {
            let name = format!("projects/{project}/messages/fake_message_id");
            return Ok(Answer::served(Reply::json(
                StatusCode::OK,
                &json!({ "name": name }),
            )));
        }
        let id = format!(
            "0:{:016}%{:016x}",
            self.clock.now_ms() * 1000,
            uuid::Uuid::new_v4().as_u128() as u64
        );
        let name = format!("projects/{}/messages/{id}", self.credentials.project_id);
        let reply = Reply::json(StatusCode::OK, &json!({ "name": name }));
        Ok(Answer::accepted(name, reply))
    }

    fn project(&self, project: &str) -> Result<(), GoogleError> {
        let known = &self.credentials;
        if project == known.project_id || project == known.project_number {
            Ok(())
        } else if project == known.forbidden_project_id {
            Err(error::permission_denied(project))
        } else {
            Err(error::not_found("no such project"))
        }
    }
}
