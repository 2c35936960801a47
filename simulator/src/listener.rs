//! Accepting connections of one vendor.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::ca::Authority;
use crate::connection::Connection;
use crate::engine::Engine;
use crate::vendor::Protocols;
use crate::{http1, http2};

/// Accepts until it is dropped; dropping it drops every connection.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    engine: Arc<Engine>,
    authority: Arc<Authority>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: it passes when connections close.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::task::yield_now().await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connect(
            socket,
            peer,
            acceptor.clone(),
            engine.clone(),
            authority.clone(),
        ));
    }
}

async fn connect(
    socket: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
    engine: Arc<Engine>,
    authority: Arc<Authority>,
) {
    // Answers are small, and latency is what clients measure. A refusal to set it is harmless.
    let _ = socket.set_nodelay(true);
    let tls = match acceptor.accept(socket).await {
        Ok(tls) => tls,
        Err(error) => return tracing::debug!(%peer, %error, "no TLS handshake"),
    };
    let session = tls.get_ref().1;
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    if !is_http2 && engine.vendor.protocols() == Protocols::Http2 {
        return tracing::debug!(%peer, vendor = engine.name, "refused: the client offers no h2");
    }
    let certificate = session
        .peer_certificates()
        .and_then(|chain| chain.first())
        .map(|certificate| authority.issued(certificate));
    let number = engine.record.connection_opened();
    let _closed = Closed(engine.clone());
    let connection = Arc::new(Connection::new(number, certificate));
    if is_http2 {
        http2::serve(tls, engine.clone(), connection).await;
    } else {
        http1::serve(tls, engine.clone(), connection).await;
    }
}

/// Counts the end of a connection, also when its task is dropped.
struct Closed(Arc<Engine>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.record.connection_closed();
    }
}
