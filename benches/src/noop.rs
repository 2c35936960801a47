//! A provider that accepts everything and does nothing: what is left is the router.

use std::time::Duration;

use async_trait::async_trait;
use zpns::{
    Batch, Capability, Check, Error, Fields, Kinds, Outcome, ProviderInfo, PushProvider, Report,
    Vendor,
};

/// Accepts every batch, at once unless told otherwise.
#[derive(Debug)]
pub struct NoopProvider {
    info: ProviderInfo,
    batch: usize,
    answers: Answers,
}

/// When a provider answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answers {
    /// When it is asked.
    AtOnce,
    /// When it is asked again: like every provider that waits for a network, it is polled twice.
    Later,
}

impl Answers {
    /// The words for a table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::Later => "later",
        }
    }
}

impl NoopProvider {
    /// One that takes this many targets at once.
    pub fn new(id: &str, batch: usize) -> Self {
        Self {
            info: ProviderInfo::new(id, Vendor::new("noop")),
            batch,
            answers: Answers::AtOnce,
        }
    }

    /// The same, answering at another time.
    #[must_use]
    pub fn answering(self, answers: Answers) -> Self {
        Self { answers, ..self }
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
        if self.answers == Answers::Later {
            tokio::task::yield_now().await;
        }
        batch.report_all(Outcome::accepted(None))
    }

    async fn check(&self) -> Result<Check, Error> {
        Ok(Check::new("nothing to prove"))
    }

    async fn shutdown(&self, _grace: Duration) {}
}
