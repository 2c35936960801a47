//! Standard Web Push: a push service that knows its subscribers' keys, on one origin.
//!
//! A real service cannot read what it carries. This one decrypts every body as the browser would,
//! and refuses what no browser could open. It answers in the words of Mozilla's service, and below
//! the path of another service in that one's: see [`Service`].

mod answer;
mod check;
mod credentials;
mod messages;
mod open;
mod service;
mod subscription;
mod vapid;

use std::any::Any;

use bytes::Bytes;
use http::Method;
use toml::{Table, Value};

pub use credentials::Credentials;
pub use service::Service;
pub use subscription::Subscriber;

use crate::call::{Answer, Call, CallKind, Place, Reply};
use crate::tokens::{Flaky, is_dead};
use crate::vendor::{Protocols, Refusal, Setup, Vendor};
use crate::{Error, TokenSet};

use answer::{Problem, Refused, refuse};
use messages::Messages;
use service::Address;
use vapid::Vapid;

/// The vendor's name.
pub(crate) const NAME: &str = "webpush";

#[derive(Debug)]
struct WebPush {
    credentials: Credentials,
    vapid: Vapid,
    tokens: TokenSet,
    flaky: Flaky,
    messages: Messages,
}

pub(crate) fn start(setup: &Setup<'_>) -> Result<Box<dyn Vendor>, Error> {
    let mut random = setup.random.clone();
    let credentials = credentials::generate(&mut random, setup.origin)?;
    let tokens = subscription::tokens(&credentials, &mut random);
    Ok(Box::new(WebPush {
        vapid: Vapid::new(setup.origin, setup.clock.clone()),
        credentials,
        flaky: Flaky::new(&tokens.flaky),
        tokens,
        messages: Messages::default(),
    }))
}

impl Vendor for WebPush {
    fn credentials(&self) -> &(dyn Any + Send + Sync) {
        &self.credentials
    }

    fn protocols(&self) -> Protocols {
        Protocols::Both
    }

    fn place(&self, call: &Call) -> Place {
        match Address::of(call) {
            Some(address) if !messages::is_path(&call.path) => Place {
                kind: CallKind::Push,
                tokens: vec![self.credentials.subscription(&address.path)],
            },
            _ => Place {
                kind: CallKind::Other,
                tokens: Vec::new(),
            },
        }
    }

    fn serve(&self, call: &Call) -> Answer {
        if messages::is_path(&call.path) {
            return self.messages.answer(call);
        }
        let Some(address) = Address::of(call) else {
            return refuse(Problem::Path, "no such path").answer(Service::Mozilla);
        };
        let service = address.service;
        match self.push(call, &address) {
            Ok(ttl) => {
                let id = self.messages.accept(service, &self.credentials.origin);
                Answer::accepted(id.clone(), answer::accepted(service, &id, ttl))
            }
            Err(refused) => refused.answer(service),
        }
    }

    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply {
        let token = place.tokens.first();
        let service = token.and_then(|token| subscription::service(token));
        answer::scripted(service.unwrap_or(Service::Mozilla), refusal)
    }

    fn is_expired(&self, call: &Call) -> bool {
        self.vapid.is_expired(call)
    }

    fn expire(&self, call: &Call) {
        self.vapid.expire(call);
    }

    fn tokens(&self) -> TokenSet {
        self.tokens.clone()
    }

    fn section(&self) -> Table {
        let text = |text: &str| Value::String(text.to_owned());
        let known = &self.credentials;
        let hosts = vec![text(credentials::host(&known.origin))];
        Table::from_iter([
            (
                "vapid_private_key".to_owned(),
                text(&known.vapid_private_key),
            ),
            ("subject".to_owned(), text(&known.subject)),
            ("allow_hosts".to_owned(), Value::Array(hosts)),
        ])
    }

    fn plaintext(&self, call: &Call) -> Option<Bytes> {
        let address = Address::of(call).filter(|_| !call.body.is_empty())?;
        let subscriber = self.credentials.subscriber(&address.path);
        open::open(&call.body, &subscriber).ok().map(Bytes::from)
    }

    fn flaky(&self) -> &Flaky {
        &self.flaky
    }

    fn reset(&self) {
        self.flaky.reset();
        self.messages.clear();
    }
}

impl WebPush {
    /// Checks a push as the service would, and the body as the browser would. Returns for how many
    /// seconds it is kept.
    fn push(&self, call: &Call, address: &Address<'_>) -> Result<u64, Refused> {
        if call.method != Method::POST {
            return Err(refuse(Problem::Method, "a push is a POST"));
        }
        if !address.is_well_formed() {
            return Err(refuse(Problem::Path, "no subscription can have this id"));
        }
        let subscriber = self.credentials.subscriber(&address.path);
        self.authorize(call, address, &subscriber)?;
        if is_dead(&address.id) {
            return Err(refuse(Problem::Gone, "a dead subscription"));
        }
        let ttl = check::headers(call, address.service)?;
        check::body(call, address.service, &subscriber)?;
        if self
            .flaky
            .fails(&self.credentials.subscription(&address.path))
        {
            return Err(refuse(
                Problem::Busy,
                "first attempt of a flaky subscription",
            ));
        }
        Ok(ttl)
    }

    fn authorize(
        &self,
        call: &Call,
        address: &Address<'_>,
        subscriber: &Subscriber,
    ) -> Result<(), Refused> {
        let Some(key) = self.vapid.check(call, address)? else {
            return Ok(());
        };
        match &subscriber.server_key {
            Some(bound) if !address.is_open() && *bound != key => {
                let detail = "the subscription was made with another VAPID key";
                Err(refuse(Problem::KeyMismatch, detail))
            }
            _ => Ok(()),
        }
    }
}
