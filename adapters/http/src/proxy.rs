//! An HTTP proxy reached by CONNECT, with optional basic authentication.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zpns_core::Secret;
use zpns_core::resources::HttpError;

use crate::errors::{connect, invalid};

/// A proxy's answer to CONNECT in bytes at the most.
const MAX_ANSWER: usize = 8 * 1024;

/// Where the proxy is and how to log in.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// The host to dial.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// The whole value of `proxy-authorization`.
    authorization: Option<Secret>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl Proxy {
    /// Reads `http://[user:password@]host:port`. No error shows the text, which may hold a password.
    pub(crate) fn parse(text: &Secret) -> Result<Self, HttpError> {
        let url = url::Url::parse(text.expose()).map_err(|_| invalid("the proxy is not a URL"))?;
        if url.scheme() != "http" {
            return Err(invalid("the proxy's URL must start with http://"));
        }
        let Some(host) = url.host_str() else {
            return Err(invalid("the proxy's URL names no host"));
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let authorization = (!url.username().is_empty() || url.password().is_some())
            .then(|| basic(url.username(), url.password().unwrap_or_default()))
            .transpose()?;
        Ok(Self {
            host: host.to_owned(),
            port,
            authorization,
        })
    }

    /// Asks the proxy on `stream` for a tunnel to `target` (`host:port`).
    pub(crate) async fn tunnel<S>(&self, stream: &mut S, target: &str) -> Result<(), HttpError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str("proxy-authorization: ");
            request.push_str(authorization.expose());
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(|error| connect("the proxy cannot be written to").with_source(error))?;
        let head = read_head(stream).await?;
        match status_of(&head) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(connect("the proxy refuses the credentials (407)")),
            Some(status) => Err(connect(format!("the proxy answers CONNECT with {status}"))),
            None => Err(connect("the proxy's answer to CONNECT is not HTTP/1")),
        }
    }
}

fn basic(user: &str, password: &str) -> Result<Secret, HttpError> {
    let decode = |text: &str| {
        percent_decode(text).ok_or_else(|| invalid("the proxy's credentials are badly escaped"))
    };
    let mut credentials = decode(user)?;
    credentials.push(b':');
    credentials.extend(decode(password)?);
    Ok(Secret::new(format!(
        "Basic {}",
        STANDARD.encode(credentials)
    )))
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        decoded.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(decoded)
}

/// Reads up to the empty line, and not a byte further: what follows belongs to TLS.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Vec<u8>, HttpError> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_ANSWER {
            return Err(connect("the proxy's answer to CONNECT is too long"));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) => {
                return Err(
                    connect("the proxy closed without an answer to CONNECT").with_source(error)
                );
            }
        }
    }
    Ok(head)
}

fn status_of(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let rest = line.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tunnel_with(answer: &'static [u8]) -> (Result<(), HttpError>, String) {
        let proxy = Proxy::parse(&Secret::new("http://al%40ice:s3cr3t@localhost:3128")).unwrap();
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(answer).await.unwrap();
        let result = proxy.tunnel(&mut near, "api.example:443").await;
        drop(near);
        let mut seen = String::new();
        far.read_to_string(&mut seen).await.unwrap();
        (result, seen)
    }

    #[tokio::test]
    async fn connect_names_the_target_and_carries_the_decoded_credentials() {
        let (result, seen) = tunnel_with(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        result.unwrap();
        let expected = format!(
            "proxy-authorization: Basic {}",
            STANDARD.encode("al@ice:s3cr3t")
        );
        assert!(seen.starts_with("CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n"));
        assert!(seen.contains(&expected));
    }

    #[tokio::test]
    async fn refused_credentials_are_named_and_not_shown() {
        let (result, _) = tunnel_with(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        let error = result.unwrap_err();
        assert!(error.message.contains("407"));
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }

    #[tokio::test]
    async fn an_answer_that_is_not_http_is_an_error() {
        let (result, _) = tunnel_with(b"SSH-2.0-nope\r\n\r\n").await;
        assert!(result.unwrap_err().message.contains("not HTTP/1"));
    }

    #[test]
    fn debug_shows_no_credentials() {
        let proxy = Proxy::parse(&Secret::new("http://alice:s3cr3t@localhost:3128")).unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("localhost", 3128));
        assert!(!format!("{proxy:?}").contains("alice"));
    }

    #[test]
    fn anything_but_an_http_url_is_refused() {
        for text in [
            "",
            "localhost:3128",
            "socks5://localhost:1080",
            "https://proxy",
        ] {
            assert!(Proxy::parse(&Secret::new(text)).is_err(), "{text}");
        }
    }
}
