//! Streams, limits and growth.

use http::StatusCode;

use crate::support::{Server, answer_all};

#[tokio::test]
async fn a_request_is_answered() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let client = server.pool();
    let response = client.send(server.request("hello")).await.unwrap();
    assert_eq!(response.status, StatusCode::OK);
    assert!(response.body.is_empty());
}
