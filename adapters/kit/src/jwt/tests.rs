use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;

fn pem(der: &[u8]) -> Secret {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|start| &text[start..text.len().min(start + 64)])
        .collect();
    Secret::new(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    ))
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> (Secret, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    (pem(der.as_ref()), pair.public_key().as_ref().to_vec())
}

fn rsa() -> (Secret, Vec<u8>) {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    (pem(der.as_ref()), pair.public_key().as_ref().to_vec())
}

fn verify(
    token: &Secret,
    how: &'static dyn VerificationAlgorithm,
    public: &[u8],
) -> (Value, Value) {
    let (message, signature) = token.expose().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(how, public)
        .verify(message.as_bytes(), &signature)
        .unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (read(header), read(claims))
}

#[test]
fn es256_signs_in_the_form_of_the_specification() {
    let (key, public) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let key = SigningKey::from_pem(Algorithm::Es256, &key).unwrap();
    let claims = json!({"iss": "TEAM", "iat": 7});
    let token = key.sign(Some("KEY"), &claims).unwrap();
    let (header, read) = verify(&token, &ECDSA_P256_SHA256_FIXED, &public);
    assert_eq!(header, json!({"typ": "JWT", "alg": "ES256", "kid": "KEY"}));
    assert_eq!(read, claims);
    assert!(!token.expose().contains('='));
}

#[test]
fn rs256_and_ps256_sign_with_the_same_key() {
    let (key, public) = rsa();
    let rows: [(Algorithm, &'static dyn VerificationAlgorithm, &str); 2] = [
        (Algorithm::Rs256, &RSA_PKCS1_2048_8192_SHA256, "RS256"),
        (Algorithm::Ps256, &RSA_PSS_2048_8192_SHA256, "PS256"),
    ];
    for (algorithm, how, name) in rows {
        let key = SigningKey::from_pem(algorithm, &key).unwrap();
        let token = key.sign(None, &json!({"aud": "x"})).unwrap();
        let (header, _) = verify(&token, how, &public);
        assert_eq!(header, json!({"typ": "JWT", "alg": name}));
    }
}

#[test]
fn a_key_of_another_kind_is_refused_without_being_quoted() {
    let (p256, _) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let (p384, _) = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING);
    let (rsa, _) = rsa();
    let text = |text: &str| Secret::new(text);
    let garbled = p256.expose().replace('A', "!");
    let rows = [
        (Algorithm::Es256, p384.clone(), "P-256"),
        (Algorithm::Es256, rsa, "P-256"),
        (Algorithm::Es256, text("swordfish"), "P-256"),
        (Algorithm::Es256, text(""), "P-256"),
        (Algorithm::Es256, text(&garbled), "P-256"),
        (Algorithm::Rs256, p256.clone(), "RSA"),
        (Algorithm::Ps256, p384, "RSA"),
        (Algorithm::Rs256, text("swordfish"), "RSA"),
    ];
    for (algorithm, key, expected) in rows {
        let error = SigningKey::from_pem(algorithm, &key).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("swordfish"), "{said}");
    }
}

#[test]
fn a_key_shows_nothing_of_itself() {
    let (pem, _) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let key = SigningKey::from_pem(Algorithm::Es256, &pem).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey { algorithm: Es256, .. }");
}
