use aws_lc_rs::agreement::PublicKey;
use aws_lc_rs::hkdf::{self, HKDF_SHA256};
use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::subscription::URL_SAFE;

/// RFC 8291, appendix A.
const PLAINTEXT: &[u8] = b"When I grow up, I want to be a watermelon";
const AUTH_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const UA_PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const UA_PUBLIC: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AS_PRIVATE: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const AS_PUBLIC: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
const SALT_TEXT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
const ECDH_SECRET: &str = "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs";
const IKM: &str = "S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg";
const CEK: &str = "oIhVW04MRdy2XN9CiKLxTg";
const NONCE: &str = "4h_95klXJ5E_qnoN";
const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE.decode(text).unwrap()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    bytes(text).try_into().unwrap()
}

fn private(text: &str) -> PrivateKey {
    PrivateKey::from_private_key(&ECDH_P256, &bytes(text)).unwrap()
}

fn receiver() -> Receiver {
    Receiver {
        public: array(UA_PUBLIC),
        auth: array(AUTH_SECRET),
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF by the library's own module, which the code under test does not use.
fn hkdf(salt: &[u8], secret: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut key = vec![0; length];
    let prk = hkdf::Salt::new(HKDF_SHA256, salt).extract(secret);
    let info = [info];
    prk.expand(&info, Length(length))
        .unwrap()
        .fill(&mut key)
        .unwrap();
    key
}

/// Opens a body of RFC 8188, record by record.
fn open(ikm: &[u8], body: &[u8]) -> Vec<u8> {
    let (salt, rest) = body.split_at(16);
    let (size, rest) = rest.split_at(4);
    let size = u32::from_be_bytes(size.try_into().unwrap()) as usize;
    let (_, records) = rest[1..].split_at(usize::from(rest[0]));
    let key = hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16);
    let base: [u8; 12] = hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
        .try_into()
        .unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
    let count = records.chunks(size).count();
    let mut plaintext = Vec::new();
    for (number, record) in records.chunks(size).enumerate() {
        let mut nonce = u128::from_be_bytes([&[0; 4], &base[..]].concat().try_into().unwrap());
        nonce ^= number as u128;
        let nonce: [u8; 12] = nonce.to_be_bytes()[4..].try_into().unwrap();
        let mut record = record.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = key.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        let end = opened.iter().rposition(|byte| *byte != 0).unwrap();
        let delimiter = if number + 1 == count { 2 } else { 1 };
        assert_eq!(opened[end], delimiter);
        plaintext.extend_from_slice(&opened[..end]);
    }
    plaintext
}

/// Opens a body as the browser that holds this key.
fn open_as(ua: &PrivateKey, auth: &[u8], body: &[u8]) -> Vec<u8> {
    let sender = &body[21..86];
    let public: PublicKey = ua.compute_public_key().unwrap();
    let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
    let shared = agree(ua, peer, (), |shared| Ok(shared.to_vec())).unwrap();
    let info = [b"WebPush: info\0", public.as_ref(), sender].concat();
    open(&hkdf(auth, &shared, &info, 32), body)
}

#[test]
fn the_vector_of_rfc_8291_comes_out_byte_for_byte() {
    let body = seal_with(
        &receiver(),
        &private(AS_PRIVATE),
        array(SALT_TEXT),
        PLAINTEXT,
        0,
    );
    assert_eq!(URL_SAFE.encode(body.unwrap()).trim_end_matches('='), BODY);
}

#[test]
fn every_step_of_rfc_8291_has_its_value() {
    let sender = private(AS_PRIVATE);
    assert_eq!(
        sender.compute_public_key().unwrap().as_ref(),
        bytes(AS_PUBLIC)
    );
    let public = bytes(UA_PUBLIC);
    let peer = UnparsedPublicKey::new(&ECDH_P256, &public);
    let shared = agree(&sender, peer, (), |shared| Ok(shared.to_vec())).unwrap();
    assert_eq!(shared, bytes(ECDH_SECRET));
    let ikm = input_key(&receiver(), &bytes(AS_PUBLIC), &shared);
    assert_eq!(ikm.as_ref(), bytes(IKM));
    let extracted = sign(&bytes(SALT_TEXT), &[ikm.as_ref()]);
    let key = expand(extracted.as_ref(), &[CONTENT_KEY_INFO]);
    assert_eq!(first::<16>(&key).to_vec(), bytes(CEK));
    let nonce = expand(extracted.as_ref(), &[NONCE_INFO]);
    assert_eq!(first::<12>(&nonce).to_vec(), bytes(NONCE));
}

#[test]
fn the_browser_of_rfc_8291_reads_it() {
    let opened = open_as(&private(UA_PRIVATE), &bytes(AUTH_SECRET), &bytes(BODY));
    assert_eq!(opened, PLAINTEXT);
}

#[test]
fn the_vectors_of_rfc_8188_open() {
    let rows = [
        (
            "yqdlZ-tYemfogSmv7Ws5PQ",
            "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg",
        ),
        (
            "BO3ZVPxUlnLORbVGMpbT1Q",
            "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA",
        ),
    ];
    for (ikm, body) in rows {
        assert_eq!(open(&bytes(ikm), &bytes(body)), b"I am the walrus");
    }
}

#[test]
fn the_first_vector_of_rfc_8188_is_sealed_by_the_same_keys() {
    let body = bytes("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    let (key, nonce) = content_key(&body[..16], &bytes("yqdlZ-tYemfogSmv7Ws5PQ"));
    let mut record = b"I am the walrus\x02".to_vec();
    let tag = key
        .unwrap()
        .seal_in_place_separate_tag(nonce, Aad::empty(), &mut record)
        .unwrap();
    assert_eq!([record, tag.as_ref().to_vec()].concat(), body[21..]);
}

#[test]
fn a_body_is_one_record_that_every_service_takes() {
    let browser = private(UA_PRIVATE);
    for (length, padding) in [
        (0, 0),
        (1, 0),
        (41, 100),
        (3_992, 1),
        (3_993, 0),
        (0, 3_993),
    ] {
        let plaintext = vec![b'x'; length];
        let body = seal(&receiver(), &plaintext, padding).unwrap();
        assert!(body.len() <= 4096);
        assert_eq!(body.len(), 86 + length + 1 + padding + 16);
        let size = u32::from_be_bytes(body[16..20].try_into().unwrap());
        // Strictly greater, says RFC 8291 §4.
        assert!(size as usize > length + 1 + padding + 16, "{length}");
        assert_eq!(body[20], 65);
        assert_eq!(open_as(&browser, &bytes(AUTH_SECRET), &body), plaintext);
    }
    assert_eq!(PLAINTEXT_LIMIT, 3_993);
}

#[test]
fn what_is_too_long_is_not_sealed() {
    for (length, padding) in [(3_994, 0), (3_993, 1)] {
        let sealed = seal(&receiver(), &vec![b'x'; length], padding);
        assert_eq!(sealed, Err(SealError::Sender));
    }
}

#[test]
fn a_point_off_the_curve_is_the_subscriptions_fault() {
    let mut receiver = receiver();
    receiver.public[64] ^= 1;
    assert_eq!(seal(&receiver, b"x", 0), Err(SealError::Receiver));
    receiver.public = [4; POINT];
    assert_eq!(seal(&receiver, b"x", 0), Err(SealError::Receiver));
}

#[test]
fn no_two_bodies_share_key_or_salt() {
    let bodies: Vec<Bytes> = (0..8)
        .map(|_| seal(&receiver(), PLAINTEXT, 0).unwrap())
        .collect();
    for (number, body) in bodies.iter().enumerate() {
        for other in &bodies[..number] {
            assert_ne!(body[..16], other[..16]);
            assert_ne!(body[21..86], other[21..86]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_browser_reads_what_was_sealed_for_it(
        plaintext in proptest::collection::vec(any::<u8>(), 0..3_800),
        auth in any::<[u8; AUTH]>(),
        padding in 0_usize..190,
    ) {
        let browser = PrivateKey::generate(&ECDH_P256).unwrap();
        let public = browser.compute_public_key().unwrap();
        let receiver = Receiver { public: public.as_ref().try_into().unwrap(), auth };
        let body = seal(&receiver, &plaintext, padding).unwrap();
        // Zeros at the end of a plaintext are not padding: the delimiter follows them.
        prop_assert_eq!(open_as(&browser, &auth, &body), plaintext);
    }
}
