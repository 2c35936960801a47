//! Who is pushing: VAPID, RFC 8292.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use url::Url;

use super::answer::{Problem, Refused, refuse};
use super::service::{Address, Service};
use crate::call::Call;
use crate::clock::Clock;
use crate::jwt::Jwt;
use crate::sync::lock;

/// How far ahead `exp` may lie.
const LONGEST: i64 = 24 * 60 * 60;
/// Verified tokens remembered; more of them, and they are forgotten.
const REMEMBERED: usize = 1024;

#[derive(Debug)]
pub(super) struct Vapid {
    origin: String,
    clock: Arc<Clock>,
    /// Tokens whose signature was checked, by the text of the header.
    verified: Mutex<HashMap<String, Claims>>,
    /// Tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone)]
struct Claims {
    key: String,
    audience: String,
    expires_at: i64,
    subject: Option<String>,
}

impl Vapid {
    pub(super) fn new(origin: &str, clock: Arc<Clock>) -> Self {
        Self {
            origin: origin.to_owned(),
            clock,
            verified: Mutex::default(),
            expired: Mutex::default(),
        }
    }

    pub(super) fn is_expired(&self, call: &Call) -> bool {
        call.header(AUTHORIZATION.as_str())
            .is_some_and(|text| lock(&self.expired).contains(text))
    }

    pub(super) fn expire(&self, call: &Call) {
        if let Some(text) = call.header(AUTHORIZATION.as_str()) {
            lock(&self.expired).insert(text.to_owned());
        }
    }

    /// The key that signed, in base64url; none where the address asks for none and none came.
    pub(super) fn check(
        &self,
        call: &Call,
        address: &Address<'_>,
    ) -> Result<Option<String>, Refused> {
        let mut given = call.headers.get_all(AUTHORIZATION).iter();
        let text = match (given.next(), given.next()) {
            (None, _) if address.is_open() => return Ok(None),
            (None, _) => return Err(refuse(Problem::NoVapid, "no `authorization`")),
            (Some(value), None) => value
                .to_str()
                .map_err(|_| refuse(Problem::Header, "`authorization` is not ASCII"))?,
            _ => return Err(refuse(Problem::Header, "`authorization` is repeated")),
        };
        let claims = self.verified(text)?;
        self.judge(&claims, address.service)?;
        if lock(&self.expired).contains(text) {
            return Err(refuse(
                Problem::Expired,
                "declared expired by a fault script",
            ));
        }
        Ok(Some(claims.key))
    }

    /// The claims of a token whose signature is good. A signature is checked once.
    fn verified(&self, text: &str) -> Result<Claims, Refused> {
        if let Some(claims) = lock(&self.verified).get(text) {
            return Ok(claims.clone());
        }
        let claims = verify(text)?;
        let mut verified = lock(&self.verified);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(text.to_owned(), claims.clone());
        Ok(claims)
    }

    fn judge(&self, claims: &Claims, service: Service) -> Result<(), Refused> {
        if claims.audience != self.origin {
            let detail = format!("`aud` is `{}` and not `{}`", claims.audience, self.origin);
            return Err(refuse(Problem::Audience, detail));
        }
        let left = claims.expires_at - self.clock.now_secs();
        if left <= 0 {
            return Err(refuse(Problem::Expired, "`exp` has passed"));
        }
        if left > LONGEST {
            return Err(refuse(
                Problem::TooLong,
                "`exp` is more than 24 hours ahead",
            ));
        }
        let subject = claims.subject.as_deref();
        match subject {
            Some(subject) if is_contact(subject, service) => Ok(()),
            Some(subject) => Err(refuse(Problem::Subject, format!("`sub` is `{subject}`"))),
            None => Err(refuse(Problem::Subject, "no `sub`")),
        }
    }
}

fn verify(text: &str) -> Result<Claims, Refused> {
    let (token, key) = parameters(text)?;
    let point = URL_SAFE_NO_PAD
        .decode(key)
        .ok()
        .filter(|point| point.len() == 65 && point[0] == 4)
        .ok_or_else(|| refuse(Problem::Key, "`k` is no uncompressed point in base64url"))?;
    let jwt = Jwt::parse(token).map_err(|detail| refuse(Problem::Token, detail))?;
    if jwt.header("alg") != Some("ES256") {
        return Err(refuse(Problem::Token, "`alg` is not ES256"));
    }
    if jwt.header.contains_key("typ") && jwt.header("typ") != Some("JWT") {
        return Err(refuse(Problem::Token, "`typ` is not JWT"));
    }
    // Exactly r and s, 64 bytes: the form of RFC 7518, not DER.
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
        .verify(jwt.signed.as_bytes(), &jwt.signature)
        .map_err(|_| refuse(Problem::Signature, "the signature does not fit `k`"))?;
    let audience = jwt
        .claim("aud")
        .ok_or_else(|| refuse(Problem::Audience, "no `aud` that is a text"))?;
    let expires_at = jwt
        .time("exp")
        .ok_or_else(|| refuse(Problem::Expiry, "`exp` is not a whole number"))?;
    Ok(Claims {
        key: key.to_owned(),
        audience: audience.to_owned(),
        expires_at,
        subject: jwt.claim("sub").map(str::to_owned),
    })
}

/// `t` and `k` of `vapid t=…, k=…`, in any order.
fn parameters(text: &str) -> Result<(&str, &str), Refused> {
    let wrong = |detail: &str| refuse(Problem::Header, detail);
    let (_, rest) = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("vapid"))
        .ok_or_else(|| wrong("the scheme is not `vapid`"))?;
    let (mut token, mut key) = (None, None);
    for parameter in rest.split(',') {
        let (name, value) = parameter
            .trim()
            .split_once('=')
            .ok_or_else(|| wrong("a parameter has no `=`"))?;
        let place = match name {
            "t" => &mut token,
            "k" => &mut key,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(wrong("a parameter is repeated"));
        }
    }
    Ok((
        token.ok_or_else(|| wrong("no `t`"))?,
        key.ok_or_else(|| wrong("no `k`"))?,
    ))
}

/// Whether a service could write to it: `mailto:user@host`, or an https address. Apple takes no
/// host of one's own machine.
fn is_contact(subject: &str, service: Service) -> bool {
    let host = match subject.strip_prefix("mailto:") {
        Some(address) => address
            .split_once('@')
            .filter(|(user, host)| is_word(user) && is_word(host) && !host.contains('@'))
            .map(|(_, host)| host.to_owned()),
        None => Url::parse(subject)
            .ok()
            .filter(|url| url.scheme() == "https")
            .and_then(|url| url.host_str().map(str::to_owned)),
    };
    let is_local = |host: &str| host == "localhost" || host.ends_with(".localhost");
    host.is_some_and(|host| service != Service::Apple || !is_local(&host))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '<' || c == '>')
}
