//! A future with a time limit whose timer is made only once it is needed.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::resources::{Clock, Sleep};

/// The output of a future if it comes within `allowed`. A future that is ready at once costs no
/// timer; one that is ready in the moment when its time is over is ready.
pub(super) async fn within<F: Future>(
    clock: &dyn Clock,
    allowed: Duration,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer: Option<Sleep> = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        let timer = timer.get_or_insert_with(|| clock.sleep(allowed));
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}
