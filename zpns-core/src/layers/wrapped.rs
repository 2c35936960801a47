//! The one place where a layer delegates what it does not change.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Error, Report, Token};
use crate::preflight::Rule;
use crate::provider::{Batch, Capability, Check, Expiry, ProviderInfo, PushProvider};

/// What a layer does around a `send`; everything else is delegated by [`Wrapped`].
pub trait Around: Debug + Send + Sync + 'static {
    /// Sends the batch through `inner`, once, several times or not at all.
    fn send<'a>(
        &'a self,
        inner: &'a dyn PushProvider,
        batch: &'a Batch,
    ) -> impl Future<Output = Report> + Send + 'a;
}

/// A provider with a layer around its `send`.
#[derive(Debug)]
pub struct Wrapped<A> {
    inner: Arc<dyn PushProvider>,
    around: A,
}

impl<A: Around> Wrapped<A> {
    /// Puts `around` around `inner`.
    pub fn around(inner: Arc<dyn PushProvider>, around: A) -> Arc<dyn PushProvider> {
        Arc::new(Self { inner, around })
    }
}

#[async_trait]
impl<A: Around> PushProvider for Wrapped<A> {
    fn info(&self) -> &ProviderInfo {
        self.inner.info()
    }

    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    fn partition(&self, token: &Token) -> u8 {
        self.inner.partition(token)
    }

    fn rules(&self) -> &'static [Rule] {
        self.inner.rules()
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.inner.expiries()
    }

    async fn send(&self, batch: &Batch) -> Report {
        self.around.send(&*self.inner, batch).await
    }

    async fn check(&self) -> Result<Check, Error> {
        self.inner.check().await
    }

    async fn shutdown(&self, grace: Duration) {
        self.inner.shutdown(grace).await;
    }
}
