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

use serde::Deserialize;
use zpns_core::resources::HttpResponse;
use zpns_core::{Outcome, Timestamp, VendorCode};
use zpns_kit::{Answered, Decision, TokenFate, Verdict, status_code};

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
            Verdict::of_status(response.status, error.is_googles),
            Rule::Plain,
            "FCM did not take the push",
        ),
    };
    let code = error.vendor_code();
    if rule == Rule::RefreshFirst {
        return Judged::Unauthenticated(code);
    }
    let now = circumstances.now;
    let mut decision = Decision::new(verdict, code, meaning, "FCM", response, now);
    let pause = &mut decision.answered.retry_after;
    let token = &mut decision.verdict.token;
    match rule {
        Rule::PauseAMinute => *pause = pause.or(Some(QUOTA_PAUSE)),
        Rule::KeepForActivity if circumstances.live_activity => *token = TokenFate::Keep,
        Rule::DropOnRequest if circumstances.drop_sender_id_mismatch => *token = TokenFate::Drop,
        Rule::Plain | Rule::RefreshFirst | Rule::KeepForActivity | Rule::DropOnRequest => {}
    }
    if !circumstances.is_device {
        *token = TokenFate::Keep;
    }
    Judged::Outcome(decision.outcome())
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
    let reason = "FCM took the push, but its answer names no message";
    let answered = Answered::new(status_code(response.status), reason);
    Verdict::of_status(response.status, false).outcome(answered)
}
