//! The URL of a subscription: what it may be, before anything is connected to.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};
use zpns_core::config::ConfigError;
use zpns_core::resources::AddressFilter;
use zpns_core::{ErrorKind, Rejection};

use crate::address::is_public;

/// Bytes of an endpoint at the most.
const MAX_LENGTH: usize = 2048;
/// Bytes of a host name at the most, and of one of its labels (RFC 1035).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;
const HTTPS_PORT: u16 = 443;
const KEY: &str = "allow_hosts";

/// The push services of the browsers: what one of them says about our credentials counts.
pub(crate) const SERVICES: [&str; 5] = [
    "fcm.googleapis.com",
    "jmt17.google.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
];
const APPLE: &str = "push.apple.com";
const WINDOWS: &str = "notify.windows.com";

/// An endpoint that may be pushed to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Byte for byte as the browser said it.
    pub(crate) uri: Uri,
    /// `host[:port]` in lower case, the port only where it is not 443: what names the origin.
    pub(crate) authority: String,
    /// Whose rules apply.
    pub(crate) service: Service,
    /// Whether the service is one that browsers use, or that the config names: its word on our
    /// credentials counts. A stranger's could stop all pushes with a 401.
    pub(crate) is_trusted: bool,
}

/// Services with a rule of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Service {
    Apple,
    Windows,
    Other,
}

/// Which hosts may be pushed to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Hosts {
    rules: Vec<Rule>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    /// `*`: any public host.
    Any,
    /// `*.example.com`: the hosts below it.
    Below(String),
    /// That very host, wherever it is; at one port or at any.
    Exact(Host, Option<u16>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Host {
    Name(String),
    Address(IpAddr),
}

impl Hosts {
    /// Any public host, or those that the config lists.
    pub(crate) fn new(listed: Option<&[String]>) -> Result<Self, ConfigError> {
        let Some(listed) = listed else {
            return Ok(Self {
                rules: vec![Rule::Any],
            });
        };
        if listed.is_empty() {
            let why = "names no host; leave it out to allow every public one";
            return Err(ConfigError::key(KEY, why));
        }
        let rules = listed.iter().map(|entry| Rule::parse(entry));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// Whether any public host may be pushed to.
    pub(crate) fn allow_any(&self) -> bool {
        self.rules.contains(&Rule::Any)
    }

    /// Checks everything that can be seen in an endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::TokenInvalid`] for what no push service hands out; [`ErrorKind::Suppressed`]
    /// for what may not be pushed to.
    pub(crate) fn check(&self, endpoint: &str) -> Result<Endpoint, Rejection> {
        let uri = parse(endpoint).map_err(|why| {
            Rejection::new(ErrorKind::TokenInvalid, format!("the endpoint {why}"))
        })?;
        let authority = uri.authority().ok_or_else(no_host)?;
        let (host, port) = host_and_port(authority).ok_or_else(no_host)?;
        let port = port.unwrap_or(HTTPS_PORT);
        let parsed = Host::parse(&host).ok_or_else(no_host)?;
        let named = self.rules.iter().any(|rule| rule.names(&parsed, port));
        let is_public = parsed.may_be_public() && port == HTTPS_PORT;
        if !(named || is_public && self.allow_any()) {
            return Err(not_allowed(&host, port));
        }
        let service = match host.as_str() {
            host if is_or_below(host, APPLE) => Service::Apple,
            host if is_or_below(host, WINDOWS) => Service::Windows,
            _ => Service::Other,
        };
        let is_service = SERVICES.iter().any(|service| is_or_below(&host, service));
        Ok(Endpoint {
            service,
            is_trusted: named || is_service,
            authority: match port {
                HTTPS_PORT => host,
                port => format!("{host}:{port}"),
            },
            uri,
        })
    }
}

impl AddressFilter for Hosts {
    fn allows(&self, host: &str, address: IpAddr) -> bool {
        let is_this = |rule: &Rule| match (rule, Host::parse(&host.to_ascii_lowercase())) {
            (Rule::Exact(exact, _), Some(host)) => *exact == host,
            _ => false,
        };
        is_public(address) || self.rules.iter().any(is_this)
    }
}

impl Rule {
    fn parse(entry: &str) -> Result<Self, ConfigError> {
        let wrong = || {
            let why = format!(
                "holds `{entry}`, which is none of `push.example.com`, \
                 `push.example.com:8443`, `*.example.com` and `*`"
            );
            ConfigError::key(KEY, why)
        };
        let lower = entry.trim().to_ascii_lowercase();
        if lower == "*" {
            return Ok(Self::Any);
        }
        if let Some(suffix) = lower.strip_prefix("*.") {
            return match Host::parse(suffix) {
                Some(Host::Name(name)) => Ok(Self::Below(name)),
                _ => Err(wrong()),
            };
        }
        // An address of IPv6 may come without its brackets.
        if let Ok(address) = lower.parse::<IpAddr>() {
            return Ok(Self::Exact(Host::Address(address), None));
        }
        let authority: Authority = lower.parse().map_err(|_| wrong())?;
        let (host, port) = host_and_port(&authority).ok_or_else(wrong)?;
        let host = Host::parse(&host).ok_or_else(wrong)?;
        Ok(Self::Exact(host, port))
    }

    /// Whether it speaks of this host and port by name.
    fn names(&self, host: &Host, port: u16) -> bool {
        match (self, host) {
            (Self::Any, _) | (Self::Below(_), Host::Address(_)) => false,
            (Self::Below(suffix), Host::Name(name)) => {
                port == HTTPS_PORT && name != suffix && is_or_below(name, suffix)
            }
            (Self::Exact(exact, at), host) => exact == host && at.is_none_or(|at| at == port),
        }
    }
}

impl Host {
    /// A name or an address in its plain form; everything that a resolver or a browser may read as
    /// something else is none: octal, decimal and hexadecimal addresses, trailing dots.
    fn parse(host: &str) -> Option<Self> {
        let bracketed = host
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'));
        if let Some(inner) = bracketed {
            return inner.parse().ok().map(|v6| Self::Address(IpAddr::V6(v6)));
        }
        if let Ok(address) = host.parse() {
            return Some(Self::Address(address));
        }
        is_name(host).then(|| Self::Name(host.to_owned()))
    }

    /// A name with a dot in it: nobody's own machine or network, as far as a name can tell.
    fn may_be_public(&self) -> bool {
        match self {
            Self::Name(name) => name.contains('.'),
            Self::Address(_) => false,
        }
    }
}

/// Host in lower case, and the port if one is written: `host` or `host:port`, and nothing that has
/// to be interpreted (no port, or one of more than 16 bits, after the colon).
fn host_and_port(authority: &Authority) -> Option<(String, Option<u16>)> {
    let host = authority.host().to_ascii_lowercase();
    let rest = authority.as_str().get(host.len()..)?;
    if rest.is_empty() {
        return Some((host, None));
    }
    let digits = rest.strip_prefix(':')?;
    let port: u16 = digits.parse().ok()?;
    (port > 0 && port.to_string() == digits).then_some((host, Some(port)))
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name whose last label is a number is read as an address (WHATWG URL, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = digits(last) || last.strip_prefix("0x").is_some_and(hex);
    host.len() <= MAX_NAME && host.split('.').all(is_label) && !is_number
}

fn is_or_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn parse(endpoint: &str) -> Result<Uri, Cow<'static, str>> {
    if endpoint.len() > MAX_LENGTH {
        return Err(format!("is longer than {MAX_LENGTH} bytes").into());
    }
    // A fragment would be dropped silently, and a backslash is a slash to some.
    let legal = |byte: u8| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\';
    if !endpoint.bytes().all(legal) {
        return Err("holds characters that no URL of a push service has".into());
    }
    let uri: Uri = endpoint.parse().map_err(|_| "is not a URL")?;
    if uri.scheme() != Some(&Scheme::HTTPS) {
        return Err("is not an https URL".into());
    }
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => {
            Err("carries a user name or password".into())
        }
        Some(_) => Ok(uri),
        None => Err("names no host".into()),
    }
}

fn no_host() -> Rejection {
    let why = "the endpoint names no host in a plain form";
    Rejection::new(ErrorKind::TokenInvalid, why)
}

fn not_allowed(host: &str, port: u16) -> Rejection {
    let why = format!(
        "endpoint not allowed: `{host}` at port {port} is neither listed in `allow_hosts` nor, \
         if any may be, a public host name at port 443"
    );
    Rejection::new(ErrorKind::Suppressed, why)
}

impl fmt::Debug for Endpoint {
    /// Shows no path: whoever has it can push.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("authority", &self.authority)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
