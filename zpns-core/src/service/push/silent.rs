//! How many silent pushes a device gets: vendors throttle an app that wakes its devices too often,
//! and Apple speaks of two or three an hour.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::Timestamp;
use crate::service::PushId;

/// The window of the budget.
const WINDOW: Duration = Duration::from_secs(3_600);

/// The latest silent pushes of each device, of the last hour.
#[derive(Debug)]
pub(super) struct SilentBudget {
    each_hour: usize,
    devices: Mutex<Devices>,
}

#[derive(Debug, Default)]
struct Devices {
    latest: HashMap<PushId, Vec<Timestamp>>,
    /// Pushes until those whose hour is over are swept out.
    until_sweep: usize,
}

impl SilentBudget {
    pub(super) fn new(each_hour: usize) -> Self {
        Self {
            each_hour,
            devices: Mutex::default(),
        }
    }

    /// Takes one push from a device's budget; whether there was one left.
    pub(super) fn take(&self, device: PushId, now: Timestamp) -> bool {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        devices.sweep(now);
        let latest = devices.latest.entry(device).or_default();
        latest.retain(|at| *at + WINDOW > now);
        let left = latest.len() < self.each_hour;
        if left {
            latest.push(now);
        }
        left
    }
}

impl Devices {
    /// Costs each push little: it is done once for as many pushes as there are devices.
    fn sweep(&mut self, now: Timestamp) {
        self.until_sweep = self.until_sweep.saturating_sub(1);
        if self.until_sweep == 0 {
            self.latest
                .retain(|_, latest| latest.last().is_some_and(|at| *at + WINDOW > now));
            self.until_sweep = self.latest.len().max(1_024);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_whose_hour_is_over_do_not_stay_in_memory() {
        let budget = SilentBudget::new(3);
        for minute in 0..10_000 {
            assert!(budget.take(PushId::new(), Timestamp::from_secs(minute * 60)));
        }
        let devices = budget.devices.lock().unwrap();
        assert!(
            devices.latest.len() <= 1_024 + 60,
            "{}",
            devices.latest.len()
        );
    }
}
