//! Which addresses are connected to, over both transports.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use http::Uri;
use tokio::net::TcpListener;
use zpns_core::resources::{
    AddressFilter, HttpClient, HttpConnector as _, HttpError, HttpErrorKind, HttpOptions, Transport,
};
use zpns_core::{Secret, Sent};
use zpns_http::{Connector, Resolver};

use crate::support::proxy::ConnectProxy;
use crate::support::{Server, answer_all};

const TRANSPORTS: [Transport; 2] = [Transport::PooledHttp2, Transport::General];

/// Where the servers of the tests listen.
const GOOD: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// As near, and forbidden.
const BAD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Allows one address, whatever form it is written in, and keeps what it was asked.
#[derive(Debug, Default)]
struct OnlyGood(Mutex<Vec<(String, IpAddr)>>);

impl AddressFilter for OnlyGood {
    fn allows(&self, host: &str, address: IpAddr) -> bool {
        self.0.lock().unwrap().push((host.to_owned(), address));
        address == GOOD
    }
}

/// Answers from a list, and with the last answer for good.
#[derive(Debug)]
struct Changing(Mutex<VecDeque<Vec<IpAddr>>>);

impl Changing {
    fn new<const N: usize>(answers: [Vec<IpAddr>; N]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into())))
    }
}

#[async_trait::async_trait]
impl Resolver for Changing {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        assert_eq!(host, "localhost");
        let mut answers = self.0.lock().unwrap();
        match answers.len() {
            1 => Ok(answers[0].clone()),
            _ => Ok(answers.pop_front().unwrap()),
        }
    }
}

struct World {
    server: Server,
    /// What listens at the forbidden address, at the port of the server.
    forbidden: TcpListener,
    filter: Arc<OnlyGood>,
}

impl World {
    async fn new() -> Self {
        let server = Server::start(|link| answer_all(link, 100)).await;
        let forbidden = SocketAddr::new(BAD, server.address.port());
        Self {
            forbidden: TcpListener::bind(forbidden).await.unwrap(),
            server,
            filter: Arc::default(),
        }
    }

    fn options(&self, transport: Transport) -> HttpOptions {
        let mut options = self.server.options(transport);
        options.address_filter = Some(Arc::clone(&self.filter) as _);
        options
    }

    fn open(&self, transport: Transport, resolver: Arc<dyn Resolver>) -> Arc<dyn HttpClient> {
        let connector = Connector::new().with_resolver(resolver);
        connector.open(&self.options(transport)).unwrap()
    }

    async fn send(&self, client: &dyn HttpClient, host: &str) -> Result<(), HttpError> {
        let mut request = self.server.request("push");
        let uri = format!("https://{host}:{}/push/1", self.server.address.port());
        request.uri = uri.parse::<Uri>().unwrap();
        client.send(request).await.map(drop)
    }

    /// Nobody has come to the forbidden address.
    fn nobody_came(&self) -> bool {
        use futures_util::FutureExt as _;
        self.forbidden.accept().now_or_never().is_none()
    }
}

fn is_forbidden(sent: &Result<(), HttpError>) -> bool {
    let forbidden = |error: &HttpError| error.kind == HttpErrorKind::Forbidden;
    let left = |error: &HttpError| error.sent != Sent::No || error.message.contains("/push");
    sent.as_ref()
        .is_err_and(|error| forbidden(error) && !left(error))
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_not_connected_to() {
    for transport in TRANSPORTS {
        let world = World::new().await;
        let client = world.open(transport, Changing::new([vec![BAD]]));
        let sent = world.send(&*client, "localhost").await;
        assert!(is_forbidden(&sent), "{transport:?} {sent:?}");
        assert!(world.nobody_came());
        assert_eq!(
            *world.filter.0.lock().unwrap(),
            [("localhost".to_owned(), BAD)]
        );
    }
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_ones_are_tried() {
    for transport in TRANSPORTS {
        let world = World::new().await;
        let client = world.open(transport, Changing::new([vec![BAD, GOOD]]));
        world.send(&*client, "localhost").await.unwrap();
        assert!(world.nobody_came());
        assert_eq!(world.server.connections(), 1);
    }
}

#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    for transport in TRANSPORTS {
        let world = World::new().await;
        // Were the name resolved once for the check and once for the connection, the second
        // answer would be connected to.
        let client = world.open(transport, Changing::new([vec![GOOD], vec![BAD]]));
        world.send(&*client, "localhost").await.unwrap();
        client.renew_connections();
        let sent = world.send(&*client, "localhost").await;
        assert!(is_forbidden(&sent), "{transport:?} {sent:?}");
        assert!(world.nobody_came());
    }
}

#[tokio::test]
async fn literal_addresses_are_checked_in_every_form() {
    for transport in TRANSPORTS {
        let world = World::new().await;
        let client = Connector::new().open(&world.options(transport)).unwrap();
        for host in [
            "127.0.0.2",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:2]",
            "2130706434",
            "0x7f000002",
            "0177.0.0.2",
            "127.2",
            "0",
        ] {
            let sent = world.send(&*client, host).await;
            assert!(is_forbidden(&sent), "{transport:?} {host} {sent:?}");
        }
        assert!(world.nobody_came());
        world.send(&*client, "127.0.0.1").await.unwrap();
    }
}

#[tokio::test]
async fn a_proxy_is_the_operators_and_a_literal_address_behind_it_is_not() {
    for transport in TRANSPORTS {
        let world = World::new().await;
        let proxy = ConnectProxy::start().await;
        let mut options = world.options(transport);
        options.proxy = Some(Secret::new(format!("http://{}", proxy.address)));
        let client = Connector::new().open(&options).unwrap();
        for host in ["127.0.0.2", "[::1]", "0x7f.2"] {
            let sent = world.send(&*client, host).await;
            assert!(is_forbidden(&sent), "{transport:?} {host} {sent:?}");
        }
        assert_eq!(proxy.last_head(), "");
        world.send(&*client, "127.0.0.1").await.unwrap();
        let target = format!("CONNECT 127.0.0.1:{}", world.server.address.port());
        assert!(proxy.last_head().starts_with(&target));
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_may_be_resolved_later() {
    #[derive(Debug)]
    struct Broken;
    #[async_trait::async_trait]
    impl Resolver for Broken {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }
    for transport in TRANSPORTS {
        let world = World::new().await;
        let client = world.open(transport, Arc::new(Broken));
        let error = world.send(&*client, "localhost").await.unwrap_err();
        assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
    }
}
