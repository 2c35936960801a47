//! FCM's answer → [`Outcome`]: the decision table.
//!
//! An error is told by the evidence that says most: a detail by its `@type`, then FCM's
//! `errorCode`, then Google's `status`, then the HTTP status (`reference/fcm.md` §3). The first
//! row that matches decides.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use zpns_core::resources::HttpResponse;
use zpns_core::{Outcome, Timestamp, VendorCode};
use zpns_kit::{Answered, TokenFate, Verdict, retry_after};

use self::answer::GoogleError;
#[cfg(test)]
pub(crate) use self::table::ROWS;
use self::table::Rule;

/// The pause after a quota was met, where FCM names none (`reference/fcm.md` §3.2).
const QUOTA_PAUSE: Duration = Duration::from_secs(60);

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    /// Whether the target names one device, whose token may be dropped.
    pub(crate) is_device: bool,
    /// Whether the message went to a live activity beside the device.
    pub(crate) live_activity: bool,
    /// Whether the host asked for tokens of other projects to be dropped.
    pub(crate) drop_sender_id_mismatch: bool,
}

/// An answer, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// This came of it.
    Outcome(Outcome),
    /// Our access token was not accepted.
    Unauthenticated(VendorCode),
}

/// What came of a push, by the answer to it.
pub(crate) fn judge(response: &HttpResponse, circumstances: Circumstances) -> Judged {
    if response.status.is_success() {
        return Judged::Outcome(accepted(response));
    }
    let error = GoogleError::read(response);
    let (verdict, rule, meaning) = match table::first_match(&error) {
        Some(row) => (row.verdict, row.rule, row.meaning),
        None => (
            by_status(response.status, error.is_googles),
            Rule::Plain,
            "FCM did not take the push",
        ),
    };
    let vendor = error.vendor_code();
    let reason = match &vendor.reason {
        Some(said) => format!("{meaning} (FCM: {said})"),
        None => format!("{meaning} (HTTP {})", response.status.as_str()),
    };
    let mut token = verdict.token;
    let mut pause = retry_after(&response.headers, circumstances.now);
    match rule {
        Rule::Plain => {}
        Rule::RefreshFirst => return Judged::Unauthenticated(vendor),
        Rule::PauseAMinute => pause = pause.or(Some(QUOTA_PAUSE)),
        Rule::KeepForActivity if circumstances.live_activity => token = TokenFate::Keep,
        Rule::DropOnRequest if circumstances.drop_sender_id_mismatch => token = TokenFate::Drop,
        Rule::KeepForActivity | Rule::DropOnRequest => {}
    }
    if !circumstances.is_device {
        token = TokenFate::Keep;
    }
    let answered = Answered::new(vendor, reason).with_retry_after(pause);
    Judged::Outcome(verdict.with_token(token).outcome(answered))
}

/// The verdict where nothing but the HTTP status speaks.
pub(crate) fn by_status(status: StatusCode, is_googles: bool) -> Verdict {
    Verdict::of_status(status, is_googles)
}

/// `{"name": "projects/<p>/messages/<id>"}`
#[derive(Deserialize)]
struct Success {
    name: String,
}

fn accepted(response: &HttpResponse) -> Outcome {
    if let Ok(success) = serde_json::from_slice::<Success>(&response.body) {
        return Outcome::accepted(success.name);
    }
    let status = response.status;
    let vendor = VendorCode::new(status.as_str()).with_status(status.as_u16());
    let reason = "FCM took the push, but its answer names no message";
    by_status(status, false).outcome(Answered::new(vendor, reason))
}
