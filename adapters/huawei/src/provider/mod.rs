//! What the two providers share: one request to some targets, and a second one with a fresh bearer
//! if the first one's was not accepted.

mod harmony;
mod hms;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use zpns_core::{Error, Outcome};
use zpns_kit::{Login, Wire};

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
struct Api {
    wire: Wire,
    login: Login,
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

impl Api {
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
            now: self.wire.clock.now(),
            attempt: route.attempt,
            drop_no_right: self.drop_no_right,
        };
        let mut attempts = self.login.attempts(&self.wire, route.deadline);
        loop {
            let mut headers = attempts.headers().await?;
            if let Some(push_type) = route.push_type {
                headers.insert(PUSH_TYPE, HeaderValue::from_static(push_type));
            }
            let body = body.clone();
            let response = self.wire.post(route.uri, headers, body, route.deadline);
            let response = response.await?;
            match judge(&response, targets, circumstances) {
                Judged::Each(outcomes) => return Ok(outcomes),
                Judged::Refused(code) => attempts.refused(code, &response)?,
            }
        }
    }
}
