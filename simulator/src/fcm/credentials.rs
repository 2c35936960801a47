//! The service account that a simulated Google handed out.

use serde_json::json;

use crate::Error;
use crate::random::Random;

/// What a server that pushes through the simulated FCM holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The project that the service account belongs to.
    pub project_id: String,
    /// The same project by number, which paths may name too.
    pub project_number: String,
    /// A project that exists and that the service account may not use: 403.
    pub forbidden_project_id: String,
    /// `client_email` of the service account.
    pub client_email: String,
    /// The private key, RSA-2048, PKCS#8 in PEM.
    pub private_key_pem: String,
    /// Where a signed assertion is exchanged for an access token.
    pub token_uri: String,
    /// The service account's key file.
    pub service_account_json: String,
    /// A well-formed registration token of another project: `SENDER_ID_MISMATCH`.
    pub foreign_token: String,
    /// A well-formed registration token of an app without a push key for its platform:
    /// `THIRD_PARTY_AUTH_ERROR`.
    pub keyless_token: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("project_id", &self.project_id)
            .field("client_email", &self.client_email)
            .field("token_uri", &self.token_uri)
            .finish_non_exhaustive()
    }
}

/// What the server remembers of the key.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    pub(super) id: String,
    pub(super) der: Vec<u8>,
}

pub(super) fn generate(
    random: &mut Random,
    origin: &str,
) -> Result<(Credentials, PublicKey), Error> {
    let key = crate::rsa::key()?;
    let id = random.text("0123456789abcdef", 40);
    let project_id = format!("zpns-{}", random.text("0123456789abcdef", 5));
    let client_email = format!("pusher@{project_id}.iam.gserviceaccount.com");
    let token_uri = format!("{origin}/token");
    let service_account = json!({
        "type": "service_account",
        "project_id": project_id,
        "private_key_id": id,
        "private_key": key.pem,
        "client_email": client_email,
        "client_id": random.text("123456789", 21),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/pusher",
        "universe_domain": "googleapis.com",
    });
    let credentials = Credentials {
        project_number: random.text("123456789", 12),
        forbidden_project_id: format!("{project_id}-forbidden"),
        project_id,
        client_email,
        private_key_pem: key.pem.clone(),
        token_uri,
        service_account_json: service_account.to_string(),
        foreign_token: super::target::token(random, "foreign"),
        keyless_token: super::target::token(random, "keyless"),
    };
    Ok((
        credentials,
        PublicKey {
            id,
            der: key.public.clone(),
        },
    ))
}
