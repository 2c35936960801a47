//! Which channels of a device a message may take, and in which form each gets it.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::Inner;
use super::plan::Plan;
use crate::model::{CallEvent, Kind, Notification, ProviderId, Target, Timestamp, Vendor};
use crate::service::Device;
use crate::service::call::without_call_token;

/// The form in which a channel gets a message. Channels of the same form are tried in one go.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Form {
    /// The vendor, where the strategy has a part for it.
    vendor: Option<Vendor>,
    /// Whether its token takes no call.
    without_calls: bool,
}

impl Form {
    /// The form for a provider's channels.
    pub(super) fn of(inner: &Inner, plan: &Plan, provider: &ProviderId) -> Self {
        let Some(known) = inner.router.provider(provider) else {
            return Self {
                vendor: None,
                without_calls: false,
            };
        };
        let vendor = &known.info().vendor;
        Self {
            vendor: plan.vendors.contains_key(vendor).then(|| vendor.clone()),
            without_calls: known.capability().call_tokens
                && !inner.call_providers.contains(provider),
        }
    }

    /// The message in this form.
    pub(super) fn message<'a>(&self, plan: &'a Plan) -> Cow<'a, Notification> {
        let own = self
            .vendor
            .as_ref()
            .and_then(|vendor| plan.vendors.get(vendor));
        let message = own.unwrap_or(&plan.all);
        match message.kind {
            Kind::Call(_) if self.without_calls => Cow::Owned(without_call_token(message.clone())),
            _ => Cow::Borrowed(message),
        }
    }
}

/// The channels that the message may take now, in the order in which they are tried: an invitation
/// to a call those that are for calls alone first, and everything else all but those.
pub(super) fn channels(
    inner: &Inner,
    plan: &Plan,
    device: &Device,
    now: Timestamp,
) -> VecDeque<Target> {
    let mut calls = VecDeque::new();
    let mut others = VecDeque::new();
    for channel in device.usable(now) {
        let target = || Target::new(channel.provider.clone(), channel.token.clone());
        if !inner.call_providers.contains(&channel.provider) {
            others.push_back(target());
        } else if Form::of(inner, plan, &channel.provider).message(plan).kind
            == Kind::Call(CallEvent::Invite)
        {
            calls.push_back(target());
        }
    }
    calls.append(&mut others);
    calls
}
