//! Ids of accepted pushes, and the resource that Mozilla gives each of them.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use http::{Method, StatusCode};
use uuid::Uuid;

use super::Service;
use super::answer::{Problem, refuse};
use crate::call::{Answer, Call, Reply};
use crate::sync::lock;

const FOLDER: &str = "/m/";
/// Pushes that can still be cancelled; the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Pushes that Mozilla's service accepted, by the path of their resource.
#[derive(Debug, Default)]
pub(super) struct Messages(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    paths: HashSet<String>,
    order: VecDeque<String>,
}

pub(super) fn is_path(path: &str) -> bool {
    path.starts_with(FOLDER)
}

impl Messages {
    /// The id of a new push, in its service's form.
    pub(super) fn accept(&self, service: Service, origin: &str) -> String {
        let id = Uuid::new_v4();
        match service {
            Service::Mozilla => {
                let path = format!("{FOLDER}{}", id.simple());
                self.keep(path.clone());
                format!("{origin}{path}")
            }
            Service::Google => format!("{origin}/0:{}", id.simple()),
            Service::Apple => id.to_string().to_uppercase(),
            Service::Microsoft => id.simple().to_string().to_uppercase(),
        }
    }

    fn keep(&self, path: String) {
        let mut kept = lock(&self.0);
        if kept.order.len() >= REMEMBERED
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.paths.remove(&oldest);
        }
        kept.order.push_back(path.clone());
        kept.paths.insert(path);
    }

    /// `DELETE` cancels a push, once.
    pub(super) fn answer(&self, call: &Call) -> Answer {
        if call.method != Method::DELETE {
            return refuse(Problem::Method, "a push can only be deleted").answer(Service::Mozilla);
        }
        match lock(&self.0).paths.remove(&call.path) {
            true => Answer::served(Reply::empty(StatusCode::NO_CONTENT)),
            false => refuse(Problem::Path, "no such push").answer(Service::Mozilla),
        }
    }

    pub(super) fn clear(&self) {
        *lock(&self.0) = Kept::default();
    }
}
