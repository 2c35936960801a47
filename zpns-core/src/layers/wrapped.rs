//! How layers are put around a provider: one future for all of them, and one place where a layer
//! delegates what it does not change.

use std::borrow::Cow;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Error, Notification, Report, Token};
use crate::preflight::Rule;
use crate::provider::{Batch, Capability, Check, Expiry, ProviderInfo, PushProvider};

/// What a layer passes a batch on to: the next layer, or the provider itself.
pub trait Next: Debug + Send + Sync + 'static {
    /// The provider within: who it is and what it can do.
    fn provider(&self) -> &dyn PushProvider;

    /// Sends the batch.
    fn pass<'a>(&'a self, batch: &'a Batch) -> impl Future<Output = Report> + Send + 'a;
}

impl Next for Arc<dyn PushProvider> {
    fn provider(&self) -> &dyn PushProvider {
        &**self
    }

    fn pass<'a>(&'a self, batch: &'a Batch) -> impl Future<Output = Report> + Send + 'a {
        (**self).send(batch)
    }
}

/// What a layer does around a `send`; everything else is delegated by [`Wrapped`].
///
/// Its future becomes a part of the whole stack's: no layer costs an allocation.
pub trait Around: Debug + Send + Sync + 'static {
    /// Sends the batch through `next`, once, several times or not at all.
    fn send<'a, N: Next>(
        &'a self,
        next: &'a N,
        batch: &'a Batch,
    ) -> impl Future<Output = Report> + Send + 'a;
}

/// A layer that others know too.
impl<A: Around> Around for Arc<A> {
    fn send<'a, N: Next>(
        &'a self,
        next: &'a N,
        batch: &'a Batch,
    ) -> impl Future<Output = Report> + Send + 'a {
        (**self).send(next, batch)
    }
}

/// A layer that may be missing.
impl<A: Around> Around for Option<A> {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        match self {
            Some(around) => around.send(next, batch).await,
            None => next.pass(batch).await,
        }
    }
}

/// A provider, or layers around one, with a layer around its `send`.
#[derive(Debug)]
pub struct Wrapped<A, N = Arc<dyn PushProvider>> {
    next: N,
    around: A,
}

impl<A: Around> Wrapped<A> {
    /// Puts `around` around `inner`.
    pub fn around(inner: Arc<dyn PushProvider>, around: A) -> Arc<dyn PushProvider> {
        Arc::new(Self::new(around, inner))
    }
}

impl<A, N> Wrapped<A, N> {
    /// Puts `around` around `next`.
    pub(super) const fn new(around: A, next: N) -> Self {
        Self { next, around }
    }

    /// The layer.
    pub(super) const fn layer(&self) -> &A {
        &self.around
    }

    /// What is within it.
    pub(super) const fn within(&self) -> &N {
        &self.next
    }
}

impl<A: Around, N: Next> Next for Wrapped<A, N> {
    fn provider(&self) -> &dyn PushProvider {
        self.next.provider()
    }

    fn pass<'a>(&'a self, batch: &'a Batch) -> impl Future<Output = Report> + Send + 'a {
        self.around.send(&self.next, batch)
    }
}

#[async_trait]
impl<A: Around, N: Next> PushProvider for Wrapped<A, N> {
    fn info(&self) -> &ProviderInfo {
        self.provider().info()
    }

    fn capability(&self) -> Capability {
        self.provider().capability()
    }

    fn partition(&self, token: &Token) -> u8 {
        self.provider().partition(token)
    }

    fn rules(&self) -> &'static [Rule] {
        self.provider().rules()
    }

    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        self.provider().quota_class(message)
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.provider().expiries()
    }

    async fn send(&self, batch: &Batch) -> Report {
        self.pass(batch).await
    }

    async fn check(&self) -> Result<Check, Error> {
        self.provider().check().await
    }

    async fn shutdown(&self, grace: Duration) {
        self.provider().shutdown(grace).await;
    }
}
