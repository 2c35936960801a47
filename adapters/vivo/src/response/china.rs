//! vivo's day: China's, all year eight hours before UTC.

use std::time::Duration;

use zpns_core::Timestamp;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
const OFFSET: u64 = 8 * HOUR;
const MORNING: u64 = 7 * HOUR;
const NIGHT: u64 = 23 * HOUR;

/// How long until operational messages are sent again; none by day, when our clock and vivo's
/// disagree.
pub(super) fn until_morning(now: Timestamp) -> Option<Duration> {
    let of_day = (now.as_secs() + OFFSET) % DAY;
    match of_day {
        MORNING..NIGHT => None,
        ..MORNING => Some(Duration::from_secs(MORNING - of_day)),
        _ => Some(Duration::from_secs(DAY + MORNING - of_day)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_ends_at_seven_in_china() {
        // 2025-11-24 16:00 UTC is midnight in China.
        let midnight = 1_764_000_000;
        let rows = [
            (0, Some(7 * HOUR)),
            (7 * HOUR - 1, Some(1)),
            (7 * HOUR, None),
            (23 * HOUR - 1, None),
            (23 * HOUR, Some(8 * HOUR)),
            (24 * HOUR - 1, Some(7 * HOUR + 1)),
        ];
        for (later, wanted) in rows {
            let pause = until_morning(Timestamp::from_secs(midnight + later));
            assert_eq!(pause.map(|pause| pause.as_secs()), wanted, "{later}");
        }
    }
}
