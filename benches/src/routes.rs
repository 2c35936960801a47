//! The same targets sent directly through a provider and through a router.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use zpns::resources::{HttpClient, HttpError, HttpErrorKind, HttpOptions};
use zpns::{
    Batch, HttpConnector, LimitPolicy, Notification, PushProvider, Resources, Router, Sent, Target,
    Variant,
};

use crate::message;
use crate::noop::NoopProvider;

const PROVIDER: &str = "phones";

/// A provider that does nothing, bare and behind a router with all layers.
#[derive(Debug)]
pub struct Routes {
    provider: Arc<dyn PushProvider>,
    router: Router,
    notification: Notification,
    batch: usize,
}

impl Routes {
    /// For a provider with this batch limit.
    pub fn new(batch: usize) -> Self {
        let provider: Arc<dyn PushProvider> = Arc::new(NoopProvider::new(PROVIDER, batch));
        let router = Router::builder(Resources::new(Arc::new(NoHttp)))
            .provider(Arc::clone(&provider))
            .build();
        Self {
            provider,
            router,
            notification: message::notification(40),
            batch,
        }
    }

    /// So many targets, each with a token of its own.
    pub fn targets(&self, total: usize) -> Vec<Target> {
        (0..total)
            .map(|number| Target::new(PROVIDER, message::apns_token(number)))
            .collect()
    }

    /// Straight to the provider, one batch after the other; how many were accepted.
    ///
    /// # Errors
    /// The provider refuses the notification.
    pub async fn direct(&self, targets: Vec<Target>) -> anyhow::Result<usize> {
        let total = targets.len();
        let capability = self.provider.capability();
        let variant = Variant::new(
            &self.notification,
            &capability,
            None,
            LimitPolicy::default(),
        )
        .map_err(|rejection| anyhow::anyhow!("{}", rejection.reason))?;
        let all = Batch::new(Arc::new(variant), targets.into());
        let mut accepted = 0;
        for start in (0..total).step_by(self.batch) {
            let batch = all.slice(start, self.batch);
            accepted += self.provider.send(&batch).await.accepted();
        }
        Ok(accepted)
    }

    /// Through the router's stream; how many were accepted.
    pub async fn routed(&self, targets: Vec<Target>) -> usize {
        let mut flow = self
            .router
            .stream(&self.notification, stream::iter(targets));
        let mut accepted = 0;
        while let Some(delivery) = flow.next().await {
            accepted += usize::from(delivery.outcome.is_accepted());
        }
        accepted
    }
}

/// No provider here asks for HTTP.
#[derive(Debug)]
struct NoHttp;

impl HttpConnector for NoHttp {
    fn open(&self, _options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        let message = "this bench has no HTTP";
        Err(HttpError::new(HttpErrorKind::Invalid, Sent::No, message))
    }
}
