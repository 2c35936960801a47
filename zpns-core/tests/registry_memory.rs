//! What the registry in memory costs. By itself in its process, which it measures.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use zpns_core::Timestamp;
use zpns_core::service::{MemoryRegistry, Platform, Registration, Registry};

const DEVICES: usize = 200_000;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
    kibibytes.unwrap().parse::<usize>().unwrap() * 1_024
}

#[tokio::test]
async fn a_device_takes_at_most_250_bytes_beyond_its_strings() {
    let registry = MemoryRegistry::new();
    let before = resident();
    let mut strings = 0;
    for number in 0..DEVICES {
        let token = format!("{number:0>64}");
        let user = format!("user-{number:0>19}");
        strings += token.len() + user.len();
        let app = Registration::new(Platform::Ios).channel("ios", token);
        let now = Timestamp::from_secs(1_764_000_000);
        let id = registry.register(app, now).await.unwrap();
        registry.bind(id, &user.into()).await.unwrap();
    }
    let each = (resident() - before - strings) / DEVICES;
    assert_eq!(registry.len(), DEVICES);
    assert!(each <= 250, "{each} bytes");
    // Too little would mean that nothing was measured.
    assert!(each > 100, "{each} bytes");
}
