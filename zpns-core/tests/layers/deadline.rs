use zpns_core::layers::Deadline;
use zpns_core::resources::ManualClock;
use zpns_core::{ErrorKind, Retry, Sent, Timestamp};

use super::*;
use crate::common::{error, resources, secs};

#[tokio::test]
async fn what_is_late_already_is_not_sent() {
    let clock = Arc::new(ManualClock::at(Timestamp::default()));
    clock.advance(secs(10));
    let provider = Scripted::new("a", 10, 1).arc();
    let layer = wrap_with(&Deadline, &provider, resources(clock), Vec::new());

    let late = layer.send(&batch(&provider, 2, Some(secs(10)))).await;
    for outcome in late.outcomes() {
        let error = error(outcome);
        assert_eq!(
            (error.kind(), error.sent(), error.retry()),
            (ErrorKind::Timeout, Sent::No, Retry::Never)
        );
    }
    assert_eq!(late.len(), 2);
    assert!(provider.calls().is_empty());

    for in_time in [Some(secs(11)), None] {
        assert_eq!(
            layer.send(&batch(&provider, 2, in_time)).await.accepted(),
            2
        );
    }
}
