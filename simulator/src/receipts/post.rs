//! Posting receipts as a vendor does, and looking at the answer as it does.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use super::ReceiptRequest;
use crate::Error;
use crate::clock::within;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The vendors that look at the answer's body: its `code` has to be the text `0`.
const STRICT: &[&str] = &[
    crate::huawei::NAME,
    crate::harmony::NAME,
    crate::honor::NAME,
];

impl ReceiptRequest {
    /// Posts it to an `http://` address over a new connection. For another transport, take
    /// `headers` and `body`.
    ///
    /// # Errors
    /// The address is of another kind, the server does not answer within ten seconds, or the vendor
    /// would not be content with its answer: HTTP 200, and for Huawei, HarmonyOS and HONOR a JSON
    /// body whose `code` is `"0"`.
    pub async fn post(&self, url: &str) -> Result<(), Error> {
        let (status, body) = within(PATIENCE, self.exchange(url))
            .await
            .ok_or_else(|| Error::Receipt(format!("no answer within {PATIENCE:?}")))??;
        if status != StatusCode::OK {
            return Err(self.discontent(&format!("was answered {status} and not 200")));
        }
        let code = || -> Option<Value> {
            let body: Value = serde_json::from_slice(&body).ok()?;
            body.get("code").cloned()
        };
        match STRICT.contains(&self.vendor) {
            true if code() != Some(Value::from("0")) => {
                Err(self.discontent("was not answered with the code \"0\""))
            }
            _ => Ok(()),
        }
    }

    async fn exchange(&self, url: &str) -> Result<(StatusCode, Bytes), Error> {
        let wrong = |why: String| Error::Receipt(format!("cannot post to that address: {why}"));
        let url = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let host = match (url.scheme(), url.host_str()) {
            ("http", Some(host)) => host,
            _ => return Err(wrong("it is no http:// URL".to_owned())),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let failed = |error: hyper::Error| wrong(error.to_string());
        let socket = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(failed)?;
        let driver = tokio::spawn(connection);
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::post(target)
            .body(Full::new(self.body.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        *request.headers_mut() = self.headers.clone();
        let authority = format!("{host}:{port}");
        let authority = authority
            .parse()
            .map_err(|_| wrong("a bad host".to_owned()))?;
        request.headers_mut().insert(HOST, authority);
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER);
        let body = body
            .collect()
            .await
            .map_err(|error| wrong(error.to_string()))?;
        driver.abort();
        Ok((status, body.to_bytes()))
    }

    fn discontent(&self, why: &str) -> Error {
        Error::Receipt(format!("a receipt of {} {why}", self.vendor))
    }
}
