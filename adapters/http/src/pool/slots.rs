//! Which connection takes the next request, who waits, and when one more connection is needed.
//!
//! Plain bookkeeping without I/O: the origin holds it under a short lock.

use std::collections::VecDeque;

/// The slots of one origin, over connections of type `C` and waiting requests of type `W`.
#[derive(Debug)]
pub(super) struct Slots<C, W> {
    connections: Vec<Slot<C>>,
    waiting: VecDeque<(u64, W)>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Slot<C> {
    id: u64,
    connection: C,
    active: usize,
    /// Streams that the server allows now.
    limit: usize,
    /// The highest limit that it has allowed.
    peak: usize,
    answers: u8,
}

/// Answers after which a limit of one is believed. APNs allows one stream until the first valid
/// token and raises the limit right after that answer, which the next answer has surely seen.
const ANSWERS_TO_SETTLE: u8 = 2;

/// What every connection begins with, before the server's SETTINGS are there.
pub(super) const INITIAL_LIMIT: usize = 1;

impl<C> Slot<C> {
    fn has_room(&self) -> bool {
        self.active < self.limit
    }

    /// Whether the limit may still be about to rise.
    fn is_warming(&self) -> bool {
        self.peak <= INITIAL_LIMIT && self.answers < ANSWERS_TO_SETTLE
    }

    /// What to reckon with when deciding about growth. A limit cut down to one is a passing
    /// reproach (APNs does so after a rejected push), which more connections would not answer.
    fn capacity(&self) -> usize {
        if self.limit <= INITIAL_LIMIT {
            self.peak
        } else {
            self.limit
        }
    }
}

impl<C: Clone, W> Slots<C, W> {
    pub(super) fn new() -> Self {
        Self {
            connections: Vec::new(),
            waiting: VecDeque::new(),
            next_ticket: 0,
        }
    }

    /// A slot on the least loaded connection, unless others wait already.
    pub(super) fn take(&mut self) -> Option<(u64, C)> {
        if self.waiting.is_empty() {
            self.take_for_first()
        } else {
            None
        }
    }

    /// A slot for whoever has waited longest.
    pub(super) fn take_for_first(&mut self) -> Option<(u64, C)> {
        let slot = self
            .connections
            .iter_mut()
            .filter(|slot| slot.has_room())
            .min_by_key(|slot| slot.active)?;
        slot.active += 1;
        Some((slot.id, slot.connection.clone()))
    }

    /// Gives a slot back. Nothing happens if the connection has left meanwhile.
    pub(super) fn give_back(&mut self, id: u64) {
        if let Some(slot) = self.find(id) {
            slot.active = slot.active.saturating_sub(1);
        }
    }

    /// Joins the end of the queue; the ticket takes the place back.
    pub(super) fn wait(&mut self, who: W) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, who));
        ticket
    }

    /// Leaves the queue, if still in it.
    pub(super) fn leave(&mut self, ticket: u64) -> Option<W> {
        let position = self
            .waiting
            .binary_search_by_key(&ticket, |(ticket, _)| *ticket)
            .ok()?;
        self.waiting.remove(position).map(|(_, who)| who)
    }

    /// Whoever has waited longest.
    pub(super) fn pop_waiting(&mut self) -> Option<W> {
        self.waiting.pop_front().map(|(_, who)| who)
    }

    pub(super) fn add(&mut self, id: u64, connection: C) {
        self.connections.push(Slot {
            id,
            connection,
            active: 0,
            limit: INITIAL_LIMIT,
            peak: INITIAL_LIMIT,
            answers: 0,
        });
    }

    /// Takes a connection out of use. Requests on it finish there.
    pub(super) fn remove(&mut self, id: u64) -> Option<C> {
        let position = self.connections.iter().position(|slot| slot.id == id)?;
        Some(self.connections.swap_remove(position).connection)
    }

    /// Takes every connection out of use.
    pub(super) fn remove_all(&mut self) -> Vec<C> {
        self.connections
            .drain(..)
            .map(|slot| slot.connection)
            .collect()
    }

    pub(super) fn set_limit(&mut self, id: u64, limit: usize) {
        if let Some(slot) = self.find(id) {
            slot.limit = limit;
            slot.peak = slot.peak.max(limit);
        }
    }

    /// Notes one answered request, and tells whether more notes are of use.
    pub(super) fn note_answer(&mut self, id: u64) -> bool {
        self.find(id).is_some_and(|slot| {
            slot.answers = slot.answers.saturating_add(1);
            slot.answers < ANSWERS_TO_SETTLE
        })
    }

    /// Whether requests wait that only one more connection could take.
    pub(super) fn wants_connection(&self, max_connections: usize) -> bool {
        if self.waiting.is_empty() || self.connections.len() >= max_connections {
            return false;
        }
        if self.connections.iter().any(Slot::is_warming) {
            return false;
        }
        let (mut in_flight, mut capacity) = (self.waiting.len(), 0usize);
        for slot in &self.connections {
            in_flight += slot.active;
            capacity = capacity.saturating_add(slot.capacity());
        }
        in_flight > capacity
    }

    pub(super) fn has_connections(&self) -> bool {
        !self.connections.is_empty()
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn find(&mut self, id: u64) -> Option<&mut Slot<C>> {
        self.connections.iter_mut().find(|slot| slot.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(limits: &[usize]) -> Slots<&'static str, u32> {
        let mut slots = Slots::new();
        for (id, limit) in (0..).zip(limits) {
            slots.add(id, "connection");
            slots.set_limit(id, *limit);
        }
        slots
    }

    #[test]
    fn a_new_connection_takes_one_request_until_the_server_allows_more() {
        let mut slots = slots(&[]);
        slots.add(7, "connection");
        assert!(slots.take().is_some());
        assert!(slots.take().is_none());
        slots.set_limit(7, 3);
        assert!(slots.take().is_some());
        assert!(slots.take().is_some());
        assert!(slots.take().is_none());
    }

    #[test]
    fn the_least_loaded_connection_is_chosen() {
        let mut slots = slots(&[10, 10]);
        let ids: Vec<_> = (0..4).map(|_| slots.take().unwrap().0).collect();
        assert_eq!(ids, [0, 1, 0, 1]);
        slots.give_back(1);
        assert_eq!(slots.take().unwrap().0, 1);
    }

    #[test]
    fn nobody_overtakes_the_queue() {
        let mut slots = slots(&[1]);
        slots.take().unwrap();
        slots.wait(1);
        slots.give_back(0);
        assert!(slots.take().is_none());
        assert!(slots.take_for_first().is_some());
        assert_eq!(slots.pop_waiting(), Some(1));
    }

    #[test]
    fn who_leaves_the_queue_leaves_the_others_in_order() {
        let mut slots = slots(&[]);
        let tickets: Vec<_> = (0..4).map(|who| slots.wait(who)).collect();
        assert_eq!(slots.leave(tickets[2]), Some(2));
        assert_eq!(slots.leave(tickets[2]), None);
        let rest: Vec<_> = std::iter::from_fn(|| slots.pop_waiting()).collect();
        assert_eq!(rest, [0, 1, 3]);
    }

    #[test]
    fn a_lowered_limit_lets_nobody_in_until_enough_have_left() {
        let mut slots = slots(&[3]);
        for _ in 0..3 {
            slots.take().unwrap();
        }
        slots.set_limit(0, 2);
        slots.give_back(0);
        assert!(slots.take().is_none());
        slots.give_back(0);
        assert!(slots.take().is_some());
    }

    #[test]
    fn one_more_connection_is_wanted_only_when_all_are_full_and_somebody_waits() {
        let mut slots = slots(&[2]);
        assert!(!slots.wants_connection(10));
        slots.take().unwrap();
        slots.take().unwrap();
        assert!(!slots.wants_connection(10));
        slots.wait(1);
        assert!(slots.wants_connection(10));
        assert!(!slots.wants_connection(1));
    }

    #[test]
    fn nothing_is_dialled_while_a_connection_warms_up() {
        let mut slots = slots(&[]);
        slots.add(0, "connection");
        slots.take().unwrap();
        slots.wait(1);
        assert!(!slots.wants_connection(10));
        assert!(slots.note_answer(0));
        assert!(!slots.wants_connection(10), "the raise may be right behind");
        assert!(!slots.note_answer(0));
        assert!(slots.wants_connection(10), "the server allows just one");
    }

    #[test]
    fn a_limit_cut_down_to_one_is_no_reason_to_dial() {
        let mut slots = slots(&[100]);
        slots.take().unwrap();
        slots.set_limit(0, 1);
        slots.wait(1);
        assert!(!slots.wants_connection(10));
        for who in 0..100 {
            slots.wait(who);
        }
        assert!(slots.wants_connection(10));
    }

    #[test]
    fn a_connection_out_of_use_takes_its_load_with_it() {
        let mut slots = slots(&[1, 1]);
        slots.take().unwrap();
        slots.take().unwrap();
        assert!(slots.remove(0).is_some());
        slots.give_back(0);
        assert!(slots.take().is_none());
        assert_eq!(slots.remove_all().len(), 1);
        assert!(!slots.has_connections());
    }
}
