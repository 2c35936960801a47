//! How a plugin ended a call → what came of each target.

use std::sync::Arc;

use zpns_core::{Batch, Check, Error, ErrorKind, Notes, Report, Retry, Sent};
use zpns_plugin_api::abi::Status;
use zpns_plugin_api::json::{Decoded, decode_report};

use crate::calls::{Ending, Unreadable};
use crate::health::Counter;
use crate::instance::Instance;
use crate::secrets::Secrets;

/// What a status without a result means.
#[derive(Debug)]
struct Row {
    status: Status,
    kind: ErrorKind,
    retry: Retry,
    message: &'static str,
}

const fn row(status: Status, kind: ErrorKind, retry: Retry, message: &'static str) -> Row {
    Row {
        status,
        kind,
        retry,
        message,
    }
}

/// A call that was not taken: nothing was sent, unless the plugin panicked on the way.
#[rustfmt::skip]
const REFUSED: &[Row] = &[
    row(Status::CLOSED, ErrorKind::Cancelled, Retry::Never, "the plugin is shutting down"),
    row(Status::INVALID_ARGUMENT, ErrorKind::Protocol, Retry::Never, "the plugin cannot read the call"),
    row(Status::UNSUPPORTED, ErrorKind::Unsupported, Retry::Never, "the plugin has no such call"),
    row(Status::PANICKED, ErrorKind::Unavailable, Retry::Never, "the plugin panicked as it was called, and is given no more calls"),
    row(Status::FAILED, ErrorKind::Unavailable, Retry::Backoff, "the plugin did not take the call"),
    row(Status::CANCELLED, ErrorKind::Cancelled, Retry::Never, "the plugin did not take the call"),
    row(Status::INTERNAL, ErrorKind::Protocol, Retry::Never, "the plugin did not take the call, without a reason of this version"),
];

/// A call that was taken, and ended without a report: it may have been sent.
#[rustfmt::skip]
const ENDED: &[Row] = &[
    row(Status::FAILED, ErrorKind::Protocol, Retry::Never, "the plugin failed, and its error cannot be read"),
    row(Status::CANCELLED, ErrorKind::Cancelled, Retry::Never, "the plugin gave the call up"),
    row(Status::PANICKED, ErrorKind::Protocol, Retry::Never, "the plugin panicked"),
    row(Status::CLOSED, ErrorKind::Cancelled, Retry::Never, "the plugin closed"),
    row(Status::INVALID_ARGUMENT, ErrorKind::Protocol, Retry::Never, "the plugin could not read the call"),
    row(Status::UNSUPPORTED, ErrorKind::Protocol, Retry::Never, "the plugin has no such call"),
    row(Status::INTERNAL, ErrorKind::Protocol, Retry::Never, "the plugin ended the call with a status of no version"),
];

fn looked_up(rows: &[Row], status: Status, sent: Sent) -> Error {
    match rows.iter().find(|row| row.status == status) {
        Some(row) => Error::new(row.kind, row.message)
            .with_retry(row.retry)
            .with_sent(sent),
        // A table that lacks a status would be a defect; nothing is claimed for it.
        None => Error::new(
            ErrorKind::Protocol,
            "the plugin ended the call with no known status",
        )
        .with_sent(Sent::Maybe),
    }
}

/// The report on a batch.
pub(crate) fn report(
    instance: &Instance,
    secrets: &Secrets,
    batch: &Batch,
    ending: &Ending,
) -> Report {
    let json = match result(instance, secrets, ending) {
        Ok(json) => json,
        Err(error) => return batch.report_all(error),
    };
    let targets = batch.targets().len();
    let decoded = decode_report(json, targets).and_then(|decoded| {
        // Reasons are rare; only where there are some can a secret be among them.
        let told = decoded.report.accepted() < targets;
        match std::str::from_utf8(json) {
            Ok(text) if told && secrets.is_in(text) => {
                decode_report(secrets.hide(text).as_bytes(), targets)
            }
            _ => Ok(decoded),
        }
    });
    match decoded {
        Ok(Decoded {
            report,
            strays,
            missing,
            ..
        }) => {
            if strays + missing > 0 {
                instance.counted.add(Counter::Unreadable);
                tracing::warn!(
                    provider = %instance.provider, strays, missing,
                    "this plugin's report does not fit its targets"
                );
            }
            let notes = merged(batch.variant().notes(), report.notes(0));
            report.with_notes(notes)
        }
        Err(error) => {
            instance.counted.add(Counter::Unreadable);
            batch.report_all(unreadable("report", &error))
        }
    }
}

/// What a check of the credentials found.
pub(crate) fn check(
    instance: &Instance,
    secrets: &Secrets,
    ending: &Ending,
) -> Result<Check, Error> {
    let json = result(instance, secrets, ending)?;
    let check: Check = serde_json::from_slice(json).map_err(|error| {
        instance.counted.add(Counter::Unreadable);
        unreadable("check", &error)
    })?;
    Ok(Check::new(secrets.hide(&check.reason)))
}

/// The bytes of a result, or the error for which there are none.
fn result<'a>(
    instance: &Instance,
    secrets: &Secrets,
    ending: &'a Ending,
) -> Result<&'a [u8], Error> {
    match ending {
        Ending::Refused(status) => {
            // One that panicked may have come as far as the vendor.
            let sent = match *status {
                Status::PANICKED => Sent::Maybe,
                _ => Sent::No,
            };
            Err(looked_up(REFUSED, *status, sent))
        }
        Ending::Completed(_, Err(fault)) => {
            instance.counted.add(Counter::Unreadable);
            let message = match fault {
                Unreadable::Null => "the plugin's result is NULL".into(),
                Unreadable::TooLarge(length) => {
                    format!("the plugin's result has {length} bytes, more than are read")
                }
            };
            Err(Error::new(ErrorKind::Protocol, message).with_sent(Sent::Maybe))
        }
        Ending::Completed(Status::OK, Ok(json)) => Ok(json),
        Ending::Completed(Status::FAILED, Ok(json)) => Err(failed(instance, secrets, json)),
        Ending::Completed(status, Ok(_)) => Err(looked_up(ENDED, *status, Sent::Maybe)),
    }
}

/// The plugin's own error.
fn failed(instance: &Instance, secrets: &Secrets, json: &[u8]) -> Error {
    let text = String::from_utf8_lossy(json);
    serde_json::from_str(&secrets.hide(&text)).unwrap_or_else(|error| {
        instance.counted.add(Counter::Unreadable);
        looked_up(ENDED, Status::FAILED, Sent::Maybe).with_context("why", position(&error))
    })
}

fn unreadable(what: &str, error: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("the plugin's {what} cannot be read"),
    )
    .with_sent(Sent::Maybe)
    .with_context("why", position(error))
}

/// Where JSON is wrong, without a word of it: it may hold tokens.
fn position(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("{:?} error at {line}:{column}", error.classify())
}

fn merged(ours: Option<Arc<Notes>>, theirs: Option<&Arc<Notes>>) -> Option<Arc<Notes>> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(Arc::new((*ours).clone().merged(theirs))),
        (ours, theirs) => ours.or_else(|| theirs.cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_meaning_in_either_place() {
        for rows in [REFUSED, ENDED] {
            for value in -1..20 {
                let status = Status(value).known();
                let found = rows.iter().filter(|row| row.status == status).count();
                assert_eq!(found, usize::from(status != Status::OK), "{value}");
            }
            for row in rows {
                let error = looked_up(rows, row.status, Sent::Maybe);
                assert_eq!(
                    (error.kind(), error.retry()),
                    (row.kind, row.retry),
                    "{row:?}"
                );
                assert_eq!(error.message(), row.message);
            }
        }
    }

    #[test]
    fn no_end_without_a_report_is_a_verdict_on_a_token() {
        for row in ENDED {
            assert!(!row.kind.is_verdict(), "{row:?}");
        }
        // Only that the plugin has no such call is known before anything is sent.
        let verdicts: Vec<_> = REFUSED.iter().filter(|row| row.kind.is_verdict()).collect();
        assert!(matches!(verdicts[..], [row] if row.status == Status::UNSUPPORTED));
    }
}
