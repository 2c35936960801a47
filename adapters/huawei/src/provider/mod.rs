//! What the two providers share: one request to some targets, and a second one with a fresh bearer
//! if the first one's was not accepted.

mod harmony;
mod hms;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, poll_immediate, select};
use http::{HeaderMap, HeaderValue, Method, Uri};
use zpns_core::resources::{HttpClient, HttpRequest, HttpResponse};
use zpns_core::{
    Batch, Clock, Error, ErrorKind, Outcome, Rejection, Report, Retry, Target, VendorCode,
};
use zpns_kit::{Cached, clock_skew, http_error};

use crate::auth::Auth;
use crate::response::{Circumstances, Judged, judge};

pub use self::harmony::HarmonyProvider;
#[cfg(test)]
pub(crate) use self::harmony::capability as harmony_capability;
pub use self::hms::HuaweiProvider;
#[cfg(test)]
pub(crate) use self::hms::capability as hms_capability;

/// Both APIs live on one host.
const ENDPOINT: &str = "https://push-api.cloud.huawei.com";
/// A token that no device has, for a credential check.
const NOBODY: &str = "zpns-check-nobody";
/// The header that says what a v3 push is for.
const PUSH_TYPE: &str = "push-type";

/// The way to Huawei.
#[derive(Debug)]
struct Wire {
    http: Arc<dyn HttpClient>,
    auth: Auth,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    drop_no_right: bool,
}

/// Where a request goes, and until when.
#[derive(Clone, Copy, Debug)]
struct Route<'a> {
    uri: &'a Uri,
    push_type: Option<&'static str>,
    deadline: Option<Duration>,
    attempt: u32,
}

impl Wire {
    /// One outcome for each of these targets, in their order.
    async fn push(&self, route: Route<'_>, body: Bytes, targets: &[&str]) -> Vec<Outcome> {
        match self.deliver(route, body, targets).await {
            Ok(outcomes) => outcomes,
            Err(error) => vec![error.into(); targets.len()],
        }
    }

    async fn deliver(
        &self,
        route: Route<'_>,
        body: Bytes,
        targets: &[&str],
    ) -> Result<Vec<Outcome>, Error> {
        let circumstances = Circumstances {
            now: self.clock.now(),
            attempt: route.attempt,
            drop_no_right: self.drop_no_right,
        };
        let bearer = self.bearer(route.deadline).await?;
        let generation = bearer.generation;
        let response = self.post(route, body.clone(), bearer.value).await?;
        let refusal = match judge(&response, targets, circumstances) {
            Judged::Each(outcomes) => return Ok(outcomes),
            Judged::Refused(code) => code,
        };
        if !self.auth.refused(generation).brings_another() {
            return Err(self.unauthenticated(refusal, &response));
        }
        let bearer = self.bearer(route.deadline).await?;
        let response = self.post(route, body, bearer.value).await?;
        match judge(&response, targets, circumstances) {
            Judged::Each(outcomes) => Ok(outcomes),
            Judged::Refused(code) => Err(self.unauthenticated(code, &response)),
        }
    }

    /// A bearer, within the deadline. Nearly always there is one already, and no timer is made.
    async fn bearer(&self, deadline: Option<Duration>) -> Result<Cached<HeaderMap>, Error> {
        let mut headers = std::pin::pin!(self.auth.headers());
        if let Some(ready) = poll_immediate(headers.as_mut()).await {
            return ready;
        }
        let Some(left) = self.time_left(deadline) else {
            return headers.await;
        };
        match select(headers, self.clock.sleep(left)).await {
            Either::Left((headers, _)) => headers,
            Either::Right(((), _)) => {
                let message = "no access token was granted in time";
                Err(Error::new(ErrorKind::Timeout, message).with_retry(Retry::Backoff))
            }
        }
    }

    async fn post(
        &self,
        route: Route<'_>,
        body: Bytes,
        mut headers: HeaderMap,
    ) -> Result<HttpResponse, Error> {
        let left = self.time_left(route.deadline);
        let timeout = left.map_or(self.timeout, |left| left.min(self.timeout));
        if timeout.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the deadline has passed"));
        }
        if let Some(push_type) = route.push_type {
            headers.insert(PUSH_TYPE, HeaderValue::from_static(push_type));
        }
        let request = HttpRequest {
            method: Method::POST,
            uri: route.uri.clone(),
            headers,
            body,
            timeout,
        };
        self.http.send(request).await.map_err(http_error)
    }

    fn time_left(&self, deadline: Option<Duration>) -> Option<Duration> {
        deadline.map(|deadline| deadline.saturating_sub(self.clock.monotonic()))
    }

    /// Not even a fresh bearer is accepted.
    fn unauthenticated(&self, code: VendorCode, response: &HttpResponse) -> Error {
        let message = match &code.reason {
            Some(said) => format!("Huawei does not accept a fresh token either ({said})"),
            None => "Huawei does not accept a fresh token either".to_owned(),
        };
        let error = Error::new(ErrorKind::CredentialInvalid, message).with_vendor(code);
        match clock_skew(&response.headers, self.clock.now()) {
            Some(skew) => error.with_context("clock", skew),
            None => error,
        }
    }
}

/// Targets that may stand in a request, and the refusal of each other one.
///
/// A token is opaque, but one with blanks in it makes Huawei call all of its request's invalid
/// (`reference/huawei.md` §4.2).
struct Sorted<'a> {
    refusals: Vec<Option<Rejection>>,
    sound: Vec<&'a str>,
}

impl<'a> Sorted<'a> {
    fn new(targets: &'a [Target]) -> Self {
        let mut sound = Vec::with_capacity(targets.len());
        let refusals = targets.iter().map(|target| {
            let token = target.token.as_str();
            if token.is_empty() || token.contains(|letter: char| !is_visible(letter)) {
                let why = "the token is empty or holds blanks";
                return Some(Rejection::new(ErrorKind::TokenInvalid, why));
            }
            sound.push(token);
            None
        });
        Self {
            refusals: refusals.collect(),
            sound,
        }
    }

    /// The outcomes of the sound ones among the refusals of the others.
    fn report(self, batch: &Batch, answered: Vec<Outcome>) -> Report {
        let mut answered = answered.into_iter();
        let outcomes = self
            .refusals
            .into_iter()
            .filter_map(|refusal| match refusal {
                Some(refusal) => Some(refusal.into()),
                None => answered.next(),
            });
        batch.report(outcomes.collect())
    }
}

fn is_visible(letter: char) -> bool {
    !letter.is_whitespace() && !letter.is_control()
}
