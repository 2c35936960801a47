//! APNs: the HTTP/2 provider API, with token and certificate authentication.

mod aps;
mod auth;
mod channels;
mod credentials;
mod device;
mod headers;
mod payload;
mod push_type;
mod reason;

use std::any::Any;
use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use toml::{Table, Value};
use uuid::Uuid;

pub use credentials::{Credentials, Key, OtherKeys};

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::clock::Clock;
use crate::tokens::Flaky;
use crate::vendor::{Options, Protocols, Refusal, Setup, Vendor};
use crate::{Error, TokenSet};

use auth::Auth;
use channels::Channels;
use reason::Refused;

/// The vendor's name.
pub(crate) const NAME: &str = "apns";

const DEVICE: &str = "/3/device/";

#[derive(Debug)]
struct Apns {
    credentials: Credentials,
    auth: Auth,
    clock: Arc<Clock>,
    options: Options,
    tokens: TokenSet,
    flaky: Flaky,
    channels: Channels,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let tokens = device::tokens(&mut random);
    let (credentials, keys) = credentials::generate(&mut random, setup)?;
    Ok(Box::new(Apns {
        auth: Auth::new(keys, setup.clock.clone(), setup.options.sandbox),
        credentials,
        clock: setup.clock.clone(),
        options: setup.options.clone(),
        flaky: Flaky::new(&tokens.flaky),
        tokens,
        channels: Channels::default(),
    }))
}

impl Vendor for Apns {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Http2
    }

    fn place(&self, call: &Call) -> Place {
        match call.path.strip_prefix(DEVICE) {
            Some(token) => Place {
                kind: CallKind::Push,
                tokens: Vec::from_iter((!token.is_empty()).then(|| token.to_owned())),
            },
            None => Place {
                kind: CallKind::Other,
                tokens: Vec::new(),
            },
        }
    }

    fn serve(&self, call: &Call) -> Answer {
        let id = answer_id(call);
        if channels::is_path(&call.path) {
            return self
                .channels(call)
                .unwrap_or_else(|refused| refused.answer(&id));
        }
        match self.device(call) {
            Ok(()) => {
                let mut reply = Reply::empty(StatusCode::OK).header("apns-id", &id);
                if self.options.sandbox {
                    let unique = Uuid::new_v4().to_string();
                    reply = reply.header("apns-unique-id", &unique);
                }
                Answer::accepted(id, reply)
            }
            Err(refused) => refused.answer(&id),
        }
    }

    fn refuse(&self, _: &Place, refusal: &Refusal) -> Reply {
        let reason = refusal
            .code
            .clone()
            .unwrap_or_else(|| reason::usual(refusal.status));
        let mut body = json!({ "reason": reason });
        if refusal.status == StatusCode::GONE {
            body["timestamp"] = self.clock.now_ms().into();
        }
        Reply::json(refusal.status, &body).header("apns-id", &Uuid::new_v4().to_string())
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
        let environment = if self.options.sandbox {
            "sandbox"
        } else {
            "production"
        };
        let text = |text: &str| Value::String(text.to_owned());
        Table::from_iter([
            ("team_id".to_owned(), text(&self.credentials.team_id)),
            ("key_id".to_owned(), text(&self.credentials.key_id)),
            ("key_pem".to_owned(), text(&self.credentials.key_pem)),
            ("topic".to_owned(), text(&self.credentials.topic)),
            ("environment".to_owned(), text(environment)),
        ])
    }

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    fn reset(&self) {
        self.flaky.reset();
    }
}

/// The id of the answer: the client's if it can be echoed, else a new one.
fn answer_id(call: &Call) -> String {
    call.header("apns-id")
        .filter(|id| headers::is_id(id))
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
