//! What to do about what was found: the vendors' troubleshooting as rows.

use crate::model::ErrorKind;

/// What to do after a verdict, or the lack of one.
#[rustfmt::skip]
pub(super) const OF_KINDS: &[(ErrorKind, &str)] = &[
    (ErrorKind::TokenInvalid, "The app has to obtain a new token and register it: open it once on the device."),
    (ErrorKind::TokenMismatch, "The token is of another app or environment: compare the provider's app, topic and environment with those of the build on the device."),
    (ErrorKind::Muted, "The user switched notifications off, or the vendor rests the device: allow them in the device's settings."),
    (ErrorKind::MessageInvalid, "The vendor refuses the message and not the device: the reason names the field."),
    (ErrorKind::PayloadTooLarge, "Shorten the payload, or have the app fetch what is long."),
    (ErrorKind::Unsupported, "This vendor cannot carry such a push: give the device a second channel, or leave out what the reason names."),
    (ErrorKind::CredentialInvalid, "The provider's credentials fail for every device: run `zpns check`."),
    (ErrorKind::PermissionDenied, "The vendor's console has to grant what the reason names: a class, a category, or push itself."),
    (ErrorKind::QuotaExceeded, "The day's quota is used up: wait for the vendor's midnight, or have the class of the message approved."),
    (ErrorKind::RateLimited, "The provider sends faster than the vendor takes: set `rate_per_second`."),
    (ErrorKind::Unavailable, "The vendor does not answer as it should: wait, and look at its status page."),
    (ErrorKind::Timeout, "The vendor does not answer in time: look at the network between this host and the vendor."),
    (ErrorKind::Protocol, "The answer cannot be read: look for a proxy in between, or at `endpoint`."),
    (ErrorKind::Expired, "The message's time was over before it went out: give it a longer `ttl`."),
    (ErrorKind::Suppressed, "A rule of this library held it back: the reason names the rule."),
    (ErrorKind::Cancelled, "It was given up by this host, as a shutdown does: send it again."),
];

/// Where to look on the device when the vendor took a push and nobody saw it.
#[rustfmt::skip]
pub(super) const OF_VENDORS: &[(&str, &str)] = &[
    ("apns", "Look for a Focus, Low Power Mode, or notifications that are off; silent pushes are held back at the system's own judgement."),
    ("fcm", "An app that the user force-stopped gets nothing until it is opened; without high priority a push waits for Doze to end."),
    ("harmony", "A category without the right to it is shown silently and counts as marketing: look at the rights in the console."),
    ("honor", "A message of the information class is shown in the notification centre only: look at its importance."),
    ("huawei", "A message of low importance is shown silently; without an approved class it counts as marketing."),
    ("meizu", "Look at the app's notification switch on the device."),
    ("oppo", "A channel that is not registered in the console falls back to the default one: look at `channel`."),
    ("vivo", "A text that the device got already that day is not shown, and an operational one is folded away where the app does not run."),
    ("webpush", "The browser has to run, and the site's permission to hold; what a tap opens is the service worker's matter."),
    ("xiaomi", "A channel that is not approved is of the smallest quota, and what is over it is dropped: look at `channel`."),
];

/// Where the vendor is none that is known here.
pub(super) const OF_ANY_VENDOR: &str = "Look at the app's notification settings on the device.";

pub(super) fn of_kind(kind: ErrorKind) -> &'static str {
    let row = OF_KINDS.iter().find(|(known, _)| *known == kind);
    row.map_or("The reason says more.", |(_, advice)| advice)
}

pub(super) fn of_vendor(vendor: &str) -> &'static str {
    let row = OF_VENDORS.iter().find(|(known, _)| *known == vendor);
    row.map_or(OF_ANY_VENDOR, |(_, advice)| advice)
}
