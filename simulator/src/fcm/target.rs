//! Whom a message is for, and what becomes of it.

use std::borrow::Cow;

use serde::Deserialize;

use super::Fcm;
use super::error::{GoogleError, bad_value, fcm};
use crate::TokenSet;
use crate::random::Random;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The target of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Token(String),
    Fid(String),
    Topic(String),
    Condition(String),
}

impl Fcm {
    /// Whether a message reaches its target.
    pub(super) fn judge(&self, target: &Target) -> Result<(), GoogleError> {
        let id = match target {
            Target::Token(token) if is_token(token) => token,
            Target::Fid(fid) if is_fid(fid) => fid,
            Target::Token(_) => {
                return Err(fcm(
                    "INVALID_ARGUMENT",
                    "not the form of a registration token",
                ));
            }
            Target::Fid(_) => {
                let message = "The Firebase installation ID is not valid";
                return Err(bad_value("message.fid", message));
            }
            Target::Topic(_) | Target::Condition(_) => return Ok(()),
        };
        if id.starts_with("dead") {
            return Err(fcm("UNREGISTERED", "a dead token"));
        }
        if *id == self.credentials.foreign_token {
            return Err(fcm("SENDER_ID_MISMATCH", "a token of another project"));
        }
        if *id == self.credentials.keyless_token {
            return Err(fcm(
                "THIRD_PARTY_AUTH_ERROR",
                "the app has no key for its platform",
            ));
        }
        if self.flaky.fails(id) {
            return Err(fcm("UNAVAILABLE", "first attempt of a flaky token"));
        }
        Ok(())
    }
}

/// The target that a body names, without judging the body: for faults and for the record.
pub(super) fn peek(body: &[u8]) -> Option<String> {
    let Peek { message } = serde_json::from_slice(body).ok()?;
    let named = message
        .token
        .or(message.fid)
        .or(message.topic)
        .or(message.condition);
    named.map(Cow::into_owned)
}

/// The few fields to peek at; everything else is skipped without being built.
#[derive(Deserialize)]
struct Peek<'a> {
    #[serde(borrow)]
    message: Named<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(borrow)]
    condition: Option<Cow<'a, str>>,
}

/// Opaque, but never outside this alphabet and never this short. An installation id is accepted
/// in the place of a token, as FCM does during its transition.
fn is_token(text: &str) -> bool {
    (20..=4096).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte))
}

/// A Firebase installation id. A dead one starts with `dead`, which this form allows.
fn is_fid(text: &str) -> bool {
    text.len() == 22
        && matches!(text.as_bytes()[0], b'c'..=b'f')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// A registration token of the usual shape that starts with `prefix`.
pub(super) fn token(random: &mut Random, prefix: &str) -> String {
    let head = random.text(LETTERS, 22 - prefix.len());
    format!("{prefix}{head}:APA91b{}", random.text(LETTERS, 134))
}

pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix, count| (0..count).map(|_| token(random, prefix)).collect();
    TokenSet {
        live: some("c", 8),
        dead: some("dead", 3),
        muted: Vec::new(),
        flaky: some("flaky", 4),
    }
}
