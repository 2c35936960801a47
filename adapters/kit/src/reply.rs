//! What every vendor's answers have in common, once they are read.

use http::StatusCode;
use serde_json::Value;
use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Outcome, Rejection, Timestamp, VendorCode};

use crate::{Answered, TokenFate, Verdict, clock_skew, retry_after};

/// Characters of a vendor's sentence that are kept.
const SENTENCE_LENGTH: usize = 300;

/// A row of a decision table that was found, and the words that led to it.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use zpns_core::resources::HttpResponse;
/// use zpns_core::{ErrorKind, Outcome, Timestamp, VendorCode};
/// use zpns_kit::{Decision, Verdict};
///
/// let response = HttpResponse {
///     status: StatusCode::OK,
///     headers: HeaderMap::new(),
///     body: r#"{"code":7,"msg":"no such device"}"#.into(),
/// };
/// let gone = Verdict::drop(ErrorKind::TokenInvalid);
/// let code = VendorCode::new("7").with_reason("no such device");
/// let now = Timestamp::default();
/// let decision = Decision::new(gone, code, "the app is gone", "ACME", &response, now);
/// let Outcome::Rejected(rejection) = decision.outcome() else { panic!() };
/// assert_eq!(rejection.reason, "the app is gone (ACME: no such device)");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decision {
    /// What follows.
    pub verdict: Verdict,
    /// The vendor's words.
    pub answered: Answered,
}

impl Decision {
    /// A row's verdict and meaning, with the vendor's code and sentence, the HTTP status where it
    /// said nothing, and the pause that it asks for.
    pub fn new(
        verdict: Verdict,
        code: VendorCode,
        meaning: &str,
        vendor: &str,
        response: &HttpResponse,
        now: Timestamp,
    ) -> Self {
        let reason = match &code.reason {
            Some(said) => format!("{meaning} ({vendor}: {said})"),
            None => format!("{meaning} (HTTP {})", response.status.as_str()),
        };
        let pause = retry_after(&response.headers, now);
        Self {
            verdict,
            answered: Answered::new(code, reason).with_retry_after(pause),
        }
    }

    /// The outcome for one target.
    pub fn outcome(&self) -> Outcome {
        self.verdict.outcome(self.answered.clone())
    }

    /// The outcome for each of `count` targets of which this was said together. What is said of
    /// many is no proof against each: nothing is dropped.
    pub fn outcome_together(&self, count: usize) -> Outcome {
        let mut answered = self.answered.clone();
        answered.reason = format!("{}, said of {count} tokens together", answered.reason).into();
        self.verdict.with_token(TokenFate::Keep).outcome(answered)
    }
}

impl Verdict {
    /// What follows where no row of a vendor speaks that answers errors with HTTP 200 as well.
    /// `spoken` says whether the body is an error of the vendor's own.
    ///
    /// A code that nobody has documented yet, with a good status: the vendor did not take the
    /// push, and more is not known. Trying again, or dropping anything, would be a guess.
    ///
    /// ```
    /// use http::StatusCode;
    /// use zpns_core::{ErrorKind, Sent};
    /// use zpns_kit::{RetryClass, Verdict};
    ///
    /// let unknown = Verdict::unlisted(StatusCode::OK, true);
    /// assert_eq!((unknown.kind, unknown.retry), (ErrorKind::Protocol, RetryClass::Never));
    /// assert_eq!(unknown.sent, Sent::No);
    /// // A success that cannot be read may be one.
    /// assert_eq!(Verdict::unlisted(StatusCode::OK, false).sent, Sent::Maybe);
    /// ```
    #[must_use]
    pub fn unlisted(status: StatusCode, spoken: bool) -> Self {
        if spoken && status.is_success() {
            return Self::keep(ErrorKind::Protocol);
        }
        Self::of_status(status, spoken)
    }
}

/// Whether something on the way speaks, whatever the body says: a gateway that had no answer in
/// time knows nothing of what became of the request.
#[must_use]
pub fn is_gateways(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502 | 504)
}

/// The HTTP status in the place of a code, where the vendor said none.
#[must_use]
pub fn status_code(status: StatusCode) -> VendorCode {
    VendorCode::new(status.as_str()).with_status(status.as_u16())
}

/// A text or a number, as text without blanks around it. Vendors write the same field either way.
///
/// ```
/// use serde_json::json;
///
/// assert_eq!(zpns_kit::written(&json!(80000000)).as_deref(), Some("80000000"));
/// assert_eq!(zpns_kit::written(&json!(" 0 ")).as_deref(), Some("0"));
/// assert_eq!(zpns_kit::written(&json!("")), None);
/// ```
#[must_use]
pub fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A vendor's sentence on one line, 300 characters of it at the most.
///
/// ```
/// assert_eq!(zpns_kit::one_line(" no\nsuch device "), "no such device");
/// ```
#[must_use]
pub fn one_line(sentence: &str) -> String {
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    let letters = sentence.trim().chars().take(SENTENCE_LENGTH);
    letters.map(printable).collect()
}

/// A rejection, as the error of a call that is not a push. It concerns whom the rejection does.
pub fn error_of(rejection: Rejection) -> Error {
    let scope = rejection.scope();
    let error = Error::new(rejection.kind, rejection.reason).with_scope(scope);
    match rejection.vendor {
        Some(vendor) => error.with_vendor(vendor),
        None => error,
    }
}

/// What came of a call that is not a push: nothing, if it went well.
///
/// # Errors
/// The failure, or the rejection as an error.
pub fn result_of(outcome: Outcome) -> Result<(), Error> {
    match outcome {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Failed(error) => Err(error),
        Outcome::Rejected(rejection) => Err(error_of(rejection)),
    }
}

/// A refused credential, with how far our clock is off the vendor's if that is more than a minute.
pub fn with_clock_skew(error: Error, response: &HttpResponse, now: Timestamp) -> Error {
    match clock_skew(&response.headers, now) {
        Some(skew) => error.with_context("clock", skew),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::{Retry, Scope, Sent, TokenAction};

    use super::*;
    use crate::testing::{NOW, answer};

    #[test]
    fn a_decision_says_the_vendors_words_or_the_status() {
        let mut response = answer(429, "");
        response.headers.insert("retry-after", "7".parse().unwrap());
        let busy = Verdict::later(ErrorKind::RateLimited);
        let code = status_code(response.status);
        let decision = Decision::new(busy, code, "too fast", "ACME", &response, NOW);
        let Outcome::Failed(error) = decision.outcome() else {
            panic!("{decision:?}")
        };
        assert_eq!(error.message(), "too fast (HTTP 429)");
        assert_eq!(
            error.retry(),
            Retry::After(std::time::Duration::from_secs(7))
        );
        assert_eq!(error.vendor().unwrap().http_status, Some(429));
    }

    #[test]
    fn what_is_said_of_many_drops_nothing() {
        let gone = Verdict::drop(ErrorKind::TokenInvalid);
        let response = answer(200, "");
        let code = VendorCode::new("7");
        let decision = Decision::new(gone, code, "it is gone", "ACME", &response, NOW);
        let Outcome::Rejected(rejection) = decision.outcome_together(3) else {
            panic!("{decision:?}")
        };
        assert_eq!(rejection.token, TokenAction::Keep);
        assert_eq!(
            rejection.reason,
            "it is gone (HTTP 200), said of 3 tokens together"
        );
    }

    #[test]
    fn a_gateway_is_told_from_a_server() {
        let gateways: Vec<u16> = (200..600)
            .filter(|status| is_gateways(StatusCode::from_u16(*status).unwrap()))
            .collect();
        assert_eq!(gateways, [502, 504]);
    }

    #[test]
    fn what_is_neither_text_nor_number_is_not_written() {
        for value in [json!(null), json!(true), json!([1]), json!({}), json!("  ")] {
            assert_eq!(written(&value), None, "{value}");
        }
        assert_eq!(one_line(&"x".repeat(1_000)).len(), SENTENCE_LENGTH);
    }

    #[test]
    fn an_outcome_is_the_result_of_a_call() {
        assert!(result_of(Outcome::accepted(Some("id".to_owned()))).is_ok());
        let code = VendorCode::new("9");
        let rejection = Rejection::new(ErrorKind::PermissionDenied, "no").with_vendor(code.clone());
        let error = result_of(rejection.into()).unwrap_err();
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::PermissionDenied, Sent::No)
        );
        assert_eq!(error.vendor(), Some(&code));
        let of_class = Rejection::new(ErrorKind::QuotaExceeded, "full").with_scope(Scope::Class);
        assert_eq!(error_of(of_class).scope(), Scope::Class);
        let lost = Error::new(ErrorKind::Unavailable, "lost").with_sent(Sent::Maybe);
        assert_eq!(result_of(lost.into()).unwrap_err().sent(), Sent::Maybe);
    }
}
