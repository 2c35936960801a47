//! A token: the subscription as the browser hands it out.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zpns_core::{ErrorKind, Rejection};

use crate::ece::{AUTH, POINT, Receiver};

/// Bytes of a subscription at the most: an endpoint, keys, and room for what browsers add.
const MAX_LENGTH: usize = 8 * 1024;

const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// With or without padding.
pub(crate) const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);

/// What a push needs of a subscription.
pub(crate) struct Subscription<'a> {
    pub(crate) endpoint: Cow<'a, str>,
    /// None if it came without keys: it can be woken, and told nothing.
    pub(crate) receiver: Option<Receiver>,
    /// The VAPID key that it was made with, if the host added it.
    pub(crate) server_key: Option<[u8; POINT]>,
}

/// `PushSubscription.toJSON()`, and `applicationServerKey` beside it where a host with several
/// keys added that. What else is there, a browser added.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    endpoint: Cow<'a, str>,
    #[serde(borrow, default)]
    keys: Option<Keys<'a>>,
    #[serde(borrow, default, rename = "applicationServerKey")]
    server_key: Option<Cow<'a, str>>,
    #[serde(default, rename = "expirationTime")]
    _expires: IgnoredAny,
}

#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(borrow)]
    p256dh: Cow<'a, str>,
    #[serde(borrow)]
    auth: Cow<'a, str>,
}

impl<'a> Subscription<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// [`ErrorKind::TokenInvalid`]; quotes nothing of the token.
    pub(crate) fn parse(token: &'a str) -> Result<Self, Rejection> {
        if token.len() > MAX_LENGTH {
            return Err(invalid("the subscription is longer than any browser's"));
        }
        let wire: Wire<'_> = serde_json::from_str(token)
            .map_err(|_| invalid("the token is not a subscription in JSON, with an `endpoint`"))?;
        let receiver = wire.keys.map(|keys| keys.receiver()).transpose()?;
        let server_key = wire.server_key.map(|key| {
            decode(&key)
                .ok_or_else(|| invalid("`applicationServerKey` is not 65 bytes in base64url"))
        });
        Ok(Self {
            endpoint: wire.endpoint,
            receiver,
            server_key: server_key.transpose()?,
        })
    }
}

impl Keys<'_> {
    fn receiver(&self) -> Result<Receiver, Rejection> {
        let public: [u8; POINT] = decode(&self.p256dh)
            .filter(|point: &[u8; POINT]| point.first() == Some(&4))
            .ok_or_else(|| invalid("`p256dh` is not an uncompressed point in base64url"))?;
        let auth: [u8; AUTH] =
            decode(&self.auth).ok_or_else(|| invalid("`auth` is not 16 bytes in base64url"))?;
        Ok(Receiver { public, auth })
    }
}

/// Exactly so many bytes, in either alphabet.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let engine = match text.contains(['+', '/']) {
        true => &STANDARD,
        false => &URL_SAFE,
    };
    // One byte more, to tell what is too long; the engine wants room for whole groups.
    let mut bytes = [0; 3 * 32];
    let length = engine.decode_slice(text.trim(), &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}

pub(crate) fn invalid(why: &'static str) -> Rejection {
    Rejection::new(ErrorKind::TokenInvalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn token(p256dh: &str, auth: &str) -> String {
        format!(
            r#"{{"endpoint":"https://push.example.net/push/abc","expirationTime":null,"keys":{{"p256dh":"{p256dh}","auth":"{auth}"}}}}"#
        )
    }

    #[test]
    fn keys_are_read_in_either_alphabet_with_and_without_padding() {
        let plain = token(P256DH, AUTH_SECRET);
        let wanted = Subscription::parse(&plain).unwrap().receiver.unwrap();
        assert_eq!((wanted.public[0], wanted.auth[0]), (4, 5));
        let standard = |text: &str| text.replace('-', "+").replace('_', "/");
        let rows = [
            token(&format!("{P256DH}="), &format!("{AUTH_SECRET}==")),
            token(&standard(P256DH), &standard(AUTH_SECRET)),
            token(
                &format!("{}=", standard(P256DH)),
                &format!("{}==", standard(AUTH_SECRET)),
            ),
        ];
        for row in rows {
            let read = Subscription::parse(&row).unwrap();
            assert!(read.receiver == Some(wanted), "{row}");
            assert_eq!(read.endpoint, "https://push.example.net/push/abc");
        }
    }

    #[test]
    fn what_cannot_be_a_subscription_is_refused_and_not_quoted() {
        let compressed = &URL_SAFE.encode([2; 33]);
        let fifteen = URL_SAFE.encode([1; 15]);
        let seventeen = URL_SAFE.encode([1; 17]);
        let rows = [
            String::new(),
            "secret".to_owned(),
            "[]".to_owned(),
            r#"{"endpoint":7}"#.to_owned(),
            r#"{"keys":{}}"#.to_owned(),
            r#"{"endpoint":"https://secret.example","keys":{"auth":"x"}}"#.to_owned(),
            token(compressed, AUTH_SECRET),
            token(&URL_SAFE.encode([4; 66]), AUTH_SECRET),
            token(&URL_SAFE.encode([4; 200]), AUTH_SECRET),
            token(&URL_SAFE.encode([6; 65]), AUTH_SECRET),
            token(P256DH, &fifteen),
            token(P256DH, &seventeen),
            token(P256DH, "no base64 !!"),
            format!("{}{}", token(P256DH, AUTH_SECRET), " ".repeat(9_000)),
        ];
        for row in rows {
            let Err(rejection) = Subscription::parse(&row) else {
                panic!("{row}")
            };
            assert_eq!(rejection.kind, ErrorKind::TokenInvalid, "{row}");
            assert!(!rejection.reason.contains("secret"), "{}", rejection.reason);
        }
    }

    #[test]
    fn what_a_browser_or_host_adds_does_no_harm() {
        let token = format!(
            r#"{{"endpoint":"https:\/\/a.b\/c","expirationTime":1764000000000.5,"options":{{}},"applicationServerKey":"{P256DH}"}}"#
        );
        let read = Subscription::parse(&token).unwrap();
        assert_eq!(read.endpoint, "https://a.b/c");
        assert!(read.receiver.is_none() && read.server_key.is_some());
    }
}
