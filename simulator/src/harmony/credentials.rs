//! The service account that a simulated console handed out.

use serde_json::json;

use crate::Error;
use crate::huawei::target::{Platform, token};
use crate::random::Random;

/// What a server that pushes through the simulated v3 holds.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The project.
    pub project_id: String,
    /// The app's client id, by which a notification is taken back.
    pub app_id: String,
    /// Which key it is.
    pub key_id: String,
    /// Whose it is.
    pub sub_account: String,
    /// The private key, PKCS#8 in PEM.
    pub private_key_pem: String,
    /// The service account's key file.
    pub service_account_json: String,
    /// That of another project, for which push is not enabled: 80300002.
    pub disabled_service_account_json: String,
    /// A well-formed token of an app of another project: `noRight`.
    pub foreign_token: String,
    pub(super) disabled_project_id: String,
    pub(super) disabled_sub_account: String,
    /// The app's package, which stands in receipts.
    pub package: String,
    /// The user name of the receipt address.
    pub receipt_user: String,
    /// Its key, as the console shows it.
    pub receipt_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("project_id", &self.project_id)
            .field("sub_account", &self.sub_account)
            .finish_non_exhaustive()
    }
}

pub(super) fn generate(random: &mut Random) -> Result<Credentials, Error> {
    const DIGITS: &str = "123456789";
    // A console makes them twice as long, which takes seconds.
    let key = crate::rsa::key()?;
    let key_id = random.text("0123456789abcdef", 32);
    let mut account = |project: &str| {
        let sub_account = random.text(DIGITS, 9);
        let file = json!({
            "project_id": project,
            "key_id": key_id,
            "private_key": key.pem,
            "sub_account": sub_account,
            "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
            "token_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
            "auth_provider_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/certs",
            "client_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/x509",
        });
        (sub_account, file.to_string())
    };
    let (project_id, disabled_project_id) = ("388421841221199007", "388421841221199999");
    let (sub_account, service_account_json) = account(project_id);
    let (disabled_sub_account, disabled_service_account_json) = account(disabled_project_id);
    Ok(Credentials {
        project_id: project_id.to_owned(),
        app_id: random.text(DIGITS, 19),
        key_id,
        sub_account,
        private_key_pem: key.pem.clone(),
        service_account_json,
        disabled_service_account_json,
        foreign_token: token(random, Platform::Harmony, "foreign"),
        disabled_project_id: disabled_project_id.to_owned(),
        disabled_sub_account,
        package: "com.example.zpns".to_owned(),
        receipt_user: "receipts".to_owned(),
        receipt_key: crate::receipts::receipt_key()?,
    })
}
