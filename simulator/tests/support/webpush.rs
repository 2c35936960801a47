//! A sender of Web Push, with an encryption of its own.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zpns_simulator::webpush::{Credentials, Subscriber};
use zpns_simulator::{Simulator, Verdict};

use super::{Client, Reply, jwt, now, tls};

pub struct Scene {
    pub sim: Simulator,
    pub client: Client,
}

/// A push that can be bent.
#[derive(Clone)]
pub struct Push {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Push {
    /// With this header in place of all of its name; without any if there is no value.
    pub fn with(&self, name: &'static str, value: Option<&str>) -> Self {
        let mut push = self.clone();
        push.headers.retain(|(known, _)| *known != name);
        push.headers
            .extend(value.map(|value| (name, value.to_owned())));
        push
    }

    /// With one more header.
    pub fn and(&self, name: &'static str, value: &str) -> Self {
        let mut push = self.clone();
        push.headers.push((name, value.to_owned()));
        push
    }

    pub fn at(&self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self.clone()
        }
    }

    pub fn saying(&self, body: Vec<u8>) -> Self {
        Self {
            body,
            ..self.clone()
        }
    }
}

/// A VAPID key that is not the simulator's.
pub fn any_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

/// `vapid t=…, k=…` over these claims.
pub fn vapid(key: &EcdsaKeyPair, claims: &Value) -> String {
    vapid_with(key, &json!({"typ": "JWT", "alg": "ES256"}), claims)
}

pub fn vapid_with(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let token = jwt(header, claims, |text| {
        let signature = key.sign(&SystemRandom::new(), text).unwrap();
        signature.as_ref().to_vec()
    });
    format!("vapid t={token}, k={}", public(key))
}

pub fn public(key: &EcdsaKeyPair) -> String {
    URL_SAFE_NO_PAD.encode(key.public_key().as_ref())
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text).as_ref().to_vec()
}

/// How a body is put together.
#[derive(Clone)]
pub struct Seal {
    pub record_size: u32,
    pub delimiter: u8,
    pub padding: usize,
    /// The sender's key; a fresh one by default.
    pub private: Option<Vec<u8>>,
}

impl Default for Seal {
    fn default() -> Self {
        Self {
            record_size: 4096,
            delimiter: 2,
            padding: 0,
            private: None,
        }
    }
}

impl Seal {
    /// RFC 8291, step by step with HMAC.
    pub fn seal(&self, text: &[u8], to: &Subscriber) -> Vec<u8> {
        let receiver = URL_SAFE_NO_PAD.decode(&to.p256dh).unwrap();
        let auth = URL_SAFE_NO_PAD.decode(&to.auth).unwrap();
        let private = match &self.private {
            Some(bytes) => PrivateKey::from_private_key(&ECDH_P256, bytes).unwrap(),
            None => PrivateKey::generate(&ECDH_P256).unwrap(),
        };
        let sender = private.compute_public_key().unwrap().as_ref().to_vec();
        let peer = UnparsedPublicKey::new(&ECDH_P256, &receiver);
        let shared = agree(&private, peer, (), |shared| Ok(shared.to_vec())).unwrap();
        let info = [b"WebPush: info\0", &receiver[..], &sender, &[1]].concat();
        let secret = mac(&mac(&auth, &shared), &info);
        let salt = [7; 16];
        let extracted = mac(&salt, &secret);
        let key = mac(&extracted, b"Content-Encoding: aes128gcm\0\x01");
        let nonce = mac(&extracted, b"Content-Encoding: nonce\0\x01");
        let mut record = [text, &[self.delimiter], &vec![0; self.padding]].concat();
        LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap())
            .seal_in_place_append_tag(
                Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap(),
                Aad::empty(),
                &mut record,
            )
            .unwrap();
        let size = self.record_size.to_be_bytes();
        [&salt[..], &size, &[65], &sender, &record].concat()
    }
}

impl Scene {
    pub async fn open() -> Self {
        let sim = Simulator::builder().vendors(["webpush"]);
        let sim = sim.start().await.unwrap();
        let config = tls(&sim.ca_pem(), None, &["h2"]);
        let client = Client::connect(sim.origin("webpush"), config).await;
        Self { sim, client }
    }

    pub fn known(&self) -> &Credentials {
        self.sim.webpush().unwrap()
    }

    /// The key of the configuration.
    pub fn own_key(&self) -> EcdsaKeyPair {
        let known = self.known();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &decode(&known.vapid_private_key),
            &decode(&known.vapid_public_key),
        )
        .unwrap()
    }

    pub fn claims(&self) -> Value {
        json!({
            "aud": self.known().origin,
            "exp": now() + 12 * 3600,
            "sub": self.known().subject,
        })
    }

    /// The path of a subscription's endpoint.
    pub fn path_of(&self, subscription: &str) -> String {
        let subscription: Value = serde_json::from_str(subscription).unwrap();
        let endpoint = subscription["endpoint"].as_str().unwrap();
        let path = endpoint.strip_prefix(&self.known().origin).unwrap();
        path.to_owned()
    }

    /// A good push to a path, with the key of the configuration.
    pub fn push(&self, path: &str) -> Push {
        let subscriber = self.known().subscriber(path);
        Push {
            path: path.to_owned(),
            headers: vec![
                ("authorization", vapid(&self.own_key(), &self.claims())),
                ("ttl", "60".to_owned()),
                ("content-encoding", "aes128gcm".to_owned()),
                ("content-type", "application/octet-stream".to_owned()),
            ],
            body: Seal::default().seal(br#"{"title":"t"}"#, &subscriber),
        }
    }

    pub async fn post(&self, push: &Push) -> Reply {
        self.call("POST", push).await
    }

    pub async fn call(&self, method: &str, push: &Push) -> Reply {
        let headers = push.headers.iter().map(|(name, value)| (*name, &**value));
        let headers: Vec<_> = headers.collect();
        let call = self
            .client
            .call(method, &push.path, &headers, push.body.clone());
        call.await.unwrap()
    }

    pub fn verdict(&self) -> Verdict {
        self.sim.received("webpush").pop().unwrap().verdict
    }
}

/// Status and errno of Mozilla's refusal.
pub fn refused(reply: &Reply) -> (u16, Option<i64>) {
    let body = reply.json();
    assert_eq!(body["code"], reply.status.as_u16());
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert!(body["error"].is_string());
    (reply.status.as_u16(), body["errno"].as_i64())
}
