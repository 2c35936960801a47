//! Keeps so many pushes in flight until all are answered.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

/// Sends `total` pushes with `in_flight` tasks that each await one push after the other: the
/// cheapest way to drive a client, and the same one for all.
///
/// # Errors
/// The first push that was not accepted.
pub async fn drive<F, Fut>(total: usize, in_flight: usize, push: F) -> anyhow::Result<()>
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (push, next) = (Arc::new(push), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight.min(total) {
        let (push, next) = (Arc::clone(&push), Arc::clone(&next));
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return anyhow::Ok(());
                }
                push(number).await?;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(())
}
