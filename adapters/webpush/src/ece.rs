//! The body: RFC 8291 (`aes128gcm` of RFC 8188, with keys agreed on by P-256).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand;
use bytes::Bytes;

/// Bytes of an uncompressed point of P-256.
pub(crate) const POINT: usize = 65;
/// Bytes of the secret that browser and sender share.
pub(crate) const AUTH: usize = 16;
/// Bytes of a plaintext with its padding at the most: what every push service has to take is a
/// body of 4096 bytes (RFC 8030 §7.2), less header, delimiter and tag.
pub(crate) const PLAINTEXT_LIMIT: usize = BODY_LIMIT - HEADER - DELIMITER - TAG;

const BODY_LIMIT: usize = 4096;
/// Bytes of a record at the most: more than any body of ours fills, so that there is one record.
const RECORD_SIZE: u32 = 4096;
const SALT: usize = 16;
/// Salt, record size, length of the key id, key id.
const HEADER: usize = SALT + 4 + 1 + POINT;
const DELIMITER: usize = 1;
const TAG: usize = 16;
/// Follows the plaintext of the last record.
const LAST: u8 = 2;

const KEY_INFO: &[u8] = b"WebPush: info\0";
const CONTENT_KEY_INFO: &[u8] = b"Content-Encoding: aes128gcm\0";
const NONCE_INFO: &[u8] = b"Content-Encoding: nonce\0";

/// What a browser encrypts with: its half of the agreement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// `p256dh`.
    pub(crate) public: [u8; POINT],
    /// `auth`.
    pub(crate) auth: [u8; AUTH],
}

/// Why there is no body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SealError {
    /// `p256dh` is not on the curve.
    Receiver,
    /// There is no randomness, or the plaintext is too long.
    Sender,
}

/// Encrypts for one browser, with a fresh key and a fresh salt.
pub(crate) fn seal(
    receiver: &Receiver,
    plaintext: &[u8],
    padding: usize,
) -> Result<Bytes, SealError> {
    let key = PrivateKey::generate(&ECDH_P256).map_err(|Unspecified| SealError::Sender)?;
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|Unspecified| SealError::Sender)?;
    seal_with(receiver, &key, salt, plaintext, padding)
}

fn seal_with(
    receiver: &Receiver,
    key: &PrivateKey,
    salt: [u8; SALT],
    plaintext: &[u8],
    padding: usize,
) -> Result<Bytes, SealError> {
    if plaintext.len() + padding > PLAINTEXT_LIMIT {
        return Err(SealError::Sender);
    }
    let sender = key.compute_public_key();
    let sender = sender.map_err(|Unspecified| SealError::Sender)?;
    let mut body = Vec::with_capacity(HEADER + plaintext.len() + padding + DELIMITER + TAG);
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
    body.push(POINT as u8);
    body.extend_from_slice(sender.as_ref());
    let record = body.len();
    body.extend_from_slice(plaintext);
    body.push(LAST);
    body.resize(body.len() + padding, 0);

    let peer = UnparsedPublicKey::new(&ECDH_P256, &receiver.public);
    let ikm = agree(key, peer, SealError::Receiver, |shared| {
        Ok(input_key(receiver, sender.as_ref(), shared))
    })?;
    let (content_key, nonce) = content_key(&salt, ikm.as_ref());
    let tag = content_key
        .and_then(|key| {
            let record = body.get_mut(record..).unwrap_or_default();
            key.seal_in_place_separate_tag(nonce, Aad::empty(), record)
        })
        .map_err(|Unspecified| SealError::Sender)?;
    body.extend_from_slice(tag.as_ref());
    Ok(body.into())
}

/// IKM of RFC 8291 §3.3, out of the secret of the agreement and the one of the subscription.
fn input_key(receiver: &Receiver, sender: &[u8], shared: &[u8]) -> hmac::Tag {
    let extracted = sign(&receiver.auth, &[shared]);
    expand(extracted.as_ref(), &[KEY_INFO, &receiver.public, sender])
}

/// Content key and nonce of RFC 8188 §2.2 and §2.3, of the first record.
fn content_key(salt: &[u8], ikm: &[u8]) -> (Result<LessSafeKey, Unspecified>, Nonce) {
    let extracted = sign(salt, &[ikm]);
    let key = expand(extracted.as_ref(), &[CONTENT_KEY_INFO]);
    let nonce = expand(extracted.as_ref(), &[NONCE_INFO]);
    let key = UnboundKey::new(&AES_128_GCM, first::<16>(&key).as_slice());
    (
        key.map(LessSafeKey::new),
        Nonce::assume_unique_for_key(first(&nonce)),
    )
}

/// HKDF-Expand with SHA-256 to 32 bytes or fewer: one block.
fn expand(key: &[u8], info: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    for part in info {
        context.update(part);
    }
    context.update(&[1]);
    context.sign()
}

fn sign(key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    context.sign()
}

fn first<const N: usize>(tag: &hmac::Tag) -> [u8; N] {
    let mut bytes = [0; N];
    for (byte, from) in bytes.iter_mut().zip(tag.as_ref()) {
        *byte = *from;
    }
    bytes
}

#[cfg(test)]
mod tests;
