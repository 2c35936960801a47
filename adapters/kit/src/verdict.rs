//! A row of a decision table, and what it leads to.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use zpns_core::{
    Error, ErrorKind, Outcome, Rejection, Retry, Scope, Sent, Timestamp, TokenAction, VendorCode,
};

/// What becomes of the token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenFate {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
}

/// Whether trying again helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryClass {
    /// It does not.
    Never,
    /// It does: after the vendor's `Retry-After` if there is one, else with growing pauses.
    Backoff,
}

impl RetryClass {
    /// When to try again, if the vendor asks for this pause.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zpns_core::Retry;
    /// use zpns_kit::RetryClass;
    ///
    /// let pause = Duration::from_secs(9);
    /// assert_eq!(RetryClass::Backoff.after(Some(pause)), Retry::After(pause));
    /// assert_eq!(RetryClass::Backoff.after(None), Retry::Backoff);
    /// assert_eq!(RetryClass::Never.after(Some(pause)), Retry::Never);
    /// ```
    pub fn after(self, pause: Option<Duration>) -> Retry {
        match (self, pause) {
            (Self::Never, _) => Retry::Never,
            (Self::Backoff, Some(pause)) => Retry::After(pause),
            (Self::Backoff, None) => Retry::Backoff,
        }
    }
}

/// What a vendor's code means: the right-hand side of a decision table's row.
///
/// ```
/// use zpns_core::{ErrorKind, Outcome, TokenAction, VendorCode};
/// use zpns_kit::{Answered, Verdict};
///
/// const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
/// let answer = Answered::new(VendorCode::new("Unregistered"), "the app was removed");
/// let Outcome::Rejected(rejection) = GONE.outcome(answer) else { panic!() };
/// assert_eq!(rejection.token, TokenAction::Drop { since: None });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// What is wrong.
    pub kind: ErrorKind,
    /// What becomes of the token; of a verdict only.
    pub token: TokenFate,
    /// Whether trying again helps.
    pub retry: RetryClass,
    /// Whether the vendor may have acted on it.
    pub sent: Sent,
    /// Whom it concerns beside the target that it was given for.
    pub scope: Scope,
}

/// The vendor's words, for the row that they led to.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Answered {
    /// The vendor's code.
    pub code: VendorCode,
    /// A sentence for a human.
    pub reason: Cow<'static, str>,
    /// Since when the token is dead, if the vendor says so.
    pub since: Option<Timestamp>,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
}

impl Answered {
    /// A code and a sentence.
    pub fn new(code: VendorCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
            since: None,
            retry_after: None,
        }
    }

    /// With the moment of the token's death.
    #[must_use]
    pub fn with_since(mut self, since: Option<Timestamp>) -> Self {
        self.since = since;
        self
    }

    /// With the pause that the vendor asks for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }
}

impl Verdict {
    /// A verdict that keeps the token, and concerns [whom its kind does](Scope::of).
    pub const fn keep(kind: ErrorKind) -> Self {
        Self {
            kind,
            token: TokenFate::Keep,
            retry: RetryClass::Never,
            sent: Sent::No,
            scope: Scope::of(kind),
        }
    }

    /// A verdict that drops the token.
    pub const fn drop(kind: ErrorKind) -> Self {
        Self {
            token: TokenFate::Drop,
            ..Self::keep(kind)
        }
    }

    /// A refusal that a pause mends: the vendor did not act on it.
    pub const fn later(kind: ErrorKind) -> Self {
        Self {
            retry: RetryClass::Backoff,
            ..Self::keep(kind)
        }
    }

    /// An answer that leaves open whether the vendor acted on it.
    pub const fn unclear(kind: ErrorKind) -> Self {
        Self {
            sent: Sent::Maybe,
            ..Self::later(kind)
        }
    }

    /// What a status means by itself, for a code that no table knows.
    ///
    /// `spoken` says whether the body is the vendor's own error, and not that of something on the
    /// way to it. None where the status does not speak of an error: a success that cannot be
    /// read, whose meaning is [`ErrorKind::Protocol`] and unclear.
    ///
    /// ```
    /// use http::StatusCode;
    /// use zpns_core::{ErrorKind, Sent};
    /// use zpns_kit::Verdict;
    ///
    /// let busy = Verdict::of_status(StatusCode::SERVICE_UNAVAILABLE, false);
    /// assert_eq!((busy.kind, busy.sent), (ErrorKind::Unavailable, Sent::No));
    /// let lost = Verdict::of_status(StatusCode::BAD_GATEWAY, false);
    /// assert_eq!((lost.kind, lost.sent), (ErrorKind::Unavailable, Sent::Maybe));
    /// ```
    #[must_use]
    pub fn of_status(status: StatusCode, spoken: bool) -> Self {
        match status.as_u16() {
            401 => Self::keep(ErrorKind::CredentialInvalid),
            403 => Self::keep(ErrorKind::PermissionDenied),
            408 => Self::unclear(ErrorKind::Timeout),
            413 => Self::keep(ErrorKind::PayloadTooLarge),
            429 => Self::later(ErrorKind::RateLimited),
            400..=499 => Self::keep(ErrorKind::MessageInvalid),
            503 => Self::later(ErrorKind::Unavailable),
            // A gateway that had no answer in time does not know what became of the request.
            502 | 504 => Self::unclear(ErrorKind::Unavailable),
            500..=599 if spoken => Self::later(ErrorKind::Unavailable),
            500..=599 => Self::unclear(ErrorKind::Unavailable),
            _ => Self::unclear(ErrorKind::Protocol),
        }
    }

    /// With another fate of the token.
    #[must_use]
    pub const fn with_token(mut self, token: TokenFate) -> Self {
        self.token = token;
        self
    }

    /// Concerning somebody else than its kind does by itself: this target alone, its class, or the
    /// whole provider. Circuit breaker, rate limit and quota latch act on that.
    ///
    /// ```
    /// use zpns_core::{ErrorKind, Scope};
    /// use zpns_kit::Verdict;
    ///
    /// const DAY_OF_CLASS: Verdict =
    ///     Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Class);
    /// assert_eq!(Verdict::keep(ErrorKind::QuotaExceeded).scope, Scope::Target);
    /// assert_eq!(DAY_OF_CLASS.scope, Scope::Class);
    /// ```
    #[must_use]
    pub const fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The outcome for one target.
    pub fn outcome(self, answer: Answered) -> Outcome {
        let own_scope = (self.scope != Scope::of(self.kind)).then_some(self.scope);
        if self.kind.is_verdict() {
            let token = match self.token {
                TokenFate::Keep => TokenAction::Keep,
                TokenFate::Drop => TokenAction::Drop {
                    since: answer.since,
                },
            };
            let mut rejection = Rejection::new(self.kind, answer.reason)
                .with_token(token)
                .with_vendor(answer.code);
            rejection.scope = own_scope;
            return rejection.into();
        }
        let retry = self.retry.after(answer.retry_after);
        let error = Error::new(self.kind, answer.reason)
            .with_retry(retry)
            .with_sent(self.sent)
            .with_vendor(answer.code);
        match own_scope {
            Some(scope) => error.with_scope(scope).into(),
            None => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_status_says_whether_the_vendor_may_have_acted() {
        let rows = [
            (400, false, ErrorKind::MessageInvalid, Sent::No),
            (401, false, ErrorKind::CredentialInvalid, Sent::No),
            (403, true, ErrorKind::PermissionDenied, Sent::No),
            (404, false, ErrorKind::MessageInvalid, Sent::No),
            (408, false, ErrorKind::Timeout, Sent::Maybe),
            (413, false, ErrorKind::PayloadTooLarge, Sent::No),
            (429, false, ErrorKind::RateLimited, Sent::No),
            (500, true, ErrorKind::Unavailable, Sent::No),
            (500, false, ErrorKind::Unavailable, Sent::Maybe),
            (502, true, ErrorKind::Unavailable, Sent::Maybe),
            (503, false, ErrorKind::Unavailable, Sent::No),
            (504, false, ErrorKind::Unavailable, Sent::Maybe),
            (599, true, ErrorKind::Unavailable, Sent::No),
            (200, false, ErrorKind::Protocol, Sent::Maybe),
            (302, false, ErrorKind::Protocol, Sent::Maybe),
        ];
        for (status, spoken, kind, sent) in rows {
            let verdict = Verdict::of_status(StatusCode::from_u16(status).unwrap(), spoken);
            assert_eq!((verdict.kind, verdict.sent), (kind, sent), "{status}");
            assert_eq!(verdict.token, TokenFate::Keep, "{status}");
        }
    }

    #[test]
    fn a_verdict_concerns_whom_its_row_says_and_else_whom_its_kind_does() {
        let kinds = ErrorKind::ALL.into_iter();
        for verdict in kinds.flat_map(|kind| [Verdict::keep(kind), Verdict::later(kind)]) {
            let kind = verdict.kind;
            let plain = verdict.outcome(Answered::new(VendorCode::new("1"), "no"));
            assert_eq!(scope(&plain), Scope::of(kind), "{kind}");
            for wanted in [Scope::Target, Scope::Class, Scope::Provider] {
                let answer = Answered::new(VendorCode::new("1"), "no");
                let outcome = verdict.with_scope(wanted).outcome(answer);
                assert_eq!(scope(&outcome), wanted, "{kind}");
            }
        }
    }

    fn scope(outcome: &Outcome) -> Scope {
        match outcome {
            Outcome::Rejected(rejection) => rejection.scope(),
            Outcome::Failed(error) => error.scope(),
            Outcome::Accepted(_) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn a_drop_carries_the_moment_of_death() {
        let since = Some(Timestamp::from_secs(7));
        let answer = Answered::new(VendorCode::new("410"), "gone").with_since(since);
        let outcome = Verdict::drop(ErrorKind::TokenInvalid).outcome(answer);
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.token, TokenAction::Drop { since });
    }

    #[test]
    fn a_pause_that_the_vendor_asks_for_beats_our_own() {
        let pause = Some(Duration::from_secs(9));
        let answer = Answered::new(VendorCode::new("429"), "slow").with_retry_after(pause);
        let Outcome::Failed(error) = Verdict::later(ErrorKind::RateLimited).outcome(answer) else {
            panic!()
        };
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(9)));
        assert_eq!(error.sent(), Sent::No);
        let answer = Answered::new(VendorCode::new("504"), "lost");
        let Outcome::Failed(error) = Verdict::unclear(ErrorKind::Unavailable).outcome(answer)
        else {
            panic!()
        };
        assert_eq!((error.retry(), error.sent()), (Retry::Backoff, Sent::Maybe));
    }
}
