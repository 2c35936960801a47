//! `POST /3/device/<token>`.

use http::Method;

use super::reason::refuse;
use super::{Apns, DEVICE, Refused, headers, payload};
use crate::TokenSet;
use crate::call::Call;
use crate::random::Random;

const HEX: &str = "0123456789abcdef";
/// A dead token that has expired rather than been unregistered, as those of Live Activities do.
const EXPIRED: &str = "deade7";

impl Apns {
    pub(super) fn device(&self, call: &Call) -> Result<(), Refused> {
        let token = call
            .path
            .strip_prefix(DEVICE)
            .or_else(|| (call.path == DEVICE.trim_end_matches('/')).then_some(""))
            .ok_or_else(|| refuse("BadPath", "no such path"))?;
        if call.method != Method::POST {
            return Err(refuse("MethodNotAllowed", "a push is a POST"));
        }
        headers::no_duplicates(call)?;
        let sender = self.auth.check(call)?;
        self.open_streams(call);
        if token.is_empty() {
            return Err(refuse("MissingDeviceToken", "no token in the path"));
        }
        let (push_type, bundle) = headers::topic(call, &sender)?;
        headers::values(call, push_type)?;
        payload::check(&call.body, push_type)?;
        self.target(token, bundle)
    }

    /// After the first valid credential, a connection may have all its streams.
    fn open_streams(&self, call: &Call) {
        if self.options.limit_until_auth
            && !self.options.limit_after_error
            && let Some(control) = call.connection.control()
            && control.raise_once()
        {
            control.set_limit(self.options.stream_limit);
        }
    }

    fn target(&self, token: &str, bundle: &str) -> Result<(), Refused> {
        if !is_token(token) {
            return Err(refuse(
                "BadDeviceToken",
                "not an even number of hexadecimal digits",
            ));
        }
        if token == self.credentials.foreign_token {
            return Err(refuse("BadDeviceToken", "a token of the other environment"));
        }
        if bundle == self.credentials.other_topic {
            let detail = "the token belongs to another app of the team";
            return Err(refuse("DeviceTokenNotForTopic", detail));
        }
        let lower = token.to_ascii_lowercase();
        if lower.starts_with("dead") {
            let reason = if lower.starts_with(EXPIRED) {
                "ExpiredToken"
            } else {
                "Unregistered"
            };
            return Err(refuse(reason, "a dead token").since(self.clock.now_ms()));
        }
        if self.flaky.fails(&lower) {
            return Err(refuse(
                "ServiceUnavailable",
                "first attempt of a flaky token",
            ));
        }
        Ok(())
    }
}

/// Apple promises no length; this is the span of what has been seen.
fn is_token(token: &str) -> bool {
    (64..=200).contains(&token.len())
        && token.len().is_multiple_of(2)
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Listed tokens. They differ in length, because clients must not rely on one.
pub(super) fn tokens(random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, length: usize| {
        format!("{prefix}{}", random.text(HEX, length - prefix.len()))
    };
    TokenSet {
        live: (0..8)
            .map(|n| some("a", if n % 4 == 3 { 160 } else { 64 }))
            .collect(),
        dead: vec![some("dead", 64), some("dead0", 64), some(EXPIRED, 160)],
        muted: Vec::new(),
        flaky: (0..4).map(|_| some("f1a4", 64)).collect(),
    }
}
