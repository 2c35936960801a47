//! What vendors report afterwards about what the service pushed.

use std::sync::Arc;

use super::plan::Plan;
use super::{DeviceReport, Inner, MUTE, PushService};
use crate::model::Timestamp;
use crate::receipt::Parsed;
use crate::service::receipts::{Desk, note, take};
use crate::service::{Milestones, ReceiptReport, RegistryError};

impl PushService {
    /// What became of the pushes: milestones of each, counts of each campaign.
    pub fn milestones(&self) -> &Arc<dyn Milestones> {
        &self.0.milestones
    }

    /// Joins a vendor's receipts to what was pushed, and writes what they say of tokens into the
    /// registry, under the same guard against mass invalidation as the vendors' verdicts.
    ///
    /// A receipt changes a token of its own provider only. Where the vendor proves nothing (see
    /// [`ReceiptReader::is_verified`](crate::receipt::ReceiptReader::is_verified)), it changes one
    /// only if it names a push that this service sent to that token: who learns the address of an
    /// unsigned vendor can still not drop or take over a device of whose pushes they know nothing.
    /// The same receipt taken twice does nothing the second time.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use zpns_core::receipt::{ReceiptReply, Receipts};
    /// use zpns_core::service::PushService;
    ///
    /// async fn on_post(
    ///     service: &PushService,
    ///     receipts: &Receipts,
    ///     path: &str,
    ///     headers: &HeaderMap,
    ///     body: &[u8],
    /// ) -> ReceiptReply {
    ///     match receipts.receive(path, headers, body) {
    ///         Ok(parsed) => match service.take_receipts(&parsed).await {
    ///             Ok(_) => parsed.reply,
    ///             Err(_) => ReceiptReply::UNAVAILABLE,
    ///         },
    ///         Err(error) => error.reply(),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// Whatever the milestones or the registry report; the vendor is to be answered that it should
    /// come again ([`UNAVAILABLE`](crate::receipt::ReceiptReply::UNAVAILABLE)).
    pub async fn take_receipts(&self, parsed: &Parsed) -> Result<ReceiptReport, RegistryError> {
        take(self.0.desk(), parsed).await
    }

    /// Writes down what a page pushed.
    pub(super) async fn note_milestones(
        &self,
        plan: &Plan,
        reports: &mut Vec<Result<DeviceReport, RegistryError>>,
        sent: Timestamp,
    ) {
        let campaign = plan.campaign.as_ref();
        let noted = note(self.0.desk(), plan.id, campaign, reports, sent).await;
        reports.extend(noted.err().map(Err));
    }
}

impl Inner {
    fn desk(&self) -> Desk<'_> {
        Desk {
            router: &self.router,
            registry: &*self.registry,
            milestones: &*self.milestones,
            now: self.clock.now(),
            mute: MUTE,
        }
    }
}
