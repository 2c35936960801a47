//! One message to a million targets through the router's stream, for every vendor that takes many
//! targets in one request: in as few requests as the vendor allows, and without an audience in
//! memory. Tests are named `<vendor>::<case>`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a case fails by panicking"
)]

mod vendors;

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Builder;

use crate::vendors::{BatchVendor, Call, VENDORS, VendorConnector};

/// The router's `READY_AT_ONCE`: outcomes that wait for the caller before it reads on.
const READY: usize = 1_024;
/// Batches that the router keeps cut beside those in flight.
const BATCHES_AHEAD: usize = 4;
/// Targets that it reads ahead at the least, for vendors with small batches.
const LEAST_AHEAD: usize = 4 * 256;

/// A case: its name, and how many targets it has for a batch limit.
type Case = (&'static str, fn(usize) -> usize);

const MILLION: Case = ("a_million_targets_take_the_fewest_requests", |_| 1_000_000);
/// For a vendor that answers each target by itself: reading that takes a test's build far longer
/// than all else, and OPPO has its million in its other row.
const HUNDRED_THOUSAND: Case = (
    "a_hundred_thousand_targets_take_the_fewest_requests",
    |_| 100_000,
);
const ONE_TOO_MANY: Case = ("a_target_too_many_takes_one_more_request", |limit| {
    3 * limit + 1
});
const FULL: Case = ("a_full_batch_takes_one_request", |limit| limit);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = VENDORS.iter().flat_map(|vendor| {
        let audience = if vendor.answers_each() {
            HUNDRED_THOUSAND
        } else {
            MILLION
        };
        [audience, ONE_TOO_MANY, FULL].map(|(name, targets)| {
            Trial::test(format!("{}::{name}", vendor.name), move || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(stream_to(vendor, targets(vendor.limit)));
                Ok(())
            })
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

async fn stream_to(vendor: &'static BatchVendor, total: usize) {
    let connector = VendorConnector::new(vendor);
    let router = vendor.router(Arc::new(connector.clone())).unwrap();
    let provider = vendor.provider(Arc::new(connector.clone())).unwrap();
    let capability = provider.capability();
    assert_eq!(capability.batch, vendor.limit);

    // Targets are made as they are read, and counted: read less answered is what is in memory.
    let (read, answered, most) = (Rc::new(Cell::new(0)), Cell::new(0), Rc::new(Cell::new(0)));
    let answered = Rc::new(answered);
    let targets = {
        let (read, answered, most) = (Rc::clone(&read), Rc::clone(&answered), Rc::clone(&most));
        stream::iter(0..total).map(move |number| {
            read.set(read.get() + 1);
            most.set(most.get().max(read.get() - answered.get()));
            vendor.target(number)
        })
    };
    let message = vendor.notification();
    let mut flow = router.stream(&message, targets);
    while let Some(delivery) = flow.next().await {
        assert!(delivery.outcome.is_accepted(), "{:?}", delivery.outcome);
        answered.set(answered.get() + 1);
    }

    assert_eq!((read.get(), answered.get()), (total, total));
    assert_eq!(connector.count(Call::Push), total.div_ceil(vendor.limit));
    assert_eq!(connector.count(Call::Save), usize::from(vendor.saves));
    assert!(connector.count(Call::Login) <= 1);
    let ahead = (BATCHES_AHEAD * vendor.limit).max(LEAST_AHEAD);
    let in_flight = (capability.in_flight + 1) * vendor.limit;
    let bound = ahead + in_flight + READY + vendor.limit;
    assert!(most.get() <= bound, "{} of {bound} in memory", most.get());
}
