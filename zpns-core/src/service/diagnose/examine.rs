//! Looks at everything that decides whether a device gets pushes.

use std::borrow::Cow;

use super::{Cause, Diagnosis, Finding, advice};
use crate::layers::BreakerState;
use crate::model::{ProviderId, Timestamp};
use crate::receipt::ReceiptEvent;
use crate::router::{ProviderStatus, Router};
use crate::service::{
    Channel, ChannelState, Device, PresencePolicy, PresenceState, PushId, PushRecord, Stage,
};

/// What is known of a device at one moment.
#[derive(Debug)]
pub(in crate::service) struct Patient<'a> {
    pub(in crate::service) id: PushId,
    pub(in crate::service) device: Option<Device>,
    pub(in crate::service) presence: PresenceState,
    pub(in crate::service) policy: PresencePolicy,
    pub(in crate::service) router: &'a Router,
    /// Its latest pushes, the latest first.
    pub(in crate::service) pushes: Vec<PushRecord>,
    pub(in crate::service) now: Timestamp,
}

/// The findings, the most likely cause first.
pub(in crate::service) fn examine(patient: &Patient<'_>) -> Diagnosis {
    let mut findings = Vec::new();
    match &patient.device {
        None => findings.push(finding(
            Cause::UnknownDevice,
            format!("There is no device {}.", patient.id),
            "The app has to register: it never did, or was unregistered.",
        )),
        Some(device) => {
            registration(patient, device, &mut findings);
            presence(patient, device, &mut findings);
            let status = patient.router.status();
            for channel in &device.channels {
                provider(patient, device, channel, &status, &mut findings);
            }
            latest_push(patient, device, &mut findings);
        }
    }
    findings.sort_by_key(|finding| finding.cause);
    Diagnosis {
        device: patient.id,
        findings,
    }
}

fn registration(patient: &Patient<'_>, device: &Device, findings: &mut Vec<Finding>) {
    let channels = &device.channels;
    if channels.is_empty() {
        findings.push(finding(
            Cause::NoChannel,
            "The device has no channel.".to_owned(),
            "The app has to register with a token of at least one vendor.",
        ));
        return;
    }
    let is_dead = |channel: &&Channel| matches!(channel.state, ChannelState::Dead { .. });
    let dead = channels.iter().filter(is_dead).count();
    let usable = device.usable(patient.now).count();
    if dead == channels.len() {
        let since = device.dead.unwrap_or(patient.now);
        findings.push(finding(
            Cause::Dead,
            format!(
                "No channel reaches the device since {}.",
                ago(since, patient)
            ),
            "The app was uninstalled, or its tokens changed: open it once so that it registers.",
        ));
    } else if usable == 0 {
        findings.push(finding(
            Cause::Muted,
            format!(
                "Every channel that is alive rests: {}.",
                states(device, patient)
            ),
            "The user switched notifications off, or a vendor says so: allow them, or wait.",
        ));
    } else if usable < channels.len() {
        findings.push(finding(
            Cause::ChannelDown,
            format!("Not every channel is used: {}.", states(device, patient)),
            "The next channel is used in its place; the app registers a new token when it is opened.",
        ));
    }
}

fn presence(patient: &Patient<'_>, device: &Device, findings: &mut Vec<Finding>) {
    if device.user.is_none() {
        findings.push(finding(
            Cause::NobodyLoggedIn,
            "Nobody is logged in on the device.".to_owned(),
            "What is sent to a user does not come here: bind the device when the user logs in.",
        ));
    } else if !patient.policy.pushes(patient.presence) {
        findings.push(finding(
            Cause::Online,
            format!("The user is online on the device ({:?}).", patient.presence),
            "Messages are handed to the host to be delivered within the app, and not pushed.",
        ));
    }
}

fn provider(
    patient: &Patient<'_>,
    device: &Device,
    channel: &Channel,
    status: &[ProviderStatus],
    findings: &mut Vec<Finding>,
) {
    let id = &channel.provider;
    let Some(status) = status.iter().find(|status| status.provider.id == *id) else {
        findings.push(of_provider(
            Cause::UnknownProvider,
            id,
            format!("The device has a token of `{id}`, which is not configured."),
            "Name the provider in the config, or have the app register under another one.",
        ));
        return;
    };
    let (own, theirs) = (device.environment, status.provider.environment);
    if own != theirs {
        findings.push(of_provider(
            Cause::WrongEnvironment,
            id,
            format!("The app is of {own:?}, and `{id}` pushes to {theirs:?}."),
            "Register the app under a provider of its own environment.",
        ));
    }
    if status.layers.breaker == BreakerState::Open {
        findings.push(of_provider(
            Cause::BreakerOpen,
            id,
            format!("`{id}` is not called at present, because too much failed."),
            "It is tried again by itself; if credentials failed, `zpns check` says which.",
        ));
    }
    for used_up in &status.layers.used_up {
        let class = used_up.category.map_or_else(
            || "everything".to_owned(),
            |category| format!("{category:?}"),
        );
        let left = used_up.until.since(patient.now).as_secs() / 60;
        findings.push(of_provider(
            Cause::QuotaUsedUp,
            id,
            format!("The quota of `{id}` for {class} is used up for {left} more minutes."),
            "Wait for the vendor's midnight, or have the class of the message approved.",
        ));
    }
    if let Some(alarm) = &status.guard {
        findings.push(of_provider(
            Cause::GuardClosed,
            id,
            format!("No token of `{id}` is dropped: {alarm}."),
            "Compare topic, project and environment with the app's, and then release the guard.",
        ));
    }
}

fn latest_push(patient: &Patient<'_>, device: &Device, findings: &mut Vec<Finding>) {
    let Some(push) = patient.pushes.first() else {
        findings.push(finding(
            Cause::NeverPushed,
            "Nothing was pushed to the device lately.".to_owned(),
            "Send it a message: the outcome says more.",
        ));
        return;
    };
    // Two channels of one message are two pushes: the last one decides.
    let (id, vendor) = (&push.provider, vendor(patient, push));
    if let Some(why) = push.why_not() {
        let said = why.detail.as_deref().unwrap_or("without a word");
        let when = ago(why.at, patient);
        let (cause, sentence, advice): (_, _, Cow<'static, str>) = match &why.stage {
            Stage::Rejected(kind) => (
                Cause::Rejected,
                format!("`{id}` refused the latest push {when}: {kind} ({said})."),
                advice::of_kind(*kind).into(),
            ),
            Stage::Failed(kind) => (
                Cause::Failed,
                format!("`{id}` gave no verdict on the latest push {when}: {kind} ({said})."),
                advice::of_kind(*kind).into(),
            ),
            Stage::Reported(event) => (
                Cause::NotDelivered,
                format!(
                    "`{id}` says {when} of the latest push: {} ({said}).",
                    event.name()
                ),
                of_event(event, vendor).into(),
            ),
            Stage::Accepted => return,
        };
        // What the vendor said of a token that was registered anew since is of an earlier life.
        let is_past = device
            .channels
            .iter()
            .any(|channel| channel.provider == *id && channel.registered > why.at);
        if is_past {
            findings.push(finding(
                Cause::NeverPushed,
                "Nothing was pushed to the device since it registered last.".to_owned(),
                "Send it a message: the outcome says more.",
            ));
        } else {
            let advice = advice.into_owned();
            findings.push(Finding {
                provider: Some(id.clone()),
                ..finding(cause, sentence, advice)
            });
        }
    } else if let Some(at) = push.delivered() {
        let what = match push.clicked() {
            Some(_) => "was tapped",
            None => "reached the device",
        };
        findings.push(of_provider(
            Cause::Delivered,
            id,
            format!("The latest push {what} {}.", ago(at, patient)),
            advice::of_vendor(vendor),
        ));
    } else {
        let waits = |milestone: &crate::service::Milestone| {
            milestone.stage == Stage::Reported(ReceiptEvent::Deferred)
        };
        let (cause, sentence) = match push.milestones.iter().any(waits) {
            true => (
                Cause::Deferred,
                format!("`{id}` took the latest push, and it waits on its way."),
            ),
            false => (
                Cause::NotConfirmed,
                format!("`{id}` took the latest push, and has said nothing since."),
            ),
        };
        findings.push(of_provider(cause, id, sentence, advice::of_vendor(vendor)));
    }
}

fn of_event(event: &ReceiptEvent, vendor: &str) -> &'static str {
    use crate::model::ErrorKind;
    match event {
        ReceiptEvent::QuotaDropped => advice::of_kind(ErrorKind::QuotaExceeded),
        ReceiptEvent::TokenInvalid => advice::of_kind(ErrorKind::TokenInvalid),
        ReceiptEvent::Muted => advice::of_kind(ErrorKind::Muted),
        ReceiptEvent::Dropped(crate::receipt::DropReason::Expired) => {
            advice::of_kind(ErrorKind::Expired)
        }
        _ => advice::of_vendor(vendor),
    }
}

fn vendor<'p>(patient: &'p Patient<'_>, push: &'p PushRecord) -> &'static str {
    let provider = patient.router.provider(&push.provider);
    let vendor = provider
        .as_ref()
        .map(|provider| provider.info().vendor.as_str());
    let mut rows = advice::OF_VENDORS.iter().map(|(name, _)| *name);
    rows.find(|name| Some(*name) == vendor).unwrap_or_default()
}

/// Every channel with its state.
fn states(device: &Device, patient: &Patient<'_>) -> String {
    let channels = device.channels.iter().map(|channel| match channel.state {
        ChannelState::Dead { since_ms } => {
            format!(
                "`{}` is dead since {}",
                channel.provider,
                ago(since_ms, patient)
            )
        }
        ChannelState::Muted { until_ms } if until_ms > patient.now => {
            let left = until_ms.since(patient.now).as_secs() / 60;
            format!("`{}` is muted for {left} more minutes", channel.provider)
        }
        _ => format!("`{}` is used", channel.provider),
    });
    channels.collect::<Vec<_>>().join(", ")
}

fn ago(at: Timestamp, patient: &Patient<'_>) -> String {
    match patient.now.since(at).as_secs() {
        seconds if seconds < 120 => format!("{seconds} seconds ago"),
        seconds if seconds < 7_200 => format!("{} minutes ago", seconds / 60),
        seconds => format!("{} hours ago", seconds / 3_600),
    }
}

fn finding(cause: Cause, sentence: String, advice: impl Into<Cow<'static, str>>) -> Finding {
    Finding {
        cause,
        provider: None,
        sentence,
        advice: advice.into(),
    }
}

fn of_provider(
    cause: Cause,
    provider: &ProviderId,
    sentence: String,
    advice: &'static str,
) -> Finding {
    Finding {
        provider: Some(provider.clone()),
        ..finding(cause, sentence, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::advice::{OF_KINDS, OF_VENDORS};
    use super::*;
    use crate::model::ErrorKind;

    #[test]
    fn every_kind_of_verdict_and_every_vendor_has_its_advice_once() {
        let kinds = [
            ErrorKind::TokenInvalid,
            ErrorKind::TokenMismatch,
            ErrorKind::Muted,
            ErrorKind::MessageInvalid,
            ErrorKind::PayloadTooLarge,
            ErrorKind::Unsupported,
            ErrorKind::CredentialInvalid,
            ErrorKind::PermissionDenied,
            ErrorKind::QuotaExceeded,
            ErrorKind::RateLimited,
            ErrorKind::Unavailable,
            ErrorKind::Timeout,
            ErrorKind::Protocol,
            ErrorKind::Expired,
            ErrorKind::Suppressed,
            ErrorKind::Cancelled,
        ];
        assert_eq!(OF_KINDS.iter().map(|row| row.0).collect::<Vec<_>>(), kinds);
        let mut vendors: Vec<_> = OF_VENDORS.iter().map(|row| row.0).collect();
        vendors.dedup();
        assert!(vendors.is_sorted() && vendors.len() == 10);
        for advice in OF_KINDS
            .iter()
            .map(|row| row.1)
            .chain(OF_VENDORS.iter().map(|row| row.1))
        {
            assert!(advice.ends_with('.'), "{advice}");
        }
        assert_eq!(advice::of_vendor("someone's"), advice::OF_ANY_VENDOR);
    }
}
