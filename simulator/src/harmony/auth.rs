//! The signed token that every request carries. Nobody exchanges it for anything.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

use super::credentials::Credentials;
use crate::Error;
use crate::call::Call;
use crate::clock::Clock;
use crate::huawei::answer::{HuaweiError, error};
use crate::huawei::oauth::bearer;
use crate::jwt::Jwt;
use crate::sync::lock;

const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
/// A token may be valid for a day.
const MAX_VALIDITY: i64 = 86_400;
/// How far a clock may run ahead.
const SKEW: i64 = 60;

#[derive(Debug)]
pub(super) struct Auth {
    key_id: String,
    key: Vec<u8>,
    /// Accounts and their projects.
    accounts: [(String, String); 2],
    clock: Arc<Clock>,
    /// Tokens that a fault script declared expired.
    expired: Mutex<HashSet<String>>,
}

impl Auth {
    pub(super) fn new(credentials: &Credentials, clock: Arc<Clock>) -> Result<Self, Error> {
        let known = credentials;
        Ok(Self {
            key_id: known.key_id.clone(),
            key: crate::rsa::key()?.public.clone(),
            accounts: [
                (known.sub_account.clone(), known.project_id.clone()),
                (
                    known.disabled_sub_account.clone(),
                    known.disabled_project_id.clone(),
                ),
            ],
            clock,
            expired: Mutex::default(),
        })
    }

    /// The project of whoever signed a call's token.
    pub(super) fn check(&self, call: &Call) -> Result<&str, HuaweiError> {
        let wrong = |detail: &'static str| error("80200001", detail);
        let token = bearer(call).ok_or_else(|| wrong("no `Authorization: Bearer …`"))?;
        let jwt = Jwt::parse(token).map_err(wrong)?;
        if jwt.header("alg") != Some("PS256") || jwt.header("typ") != Some("JWT") {
            return Err(wrong("the token is not a JWT of PS256"));
        }
        if jwt.header("kid") != Some(&self.key_id) {
            return Err(wrong("no key has this `kid`"));
        }
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &self.key)
            .verify(jwt.signed.as_bytes(), &jwt.signature)
            .map_err(|_| wrong("the signature does not hold"))?;
        if jwt.claim("aud") != Some(AUDIENCE) {
            return Err(wrong("the token is for somebody else"));
        }
        let issuer = jwt.claim("iss");
        let account = self.accounts.iter();
        let mut account = account.filter(|(name, _)| Some(name.as_str()) == issuer);
        let (_, project) = account.next().ok_or_else(|| wrong("no such account"))?;
        self.times(&jwt)?;
        if lock(&self.expired).contains(token) {
            return Err(error("80200005", "the token has expired"));
        }
        Ok(project)
    }

    fn times(&self, jwt: &Jwt<'_>) -> Result<(), HuaweiError> {
        let times = jwt.time("iat").zip(jwt.time("exp"));
        let (issued, expires) =
            times.ok_or_else(|| error("80200001", "`iat` or `exp` is missing"))?;
        let now = self.clock.now_secs();
        if issued > now + SKEW {
            return Err(error("80200001", "the token is of the future"));
        }
        if expires - issued > MAX_VALIDITY {
            return Err(error("80300036", "the token is valid for over a day"));
        }
        match expires > now {
            true => Ok(()),
            false => Err(error("80200005", "the token has expired")),
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
}
