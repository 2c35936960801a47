//! Every order of everything that can happen to a call.
//!
//! Each operation of the table is one critical section, so that what threads do at the same time
//! is always one of the orders in which their operations can follow each other. All of them are
//! tried: the caller's side, the instance's thread, and a plugin that completes from several
//! threads, once too often, under a wrong id, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use zpns_plugin_api::abi::Status;

use super::{Abandoned, CallTable, Completion, Ending};

/// One operation of one thread.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    /// The caller looks whether it is over.
    Poll,
    /// The caller gives up (its future is dropped, or its time is up).
    Abandon,
    /// The instance's thread takes the call to the plugin.
    Begin,
    /// The plugin's `send` returned without taking it.
    Refuse,
    /// The instance's thread looks whether the plugin has to be told to stop.
    CancelIfDetached,
    /// The plugin completes the call.
    Complete,
    /// The plugin completes a call that never was.
    Forge,
}

/// What was seen in one run.
struct World {
    table: CallTable,
    id: u64,
    wakes: Arc<Wakes>,
    begun: bool,
    refused: bool,
    abandoned: bool,
    endings: Vec<Ending>,
    delivered: usize,
    late: usize,
    stray: usize,
    cancels: usize,
    /// Wakes seen when the caller was last told to wait.
    pending_at: Option<usize>,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl World {
    fn new() -> Self {
        let table = CallTable::new(1);
        let id = table.open(Bytes::from_static(b"body")).unwrap();
        assert_eq!(table.open(Bytes::new()), None, "the limit");
        Self {
            table,
            id,
            wakes: Arc::default(),
            begun: false,
            refused: false,
            abandoned: false,
            endings: Vec::new(),
            delivered: 0,
            late: 0,
            stray: 0,
            cancels: 0,
            pending_at: None,
        }
    }

    fn step(&mut self, step: Step) {
        let ok = || Ok(Bytes::from_static(b"{}"));
        match step {
            Step::Poll => {
                if self.abandoned || !self.endings.is_empty() {
                    return;
                }
                let waker = Waker::from(Arc::clone(&self.wakes));
                match self.table.poll(self.id, &Context::from_waker(&waker)) {
                    Poll::Ready(ending) => self.endings.push(ending),
                    Poll::Pending => self.pending_at = Some(self.woken()),
                }
            }
            Step::Abandon => {
                if !self.endings.is_empty() {
                    return;
                }
                self.abandoned = true;
                let expected = if !self.begun {
                    Abandoned::NeverSent
                } else if self.refused || self.delivered > 0 {
                    Abandoned::Over
                } else {
                    Abandoned::Cancel
                };
                assert_eq!(self.table.abandon(self.id), expected);
                assert_eq!(self.table.abandon(self.id), Abandoned::Over, "once");
            }
            Step::Begin => {
                let body = self.table.begin(self.id);
                assert_eq!(body.is_some(), !self.abandoned, "what nobody waits for");
                self.begun = body.is_some();
                assert_eq!(self.table.begin(self.id), None, "never twice");
            }
            Step::Refuse => {
                if self.begun {
                    self.refused = self.delivered + self.late == 0;
                    self.table.refuse(self.id, Status::CLOSED);
                }
            }
            Step::CancelIfDetached => {
                if self.table.is_detached(self.id) {
                    assert!(self.abandoned && self.begun);
                    self.cancels += 1;
                }
            }
            Step::Complete => {
                let (completion, body) = self.table.complete(self.id, Status::OK, ok());
                match completion {
                    Completion::Delivered => self.delivered += 1,
                    Completion::Late => self.late += 1,
                    Completion::Stray => self.stray += 1,
                }
                let lent = completion != Completion::Stray;
                assert_eq!(
                    body.as_deref(),
                    lent.then_some(&b"body"[..]),
                    "kept so long"
                );
            }
            Step::Forge => {
                let (completion, _) = self.table.complete(self.id + 7, Status::OK, ok());
                assert_eq!(completion, Completion::Stray);
            }
        }
        self.check();
    }

    fn woken(&self) -> usize {
        self.wakes.0.load(Ordering::Relaxed)
    }

    fn check(&self) {
        assert!(self.endings.len() <= 1, "two outcomes");
        assert!(self.delivered + self.late <= 1, "completed twice");
        assert!(self.cancels <= 1);
        let ended = self.delivered + self.late > 0 || self.refused;
        let running = self.begun && !ended;
        let queued = !self.begun && !self.abandoned;
        assert_eq!(
            self.table.unfinished(),
            usize::from(running || queued),
            "what the plugin holds counts until it lets go"
        );
        let waiting = !self.abandoned && self.endings.is_empty();
        if let Some(woken) = self.pending_at
            && waiting
            && ended
        {
            assert!(self.woken() > woken, "a caller sleeps through the ending");
        }
    }

    /// Whatever happened, a caller that still waits gets the ending if there is one.
    fn finish(mut self) -> (usize, usize) {
        self.step(Step::Poll);
        let ended = self.delivered > 0 || self.refused;
        if !self.abandoned {
            assert_eq!(self.endings.len(), usize::from(ended), "an ending is lost");
        }
        (self.endings.len(), self.stray)
    }
}

/// Runs every order of the threads' steps; how many there are.
fn every_order(threads: &[&[Step]], mut each: impl FnMut(World, &[Step])) -> usize {
    let mut orders = vec![(vec![0; threads.len()], Vec::new())];
    let mut count = 0;
    while let Some((at, order)) = orders.pop() {
        let mut over = true;
        for (thread, steps) in threads.iter().enumerate() {
            if let Some(step) = steps.get(at[thread]) {
                over = false;
                let (mut at, mut order): (Vec<usize>, Vec<Step>) = (at.clone(), order.clone());
                at[thread] += 1;
                order.push(*step);
                orders.push((at, order));
            }
        }
        if over {
            let mut world = World::new();
            order.iter().for_each(|step| world.step(*step));
            each(world, &order);
            count += 1;
        }
    }
    count
}

#[test]
#[cfg_attr(miri, ignore = "takes hours there, and holds no unsafe code")]
fn no_order_of_events_loses_a_call_or_ends_it_twice() {
    use Step::{Abandon, Begin, CancelIfDetached, Complete, Forge, Poll, Refuse};

    let callers: [&[Step]; 3] = [&[Poll, Poll], &[Poll, Abandon], &[Poll, Poll, Abandon]];
    let hosts: [&[Step]; 2] = [&[Begin, CancelIfDetached], &[Begin, Refuse]];
    let plugins: [&[&[Step]]; 4] = [
        &[],
        &[&[Complete]],
        &[&[Complete], &[Forge]],
        &[&[Complete, Complete], &[Complete]],
    ];
    let mut orders = 0;
    let (mut with_ending, mut with_stray) = (0, 0);
    for caller in callers {
        for host in hosts {
            for plugin in plugins {
                let mut threads = vec![caller, host];
                threads.extend(plugin);
                orders += every_order(&threads, |world, _| {
                    let (endings, stray) = world.finish();
                    with_ending += endings;
                    with_stray += usize::from(stray > 0);
                });
            }
        }
    }
    assert!(orders > 4_000, "{orders}");
    assert!(with_ending > 0 && with_stray > 0);
}

#[test]
fn a_caller_that_gave_up_has_its_place_taken_until_the_plugin_lets_go() {
    let table = CallTable::new(1);
    let id = table.open(Bytes::new()).unwrap();
    drop(table.begin(id));
    assert_eq!(table.abandon(id), Abandoned::Cancel);
    assert_eq!(table.open(Bytes::new()), None);
    let (completion, _) = table.complete(id, Status::CANCELLED, Ok(Bytes::new()));
    assert_eq!(completion, Completion::Late);
    assert!(table.open(Bytes::new()).is_some());
}

#[test]
fn what_is_open_when_the_plugin_goes_ends() {
    let table = CallTable::new(8);
    let queued = table.open(Bytes::new()).unwrap();
    let running = table.open(Bytes::new()).unwrap();
    drop(table.begin(running));
    table.end_all();
    let context = Context::from_waker(Waker::noop());
    let refused = Ending::Refused(Status::CLOSED);
    assert_eq!(table.poll(queued, &context), Poll::Ready(refused));
    let given_up = Ending::Completed(Status::CANCELLED, Ok(Bytes::new()));
    assert_eq!(table.poll(running, &context), Poll::Ready(given_up));
    assert_eq!(table.unfinished(), 0);
}
