//! The decision table (`reference/webpush.md` §5 and §6).

use http::StatusCode;
use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

use super::Said;

/// What an answer means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// What follows for the target.
    Verdict(Verdict),
    /// Our VAPID token is not accepted.
    Refused,
    /// It has expired.
    Expired,
    /// The subscription was made with another VAPID key.
    Mismatched,
}

/// Words of a service, and what they mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) said: Words,
    pub(crate) meaning: Meaning,
    /// For a human.
    pub(crate) words: &'static str,
}

/// Which words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Words {
    /// Mozilla's errno, with a message that holds this: from 200 on with a status of the server's
    /// fault, below with one of ours.
    Errno(u16, &'static str),
    /// Apple's reason, with a status of our fault.
    Reason(&'static str),
    /// A text that holds this, with this status.
    Text(u16, &'static str),
}

/// Mozilla's errnos of its own faults begin here.
pub(super) const SERVER_ERRNO: u16 = 200;

const INVALID: Meaning = Meaning::Verdict(Verdict::keep(ErrorKind::MessageInvalid));
const TOO_LARGE: Meaning = Meaning::Verdict(Verdict::keep(ErrorKind::PayloadTooLarge));
const GONE: Meaning = Meaning::Verdict(Verdict::drop(ErrorKind::TokenInvalid));
/// A limit of the one subscription, and not of its host (`reference/webpush.md` §5).
const TOO_FAST: Meaning =
    Meaning::Verdict(Verdict::later(ErrorKind::RateLimited).with_scope(Scope::Target));
const BUSY: Meaning = Meaning::Verdict(Verdict::later(ErrorKind::Unavailable));
const LOST: Meaning = Meaning::Verdict(Verdict::unclear(ErrorKind::Unavailable));

/// Words that say more than their status. The first that fits counts. None says that a subscription
/// is gone: 404 and 410 do.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // Mozilla. Its 401 is for every fault of VAPID, a key that is another one included.
    row(Words::Errno(109, "key mismatch"), Meaning::Mismatched, "the subscription was made with another VAPID key"),
    row(Words::Errno(104, ""), TOO_LARGE, "the body is too large"),
    row(Words::Errno(109, "Expired"), Meaning::Expired, "the VAPID token has expired"),
    row(Words::Errno(109, ""), Meaning::Refused, "the VAPID token is not accepted"),
    row(Words::Errno(110, ""), INVALID, "the encryption is not accepted"),
    row(Words::Errno(111, ""), INVALID, "the TTL is missing"),
    row(Words::Errno(112, ""), INVALID, "the TTL is not accepted"),
    row(Words::Errno(113, ""), INVALID, "the topic is not accepted"),
    row(Words::Errno(114, ""), INVALID, "the TTL is not accepted"),
    row(Words::Errno(201, ""), BUSY, "the service is overloaded"),
    row(Words::Errno(202, ""), BUSY, "the service is busy for a moment"),
    row(Words::Errno(900, ""), LOST, "the bridge to another service failed"),
    row(Words::Errno(901, ""), LOST, "the bridge to another service did not answer"),
    row(Words::Errno(902, ""), LOST, "the bridge to another service failed"),
    row(Words::Errno(903, ""), LOST, "the bridge to another service failed"),
    // Apple.
    row(Words::Reason("VapidPkHashMismatch"), Meaning::Mismatched, "the subscription was made with another VAPID key"),
    row(Words::Reason("BadJwtToken"), Meaning::Refused, "the VAPID token or its `subject` is not accepted"),
    row(Words::Reason("BadAuthorizationHeader"), Meaning::Refused, "the VAPID header is not accepted"),
    row(Words::Reason("BadVapidPublicKey"), Meaning::Refused, "the VAPID key is not accepted"),
    row(Words::Reason("BadTtl"), INVALID, "the TTL is not accepted"),
    row(Words::Reason("BadUrgency"), INVALID, "the urgency is not accepted"),
    row(Words::Reason("BadWebPushTopic"), INVALID, "the topic is not accepted"),
    row(Words::Reason("PayloadTooLarge"), TOO_LARGE, "the body is too large"),
    row(Words::Reason("TooManyRequests"), TOO_FAST, "too many pushes to this browser"),
    // Google.
    row(Words::Text(403, "VAPID credentials in the authorization header do not correspond"), Meaning::Mismatched, "the subscription was made with another VAPID key"),
    row(Words::Text(403, "key in the authorization header does not correspond to the sender ID"), Meaning::Mismatched, "the subscription was made with another VAPID key"),
    row(Words::Text(400, "VAPID credentials in the authorization header do not correspond"), Meaning::Mismatched, "the subscription was made with another VAPID key"),
    row(Words::Text(400, "UnauthorizedRegistration"), Meaning::Refused, "the VAPID token is not accepted"),
];

/// What a status means whose words, if there are any, the rows above do not know. Any other status
/// means what it means everywhere.
#[rustfmt::skip]
pub(crate) const STATUSES: &[(u16, Meaning, &str)] = &[
    (400, INVALID, "the request is not accepted"),
    (401, Meaning::Refused, "the VAPID token is not accepted"),
    (403, Meaning::Refused, "the VAPID token is not accepted"),
    (404, GONE, "the subscription is not known or has expired"),
    (405, INVALID, "the address takes no pushes"),
    (406, TOO_FAST, "Microsoft's service throttles this channel"),
    (410, GONE, "the subscription is gone"),
    (413, TOO_LARGE, "the body is too large"),
    (425, BUSY, "too early"),
    (429, TOO_FAST, "too many pushes to this browser"),
];

const fn row(said: Words, meaning: Meaning, words: &'static str) -> Row {
    Row {
        said,
        meaning,
        words,
    }
}

impl Row {
    pub(super) fn speaks_of(&self, said: &Said, status: StatusCode) -> bool {
        match (self.said, said) {
            (Words::Errno(errno, part), Said::Errno(other, message)) => {
                let is_ours = errno < SERVER_ERRNO;
                let fits = match is_ours {
                    true => status.is_client_error(),
                    false => status.is_server_error(),
                };
                fits && errno == *other && message.contains(part)
            }
            (Words::Reason(reason), Said::Reason(other)) => {
                status.is_client_error() && reason == other
            }
            (Words::Text(at, part), Said::Text(text)) => {
                status.as_u16() == at && text.contains(part)
            }
            _ => false,
        }
    }
}
