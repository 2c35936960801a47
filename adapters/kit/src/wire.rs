//! The way to a vendor: one HTTP client, the vendor's address, and how long a call may take.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, poll_immediate, select};
use http::{HeaderMap, Method, Uri};
use zpns_core::config::ConfigError;
use zpns_core::resources::{HttpClient, HttpOptions, HttpRequest, HttpResponse, Origin, Transport};
use zpns_core::{Clock, Error, ErrorKind, Retry, Setup};

use crate::http_error;

/// Makes a body, and the same one whenever it is called again.
pub type MakeBody<'a> = &'a (dyn Fn() -> Bytes + Send + Sync);

/// The way to a vendor. Cheap to clone; clones share the connections.
///
/// Made of what every HTTP vendor's section shares: `endpoint`, `ca_path`, `proxy`, `timeout_ms`.
///
/// ```
/// use zpns_core::config::ConfigError;
/// use zpns_core::{Error, Setup};
/// use zpns_kit::Wire;
///
/// async fn greet(setup: &Setup) -> Result<(), Box<dyn std::error::Error>> {
///     let wire = Wire::open(setup, "https://push.example.com")?;
///     let uri = wire.uri("/v1/send")?;
///     let answer = wire.post(&uri, http::HeaderMap::new(), "{}".into(), None).await?;
///     assert!(answer.status.is_success());
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wire {
    /// Sends the requests.
    pub http: Arc<dyn HttpClient>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// What one call takes at the most.
    pub timeout: Duration,
    origin: Origin,
}

impl Wire {
    /// The way to `host`, or to the `endpoint` that the config names instead, over
    /// [`Transport::General`]. Makes no connection.
    ///
    /// # Errors
    /// `endpoint` is no address, or HTTP options that cannot work.
    pub fn open(setup: &Setup, host: &str) -> Result<Self, ConfigError> {
        let options = setup.connection.http_options(Transport::General);
        Self::open_with(setup, host, &options)
    }

    /// [`open`](Self::open) with other options: another transport, a client certificate.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        setup: &Setup,
        host: &str,
        options: &HttpOptions,
    ) -> Result<Self, ConfigError> {
        let origin = setup.connection.origin(host)?;
        let http = setup.resources.http.open(options);
        Ok(Self {
            http: http.map_err(|error| ConfigError::section(error.to_string()))?,
            clock: Arc::clone(&setup.resources.clock),
            timeout: setup.connection.timeout,
            origin,
        })
    }

    /// The address of a path, made once when a provider is built.
    ///
    /// # Errors
    /// A character that may not stand in a path.
    pub fn uri(&self, path: &str) -> Result<Uri, ConfigError> {
        let uri = self.origin.join(path);
        uri.map_err(|error| ConfigError::key("endpoint", error.to_string()))
    }

    /// The address of a path that a call brings with it.
    ///
    /// # Errors
    /// [`ErrorKind::MessageInvalid`]: a character that may not stand in a path.
    pub fn join(&self, path: &str) -> Result<Uri, Error> {
        let uri = self.origin.join(path);
        uri.map_err(|error| Error::new(ErrorKind::MessageInvalid, error.to_string()))
    }

    /// Posts a body, within the deadline (in the clock's monotonic time) and the time of one call.
    ///
    /// # Errors
    /// The deadline has passed, or no whole answer came; whether the vendor may have acted is as
    /// the transport says.
    pub async fn post(
        &self,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
        deadline: Option<Duration>,
    ) -> Result<HttpResponse, Error> {
        let request = HttpRequest {
            method: Method::POST,
            uri: uri.clone(),
            headers,
            body,
            timeout: self.time_for_one_call(deadline),
        };
        self.send(request).await
    }

    /// [`post`](Self::post) of a body that can be made anew, always as the same one: for vendors
    /// that take many pushes a second, see [`HttpClient::send_made`].
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub async fn post_made(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        body: MakeBody<'_>,
        deadline: Option<Duration>,
    ) -> Result<HttpResponse, Error> {
        let timeout = self.time_for_one_call(deadline);
        if timeout.is_zero() {
            return Err(too_late());
        }
        let request = || {
            Ok(HttpRequest {
                method: Method::POST,
                uri: uri.clone(),
                headers: headers.clone(),
                body: body(),
                timeout,
            })
        };
        self.http.send_made(&request).await.map_err(http_error)
    }

    /// Gets a resource, within the time of one call.
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub async fn get(&self, uri: &Uri, headers: HeaderMap) -> Result<HttpResponse, Error> {
        let request = HttpRequest {
            method: Method::GET,
            uri: uri.clone(),
            headers,
            body: Bytes::new(),
            timeout: self.timeout,
        };
        self.send(request).await
    }

    /// Sends a request as it is.
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        if request.timeout.is_zero() {
            return Err(too_late());
        }
        self.http.send(request).await.map_err(http_error)
    }

    /// Waits for `work` no longer than until the deadline. Where it is ready at once, which a
    /// cached token nearly always is, no timer is made.
    ///
    /// # Errors
    /// Those of `work`; [`ErrorKind::Timeout`] with the sentence `late` if it was not ready in time.
    pub async fn within<T>(
        &self,
        deadline: Option<Duration>,
        late: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut work = std::pin::pin!(work);
        if let Some(ready) = poll_immediate(work.as_mut()).await {
            return ready;
        }
        let Some(left) = self.time_left(deadline) else {
            return work.await;
        };
        match select(work, self.clock.sleep(left)).await {
            Either::Left((ready, _)) => ready,
            Either::Right(((), _)) => {
                Err(Error::new(ErrorKind::Timeout, late).with_retry(Retry::Backoff))
            }
        }
    }

    /// How long until the deadline; none if there is no deadline.
    pub fn time_left(&self, deadline: Option<Duration>) -> Option<Duration> {
        deadline.map(|deadline| deadline.saturating_sub(self.clock.monotonic()))
    }

    /// The shorter of the time until the deadline and the time of one call.
    pub fn time_for_one_call(&self, deadline: Option<Duration>) -> Duration {
        let left = self.time_left(deadline);
        left.map_or(self.timeout, |left| left.min(self.timeout))
    }

    /// Refuses new calls, lets those under way finish for up to `grace`, then closes.
    pub async fn close(&self, grace: Duration) {
        self.http.close(grace).await;
    }
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "the deadline has passed")
}

#[cfg(test)]
mod tests {
    use zpns_core::Sent;
    use zpns_core::config::Connection;

    use super::*;
    use crate::testing::{FakeVendor, answer};

    fn wire(vendor: &Arc<FakeVendor>) -> Wire {
        Wire::open(&vendor.setup("phones"), "https://push.example.com/base").unwrap()
    }

    #[tokio::test]
    async fn a_call_goes_to_the_address_and_ends_with_the_deadline() {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let wire = wire(&vendor);
        let uri = wire.uri("/v1/send").unwrap();
        for (deadline, timeout) in [(None, 10), (Some(3), 3), (Some(60), 10)] {
            let deadline = deadline.map(Duration::from_secs);
            let body = Bytes::from("body");
            let answered = wire.post(&uri, HeaderMap::new(), body, deadline).await;
            assert!(answered.unwrap().status.is_success());
            let request = vendor.requests().pop().unwrap();
            assert_eq!(request.method, Method::POST);
            assert_eq!(
                request.uri.to_string(),
                "https://push.example.com/base/v1/send"
            );
            assert_eq!(
                (request.timeout.as_secs(), &*request.body),
                (timeout, &b"body"[..])
            );
        }
        wire.get(&uri, HeaderMap::new()).await.unwrap();
        assert_eq!(vendor.requests()[3].method, Method::GET);
        let headers = HeaderMap::new();
        let made = wire.post_made(&uri, &headers, &|| "made".into(), None);
        made.await.unwrap();
        assert_eq!(vendor.requests()[4].body, "made");
        assert_eq!(vendor.opened()[0].transport, Transport::General);
        wire.close(Duration::from_secs(7)).await;
        assert_eq!(vendor.closed(), [Duration::from_secs(7)]);
    }

    #[tokio::test]
    async fn nothing_leaves_after_the_deadline() {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let wire = wire(&vendor);
        vendor.clock.advance(Duration::from_secs(5));
        let uri = wire.uri("/").unwrap();
        let deadline = Some(Duration::from_secs(5));
        let lost = wire
            .post(&uri, HeaderMap::new(), Bytes::new(), deadline)
            .await;
        let headers = HeaderMap::new();
        let made = wire.post_made(&uri, &headers, &Bytes::new, deadline).await;
        for lost in [lost, made] {
            let error = lost.unwrap_err();
            assert_eq!((error.kind(), error.sent()), (ErrorKind::Timeout, Sent::No));
        }
        assert!(vendor.requests().is_empty());
    }

    #[tokio::test]
    async fn what_is_waited_for_ends_with_the_deadline() {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let wire = wire(&vendor);
        let deadline = Some(Duration::from_secs(5));
        let ready = wire.within(deadline, "late", async { Ok(7) }).await;
        assert_eq!(ready.unwrap(), 7);
        let never = std::future::pending::<Result<(), Error>>();
        let waits = wire.within(deadline, "late", never);
        let passes = async {
            tokio::task::yield_now().await;
            vendor.clock.advance(Duration::from_secs(5));
        };
        let (waited, ()) = futures_util::future::join(waits, passes).await;
        let error = waited.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Timeout, Retry::Backoff)
        );
        assert_eq!(error.message(), "late");
    }

    #[test]
    fn an_endpoint_takes_the_place_of_the_host_and_a_wrong_one_is_named() {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let open = |endpoint: &str| {
            let mut connection = Connection::default();
            connection.endpoint = Some(endpoint.to_owned());
            let setup = vendor.setup("phones").with_connection(connection);
            Wire::open(&setup, "https://push.example.com")
        };
        let uri = open("https://127.0.0.1:8443").unwrap().uri("/v1").unwrap();
        assert_eq!(uri.to_string(), "https://127.0.0.1:8443/v1");
        let error = open("http://push.example.com").unwrap_err();
        assert_eq!(error.key.as_deref(), Some("endpoint"));
        let wire = wire(&vendor);
        assert!(wire.uri("/a b").is_err() && wire.join("/a b").is_err());
    }
}
