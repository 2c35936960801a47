//! The presence in memory passes what every one has to pass, and forgets what expired.

use zpns_core::Timestamp;
use zpns_core::service::{MemoryPresence, Presence, PresenceState, PushId};

zpns_core::presence_conformance!(async { MemoryPresence::new() });

#[tokio::test]
async fn expired_reports_do_not_stay_in_memory() {
    let presence = MemoryPresence::new();
    for number in 0..3_000_u64 {
        let user = format!("u{number}").into();
        let (now, until) = (
            Timestamp::from_secs(number),
            Timestamp::from_secs(number + 10),
        );
        let state = PresenceState::Background;
        presence
            .set(&user, PushId::new(), state, until)
            .await
            .unwrap();
        assert_eq!(presence.online(&user, now).await.unwrap().len(), 1);
    }
    assert!(presence.len() < 1_100, "{}", presence.len());
    presence.sweep(Timestamp::from_secs(9_999));
    assert!(presence.is_empty());
}
