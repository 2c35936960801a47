//! One vendor at work: faults, the vendor's own judgement, and the record.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{DATE, HeaderName, HeaderValue};

use crate::CallKind;
use crate::call::{Answer, Call, Place, Reply};
use crate::clock::Clock;
use crate::faults::{Fault, Faults, GoAwayMode, Plan};
use crate::record::{Received, Record, Verdict};
use crate::vendor::{Options, Refusal, Vendor};

/// A vendor with everything that surrounds it.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) vendor: Box<dyn Vendor>,
    pub(crate) record: Record,
    pub(crate) faults: Arc<Faults>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) options: Options,
}

/// What the transport does with a request.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// Answers it.
    Reply(Reply),
    /// Answers with the head and a part of the body, then resets.
    PartialReply(Reply),
    /// Answers with the head, then with a byte of the body after each of these intervals.
    Drip(Reply, Duration),
    /// Resets the stream with this HTTP/2 error code.
    Reset(u32),
    /// Drops the connection.
    Drop,
    /// Sends GOAWAY with a last stream below this one.
    GoAway { debug: String },
    /// Sends GOAWAY that covers all streams, and closes.
    GoAwayAbrupt { debug: String },
    /// Never answers.
    Stall,
    /// Stops reading and writing on this connection.
    Freeze,
}

/// `INTERNAL_ERROR` of HTTP/2.
const INTERNAL_ERROR: u32 = 2;

impl Engine {
    /// Decides, once per request, what the script does to it.
    pub(crate) fn plan(&self, call: &Call) -> (Place, Plan) {
        let place = self.vendor.place(call);
        let plan = self
            .faults
            .plan(self.name, &place, || self.vendor.is_expired(call));
        (place, plan)
    }

    /// Judges the request and records it.
    pub(crate) fn conclude(&self, call: Call, place: Place, plan: Plan) -> Delivery {
        if let (Some(limit), Some(control)) = (plan.stream_limit, call.connection.control()) {
            control.set_limit(limit);
        }
        for token in &plan.flaky {
            self.vendor.flaky().fail_next(token);
        }
        let (delivery, verdict) = match plan.fault {
            Some(fault) => self.fault(&call, &place, fault),
            None => {
                let answer = self.serve(&call, &place);
                (Delivery::Reply(answer.reply), answer.verdict)
            }
        };
        if let Verdict::Refused {
            status,
            code,
            detail,
        } = &verdict
        {
            tracing::debug!(vendor = self.name, status, code, detail, "refused");
        }
        let accepted = verdict.is_accepted();
        self.record.add(place.kind, accepted, || {
            let answer = match &delivery {
                Delivery::Reply(reply)
                | Delivery::PartialReply(reply)
                | Delivery::Drip(reply, _) => reply.body.clone(),
                _ => Bytes::new(),
            };
            self.received(call, place, verdict, answer)
        });
        self.dated(delivery)
    }

    /// Adds `Date` by the simulator's clock, from which a client can tell that its own is wrong.
    fn dated(&self, mut delivery: Delivery) -> Delivery {
        if let Delivery::Reply(reply) | Delivery::PartialReply(reply) | Delivery::Drip(reply, _) =
            &mut delivery
            && let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(self.clock.now()))
        {
            reply.headers.insert(DATE, date);
        }
        delivery
    }

    fn serve(&self, call: &Call, place: &Place) -> Answer {
        let answer = self.vendor.serve(call);
        if self.options.limit_after_error
            && place.kind == CallKind::Push
            && let Some(control) = call.connection.control()
        {
            control.set_limit(limit_after(&answer, self.options.stream_limit));
        }
        answer
    }

    fn fault(&self, call: &Call, place: &Place, fault: Fault) -> (Delivery, Verdict) {
        let kind = fault.kind();
        let none = Verdict::Fault { fault: kind };
        match fault {
            Fault::Status {
                status,
                code,
                message,
                retry_after,
                body,
                headers,
            } => {
                let refusal = Refusal {
                    status: status_code(status),
                    code,
                    message,
                };
                let mut reply = self.vendor.refuse(place, &refusal);
                if let Some(body) = body {
                    reply.body = body.into();
                }
                if let Some(after) = retry_after {
                    reply = reply.retry_after(&after.to_string());
                }
                for (name, value) in headers {
                    if let (Ok(name), Ok(value)) =
                        (HeaderName::try_from(name), HeaderValue::try_from(value))
                    {
                        reply.headers.insert(name, value);
                    }
                }
                (Delivery::Reply(reply), none)
            }
            Fault::Html { status } => (Delivery::Reply(html(status_code(status))), none),
            Fault::Reset {
                after_headers: true,
                ..
            } => {
                let answer = self.serve(call, place);
                let mut reply = answer.reply;
                if reply.body.is_empty() {
                    reply.body = "{".into();
                }
                (Delivery::PartialReply(reply), spoiled(answer.verdict, kind))
            }
            Fault::Reset {
                processed,
                connection,
                code,
                ..
            } => {
                let delivery = if connection {
                    Delivery::Drop
                } else {
                    Delivery::Reset(code.unwrap_or(INTERNAL_ERROR))
                };
                (delivery, self.processed(call, place, processed, kind))
            }
            Fault::Goaway { mode, reason } => {
                let reason = reason.unwrap_or_else(|| "Shutdown".to_owned());
                let debug = serde_json::json!({ "reason": reason }).to_string();
                match mode {
                    GoAwayMode::Graceful => (Delivery::GoAway { debug }, none),
                    GoAwayMode::Abrupt => (Delivery::GoAwayAbrupt { debug }, none),
                    GoAwayMode::AbruptProcessed => {
                        let verdict = self.processed(call, place, true, kind);
                        (Delivery::GoAwayAbrupt { debug }, verdict)
                    }
                }
            }
            Fault::Stall {
                processed,
                connection,
            } => {
                let delivery = if connection {
                    Delivery::Freeze
                } else {
                    Delivery::Stall
                };
                (delivery, self.processed(call, place, processed, kind))
            }
            Fault::MalformedBody {
                status: Some(status),
                body,
            } => {
                let reply = broken(Reply::empty(status_code(status)), body);
                (Delivery::Reply(reply), none)
            }
            Fault::MalformedBody { status: None, body } => {
                let answer = self.serve(call, place);
                (
                    Delivery::Reply(broken(answer.reply, body)),
                    spoiled(answer.verdict, kind),
                )
            }
            Fault::ExpiredAuth {} => {
                self.vendor.expire(call);
                let answer = self.serve(call, place);
                (Delivery::Reply(answer.reply), answer.verdict)
            }
            Fault::Drip { ms } => {
                let answer = self.serve(call, place);
                let interval = Duration::from_millis(ms);
                (
                    Delivery::Drip(answer.reply, interval),
                    spoiled(answer.verdict, kind),
                )
            }
            // These never end a plan.
            Fault::Delay { .. } | Fault::StreamLimit { .. } | Fault::Flaky {} => {
                let answer = self.serve(call, place);
                (Delivery::Reply(answer.reply), answer.verdict)
            }
        }
    }

    fn processed(
        &self,
        call: &Call,
        place: &Place,
        processed: bool,
        fault: &'static str,
    ) -> Verdict {
        if processed {
            spoiled(self.serve(call, place).verdict, fault)
        } else {
            Verdict::Fault { fault }
        }
    }

    fn received(&self, call: Call, place: Place, verdict: Verdict, answer: Bytes) -> Received {
        let plaintext = self.vendor.plaintext(&call);
        let path = match call.query {
            Some(query) => format!("{}?{query}", call.path),
            None => call.path,
        };
        Received {
            vendor: self.name,
            kind: place.kind,
            method: call.method.to_string(),
            path,
            token: place.tokens.first().cloned(),
            tokens: place.tokens,
            plaintext,
            headers: call.headers,
            body: call.body,
            answer,
            verdict,
            connection: call.connection.number,
            stream: call.nth,
            time: self.clock.now(),
        }
    }
}

/// The limit after an answer: a refusal slows the connection down, except the one that says a
/// device is gone, which APNs does not count as an error.
fn limit_after(answer: &Answer, usual: u32) -> u32 {
    let status = answer.reply.status;
    if status.is_client_error() && status != StatusCode::GONE {
        1
    } else {
        usual
    }
}

/// What remains of a verdict whose answer the client cannot read.
fn spoiled(verdict: Verdict, fault: &'static str) -> Verdict {
    match verdict {
        Verdict::Accepted { id } => Verdict::AcceptedThenFault { id, fault },
        Verdict::PartlyAccepted { id, tokens, .. } => Verdict::PartlyAccepted {
            id,
            tokens,
            fault: Some(fault),
        },
        Verdict::Served => Verdict::Fault { fault },
        refused => refused,
    }
}

fn broken(mut reply: Reply, body: Option<String>) -> Reply {
    reply.body = body.unwrap_or_else(|| "{\"broken\": [".to_owned()).into();
    reply
}

fn html(status: StatusCode) -> Reply {
    let title = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n<title>{code} {title}</title>\n\
         <h1>{code} {title}</h1>\n<p>The server is temporarily unable to serve your request.</p>\n"
    );
    Reply::text(status, "text/html; charset=UTF-8", page)
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
