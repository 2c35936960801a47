//! A provider that accepts everything and does nothing: what is left is the router.

use std::time::Duration;

use async_trait::async_trait;
use zpns::{
    Batch, Capability, Check, Error, Fields, Kinds, Outcome, ProviderInfo, PushProvider, Report,
    Vendor,
};

/// Accepts every batch at once.
#[derive(Debug)]
pub struct NoopProvider {
    info: ProviderInfo,
    batch: usize,
}

impl NoopProvider {
    /// One that takes this many targets at once.
    pub fn new(id: &str, batch: usize) -> Self {
        Self {
            info: ProviderInfo::new(id, Vendor::new("noop")),
            batch,
        }
    }
}

#[async_trait]
impl PushProvider for NoopProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = match self.batch {
            1 => Capability::unary(),
            batch => Capability::batched(batch, 8),
        };
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY;
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        batch.report_all(Outcome::accepted(None))
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("nothing to prove"))
    }

    async fn shutdown(&self, _grace: Duration) {}
}
