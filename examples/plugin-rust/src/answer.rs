//! What the server answered → what came of each target.

use serde::Deserialize;
use zpns_plugin_api::zpns_core::resources::{HttpError, HttpResponse};
use zpns_plugin_api::zpns_core::{
    Batch, Error, ErrorKind, Outcome, Rejection, Report, Retry, Sent, TokenAction, VendorCode,
};

/// A word for one target.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// As the server writes it.
    pub word: &'static str,
    /// What it means.
    pub means: Means,
}

/// What came of a target.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// It was taken.
    Accepted,
    /// The device is gone for good: its token is to be forgotten.
    Gone,
    /// A verdict after which the token stays as it is.
    Refused(ErrorKind),
    /// Not now; nothing was sent.
    Busy,
}

/// The words for a target. Any other is a protocol failure that may have been sent.
#[rustfmt::skip]
pub const VERDICTS: &[Verdict] = &[
    Verdict { word: "ok",      means: Means::Accepted },
    Verdict { word: "gone",    means: Means::Gone },
    Verdict { word: "muted",   means: Means::Refused(ErrorKind::Muted) },
    Verdict { word: "refused", means: Means::Refused(ErrorKind::MessageInvalid) },
    Verdict { word: "busy",    means: Means::Busy },
];

/// What a status other than 200 means for the whole batch.
#[rustfmt::skip]
const STATUSES: &[(u16, ErrorKind, Retry, Sent)] = &[
    (401, ErrorKind::CredentialInvalid, Retry::Never,   Sent::No),
    (403, ErrorKind::PermissionDenied,  Retry::Never,   Sent::No),
    (413, ErrorKind::PayloadTooLarge,   Retry::Never,   Sent::No),
    (429, ErrorKind::RateLimited,       Retry::Backoff, Sent::No),
    (503, ErrorKind::Unavailable,       Retry::Backoff, Sent::No),
];

/// One outcome for each target.
pub(crate) fn read(batch: &Batch, answer: HttpResponse) -> Result<Report, Error> {
    let words = verdicts(&answer)?;
    if words.len() != batch.targets().len() {
        return Err(odd("the server answered for another number of targets"));
    }
    Ok(batch.report(words.iter().map(|word| outcome(word)).collect()))
}

/// The words in an answer.
pub(crate) fn verdicts(answer: &HttpResponse) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Body {
        verdicts: Vec<String>,
    }
    let status = answer.status.as_u16();
    if status != 200 {
        let row = STATUSES.iter().find(|row| row.0 == status);
        let (_, kind, retry, sent) =
            row.copied()
                .unwrap_or((status, ErrorKind::Protocol, Retry::Never, Sent::Maybe));
        let message = format!("the server answered {status}");
        return Err(Error::new(kind, message)
            .with_retry(retry)
            .with_sent(sent)
            .with_vendor(VendorCode::new(status.to_string()).with_status(status)));
    }
    let body: Body = serde_json::from_slice(&answer.body)
        .map_err(|_| odd("the server's answer cannot be read"))?;
    Ok(body.verdicts)
}

/// There was no whole answer.
pub(crate) fn lost(error: HttpError) -> Error {
    Error::new(ErrorKind::Unavailable, error.message)
        .with_retry(Retry::Backoff)
        .with_sent(error.sent)
}

fn outcome(word: &str) -> Outcome {
    let Some(verdict) = VERDICTS.iter().find(|verdict| verdict.word == word) else {
        return odd("the server answered with a word that is none of ours").into();
    };
    let code = || VendorCode::new(word.to_owned());
    match verdict.means {
        Means::Accepted => Outcome::accepted(None),
        Means::Gone => Rejection::new(ErrorKind::TokenInvalid, "the device is gone")
            .with_token(TokenAction::Drop { since: None })
            .with_vendor(code())
            .into(),
        Means::Refused(kind) => Rejection::new(kind, "the server refused it")
            .with_vendor(code())
            .into(),
        Means::Busy => Error::new(ErrorKind::Unavailable, "the server is busy")
            .with_retry(Retry::Backoff)
            .with_vendor(code())
            .into(),
    }
}

/// The server may have acted, and nobody knows how.
fn odd(message: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, message).with_sent(Sent::Maybe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_means_one_thing_and_no_other_word_means_any() {
        let kinds = [
            ("ok", None, "none"),
            ("gone", Some(ErrorKind::TokenInvalid), "drop"),
            ("muted", Some(ErrorKind::Muted), "keep"),
            ("refused", Some(ErrorKind::MessageInvalid), "keep"),
            ("busy", Some(ErrorKind::Unavailable), "none"),
            ("bogus", Some(ErrorKind::Protocol), "none"),
        ];
        assert_eq!(kinds.len(), VERDICTS.len() + 1);
        for (word, kind, action) in kinds {
            let outcome = outcome(word);
            let told = match &outcome {
                Outcome::Rejected(rejection) => rejection.token.as_str(),
                _ => "none",
            };
            assert_eq!((outcome.kind(), told), (kind, action), "{word}");
        }
    }

    #[test]
    fn every_status_speaks_for_the_whole_batch() {
        let known = STATUSES.iter().map(|row| (row.0, row.1, row.3));
        for (status, kind, sent) in known.chain([(500, ErrorKind::Protocol, Sent::Maybe)]) {
            let answer = HttpResponse {
                status: status.try_into().unwrap(),
                headers: http::HeaderMap::new(),
                body: r#"{"verdicts": ["ok"]}"#.into(),
            };
            let error = verdicts(&answer).unwrap_err();
            assert_eq!((error.kind(), error.sent()), (kind, sent));
        }
    }
}
