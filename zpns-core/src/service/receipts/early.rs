//! Receipts that are faster than the page that their push is written down with.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{ProviderId, Timestamp, Token};
use crate::receipt::Receipt;

/// So many wait.
const MOST: usize = 10_000;
/// So long: a page takes a minute at the most, unless somebody gave it more.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longer ones do not wait: no vendor's texts are as long together.
const LONGEST: usize = 8 * 1024;

pub(super) type Key = (ProviderId, Arc<str>, Token);

/// Receipts that wait for their pushes. Whoever sends receipts for pushes that there are not fills
/// this, and no more than this.
#[derive(Debug, Default)]
pub(super) struct EarlyReceipts {
    waiting: HashMap<Key, Vec<Receipt>>,
    order: VecDeque<(Timestamp, Key)>,
}

impl EarlyReceipts {
    /// Has a receipt wait, if it names a push.
    pub(super) fn insert(&mut self, provider: &ProviderId, receipt: &Receipt, now: Timestamp) {
        let Some(id) = &receipt.vendor_id else {
            return;
        };
        let texts = [receipt.tag.as_ref(), Some(id), Some(&receipt.code)];
        let texts = texts.into_iter().flatten().map(|text| text.len());
        if texts.sum::<usize>() + receipt.token.as_str().len() > LONGEST {
            return;
        }
        if self.order.len() >= MOST {
            self.pop();
        }
        let key = (provider.clone(), Arc::clone(id), receipt.token.clone());
        let waiting = self.waiting.entry(key.clone()).or_default();
        waiting.push(receipt.clone());
        self.order.push_back((now, key));
    }

    /// Those for a push, in the order in which they came.
    pub(super) fn take(&mut self, key: &Key) -> Vec<Receipt> {
        // Their places in the order stay, and find nothing when their time has come.
        self.waiting.remove(key).unwrap_or_default()
    }

    /// Forgets those that waited for too long.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let old = |(since, _): &(Timestamp, Key)| now.since(*since) > PATIENCE;
        while self.order.front().is_some_and(old) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some((_, key)) = self.order.pop_front() else {
            return;
        };
        if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.drain(..1.min(waiting.len()));
            if waiting.is_empty() {
                self.waiting.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::ReceiptEvent;

    fn receipt(id: &str) -> Receipt {
        Receipt::new("token", ReceiptEvent::Delivered, "0").with_vendor_id(Arc::<str>::from(id))
    }

    fn key(id: &str) -> Key {
        ("mi".into(), id.into(), "token".into())
    }

    #[test]
    fn they_wait_for_two_minutes_and_no_flood_makes_them_more() {
        let mut early = EarlyReceipts::default();
        let provider = ProviderId::from("mi");
        let start = Timestamp::from_secs(1_000);
        early.insert(&provider, &receipt("first"), start);
        for number in 0..MOST {
            early.insert(&provider, &receipt(&number.to_string()), start);
        }
        assert_eq!(early.order.len(), MOST);
        assert_eq!(early.take(&key("first")), []);
        assert_eq!(early.take(&key("7")), [receipt("7")]);
        assert_eq!(early.take(&key("7")), []);
        early.forget(Timestamp::from_secs(1_120));
        assert_eq!(early.take(&key("8")), [receipt("8")]);
        early.forget(Timestamp::from_secs(1_121));
        assert_eq!(early.take(&key("9")), []);
        assert!(early.waiting.is_empty() && early.order.is_empty());
    }

    #[test]
    fn a_receipt_that_is_longer_than_any_vendors_does_not_wait() {
        let mut early = EarlyReceipts::default();
        let long = Arc::<str>::from("x".repeat(LONGEST));
        early.insert(
            &"mi".into(),
            &receipt("1").with_tag(long),
            Timestamp::from_secs(1),
        );
        assert!(early.order.is_empty());
    }

    #[test]
    fn a_receipt_without_an_id_waits_for_nothing() {
        let mut early = EarlyReceipts::default();
        let told = Receipt::new("token", ReceiptEvent::Delivered, "0");
        early.insert(&"mi".into(), &told, Timestamp::from_secs(1));
        assert!(early.order.is_empty());
    }
}
