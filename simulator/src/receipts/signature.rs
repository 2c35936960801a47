//! How Huawei signs a receipt: not its body, but when it was sent, and by whom.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use uuid::Uuid;

use super::{ReceiptRequest, Told};
use crate::Error;

const HEADER: &str = "x-huawei-callback-id";

/// The user name and the key of a console's receipt address.
#[derive(Debug)]
pub(crate) struct Signer<'a> {
    pub(crate) user_name: &'a str,
    pub(crate) key: &'a str,
}

impl Signer<'_> {
    /// Adds the signature to a request.
    pub(crate) fn sign(
        &self,
        told: &Told<'_>,
        mut request: ReceiptRequest,
    ) -> Result<ReceiptRequest, Error> {
        let wrong = |_| Error::Receipt("the key for receipts is no Base64".to_owned());
        let key = match told.older() {
            // A console of old hands out bytes, one of today Base64 of them.
            true => self.key.as_bytes().to_vec(),
            false => STANDARD.decode(self.key).map_err(wrong)?,
        };
        let (time, nonce) = (told.now, Uuid::new_v4());
        let signed = format!("{time}{nonce}{}", self.user_name);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let value = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        let header = format!("timestamp={time}; nonce={nonce}; value={value}");
        let header = HeaderValue::try_from(header)
            .map_err(|_| Error::Receipt("the signature is no header".to_owned()))?;
        request.headers.insert(HEADER, header);
        Ok(request)
    }
}

/// A key as a console shows it.
pub(crate) fn receipt_key() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Key("no randomness".to_owned()))?;
    Ok(STANDARD.encode(bytes))
}
