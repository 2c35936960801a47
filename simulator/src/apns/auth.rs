//! Who is asking: provider tokens and client certificates, bound to their connection.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use http::header::AUTHORIZATION;

use super::credentials::{KnownKey, Standing};
use super::reason::{Refused, refuse};
use crate::call::Call;
use crate::clock::Clock;
use crate::jwt::Jwt;
use crate::sync::lock;

/// A token older than this is expired.
const LIFETIME: i64 = 60 * 60;
/// A token may be replaced on a connection when it is this old.
const REPLACEABLE: i64 = 20 * 60;
/// How far a clock may run ahead.
const SKEW: i64 = 60;
/// Verified tokens remembered per connection.
const REMEMBERED: usize = 64;

#[derive(Debug)]
pub(super) struct Auth {
    keys: Vec<KnownKey>,
    clock: Arc<Clock>,
    sandbox: bool,
    /// Tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

/// What a connection has proved so far.
#[derive(Debug, Default)]
struct Proved {
    /// The key that the connection is bound to, as an index.
    key: Option<usize>,
    /// The newest token.
    current: Option<Token>,
    /// Every token whose signature was checked, so that it is checked once.
    verified: Vec<Token>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    key: usize,
    issued_at: i64,
}

/// What the sender may do.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) topics: Arc<[String]>,
    pub(super) certificate: bool,
}

impl Auth {
    pub(super) fn new(keys: Vec<KnownKey>, clock: Arc<Clock>, sandbox: bool) -> Self {
        Self {
            keys,
            clock,
            sandbox,
            expired: Mutex::default(),
        }
    }

    pub(super) fn is_expired(&self, call: &Call) -> bool {
        bearer(call).is_some_and(|token| lock(&self.expired).contains(token))
    }

    pub(super) fn expire(&self, call: &Call) {
        if let Some(token) = bearer(call) {
            lock(&self.expired).insert(token.to_owned());
        }
    }

    /// Checks the certificate, or without one the provider token. A valid one opens the
    /// connection's streams.
    pub(super) fn check(&self, call: &Call) -> Result<Sender, Refused> {
        match &call.connection.certificate {
            // A token beside a certificate is ignored.
            Some(issued) => {
                let issued = issued
                    .as_ref()
                    .filter(|issued| !issued.topics.is_empty())
                    .ok_or_else(|| refuse("BadCertificate", "not a push certificate"))?;
                if issued.sandbox != self.sandbox {
                    let detail = "the certificate belongs to the other environment";
                    return Err(refuse("BadCertificateEnvironment", detail));
                }
                Ok(Sender {
                    topics: issued.topics.clone().into(),
                    certificate: true,
                })
            }
            None => {
                let key = self.token(call)?;
                Ok(Sender {
                    topics: self.keys[key].topics.clone(),
                    certificate: false,
                })
            }
        }
    }

    fn token(&self, call: &Call) -> Result<usize, Refused> {
        if !call.headers.contains_key(AUTHORIZATION) {
            return Err(refuse(
                "MissingProviderToken",
                "no certificate and no `authorization`",
            ));
        }
        let text =
            bearer(call).ok_or_else(|| invalid("`authorization` is not `bearer` and a token"))?;
        let expired = |text: &str| lock(&self.expired).contains(text);
        call.connection.with_state(|proved: &mut Proved| {
            let now = self.clock.now_secs();
            let token = self.verified(proved, text)?;
            if now - token.issued_at > LIFETIME {
                return Err(refuse(
                    "ExpiredProviderToken",
                    "the token is older than 60 minutes",
                ));
            }
            if token.issued_at - now > SKEW {
                return Err(invalid("`iat` lies in the future"));
            }
            if expired(text) {
                return Err(refuse(
                    "ExpiredProviderToken",
                    "declared expired by a fault script",
                ));
            }
            self.bind(proved, &token, now, expired)?;
            Ok(token.key)
        })
    }

    /// The token with its signature checked, once per connection.
    fn verified(&self, proved: &mut Proved, text: &str) -> Result<Token, Refused> {
        let newest_first = proved.current.iter().chain(proved.verified.iter().rev());
        if let Some(token) = newest_first.into_iter().find(|token| token.text == text) {
            return Ok(token.clone());
        }
        let token = self.verify(text)?;
        if proved.verified.len() >= REMEMBERED {
            proved.verified.remove(0);
        }
        proved.verified.push(token.clone());
        Ok(token)
    }

    fn verify(&self, text: &str) -> Result<Token, Refused> {
        let jwt = Jwt::parse(text).map_err(invalid)?;
        if jwt.header("alg") != Some("ES256") {
            return Err(invalid("`alg` is not ES256"));
        }
        let id = jwt.header("kid").ok_or_else(|| invalid("no `kid`"))?;
        let issuer = jwt.claim("iss").ok_or_else(|| invalid("no `iss`"))?;
        let issued_at = jwt
            .time("iat")
            .ok_or_else(|| invalid("`iat` is not a whole number"))?;
        let key = self
            .keys
            .iter()
            .position(|key| key.key_id == id)
            .ok_or_else(|| invalid("no key has this `kid`"))?;
        let known = &self.keys[key];
        if known.team_id != issuer {
            return Err(invalid("`iss` is not the team of this key"));
        }
        // Exactly r and s, 64 bytes: the form of RFC 7518, not DER.
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &known.public)
            .verify(jwt.signed.as_bytes(), &jwt.signature)
            .map_err(|_| invalid("the signature does not fit"))?;
        match known.standing {
            Standing::Good => Ok(Token {
                text: text.to_owned(),
                key,
                issued_at,
            }),
            Standing::Revoked => Err(refuse("Forbidden", "the key is revoked")),
            Standing::OtherEnvironment => {
                let detail = "the key belongs to the other environment";
                Err(refuse("BadEnvironmentKeyIdInToken", detail))
            }
        }
    }

    /// Binds the connection to team and key, and enforces how often its token may change.
    fn bind(
        &self,
        proved: &mut Proved,
        token: &Token,
        now: i64,
        expired: impl Fn(&str) -> bool,
    ) -> Result<(), Refused> {
        if let Some(bound) = proved.key.filter(|bound| *bound != token.key) {
            return Err(
                if self.keys[bound].team_id == self.keys[token.key].team_id {
                    refuse(
                        "UnrelatedKeyIdInToken",
                        "another key was used first on this connection",
                    )
                } else {
                    refuse("Forbidden", "another team was first on this connection")
                },
            );
        }
        if let Some(current) = &proved.current
            && current.text != token.text
        {
            let dead = now - current.issued_at > LIFETIME || expired(&current.text);
            if !dead && (token.issued_at - current.issued_at).abs() < REPLACEABLE {
                let detail = "the token changed within 20 minutes on this connection";
                return Err(refuse("TooManyProviderTokenUpdates", detail));
            }
            // A request with the former token that was still on its way.
            if token.issued_at < current.issued_at {
                return Ok(());
            }
        }
        proved.key = Some(token.key);
        if proved
            .current
            .as_ref()
            .is_none_or(|current| current.text != token.text)
        {
            proved.current = Some(token.clone());
        }
        Ok(())
    }
}

fn invalid(detail: &str) -> Refused {
    refuse("InvalidProviderToken", detail)
}

/// The token after `bearer`, whose case HTTP leaves open.
fn bearer(call: &Call) -> Option<&str> {
    let value = call.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
