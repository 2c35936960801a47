//! The rows of the decision table.

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

use super::answer::GoogleError;

/// One row: what an error shows, and what follows from it.
pub(crate) struct Row {
    pub(crate) evidence: Evidence,
    pub(crate) verdict: Verdict,
    pub(crate) rule: Rule,
    /// What it means, for the README and for whoever reads the reason.
    pub(crate) meaning: &'static str,
}

/// What an error shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Evidence {
    /// An `ApnsError` detail with one of these reasons.
    ApnsReason(&'static [&'static str]),
    /// A `BadRequest` detail that names one of these fields.
    BadField(&'static [&'static str]),
    /// A `BadRequest` detail that names any field.
    AnyBadField,
    /// An `FcmError` detail with the first of these as its `errorCode`, and the second as the
    /// sentence of the error.
    CodeWithSentence(&'static str, &'static str),
    /// An `FcmError` detail with this `errorCode`.
    Code(&'static str),
    /// Google's `status`.
    Status(&'static str),
    /// The HTTP status, whatever the body.
    Http(u16),
}

/// What beside the verdict follows from an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// Nothing.
    Plain,
    /// A message that went to a live activity too drops nothing: the dead token may be that one.
    KeepForActivity,
    /// The host may ask for the token to be dropped.
    DropOnRequest,
    /// A fresh access token is tried once.
    RefreshFirst,
    /// A minute's pause where FCM names none.
    PauseAMinute,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
const OTHER_PROJECT: Verdict = Verdict::keep(ErrorKind::TokenMismatch);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);
/// FCM cannot pass it on to this device's platform until an operator mends the project. It is a
/// credential of that platform's: the pushes to all others go on, and another channel may reach
/// the device.
const PLATFORM_KEY: Verdict = Verdict::keep(ErrorKind::CredentialInvalid).with_scope(Scope::Target);

/// Most specific first; the first match decides. What none matches is told by its HTTP status
/// alone ([`Verdict::of_status`]).
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row(Evidence::ApnsReason(&["Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"]), GONE, Rule::KeepForActivity, "APNs does not know the device any more"),
    row(Evidence::ApnsReason(&["InvalidProviderToken", "ExpiredProviderToken", "BadEnvironmentKeyInToken"]), PLATFORM_KEY, Rule::Plain, "the APNs key in the Firebase project is wrong; only Apple devices are affected"),
    row(Evidence::Code("UNREGISTERED"), GONE, Rule::Plain, "the app is gone from the device, or its token expired"),
    row(Evidence::Code("SENDER_ID_MISMATCH"), OTHER_PROJECT, Rule::DropOnRequest, "the token belongs to another Firebase project"),
    row(Evidence::Code("QUOTA_EXCEEDED"), TOO_FAST, Rule::PauseAMinute, "a rate of the project, the device or the topic is exceeded"),
    row(Evidence::Code("UNAVAILABLE"), BUSY, Rule::Plain, "FCM is overloaded"),
    row(Evidence::Code("INTERNAL"), BUSY, Rule::Plain, "FCM has a fault"),
    row(Evidence::Code("THIRD_PARTY_AUTH_ERROR"), PLATFORM_KEY, Rule::Plain, "the APNs key or the web push key in the Firebase project is wrong; Android devices are not affected"),
    row(Evidence::Code("APNS_AUTH_ERROR"), PLATFORM_KEY, Rule::Plain, "the APNs key in the Firebase project is wrong; only Apple devices are affected"),
    row(Evidence::BadField(&["message.token", "message.fid"]), GONE, Rule::Plain, "this never was a token"),
    row(Evidence::AnyBadField, REFUSED, Rule::Plain, "FCM refuses a field of the message"),
    row(Evidence::CodeWithSentence("INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"), GONE, Rule::Plain, "this never was a token"),
    row(Evidence::Code("INVALID_ARGUMENT"), REFUSED, Rule::Plain, "FCM refuses the message"),
    row(Evidence::Status("UNAUTHENTICATED"), UNAUTHENTICATED, Rule::RefreshFirst, "the access token is not accepted"),
    row(Evidence::Status("PERMISSION_DENIED"), DENIED, Rule::Plain, "the service account may not send for this project (`cloudmessaging.messages.create`), or the API is off"),
    row(Evidence::Status("NOT_FOUND"), DENIED, Rule::Plain, "there is no such project or path: check `project_id` and `endpoint`"),
    row(Evidence::Status("INVALID_ARGUMENT"), REFUSED, Rule::Plain, "FCM refuses the message"),
    row(Evidence::Status("RESOURCE_EXHAUSTED"), TOO_FAST, Rule::PauseAMinute, "a rate of the project is exceeded"),
    row(Evidence::Status("UNAVAILABLE"), BUSY, Rule::Plain, "FCM is overloaded"),
    row(Evidence::Status("INTERNAL"), BUSY, Rule::Plain, "FCM has a fault"),
    row(Evidence::Http(401), UNAUTHENTICATED, Rule::RefreshFirst, "the access token is not accepted"),
    row(Evidence::Http(404), DENIED, Rule::Plain, "there is no such project or path: check `project_id` and `endpoint`"),
    row(Evidence::Http(429), TOO_FAST, Rule::PauseAMinute, "too many requests"),
];

const fn row(evidence: Evidence, verdict: Verdict, rule: Rule, meaning: &'static str) -> Row {
    Row {
        evidence,
        verdict,
        rule,
        meaning,
    }
}

/// The first row that this answer matches.
pub(super) fn first_match(answer: &GoogleError) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.evidence.is_shown_by(answer))
}

impl Evidence {
    /// Where it stands in an answer, for the README.
    #[cfg(test)]
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::ApnsReason(_) => "`ApnsError.reason`",
            Self::BadField(_) | Self::AnyBadField => "`BadRequest.field`",
            Self::CodeWithSentence(..) => "`errorCode` and message",
            Self::Code(_) => "`errorCode`",
            Self::Status(_) => "`status`",
            Self::Http(_) => "HTTP",
        }
    }

    /// What stands there, for the README.
    #[cfg(test)]
    pub(crate) fn values(self) -> String {
        match self {
            Self::ApnsReason(values) | Self::BadField(values) => values.join("`, `"),
            Self::AnyBadField => "*".to_owned(),
            Self::CodeWithSentence(code, sentence) => format!("{code}`, `{sentence}"),
            Self::Code(value) | Self::Status(value) => value.to_owned(),
            Self::Http(status) => status.to_string(),
        }
    }

    fn is_shown_by(self, answer: &GoogleError) -> bool {
        let shows = |text: &Option<String>, expected: &str| text.as_deref() == Some(expected);
        match self {
            Self::ApnsReason(reasons) => answer
                .apns_reason
                .as_deref()
                .is_some_and(|reason| reasons.contains(&reason)),
            Self::BadField(fields) => answer
                .bad_fields
                .iter()
                .any(|field| fields.contains(&field.as_str())),
            Self::AnyBadField => !answer.bad_fields.is_empty(),
            Self::CodeWithSentence(code, sentence) => {
                let said = answer
                    .message
                    .as_deref()
                    .map(|said| said.trim_end_matches('.'));
                shows(&answer.code, code) && said == Some(sentence)
            }
            Self::Code(code) => shows(&answer.code, code),
            Self::Status(status) => shows(&answer.status, status),
            Self::Http(status) => answer.status_code.as_u16() == status,
        }
    }
}
