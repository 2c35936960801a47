//! Calls: who rings, who is told that it is over, and who missed it.

use std::sync::Arc;

use futures_util::StreamExt;

use super::plan::Plan;
use super::ringing::Ringing;
use super::{Audience, Fate, Message, PushReport, PushService, ServiceError, Skip};
use crate::model::{CallEvent, Error, ErrorKind, Notification};
use crate::service::{Call, CallEnd, PushId};

impl PushService {
    /// Lets the phones of an audience ring, of those who are not in the app.
    ///
    /// Devices with a channel for calls alone
    /// ([`call_providers`](super::PushServiceBuilder::call_providers)) ring through it; the others
    /// get the most urgent alert that their vendor has. Nothing is sent, or tried again, once the
    /// ring time is over or the call has [ended](Self::end_call); those whose turn would have come
    /// after that get the alert of a missed call instead, unless they had answered or declined.
    ///
    /// Calls are remembered by this service, in memory, for an hour after their last ring: an
    /// invitation to the same call again rings on those devices on which it did not ring yet, for
    /// what is left of the time.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`ErrorKind::MessageInvalid`] for a call whose id has not 1 to 56
    /// bytes or that rings for less than a second.
    pub async fn invite(
        &self,
        call: &Call,
        audience: Audience,
    ) -> Result<PushReport, ServiceError> {
        if let Some(fault) = call.fault() {
            return Err(Error::new(ErrorKind::MessageInvalid, fault).into());
        }
        let now = self.0.clock.now();
        let ringing = self.0.calls.begin(call, now);
        let mut invitation = ringing.call.told(CallEvent::Invite, ringing.left(now));
        invitation.id = ringing.id;
        let mut plan = Plan::new(&self.0, Message::new(invitation))?;
        plan.ringing = Some(Arc::clone(&ringing));
        let mut report = self.collect(plan, audience).await?;
        let late = |device: &super::DeviceReport| {
            let over = device.fate == Fate::Skipped(Skip::CallOver);
            over && !ringing.has_settled(device.user.as_ref())
        };
        let missed: Vec<PushId> = (report.devices.iter())
            .filter(|device| late(device))
            .filter_map(|device| device.device)
            .collect();
        if missed.is_empty() {
            return Ok(report);
        }
        report.devices.retain(|device| !late(device));
        let told = ringing.call.told(CallEvent::Missed, ringing.left(now));
        let instead = self.tell_of_end(told, missed).await?;
        report.devices.extend(instead.devices);
        report.error = report.error.or(instead.error);
        Ok(report)
    }

    /// Tells the devices on which a call rings that it is over, and how: for all of them, or for
    /// those of the user on whose device it was answered or declined. What is under way to them
    /// is given up.
    ///
    /// Where a vendor has tokens for calls alone, this never goes through them: such a push has to
    /// ring. A call that is not known (any more), or rings nowhere, gives an empty report.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn end_call(&self, id: &str, how: CallEnd) -> Result<PushReport, ServiceError> {
        let Some(ringing) = self.0.calls.get(id) else {
            return Ok(PushReport::default());
        };
        let rang = match how.on() {
            None => ringing.end(),
            Some(device) => self.settle(&ringing, device).await?,
        };
        let left = ringing.left(self.0.clock.now());
        let told = ringing.call.told(how.event(), left);
        self.tell_of_end(told, rang).await
    }

    async fn settle(&self, ringing: &Ringing, on: PushId) -> Result<Vec<PushId>, ServiceError> {
        let user = match ringing.owner(on) {
            Some(user) => Some(user),
            // It did not ring there: its user was in the app.
            None => (self.0.registry.device(on).await?).and_then(|device| device.user),
        };
        Ok(user.map_or_else(Vec::new, |user| ringing.settle(user, on)))
    }

    async fn tell_of_end(
        &self,
        told: Notification,
        devices: Vec<PushId>,
    ) -> Result<PushReport, ServiceError> {
        if devices.is_empty() {
            return Ok(PushReport::default());
        }
        let plan = Plan::new(&self.0, Message::new(told))?;
        self.collect(plan, Audience::devices(devices)).await
    }

    /// Everything that comes of a plan.
    pub(super) async fn collect(
        &self,
        plan: Plan,
        audience: Audience,
    ) -> Result<PushReport, ServiceError> {
        let mut stream = self.stream_of(plan, audience)?;
        let mut report = PushReport::default();
        while let Some(device) = stream.next().await {
            match device {
                Ok(device) => report.devices.push(device),
                Err(error) => report.error = Some(error),
            }
        }
        Ok(report)
    }
}
