//! Opening a body as the browser would: RFC 8188 with the keys of RFC 8291.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Subscriber;

/// Salt, record size, length of the key id.
const FIXED: usize = 16 + 4 + 1;
/// An uncompressed point of P-256.
const POINT: usize = 65;
const TAG: usize = 16;
/// The end of the last record's text, before its padding.
const LAST: u8 = 2;

/// The plaintext, or why no browser could read the body.
pub(super) fn open(body: &[u8], subscriber: &Subscriber) -> Result<Vec<u8>, &'static str> {
    let head = body.get(..FIXED).ok_or("shorter than its header")?;
    let (salt, sizes) = head.split_at(16);
    let record_size = sizes[..4]
        .iter()
        .fold(0, |size, byte| size << 8 | usize::from(*byte));
    if usize::from(sizes[4]) != POINT {
        return Err("the key id is not 65 bytes long");
    }
    let sender = body.get(FIXED..FIXED + POINT).ok_or("the key id is cut")?;
    let record = &body[FIXED + POINT..];
    if record_size < 18 {
        return Err("the record size is less than 18");
    }
    if record.len() <= TAG {
        return Err("the record is shorter than its tag and delimiter");
    }
    // RFC 8291 §4: a push is one record, and its size is greater than what the record holds.
    if record_size <= record.len() {
        return Err("the record size is not greater than the record");
    }
    let secret = secret(sender, subscriber)?;
    let (key, nonce) = keys(salt, &secret)?;
    let mut text = record.to_vec();
    let length = key
        .open_in_place(nonce, Aad::empty(), &mut text)
        .map_err(|_| "it was not encrypted for this subscription")?
        .len();
    text.truncate(length);
    let end = text.iter().rposition(|byte| *byte != 0);
    match end.map(|end| (end, text[end])) {
        Some((end, LAST)) => {
            text.truncate(end);
            Ok(text)
        }
        _ => Err("the last record does not end in 2 and zeros"),
    }
}

/// The sender's key, to be compared with the one that signed: it must not be the same.
pub(super) fn sender(body: &[u8]) -> Option<&[u8]> {
    body.get(FIXED..FIXED + POINT)
}

/// What both sides can compute: RFC 8291 §3.4.
fn secret(sender: &[u8], subscriber: &Subscriber) -> Result<[u8; 32], &'static str> {
    const UNUSABLE: &str = "the subscriber's own keys are unusable";
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| UNUSABLE);
    let receiver = decode(&subscriber.p256dh)?;
    let auth = Salt::new(HKDF_SHA256, &decode(&subscriber.auth)?);
    let private = PrivateKey::from_private_key(&ECDH_P256, &decode(&subscriber.private_key)?)
        .map_err(|_| UNUSABLE)?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
    let not_a_point = "the key id is no point of P-256";
    let extracted: Prk = agree(&private, peer, not_a_point, |shared| {
        Ok(auth.extract(shared))
    })?;
    let mut secret = [0; 32];
    let info = [b"WebPush: info\0".as_slice(), &receiver, sender];
    expand(&extracted, &info, &mut secret)?;
    Ok(secret)
}

/// The key and the nonce of the first record: RFC 8188 §2.
fn keys(salt: &[u8], secret: &[u8]) -> Result<(LessSafeKey, Nonce), &'static str> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(secret);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    expand(&extracted, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
    expand(&extracted, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
    let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| "AES refused a key")?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce)))
}

fn expand(extracted: &Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), &'static str> {
    extracted
        .expand(info, Length(out.len()))
        .and_then(|material| material.fill(out))
        .map_err(|_| "HKDF failed")
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// RFC 8291, appendix A.
    const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    fn body() -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(BODY).unwrap()
    }

    #[test]
    fn the_message_of_the_standard_is_read() {
        let text = open(&body(), &Subscriber::default()).unwrap();
        assert_eq!(text, b"When I grow up, I want to be a watermelon");
    }

    type Change = fn(&mut Vec<u8>);

    #[test]
    fn a_body_that_no_browser_reads_is_refused() {
        let changed = |change: Change| {
            let mut body = body();
            change(&mut body);
            open(&body, &Subscriber::default()).unwrap_err()
        };
        let rows: &[(Change, &str)] = &[
            (|body| body.truncate(20), "header"),
            (|body| body.truncate(85), "cut"),
            (|body| body.truncate(86 + 16), "shorter than its tag"),
            (|body| body[20] = 64, "65"),
            (
                |body| body[16..20].copy_from_slice(&17_u32.to_be_bytes()),
                "18",
            ),
            (
                |body| body[16..20].copy_from_slice(&58_u32.to_be_bytes()),
                "not greater",
            ),
            (|body| body[22] ^= 1, "no point"),
            (|body| body[0] ^= 1, "not encrypted for"),
            (|body| body[143] ^= 1, "not encrypted for"),
            (|body| body.push(0), "not encrypted for"),
        ];
        for (change, part) in rows {
            let detail = changed(*change);
            assert!(detail.contains(part), "{detail} / {part}");
        }
    }

    #[test]
    fn another_subscriber_cannot_read_it() {
        let stranger = Subscriber::generate().unwrap();
        assert!(open(&body(), &stranger).is_err());
        let other_auth = Subscriber {
            auth: stranger.auth,
            ..Subscriber::default()
        };
        assert!(open(&body(), &other_auth).is_err());
    }
}
