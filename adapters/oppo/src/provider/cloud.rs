//! One region's cloud: its host, its token, and what was saved there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use zpns_core::config::ConfigError;
use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Outcome, Retry, Sent, Setup, Timestamp};
use zpns_kit::{Lease, Login, Wire};

use crate::auth::{Exchange, take_token};
use crate::config::OppoConfig;
use crate::message::{Content, Encoded, Route, encoded_value};
use crate::region::Region;
use crate::response::{
    Answer, Call, Circumstances, Judged, error_of_call, is_repeat, judge, refusal,
};
use crate::saved::{self, SavedId, SavedMessages};

const UNICAST: &str = "/server/v1/message/notification/unicast";
const UNICAST_BATCH: &str = "/server/v1/message/notification/unicast_batch";
const SAVE: &str = "/server/v1/message/notification/save_message_content";
const BROADCAST: &str = "/server/v1/message/notification/broadcast";

/// One region's cloud, as one app sees it.
#[derive(Debug)]
pub(super) struct Cloud {
    region: Region,
    exchange: Exchange,
    channel: Arc<Channel>,
    saved: SavedMessages,
}

/// One message on its way in one batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery<'a> {
    pub(super) encoded: &'a Encoded,
    pub(super) attempt: u32,
    pub(super) deadline: Option<Duration>,
}

impl Cloud {
    pub(super) fn new(
        config: &OppoConfig,
        setup: &Setup,
        region: Region,
    ) -> Result<Self, ConfigError> {
        let wire = Wire::open(setup, region.endpoint())?;
        let exchange = Exchange::new(config, &wire)?;
        Ok(Self {
            region,
            saved: SavedMessages::new(Arc::clone(&wire.clock)),
            channel: Arc::new(Channel {
                login: exchange.clone().login(),
                unicast: wire.uri(UNICAST)?,
                unicast_batch: wire.uri(UNICAST_BATCH)?,
                save: wire.uri(SAVE)?,
                broadcast: wire.uri(BROADCAST)?,
                wire,
            }),
            exchange,
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.channel.wire.clock.now()
    }

    /// Whether the credentials are good for a token. It is not kept: it is the one that we have.
    pub(super) async fn prove(&self) -> Result<(), Error> {
        self.exchange.run().await.map(drop)
    }

    pub(super) async fn close(&self, grace: Duration) {
        self.channel.wire.close(grace).await;
    }

    /// One outcome for each of these targets, in their order.
    ///
    /// Where OPPO says of many that one is not valid, and not which, they are asked about in ever
    /// smaller groups: nothing is dropped for what was said of another one. That ends with the
    /// attempt's time; those that it does not reach keep their tokens. A target that is asked about
    /// again is still pushed to once, by its `app_message_id`.
    pub(super) async fn push(&self, delivery: Delivery<'_>, targets: &[&str]) -> Vec<Outcome> {
        let wire = &self.channel.wire;
        let end = wire.clock.monotonic() + wire.time_for_one_call(delivery.deadline);
        let mut outcomes = Vec::with_capacity(targets.len());
        // What was said of a group beside it, once something was.
        let mut groups: Vec<(&[&str], Option<Outcome>)> = Vec::new();
        if !targets.is_empty() {
            groups.push((targets, None));
        }
        while let Some((group, said)) = groups.pop() {
            let judged = match &said {
                Some(said) if wire.clock.monotonic() >= end => {
                    Ok(Judged::Each(vec![said.clone(); group.len()]))
                }
                Some(_) => {
                    let again = Delivery {
                        deadline: Some(end),
                        ..delivery
                    };
                    self.deliver(again, group).await
                }
                None => self.deliver(delivery, group).await,
            };
            match judged {
                Ok(Judged::Each(of_group)) => outcomes.extend(of_group),
                Ok(Judged::Stale(outcome)) => outcomes.extend(vec![outcome; group.len()]),
                Ok(Judged::Together(said)) => {
                    let (first, second) = group.split_at(group.len() / 2);
                    groups.push((second, Some(said.clone())));
                    groups.push((first, Some(said)));
                }
                Err(error) => {
                    let outcome = said.unwrap_or_else(|| error.into());
                    outcomes.extend(vec![outcome; group.len()]);
                }
            }
        }
        outcomes
    }

    async fn deliver(&self, delivery: Delivery<'_>, targets: &[&str]) -> Result<Judged, Error> {
        match (delivery.encoded.route, targets) {
            (Route::BroadcastOnly, _) => self.broadcast(delivery, targets).await,
            (_, [target]) => {
                let body = |auth: &str| delivery.encoded.unicast(auth, target);
                self.ask(Call::Unicast, delivery, targets, body).await
            }
            (Route::Broadcast, _) => self.broadcast(delivery, targets).await,
            (Route::Unicast, _) => self.one_by_one(delivery, targets).await,
        }
    }

    async fn one_by_one(&self, delivery: Delivery<'_>, targets: &[&str]) -> Result<Judged, Error> {
        let body = |auth: &str| delivery.encoded.unicast_batch(auth, targets);
        self.ask(Call::UnicastBatch, delivery, targets, body).await
    }

    /// A broadcast of the saved message; saved anew, and broadcast once more, if it is gone.
    async fn broadcast(&self, delivery: Delivery<'_>, targets: &[&str]) -> Result<Judged, Error> {
        let encoded = delivery.encoded;
        let saved = self.saved.of(self.region, encoded.key);
        let mut was_gone = false;
        loop {
            let saving = saved.get(|| {
                let (channel, content) = (Arc::clone(&self.channel), encoded.content());
                let attempt = delivery.attempt;
                Box::pin(async move { channel.save(content, attempt).await })
            });
            let late = "the message was not saved in time";
            let id = self
                .channel
                .wire
                .within(delivery.deadline, late, saving)
                .await?;
            let Some(message_id) = &id.value else {
                return self.without_id(delivery, targets).await;
            };
            let body = |auth: &str| encoded.broadcast(auth, message_id, targets);
            let judged = self.ask(Call::Broadcast, delivery, targets, body).await?;
            match judged {
                Judged::Stale(outcome)
                    if was_gone || !saved.invalidate(id.generation).brings_another() =>
                {
                    return Ok(Judged::Stale(outcome));
                }
                Judged::Stale(_) => was_gone = true,
                judged => return Ok(judged),
            }
        }
    }

    /// OPPO has the message, and does not say under which id: one by one it goes out all the same.
    async fn without_id(&self, delivery: Delivery<'_>, targets: &[&str]) -> Result<Judged, Error> {
        match delivery.encoded.route {
            Route::BroadcastOnly => Err(Error::new(
                ErrorKind::Protocol,
                "OPPO has the message already, and does not say under which id",
            )),
            _ => self.one_by_one(delivery, targets).await,
        }
    }

    async fn ask(
        &self,
        call: Call,
        delivery: Delivery<'_>,
        targets: &[&str],
        body: impl Fn(&str) -> Bytes,
    ) -> Result<Judged, Error> {
        let channel = &self.channel;
        let uri = match call {
            Call::Unicast => &channel.unicast,
            Call::UnicastBatch => &channel.unicast_batch,
            Call::Broadcast => &channel.broadcast,
        };
        let response = channel.post(uri, delivery.deadline, body).await?;
        let circumstances = Circumstances {
            now: self.now(),
            attempt: delivery.attempt,
        };
        Ok(judge(&response, call, targets, circumstances))
    }
}

/// The way into a cloud.
#[derive(Debug)]
struct Channel {
    wire: Wire,
    login: Login,
    unicast: Uri,
    unicast_batch: Uri,
    save: Uri,
    broadcast: Uri,
}

impl Channel {
    /// Posts what `body` makes of the auth token, and once more with a fresh token if this one was
    /// not accepted.
    async fn post(
        &self,
        uri: &Uri,
        deadline: Option<Duration>,
        body: impl Fn(&str) -> Bytes,
    ) -> Result<HttpResponse, Error> {
        let mut attempts = self.login.attempts(&self.wire, deadline);
        loop {
            let mut headers = attempts.headers().await?;
            let token = take_token(&mut headers);
            let body = body(&encoded_value(token.expose()));
            let response = self.wire.post(uri, headers, body, deadline).await?;
            match refusal(&response) {
                None => return Ok(response),
                Some(code) => attempts.refused(code, &response)?,
            }
        }
    }

    /// Saves a message for broadcasts. Whatever becomes of it, nothing was pushed.
    async fn save(&self, content: Content, attempt: u32) -> Result<Lease<SavedId>, Error> {
        self.try_to_save(content, attempt).await.map_err(|error| {
            error
                .with_sent(Sent::No)
                .with_context("while", "saving the message for a broadcast")
        })
    }

    async fn try_to_save(&self, content: Content, attempt: u32) -> Result<Lease<SavedId>, Error> {
        let body = |auth: &str| content.save(auth);
        let response = self.post(&self.save, None, body).await?;
        let circumstances = Circumstances {
            now: self.wire.clock.now(),
            attempt,
        };
        let answer = Answer::read(&response);
        let good = answer
            .as_ref()
            .is_some_and(|answer| answer.is_good(response.status));
        let id = answer.as_ref().and_then(Answer::saved_id).map(Arc::from);
        match (id, answer) {
            (Some(id), Some(answer)) if good || is_repeat(&answer) => {
                Ok(Lease::new(Some(id), saved::LIFE))
            }
            (None, Some(answer)) if is_repeat(&answer) => Ok(Lease::new(None, saved::LIFE)),
            (None, _) if good => Err(Error::new(
                ErrorKind::Protocol,
                "the answer does not say under which id the message is saved",
            )
            .with_retry(Retry::Backoff)),
            _ => Err(error_of_call(&response, circumstances)),
        }
    }
}
