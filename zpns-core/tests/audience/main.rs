//! Memory does not grow with the audience, whatever goes wrong at the vendors. By itself in its
//! process, whose memory it measures; the bench `audience` does the same with ten million targets.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod campaign;
mod virtual_time;

use campaign::stream_to;

/// Long enough for everything that fills with an audience to be full: what is read ahead, what
/// waits for a retry, a minute of each vendor's faults.
const FEW: u64 = 50_000;
const MANY: u64 = 5 * FEW;

/// The most memory that this process ever held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn five_times_the_audience_takes_no_more_memory_through_faulty_vendors() {
    let few = stream_to(FEW).unwrap();
    let before = peak();
    let many = stream_to(MANY).unwrap();
    let grown = peak() - before;
    assert!(
        grown <= before / 10 + 512,
        "{grown} KiB beyond {before} KiB"
    );
    for (audience, figures) in [(FEW, few), (MANY, many)] {
        assert!(figures.has_one_outcome_each(audience), "{figures:?}");
        // Nothing accepted is sent again, no live token dropped, and most of it arrives.
        assert_eq!(figures.taken, figures.accepted, "{figures:?}");
        assert_eq!(figures.wrong, 0, "{figures:?}");
        assert!(figures.accepted >= audience / 100 * 90, "{figures:?}");
        assert!(figures.dropped > 0 && figures.retries > 0, "{figures:?}");
    }
}
