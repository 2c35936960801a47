//! The credentials that a simulated Apple handed out.

use std::sync::Arc;

use rcgen::KeyPair;

use crate::random::Random;
use crate::vendor::Setup;
use crate::{ClientCertificate, Error};

const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What an app registered with the simulated APNs holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// Team id, ten characters.
    pub team_id: String,
    /// Key id, ten characters.
    pub key_id: String,
    /// The `.p8`: a P-256 private key, PKCS#8 in PEM.
    pub key_pem: String,
    /// The bundle id that every device token belongs to.
    pub topic: String,
    /// Another bundle id of the same team, to which no device token belongs: pushes to it are
    /// answered `DeviceTokenNotForTopic`.
    pub other_topic: String,
    /// The topic of an MDM push certificate of the team.
    pub mdm_topic: String,
    /// A well-formed device token of the other environment: `BadDeviceToken`.
    pub foreign_token: String,
    /// A client certificate for `topic` alone, in place of a key.
    pub certificate: ClientCertificate,
    /// Keys that get a client into trouble.
    pub other_keys: OtherKeys,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("team_id", &self.team_id)
            .field("key_id", &self.key_id)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

/// Keys other than the app's own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OtherKeys {
    /// Good by itself; on a connection that has used the first key: `UnrelatedKeyIdInToken`.
    pub second: Key,
    /// A key of the other environment: `BadEnvironmentKeyIdInToken`.
    pub other_environment: Key,
    /// A revoked key: `Forbidden`.
    pub revoked: Key,
    /// A key of another team, which may not push to the topics of this one: `TopicDisallowed`,
    /// or `Forbidden` on a connection that is bound to the first team.
    pub other_team: Key,
}

/// A signing key.
#[derive(Clone)]
#[non_exhaustive]
pub struct Key {
    /// Its team.
    pub team_id: String,
    /// Its id.
    pub key_id: String,
    /// The private key, PKCS#8 in PEM.
    pub key_pem: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("team_id", &self.team_id)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// How a key stands with Apple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    OtherEnvironment,
    Revoked,
}

/// What the server knows about a key.
#[derive(Debug)]
pub(super) struct KnownKey {
    pub(super) team_id: String,
    pub(super) key_id: String,
    pub(super) public: Vec<u8>,
    pub(super) standing: Standing,
    pub(super) topics: Arc<[String]>,
}

/// Makes everything, and what the server has to remember of it.
pub(super) fn generate(
    random: &mut Random,
    setup: &Setup<'_>,
) -> Result<(Credentials, Vec<KnownKey>), Error> {
    let team_id = random.text(UPPER, 10);
    let other_team_id = random.text(UPPER, 10);
    let topic = "com.example.zpns".to_owned();
    let other_topic = "com.example.zpns.other".to_owned();
    let mdm_topic = format!(
        "com.apple.mgmt.External.{}",
        random.text("0123456789abcdef", 32)
    );
    let topics = vec![topic.clone(), other_topic.clone(), mdm_topic.clone()];
    let foreign_token = random.text("0123456789", 64);

    let mut known = Vec::new();
    let mut key = |team_id: &str, standing, topics: &[String]| -> Result<Key, Error> {
        let pair = KeyPair::generate()?;
        let key = Key {
            team_id: team_id.to_owned(),
            key_id: random.text(UPPER, 10),
            key_pem: pair.serialize_pem(),
        };
        known.push(KnownKey {
            team_id: key.team_id.clone(),
            key_id: key.key_id.clone(),
            public: pair.public_key_raw().to_vec(),
            standing,
            topics: topics.into(),
        });
        Ok(key)
    };
    let first = key(&team_id, Standing::Good, &topics)?;
    let other_keys = OtherKeys {
        second: key(&team_id, Standing::Good, &topics)?,
        other_environment: key(&team_id, Standing::OtherEnvironment, &topics)?,
        revoked: key(&team_id, Standing::Revoked, &topics)?,
        other_team: key(
            &other_team_id,
            Standing::Good,
            &["com.example.stranger".to_owned()],
        )?,
    };
    let certificate = setup
        .authority
        .client(std::slice::from_ref(&topic), setup.options.sandbox)?;
    let credentials = Credentials {
        team_id,
        key_id: first.key_id,
        key_pem: first.key_pem,
        topic,
        other_topic,
        mdm_topic,
        foreign_token,
        certificate,
        other_keys,
    };
    Ok((credentials, known))
}
