//! What waited for its turn is asked once more whether it may go.

use std::sync::Arc;

use super::breaker::AroundBreaker;
use super::quota::AroundQuota;
use super::{Around, Next};
use crate::model::Report;
use crate::provider::Batch;

/// Asks breaker and quota latch again, right before the call: while a push waited for the rate or
/// for a slot, the vendor may have refused the credentials, gone down, or said that the day's
/// quota is used up. Those who waited are turned away then like those who come after them.
#[derive(Debug)]
pub(super) struct AroundGate {
    breaker: Arc<AroundBreaker>,
    quota: Option<Arc<AroundQuota>>,
}

impl AroundGate {
    pub(super) fn new(breaker: &Arc<AroundBreaker>, quota: &Option<Arc<AroundQuota>>) -> Self {
        Self {
            breaker: Arc::clone(breaker),
            quota: quota.clone(),
        }
    }
}

impl Around for AroundGate {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        if let Some(outcome) = self.breaker.turns_away(batch) {
            return batch.report_all(outcome);
        }
        let quota = self.quota.as_ref();
        if let Some(rejection) = quota.and_then(|quota| quota.turns_away(next.provider(), batch)) {
            return batch.report_all(rejection);
        }
        next.pass(batch).await
    }
}
