//! A proxy for CONNECT.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::http1::read_head;

pub(crate) struct ConnectProxy {
    pub(crate) address: SocketAddr,
    last_head: Arc<Mutex<String>>,
}

impl ConnectProxy {
    pub(crate) async fn start() -> Self {
        Self::run(true).await
    }

    /// Lets nobody through.
    pub(crate) async fn refusing() -> Self {
        Self::run(false).await
    }

    /// The last CONNECT in full.
    pub(crate) fn last_head(&self) -> String {
        self.last_head.lock().unwrap().clone()
    }

    async fn run(open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let last_head = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&last_head);
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let head = read_head(&mut near).await.unwrap();
                    let target = head.split(' ').nth(1).unwrap().to_owned();
                    *seen.lock().unwrap() = head;
                    if !open {
                        let _ = near
                            .write_all(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n")
                            .await;
                        return;
                    }
                    let mut far = TcpStream::connect(target).await.unwrap();
                    near.write_all(b"HTTP/1.1 200 Open\r\n\r\n").await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, last_head }
    }
}
