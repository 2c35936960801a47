//! Keeps the number of HTTP/1.1 connections to an origin within bounds.
//!
//! `reqwest` dials whenever no idle connection is there. Over HTTP/1.1, which takes one request at
//! a time on a connection, requests therefore pass a gate with as many places as connections are
//! allowed; the first answer over HTTP/2, where one connection is enough, opens it for good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Gates that are kept although nobody uses them.
const KEPT: usize = 256;

/// One gate per origin.
#[derive(Debug)]
pub(super) struct Gates {
    places: usize,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Debug)]
pub(super) struct Gate(Semaphore);

impl Gates {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: places.min(Semaphore::MAX_PERMITS),
            gates: Mutex::default(),
        }
    }

    /// The gate of `host[:port]`.
    pub(super) fn of(&self, authority: &str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(authority) {
            return Arc::clone(gate);
        }
        if gates.len() >= KEPT {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = Arc::new(Gate(Semaphore::new(self.places)));
        gates.insert(authority.to_owned(), Arc::clone(&gate));
        gate
    }
}

impl Gate {
    /// Waits for a place, in the order of asking. `None` if the gate is open.
    pub(super) async fn pass(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }

    /// Lets everybody through from now on.
    pub(super) fn open(&self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn an_origin_keeps_its_gate_and_unused_ones_are_forgotten() {
        let gates = Gates::new(1);
        let used = gates.of("used.example");
        for number in 0..KEPT * 3 {
            gates.of(&format!("{number}.example"));
        }
        assert!(Arc::ptr_eq(&used, &gates.of("used.example")));
        assert!(gates.gates.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn who_waits_passes_once_the_gate_opens() {
        let gate = Gate(Semaphore::new(1));
        let _first = gate.pass().now_or_never().unwrap().unwrap();
        let mut second = Box::pin(gate.pass());
        assert!((&mut second).now_or_never().is_none());
        gate.open();
        assert!(second.now_or_never().unwrap().is_none());
    }
}
