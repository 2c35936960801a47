//! A push service's answer → what came of the push.

mod answer;
mod table;

#[cfg(test)]
mod tests;

use http::StatusCode;
use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Timestamp, VendorCode};
use zpns_kit::{Decision, TokenFate, Verdict};

pub(crate) use self::answer::Said;
#[cfg(test)]
pub(crate) use self::table::Words;
pub(crate) use self::table::{Meaning, ROWS, STATUSES};

/// An answer, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// The service took it.
    Accepted(Outcome),
    /// Our token was not accepted; nothing was said of the subscription. Whether it was said that
    /// it has expired.
    Refused(Decision, bool),
    /// The subscription was made with another VAPID key, says the service.
    Mismatched(Decision),
    /// Anything else.
    Outcome(Outcome),
}

/// Where a service says what it calls a message.
const IDS: [&str; 3] = ["location", "apns-id", "x-wns-msg-id"];

/// Judges an answer.
pub(crate) fn judge(response: &HttpResponse, now: Timestamp) -> Judged {
    if response.status.is_success() {
        return Judged::Accepted(Outcome::accepted(id(response)));
    }
    let said = Said::of(response);
    let row = ROWS
        .iter()
        .find(|row| row.speaks_of(&said, response.status));
    let (meaning, words) = match row {
        Some(row) => (row.meaning, row.words),
        None => by_status(response.status, said.is_spoken()),
    };
    let code = said.code(response.status);
    let decide = |verdict| decision(verdict, code.clone(), words, response, now);
    match meaning {
        Meaning::Verdict(verdict) => Judged::Outcome(decide(verdict).outcome()),
        Meaning::Refused => Judged::Refused(decide(REFUSED), false),
        Meaning::Expired => Judged::Refused(decide(REFUSED), true),
        Meaning::Mismatched => Judged::Mismatched(decide(MISMATCHED)),
    }
}

/// What is said where our token is not accepted.
pub(crate) const REFUSED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
/// What is said of a subscription of another key: it can never be pushed to again.
pub(crate) const MISMATCHED: Verdict = Verdict::drop(ErrorKind::TokenMismatch);

/// What a status means that comes without words that the table knows.
pub(crate) fn by_status(status: StatusCode, spoken: bool) -> (Meaning, &'static str) {
    match STATUSES.iter().find(|row| row.0 == status.as_u16()) {
        Some((_, meaning, words)) => (*meaning, words),
        // Never followed: a redirect leads where nobody has looked.
        None if status.is_redirection() => (
            Meaning::Verdict(Verdict::keep(ErrorKind::Protocol)),
            "a redirect, which is not followed",
        ),
        None => (
            Meaning::Verdict(Verdict::of_status(status, spoken)),
            "the push service refused the push",
        ),
    }
}

fn decision(
    verdict: Verdict,
    code: VendorCode,
    words: &str,
    response: &HttpResponse,
    now: Timestamp,
) -> Decision {
    Decision::new(verdict, code, words, "the push service", response, now)
}

/// Says of one subscription what cannot be said of our credentials.
pub(crate) fn of_the_subscription(mut refused: Decision, why: &str) -> Outcome {
    refused.verdict = Verdict::keep(ErrorKind::TokenMismatch).with_token(TokenFate::Keep);
    refused.answered.reason = format!("{}; {why}", refused.answered.reason).into();
    refused.outcome()
}

fn id(response: &HttpResponse) -> Option<String> {
    let value = IDS.iter().find_map(|name| response.headers.get(*name))?;
    value.to_str().ok().map(str::to_owned)
}
