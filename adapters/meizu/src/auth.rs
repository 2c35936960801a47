//! How a request proves who it is: a signature over its parameters and the app's secret. Nothing
//! expires, and nothing of it depends on the time.

use std::fmt;

use md5::{Digest as _, Md5};
use zpns_core::Secret;
use zpns_core::config::ConfigError;
use zpns_kit::config::filled;

use crate::config::MeizuConfig;

/// The parameter that holds the signature. It takes no part in it.
pub(crate) const SIGN: &str = "sign";

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// An app, and what it signs with.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) app_id: String,
    secret: Secret,
}

impl Credentials {
    /// # Errors
    /// An app id that is no number, or a blank secret.
    pub(crate) fn new(config: MeizuConfig) -> Result<Self, ConfigError> {
        filled("app_secret", &config.app_secret)?;
        let app_id = config.app_id;
        if app_id.is_empty() || !app_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ConfigError::key("app_id", "is not a number"));
        }
        Ok(Self {
            app_id,
            secret: config.app_secret,
        })
    }

    /// Ends a signature.
    pub(crate) fn sign(&self, signature: Signature) -> String {
        signature.finish(self.secret.expose())
    }
}

/// A signature under way (`reference/meizu.md` §1.1): MD5 over `name=value` of every parameter, in
/// the order of their names and with nothing between them, and then the secret. Values are signed
/// as they are, and percent-encoded afterwards.
///
/// MD5 is what Meizu asks for, and no proof against whoever can break it.
#[derive(Clone, Default)]
pub(crate) struct Signature(Md5);

impl Signature {
    /// One parameter. They are to come in the order of their names.
    pub(crate) fn parameter(&mut self, name: &str, value: &str) {
        self.text(name);
        self.text("=");
        self.text(value);
    }

    /// Part of a parameter.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.update(text.as_bytes());
    }

    fn finish(mut self, secret: &str) -> String {
        self.text(secret);
        let mut hex = String::with_capacity(32);
        for byte in self.0.finalize() {
            for digit in [byte >> 4, byte & 15] {
                let digit = DIGITS.get(usize::from(digit)).copied();
                hex.push(char::from(digit.unwrap_or_default()));
            }
        }
        hex
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sign(secret: &str, parameters: &[(&str, &str)]) -> String {
        let mut signature = Signature::default();
        for (name, value) in parameters {
            signature.parameter(name, value);
        }
        let config = MeizuConfig::new("1", secret.to_owned());
        Credentials::new(config).unwrap().sign(signature)
    }

    #[test]
    fn example_a_of_the_reference_is_signed_as_meizu_has_it() {
        let message =
            r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
        let parameters = [
            ("appId", "10000"),
            ("messageJson", message),
            ("pushIds", "RA50c6348036344485d01776773577c64740465480a6b"),
        ];
        let signed = sign("<APP_SECRET>", &parameters);
        assert_eq!(signed, "ac076ff25d9900015a681cb5172aa53b");
    }

    #[test]
    fn example_b_of_the_reference_is_signed_so() {
        let message = r#"{"noticeBarInfo":{"title":"Hi","content":"Hello"}}"#;
        let parameters = [
            ("appId", "100999"),
            ("messageJson", message),
            ("pushIds", "ID_A,ID_B"),
        ];
        let signed = sign("s3cr3t", &parameters);
        assert_eq!(signed, "c085a6e044d4165c2f030734326d51a3");
    }

    #[test]
    fn example_c_of_the_reference_is_signed_over_raw_values() {
        let message = r#"{"noticeBarInfo":{"title":"你好","content":"a=b&c"}}"#;
        let parameters = [
            ("alias", "u1"),
            ("appId", "100999"),
            ("messageJson", message),
        ];
        let signed = sign("s3cr3t", &parameters);
        assert_eq!(signed, "2e98047555b89778f6f70e26139cff8d");
    }

    #[test]
    fn a_signature_shows_nothing_of_what_it_is_made_of() {
        let mut signature = Signature::default();
        signature.text("swordfish");
        assert_eq!(format!("{signature:?}"), "Signature { .. }");
    }

    proptest! {
        #[test]
        fn a_copy_goes_on_where_the_original_stands(
            head in any::<String>(),
            tails in prop::collection::vec(any::<String>(), 1..4),
        ) {
            let mut shared = Signature::default();
            shared.text(&head);
            for tail in tails {
                let mut copy = shared.clone();
                copy.text(&tail);
                let mut whole = Signature::default();
                whole.text(&format!("{head}{tail}"));
                let signed = copy.finish("s");
                prop_assert_eq!(&signed, &whole.finish("s"));
                let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                prop_assert!(signed.len() == 32 && signed.bytes().all(is_hex));
            }
        }
    }
}
