//! What the end of a stream proves about its request.

use h2::Reason;
use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind};

use super::connection::Connection;

/// How a request ended without an answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server provably did not process it: it may be sent again.
    Unprocessed(HttpError),
    /// Sending it again could repeat it, or would not help.
    Final(HttpError),
}

/// A sentence about an `h2` error; the debug text of a GOAWAY (APNs' JSON reason) is part of it.
pub(super) fn describe(error: &h2::Error) -> String {
    // The text stands escaped and quoted in the error's own words.
    error.to_string().replace("\\\"", "\"")
}

/// Judges the error of a stream on `connection`. `answered` tells that the answer had begun.
pub(super) async fn judge(
    error: h2::Error,
    stream: u32,
    connection: &Connection,
    answered: bool,
) -> Failure {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    // `h2` fails a stream with a remote GOAWAY only if its id is above the last processed one.
    if error.is_remote() && !answered && (error.is_go_away() || refused) {
        return Failure::Unprocessed(interrupted(Sent::No, describe(&error)).with_source(error));
    }
    if error.is_reset() {
        let kind = if error.is_library() {
            HttpErrorKind::Protocol
        } else {
            HttpErrorKind::Interrupted
        };
        return Failure::Final(
            HttpError::new(kind, Sent::Maybe, describe(&error)).with_source(error),
        );
    }
    lost(error, stream, connection).await
}

/// The connection broke under the stream.
async fn lost(error: h2::Error, stream: u32, connection: &Connection) -> Failure {
    let state = &connection.state;
    if !state.sent.covers(stream) {
        // It may still be written until the connection's task has ended.
        state.ended().await;
        if !state.sent.covers(stream) {
            return Failure::Unprocessed(
                interrupted(Sent::No, connection_text(&error, connection)).with_source(error),
            );
        }
    }
    let message = connection_text(&error, connection);
    let kind = if state.closed.load(std::sync::atomic::Ordering::Acquire) {
        HttpErrorKind::Closed
    } else if error.is_library() {
        HttpErrorKind::Protocol
    } else {
        HttpErrorKind::Interrupted
    };
    Failure::Final(HttpError::new(kind, Sent::Maybe, message).with_source(error))
}

/// The best known reason: a GOAWAY that came before, why the task ended, the stream's own error.
fn connection_text(error: &h2::Error, connection: &Connection) -> String {
    let go_away = connection.trouble().filter(h2::Error::is_go_away);
    let reason = match (&go_away, connection.state.reason()) {
        (Some(go_away), _) => describe(go_away),
        (None, Some(reason)) => reason.to_owned(),
        (None, None) => describe(error),
    };
    format!("the connection ended: {reason}")
}

fn interrupted(sent: Sent, message: String) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, sent, message)
}
