//! `zpns.http_options/1` and `zpns.http_error/1`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zpns_core::resources::{ClientIdentity, HttpErrorKind, Transport};
use zpns_core::{Secret, Sent, resources};

/// How a client of the host's HTTP connects. It may hold secrets, which
/// `Debug` leaves out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HttpOptions {
    /// `general`, or `pooled_http2` for one request per push at a high rate to one origin.
    pub transport: String,
    /// Trusted beside the public roots, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_roots_pem: Option<String>,
    /// An HTTP proxy; may hold a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// A TLS client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Connections at the most, per origin.
    pub max_connections: usize,
    /// TCP, proxy and TLS together, in milliseconds.
    pub connect_timeout_ms: u64,
    /// An answer's body in bytes at the most.
    pub max_response_body: usize,
}

/// A TLS client certificate with its key, both PEM.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The certificate, followed by its chain.
    pub certificate_pem: String,
    /// The private key.
    pub key_pem: String,
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("transport", &self.transport)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

const TRANSPORTS: [(&str, Transport); 2] = [
    ("general", Transport::General),
    ("pooled_http2", Transport::PooledHttp2),
];

impl Default for HttpOptions {
    fn default() -> Self {
        Self::from(&resources::HttpOptions::default())
    }
}

impl From<&resources::HttpOptions> for HttpOptions {
    fn from(core: &resources::HttpOptions) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let named = TRANSPORTS
            .iter()
            .find(|(_, transport)| *transport == core.transport);
        Self {
            transport: named.map_or("general", |(name, _)| name).to_owned(),
            extra_roots_pem: core.extra_roots_pem.as_deref().map(text),
            proxy: core.proxy.as_ref().map(|proxy| proxy.expose().to_owned()),
            identity: core.identity.as_ref().map(|identity| Identity {
                certificate_pem: text(&identity.certificate_pem),
                key_pem: identity.key_pem.expose().to_owned(),
            }),
            max_connections: core.max_connections,
            connect_timeout_ms: u64::try_from(core.connect_timeout.as_millis()).unwrap_or(u64::MAX),
            max_response_body: core.max_response_body,
        }
    }
}

impl From<HttpOptions> for resources::HttpOptions {
    fn from(wire: HttpOptions) -> Self {
        let named = TRANSPORTS.iter().find(|(name, _)| *name == wire.transport);
        let mut core = Self::new(named.map_or(Transport::General, |(_, transport)| *transport));
        core.extra_roots_pem = wire.extra_roots_pem.map(Into::into);
        core.proxy = wire.proxy.map(Secret::from);
        core.identity = wire.identity.map(|identity| ClientIdentity {
            certificate_pem: identity.certificate_pem.into(),
            key_pem: Secret::from(identity.key_pem),
        });
        core.max_connections = wire.max_connections;
        core.connect_timeout = Duration::from_millis(wire.connect_timeout_ms);
        core.max_response_body = wire.max_response_body;
        core
    }
}

/// Why there is no whole answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HttpError {
    /// `invalid`, `forbidden`, `connect`, `timeout`, `interrupted`, `protocol`, `closed`.
    pub kind: String,
    /// Whether the server may have acted on the request.
    #[serde(default = "maybe")]
    pub sent: Sent,
    /// A sentence for people.
    #[serde(default)]
    pub message: String,
}

/// Who leaves it out does not know.
const fn maybe() -> Sent {
    Sent::Maybe
}

const KINDS: [(&str, HttpErrorKind); 7] = [
    ("invalid", HttpErrorKind::Invalid),
    ("forbidden", HttpErrorKind::Forbidden),
    ("connect", HttpErrorKind::Connect),
    ("timeout", HttpErrorKind::Timeout),
    ("interrupted", HttpErrorKind::Interrupted),
    ("protocol", HttpErrorKind::Protocol),
    ("closed", HttpErrorKind::Closed),
];

impl From<&resources::HttpError> for HttpError {
    fn from(core: &resources::HttpError) -> Self {
        let named = KINDS.iter().find(|(_, kind)| *kind == core.kind);
        Self {
            kind: named.map_or("protocol", |(name, _)| name).to_owned(),
            sent: core.sent,
            message: core.message.clone(),
        }
    }
}

impl From<HttpError> for resources::HttpError {
    fn from(wire: HttpError) -> Self {
        let named = KINDS.iter().find(|(name, _)| *name == wire.kind);
        let kind = named.map_or(HttpErrorKind::Protocol, |(_, kind)| *kind);
        Self::new(kind, wire.sent, wire.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_their_json_form() {
        let mut core = resources::HttpOptions::new(Transport::PooledHttp2);
        core.extra_roots_pem = Some("root".into());
        core.proxy = Some(Secret::new("http://p:1"));
        core.identity = Some(ClientIdentity {
            certificate_pem: "certificate".into(),
            key_pem: Secret::new("key"),
        });
        core.max_connections = 3;
        core.connect_timeout = Duration::from_millis(1234);
        core.max_response_body = 99;
        let json = serde_json::to_string(&HttpOptions::from(&core)).unwrap();
        let wire: HttpOptions = serde_json::from_str(&json).unwrap();
        let back = resources::HttpOptions::from(wire);
        assert_eq!(format!("{back:?}"), format!("{core:?}"));
        assert_eq!(back.proxy, core.proxy);
        assert_eq!(back.identity.unwrap().key_pem, Secret::new("key"));
    }

    #[test]
    fn every_kind_of_error_survives_its_json_form() {
        for (_, kind) in KINDS {
            let core = resources::HttpError::new(kind, Sent::No, "m");
            let json = serde_json::to_string(&HttpError::from(&core)).unwrap();
            let back: resources::HttpError =
                serde_json::from_str::<HttpError>(&json).unwrap().into();
            assert_eq!(
                (back.kind, back.sent, back.message),
                (kind, Sent::No, "m".into())
            );
        }
    }

    #[test]
    fn an_error_of_an_unknown_kind_may_have_been_sent() {
        let wire: HttpError = serde_json::from_str(r#"{"kind": "eaten"}"#).unwrap();
        let core = resources::HttpError::from(wire);
        assert_eq!(
            (core.kind, core.sent),
            (HttpErrorKind::Protocol, Sent::Maybe)
        );
    }
}
