//! The two tasks of a connection: dialling it, and driving it to its end.

use std::sync::{Arc, Weak};

use http::uri::Authority;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use zpns_core::resources::HttpError;

use super::connection::{Connection, Driver, Event, State, handshake};
use super::origin::{Origin, Settings};
use crate::errors;

type Stream = TlsStream<TcpStream>;

/// A connection with what drives it.
pub(super) type Opened = (Connection, Driver<Stream>);

/// Makes one connection, and tells the origin through `attempt`.
pub(super) async fn dial(
    id: u64,
    authority: Authority,
    settings: Arc<Settings>,
    mut attempt: DialAttempt,
) {
    let opened = async {
        let stream = settings.dialer.dial(&authority).await?;
        handshake(id, stream, &settings.options)
            .await
            .map_err(|error| {
                errors::connect(format!("{authority}: HTTP/2: {error}")).with_source(error)
            })
    };
    attempt.result = Some(opened.await);
}

/// Reports the dial's result even if its task is dropped, lest nobody ever dial again.
#[derive(Debug)]
pub(super) struct DialAttempt {
    origin: Weak<Origin>,
    result: Option<Result<Opened, HttpError>>,
}

impl DialAttempt {
    pub(super) fn new(origin: Weak<Origin>) -> Self {
        Self {
            origin,
            result: None,
        }
    }
}

impl Drop for DialAttempt {
    fn drop(&mut self) {
        let result = self.result.take();
        if let Some(origin) = self.origin.upgrade() {
            origin.dialled(result.unwrap_or_else(|| {
                Err(errors::connect("the runtime was shut down while dialling"))
            }));
        }
    }
}

/// Moves a connection's bytes until it is over.
pub(super) async fn drive(mut driver: Driver<Stream>, mut end: End) {
    let reason = loop {
        match driver.next().await {
            Event::Limit(limit) => {
                if let Some(origin) = end.origin.upgrade() {
                    origin.limit_changed(end.id, limit);
                }
            }
            Event::Idle => {
                if let Some(origin) = end.origin.upgrade() {
                    origin.retire(end.id, None);
                }
            }
            Event::End(reason) => break reason,
        }
    };
    end.reason = Some(reason);
    // The socket goes first: what `end` tells the requests is that nothing is written any more.
    drop(driver);
    drop(end);
}

/// Reports a connection's end even if its task is dropped.
#[derive(Debug)]
pub(super) struct End {
    id: u64,
    state: Arc<State>,
    origin: Weak<Origin>,
    reason: Option<String>,
}

impl End {
    pub(super) fn new(connection: &Connection, origin: Weak<Origin>) -> Self {
        Self {
            id: connection.id,
            state: Arc::clone(&connection.state),
            origin,
            reason: None,
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let reason = self
            .reason
            .take()
            .unwrap_or_else(|| "the runtime was shut down".into());
        if let Some(origin) = self.origin.upgrade() {
            origin.ended(self.id, &reason);
        }
        self.state.end(reason);
    }
}
