//! Our own side: providers and routers, built from a config file as a host does it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use zpns::{
    Batch, Config, HttpConnector, LimitPolicy, Notification, PushProvider, Resources, Router,
    Target, Variant,
};

use crate::contest::{Pushes, Send};
use crate::load;
use crate::message::{self, PROJECT, TOPIC};
use crate::null::{NullConnector, TOKEN_PATH};
use crate::server::{Ready, Vendor};

/// Tokens that a run goes through again and again.
const TOKENS: usize = 10_000;

/// The name of either provider in the config.
const PROVIDER: &str = "phones";

/// Keys that the vendors would have handed out. Generating them takes a moment.
#[derive(Clone)]
pub struct Credentials {
    apns_key_pem: String,
    service_account: serde_json::Value,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// New keys.
    ///
    /// # Errors
    /// The crypto library has none.
    pub fn generate() -> anyhow::Result<Self> {
        let apns = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let fcm =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
        Ok(Self {
            apns_key_pem: apns.serialize_pem(),
            service_account: serde_json::json!({
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "0123456789abcdef0123456789abcdef01234567",
                "private_key": fcm.serialize_pem(),
                "client_email": "push@zpns.iam.gserviceaccount.com",
                "client_id": "100000000000000000000",
                "token_uri": "https://oauth2.googleapis.com/token",
            }),
        })
    }
}

/// Where pushes go.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// To the local server.
    Server(&'a Ready),
    /// Nowhere: they are answered at once.
    Null(&'a NullConnector),
}

/// A config file with one provider, over the transports that belong to the place.
fn config(
    vendor: Vendor,
    place: Place<'_>,
    credentials: &Credentials,
    in_flight: usize,
) -> anyhow::Result<(Config, Resources)> {
    let folder = tempfile::tempdir()?;
    let (endpoint, token_endpoint, connector): (_, _, Arc<dyn HttpConnector>) = match place {
        Place::Server(ready) => {
            let port = match vendor {
                Vendor::Apns => ready.apns,
                Vendor::Fcm => ready.fcm,
            };
            (
                format!("https://127.0.0.1:{port}"),
                format!("https://127.0.0.1:{}{TOKEN_PATH}", ready.token),
                Arc::new(zpns::http::Connector::new()),
            )
        }
        Place::Null(connector) => (
            "https://127.0.0.1".to_owned(),
            format!("https://127.0.0.1{TOKEN_PATH}"),
            Arc::new(connector.clone()),
        ),
    };
    let mut keys = toml::Table::new();
    keys.insert("endpoint".into(), endpoint.into());
    keys.insert("max_in_flight".into(), i64::try_from(in_flight)?.into());
    if let Place::Server(ready) = place {
        std::fs::write(folder.path().join("ca.pem"), &ready.ca_pem)?;
        keys.insert("ca_path".into(), "ca.pem".into());
    }
    match vendor {
        Vendor::Apns => {
            keys.insert("vendor".into(), "apns".into());
            keys.insert("team_id".into(), "2M7JG8A5HK".into());
            keys.insert("key_id".into(), "ABC123DEFG".into());
            keys.insert("key_pem".into(), credentials.apns_key_pem.clone().into());
            keys.insert("topic".into(), TOPIC.into());
        }
        Vendor::Fcm => {
            let account = credentials.service_account.to_string();
            keys.insert("vendor".into(), "fcm".into());
            keys.insert("service_account_json".into(), account.into());
            keys.insert("token_endpoint".into(), token_endpoint.into());
        }
    }
    let providers = toml::Table::from_iter([(PROVIDER.to_owned(), keys.into())]);
    let root = toml::Table::from_iter([("providers".to_owned(), providers.into())]);
    let path = folder.path().join("bench.toml");
    let config = Config::parse(&root.to_string(), Path::new(&path))?;
    Ok((config, Resources::new(connector)))
}

/// A provider without any layers.
///
/// # Errors
/// It cannot be configured: a defect of the bench.
pub fn provider(
    vendor: Vendor,
    place: Place<'_>,
    credentials: &Credentials,
) -> anyhow::Result<Arc<dyn PushProvider>> {
    let (config, resources) = config(vendor, place, credentials, 1_000)?;
    let section = config
        .providers
        .first()
        .context("the config has no provider")?;
    Ok(section.build(resources)?)
}

/// A router with one provider and all its layers.
///
/// # Errors
/// It cannot be configured: a defect of the bench.
pub fn router(
    vendor: Vendor,
    place: Place<'_>,
    credentials: &Credentials,
    in_flight: usize,
) -> anyhow::Result<Router> {
    let (config, resources) = config(vendor, place, credentials, in_flight)?;
    Ok(config.router_with(resources)?)
}

/// One target out of very many.
pub fn target(vendor: Vendor, number: usize) -> Target {
    match vendor {
        Vendor::Apns => Target::new(PROVIDER, message::apns_token(number)),
        Vendor::Fcm => Target::new(PROVIDER, message::fcm_token(number)),
    }
}

/// The notification as this provider sends it.
///
/// # Errors
/// The provider refuses it.
pub fn variant(
    provider: &dyn PushProvider,
    notification: &Notification,
) -> anyhow::Result<Variant> {
    Variant::new(
        notification,
        &provider.capability(),
        None,
        LimitPolicy::Reject,
    )
    .map_err(|rejection| anyhow::anyhow!("{}", rejection.reason))
}

/// The notification whose request body has this size.
///
/// # Errors
/// There is none, or the provider refuses it.
pub async fn notification(
    vendor: Vendor,
    credentials: &Credentials,
    size: usize,
) -> anyhow::Result<Notification> {
    let connector = NullConnector::default();
    let provider = provider(vendor, Place::Null(&connector), credentials)?;
    let mut sizes = Vec::new();
    // Sizes for a text of one letter and for the one that should fit; see `length_for`.
    for length in [1, 2] {
        let variant = variant(&*provider, &message::notification(length))?;
        send_one(&*provider, variant, target(vendor, 0)).await?;
        sizes.push(connector.last_body());
    }
    anyhow::ensure!(
        sizes[1] == sizes[0] + 1,
        "the body does not grow with the text"
    );
    let length = message::length_for(size, |length| Ok(sizes[0] + length - 1))?;
    let notification = message::notification(length);
    send_one(
        &*provider,
        variant(&*provider, &notification)?,
        target(vendor, 0),
    )
    .await?;
    anyhow::ensure!(
        connector.last_body() == size,
        "the body has {} bytes instead of {size}",
        connector.last_body()
    );
    Ok(notification)
}

/// Sends one push.
///
/// # Errors
/// It was not accepted.
pub async fn send_one(
    provider: &dyn PushProvider,
    variant: Variant,
    target: Target,
) -> anyhow::Result<()> {
    send(provider, &Batch::new(Arc::new(variant), [target].into())).await
}

/// Sends one batch.
///
/// # Errors
/// A push was not accepted.
pub async fn send(provider: &dyn PushProvider, batch: &Batch) -> anyhow::Result<()> {
    let report = provider.send(batch).await;
    match report
        .outcomes()
        .iter()
        .find(|outcome| !outcome.is_accepted())
    {
        None => Ok(()),
        Some(outcome) => anyhow::bail!("not accepted: {outcome:?}"),
    }
}

/// Pushes through a provider, one target each.
///
/// # Errors
/// The provider refuses the notification.
pub fn through_provider(
    vendor: Vendor,
    provider: Arc<dyn PushProvider>,
    notification: &Notification,
) -> anyhow::Result<Send> {
    let variant = variant(&*provider, notification)?;
    let targets = (0..TOKENS).map(|number| target(vendor, number)).collect();
    let all = Arc::new(Batch::new(Arc::new(variant), targets));
    Ok(Box::new(move |pushes: Pushes| -> BoxFuture<'static, _> {
        let (provider, all) = (Arc::clone(&provider), Arc::clone(&all));
        Box::pin(load::drive(pushes.total, pushes.in_flight, move |number| {
            let (provider, one) = (Arc::clone(&provider), all.slice(number % TOKENS, 1));
            async move { send(&*provider, &one).await }
        }))
    }))
}

/// Pushes through a router's stream. The router bounds what is in flight.
pub fn through_router(vendor: Vendor, router: Router, notification: Notification) -> Send {
    Box::new(move |pushes: Pushes| -> BoxFuture<'static, _> {
        let (router, notification) = (router.clone(), notification.clone());
        let streaming = async move {
            let targets = (0..pushes.total).map(|number| target(vendor, number % TOKENS));
            let mut flow = router.stream(&notification, futures_util::stream::iter(targets));
            let mut seen = 0;
            while let Some(delivery) = flow.next().await {
                anyhow::ensure!(
                    delivery.outcome.is_accepted(),
                    "not accepted: {:?}",
                    delivery.outcome
                );
                seen += 1;
            }
            anyhow::ensure!(seen == pushes.total, "{seen} outcomes");
            Ok(())
        };
        // A task of its own, as the other clients have: on the multi-thread scheduler the main
        // thread is none of its workers.
        Box::pin(async move { tokio::spawn(streaming).await? })
    })
}
