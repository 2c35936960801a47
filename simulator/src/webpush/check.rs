//! The headers of a push, and its body.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::{Problem, Refused, refuse};
use super::service::Service;
use super::{Subscriber, open};
use crate::call::Call;

/// What a service keeps a push for at most, in seconds.
const LONGEST_TTL: &[(Service, u64)] = &[
    (Service::Mozilla, 30 * 24 * 60 * 60),
    (Service::Google, 28 * 24 * 60 * 60),
    (Service::Apple, 30 * 24 * 60 * 60),
];
const URGENCIES: &[&str] = &["very-low", "low", "normal", "high"];
/// What every service has to take, and most take no more than.
const LONGEST_BODY: usize = 4096;
/// Microsoft's limit.
const LONGEST_BODY_OF_MICROSOFT: usize = 5000;
/// Headers of the draft's content codings, which have no place beside `aes128gcm`.
const DRAFT: &[&str] = &["encryption", "crypto-key", "encryption-key"];

/// Checks what says how to deliver. Returns for how many seconds the push is kept.
pub(super) fn headers(call: &Call, service: Service) -> Result<u64, Refused> {
    let ttl = ttl(call, service)?;
    if let Some(urgency) = single(call, "urgency", Problem::Urgency)?
        && !URGENCIES.contains(&urgency)
    {
        return Err(refuse(
            Problem::Urgency,
            format!("`urgency` is `{urgency}`"),
        ));
    }
    if let Some(topic) = single(call, "topic", Problem::Topic)? {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=32).contains(&topic.len()) || !topic.bytes().all(legal) {
            return Err(refuse(Problem::Topic, format!("`topic` is `{topic}`")));
        }
    }
    Ok(ttl)
}

fn ttl(call: &Call, service: Service) -> Result<u64, Refused> {
    let Some(text) = single(call, "ttl", Problem::BadTtl)? else {
        return Err(refuse(Problem::NoTtl, "no `ttl`"));
    };
    let ttl = text.parse::<u64>().ok();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let ttl = ttl
        .filter(|_| digits)
        .ok_or_else(|| refuse(Problem::BadTtl, format!("`ttl` is `{text}`")))?;
    if service == Service::Apple && ttl == 0 {
        return Err(refuse(Problem::BadTtl, "Apple wants a positive `ttl`"));
    }
    if service == Service::Microsoft {
        let policy = single(call, "x-wns-cache-policy", Problem::CachePolicy)?;
        let fits = match policy {
            Some("no-cache") => ttl == 0,
            Some("cache") | None => ttl != 0,
            Some(_) => false,
        };
        if !fits {
            let detail = format!("`ttl` {ttl} and `x-wns-cache-policy` {policy:?}");
            return Err(refuse(Problem::CachePolicy, detail));
        }
    }
    let limit = LONGEST_TTL.iter().find(|(of, _)| *of == service);
    Ok(limit.map_or(ttl, |(_, limit)| ttl.min(*limit)))
}

/// Checks the body as its size, its coding and its key tell, and as the subscriber reads it.
pub(super) fn body(call: &Call, service: Service, subscriber: &Subscriber) -> Result<(), Refused> {
    if call.body.is_empty() {
        // A push without a body carries no coding either.
        return match call.headers.contains_key("content-encoding") {
            true => Err(refuse(Problem::Encoding, "a coding without a body")),
            false => Ok(()),
        };
    }
    let limit = match service {
        Service::Microsoft => LONGEST_BODY_OF_MICROSOFT,
        _ => LONGEST_BODY,
    };
    if call.body.len() > limit {
        let detail = format!("{} bytes, {limit} at most", call.body.len());
        return Err(refuse(Problem::TooLarge, detail));
    }
    match single(call, "content-encoding", Problem::Encoding)? {
        Some("aes128gcm") => {}
        coding => {
            return Err(refuse(
                Problem::Encoding,
                format!("the coding is {coding:?}"),
            ));
        }
    }
    if let Some(name) = DRAFT.iter().find(|name| call.headers.contains_key(**name)) {
        let detail = format!("`{name}` belongs to a draft");
        return Err(refuse(Problem::Encoding, detail));
    }
    // RFC 8292 §3.2: a key that signs is not one that encrypts.
    let sender = open::sender(&call.body).map(|key| URL_SAFE_NO_PAD.encode(key));
    if let (Some(sender), Some(vapid)) = (sender, call.header("authorization"))
        && vapid.contains(&sender)
    {
        let detail = "the VAPID key is also the key of the encryption";
        return Err(refuse(Problem::Encryption, detail));
    }
    open::open(&call.body, subscriber)
        .map(drop)
        .map_err(|detail| refuse(Problem::Encryption, detail))
}

/// The text of a header that may come once.
fn single<'a>(call: &'a Call, name: &str, problem: Problem) -> Result<Option<&'a str>, Refused> {
    let mut values = call.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| refuse(problem, format!("`{name}` is not ASCII"))),
        _ => Err(refuse(problem, format!("`{name}` is repeated"))),
    }
}
