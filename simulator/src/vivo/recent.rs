//! A memory that does not grow for ever.

use std::collections::{HashMap, VecDeque};

/// How many things are remembered: more than any test sends.
const MOST: usize = 200_000;

/// The newest values, by their keys.
#[derive(Debug)]
pub(super) struct Recent<V> {
    known: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<V> Recent<V> {
    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.known.get(key)
    }

    pub(super) fn insert(&mut self, key: String, value: V) {
        if self.known.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
