//! The same targets sent directly through a provider and through a router.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use zpns::resources::{HttpClient, HttpError, HttpErrorKind, HttpOptions};
use zpns::{
    Batch, Event, HttpConnector, LimitPolicy, Notification, Observer, PushProvider, Resources,
    Router, Sent, Target, Variant,
};

use crate::message;
use crate::noop::{Answers, NoopProvider};

const PROVIDER: &str = "phones";

/// How targets get to the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Without a router.
    Direct,
    /// Through [`Router::stream`].
    Stream,
    /// Through [`Router::send`].
    Send,
}

impl Way {
    /// The word for a table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "nothing",
            Self::Stream => "`stream`",
            Self::Send => "`send`",
        }
    }
}

/// A provider that does nothing, bare and behind a router with all layers.
#[derive(Debug)]
pub struct Routes {
    provider: Arc<dyn PushProvider>,
    router: Router,
    notification: Notification,
    batch: usize,
}

impl Routes {
    /// For a provider with this batch limit that answers so, with an observer or without one.
    pub fn new(batch: usize, answers: Answers, observed: bool) -> Self {
        let provider = NoopProvider::new(PROVIDER, batch).answering(answers);
        let provider: Arc<dyn PushProvider> = Arc::new(provider);
        let router =
            Router::builder(Resources::new(Arc::new(NoHttp))).provider(Arc::clone(&provider));
        let router = match observed {
            true => router.observer(Arc::new(Onlooker)),
            false => router,
        };
        Self {
            provider,
            router: router.build(),
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

    /// Sends to the targets in this way; how many were accepted.
    ///
    /// # Errors
    /// The provider refuses the notification.
    pub async fn go(&self, way: Way, targets: Vec<Target>) -> anyhow::Result<usize> {
        match way {
            Way::Direct => self.direct(targets).await,
            Way::Stream => Ok(self.stream(targets).await),
            Way::Send => {
                let report = self.router.send(&self.notification, targets).await;
                Ok(report.accepted())
            }
        }
    }

    /// One batch after the other.
    async fn direct(&self, targets: Vec<Target>) -> anyhow::Result<usize> {
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

    async fn stream(&self, targets: Vec<Target>) -> usize {
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

/// Is told of everything and does nothing about it.
#[derive(Debug)]
struct Onlooker;

impl Observer for Onlooker {
    fn observe(&self, event: &Event<'_>) {
        std::hint::black_box(event);
    }
}
