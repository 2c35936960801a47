//! The types of a fault script, as they are in a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Faults to inject, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultScript {
    /// Seed of the rules that hit only a share of the requests. The simulator's own by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rules. The first one that answers a request wins.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl FaultScript {
    /// A script without rules: no faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// Which requests a rule looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Target {
    /// Pushes.
    #[default]
    Push,
    /// Requests that obtain a credential.
    Auth,
    /// Whatever else the vendor offers.
    Other,
    /// Every request.
    Any,
}

/// One rule: which requests it hits, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Only requests to this vendor, whose name is also its provider id. All vendors by default.
    #[serde(default, alias = "vendor", skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only requests of this kind.
    #[serde(default)]
    pub target: Target,
    /// Only requests that name exactly this token, among others or alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Only requests that name a token which starts so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_prefix: Option<String>,
    /// Lets this many matching requests pass first.
    #[serde(default)]
    pub after: u64,
    /// Hits this many requests at most, counted exactly however many come at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Hits this share of the matching requests, 0 to 1, by the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// A rule that hits every push with `fault`.
    pub fn new(fault: Fault) -> Self {
        Self {
            provider: None,
            target: Target::Push,
            token: None,
            token_prefix: None,
            after: 0,
            count: None,
            share: None,
            fault,
        }
    }

    /// Limits the rule to one vendor.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Chooses the kind of request.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Limits the rule to one token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Limits the rule to tokens that start so.
    #[must_use]
    pub fn token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.token_prefix = Some(prefix.into());
        self
    }

    /// Lets `requests` pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// Hits `requests` at most.
    #[must_use]
    pub fn count(mut self, requests: u64) -> Self {
        self.count = Some(requests);
        self
    }

    /// Hits a share of the requests, 0 to 1.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = Some(share);
        self
    }
}

/// What happens to a request that a rule hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// An answer of this status in the vendor's own error body. The request is not acted on.
    Status {
        /// HTTP status.
        status: u16,
        /// The vendor's code or reason. The vendor's usual one for the status by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// The vendor's text, where its body has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
        /// The body, literally, in place of the vendor's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// More headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// The answer comes late. Later rules still apply.
    Delay {
        /// How late, in milliseconds of real time.
        ms: u64,
    },
    /// The targets of the request that `token` or `token_prefix` name (all of it without them) are
    /// unavailable this time; the others are served, where the vendor tells them apart. Later
    /// rules still apply.
    Flaky {},
    /// The answer comes drop by drop: its head at once, then a byte of its body after each `ms`
    /// milliseconds of real time, and its end after as long again. The request is acted on.
    Drip {
        /// The time between two bytes, in milliseconds.
        ms: u64,
    },
    /// The stream is reset (HTTP/2) or the connection dropped (HTTP/1.1) in place of an answer.
    Reset {
        /// Send the status and a part of a body first. The request was then acted on.
        #[serde(default)]
        after_headers: bool,
        /// Whether the request is acted on although no answer comes.
        #[serde(default)]
        processed: bool,
        /// Drop the whole connection on HTTP/2 too.
        #[serde(default)]
        connection: bool,
        /// HTTP/2 error code of a reset stream. `INTERNAL_ERROR` (2) by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u32>,
    },
    /// GOAWAY on the connection (HTTP/1.1: the connection is dropped).
    Goaway {
        /// How.
        #[serde(default)]
        mode: GoAwayMode,
        /// `reason` in the JSON debug data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A new stream limit on the connection. The request itself goes on.
    StreamLimit {
        /// `SETTINGS_MAX_CONCURRENT_STREAMS` from now on.
        limit: u32,
    },
    /// The credential of the request is declared expired: this and every later request with it
    /// gets the vendor's answer to an expired credential, a fresh one works. Requests whose
    /// credential was declared expired before do not count.
    ExpiredAuth {},
    /// The answer's body is cut or replaced, so that it cannot be read.
    MalformedBody {
        /// Send this status and do not act on the request. By default the request is acted on
        /// and its own status kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The body. A piece of broken JSON by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// No answer ever comes.
    Stall {
        /// Whether the request is acted on.
        #[serde(default)]
        processed: bool,
        /// Freeze the whole HTTP/2 connection: not even PING is answered.
        #[serde(default)]
        connection: bool,
    },
    /// An HTML page, as a proxy in front of the vendor writes it. The request is not acted on.
    Html {
        /// HTTP status, 502 by default.
        #[serde(default = "bad_gateway")]
        status: u16,
    },
}

impl Fault {
    /// A plain status, in the vendor's usual body for it.
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            code: None,
            message: None,
            retry_after: None,
            body: None,
            headers: BTreeMap::new(),
        }
    }

    /// A status with the vendor's code or reason.
    pub fn code(status: u16, code: impl Into<String>) -> Self {
        Self::Status {
            status,
            code: Some(code.into()),
            message: None,
            retry_after: None,
            body: None,
            headers: BTreeMap::new(),
        }
    }

    /// A status with `Retry-After` in seconds.
    pub fn retry_after(status: u16, seconds: u64) -> Self {
        Self::Status {
            status,
            code: None,
            message: None,
            retry_after: Some(RetryAfter::Seconds(seconds)),
            body: None,
            headers: BTreeMap::new(),
        }
    }

    /// A late answer.
    pub fn delay(delay: std::time::Duration) -> Self {
        Self::Delay {
            ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// An answer of which a byte comes after each `interval`.
    pub fn drip(interval: std::time::Duration) -> Self {
        Self::Drip {
            ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The stream is reset before anything is done.
    pub fn reset() -> Self {
        Self::Reset {
            after_headers: false,
            processed: false,
            connection: false,
            code: None,
        }
    }

    /// A graceful or abrupt GOAWAY.
    pub fn goaway(mode: GoAwayMode) -> Self {
        Self::Goaway { mode, reason: None }
    }

    /// No answer, nothing done.
    pub fn stall() -> Self {
        Self::Stall {
            processed: false,
            connection: false,
        }
    }

    /// The name of this kind in a script.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::Flaky {} => "flaky",
            Self::Drip { .. } => "drip",
            Self::Reset { .. } => "reset",
            Self::Goaway { .. } => "goaway",
            Self::StreamLimit { .. } => "stream_limit",
            Self::ExpiredAuth {} => "expired_auth",
            Self::MalformedBody { .. } => "malformed_body",
            Self::Stall { .. } => "stall",
            Self::Html { .. } => "html",
        }
    }
}

fn bad_gateway() -> u16 {
    502
}

/// How a connection goes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GoAwayMode {
    /// The last stream id is below this request's stream, which is therefore not acted on;
    /// earlier streams are answered, then the connection closes.
    #[default]
    Graceful,
    /// The last stream id covers every stream, and the connection closes without an answer:
    /// nobody can tell what was acted on. This request is not.
    Abrupt,
    /// As `abrupt`, but this request was acted on.
    AbruptProcessed,
}

/// The value of a `Retry-After` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// Any text, such as an HTTP date.
    Text(String),
}

impl std::fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
