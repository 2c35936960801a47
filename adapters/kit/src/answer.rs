//! What an answer, or the lack of one, says beside the vendor's own words.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{Error, ErrorKind, Retry, Timestamp};

/// No vendor's pause is believed beyond this.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that is off by no more is not worth a word.
const TOLERATED_SKEW: Duration = Duration::from_secs(60);

/// How long the vendor asks to wait: `Retry-After` in seconds or as an HTTP date, at most a day.
///
/// None if the header is missing or neither of the two.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::Timestamp;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("retry-after", "120".parse().unwrap());
/// let pause = zpns_kit::retry_after(&headers, Timestamp::default());
/// assert_eq!(pause, Some(Duration::from_secs(120)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let pause = if is_number {
        // Digits that do not fit are a very long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        http_date(text)?.since(now)
    };
    Some(pause.min(LONGEST_PAUSE))
}

/// A sentence on how far our clock is from the vendor's `Date`, if that is more than a minute.
///
/// For the reason of a refused credential: a signed token is only as good as the clock.
///
/// ```
/// use zpns_core::Timestamp;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("date", "Thu, 01 Jan 1970 02:00:00 GMT".parse().unwrap());
/// let skew = zpns_kit::clock_skew(&headers, Timestamp::from_secs(3_600)).unwrap();
/// assert_eq!(skew, "this machine's clock is 3600 s behind the vendor's");
/// ```
#[must_use]
pub fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<String> {
    let vendor = http_date(headers.get(DATE)?.to_str().ok()?.trim())?;
    let (off, way) = if vendor > now {
        (vendor.since(now), "behind")
    } else {
        (now.since(vendor), "ahead of")
    };
    (off > TOLERATED_SKEW).then(|| {
        format!(
            "this machine's clock is {} s {way} the vendor's",
            off.as_secs()
        )
    })
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(text).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::default() + since_epoch)
}

/// What the lack of an answer means. Whether the vendor may have acted is as the transport says.
///
/// ```
/// use zpns_core::resources::{HttpError, HttpErrorKind};
/// use zpns_core::{ErrorKind, Retry, Sent};
///
/// let refused = HttpError::new(HttpErrorKind::Connect, Sent::No, "connection refused");
/// let error = zpns_kit::http_error(refused);
/// assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
/// ```
pub fn http_error(error: HttpError) -> Error {
    let (kind, retry) = match error.kind {
        HttpErrorKind::Connect | HttpErrorKind::Interrupted => {
            (ErrorKind::Unavailable, Retry::Backoff)
        }
        HttpErrorKind::Timeout => (ErrorKind::Timeout, Retry::Backoff),
        HttpErrorKind::Protocol => (ErrorKind::Protocol, Retry::Backoff),
        HttpErrorKind::Closed => (ErrorKind::Cancelled, Retry::Never),
        HttpErrorKind::Forbidden => (ErrorKind::Suppressed, Retry::Never),
        // A request that cannot be sent as it is; and what a later transport may add.
        _ => (ErrorKind::Protocol, Retry::Never),
    };
    Error::new(kind, error.message.clone())
        .with_retry(retry)
        .with_sent(error.sent)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use zpns_core::Sent;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_pause_is_read_in_seconds_and_as_a_date_and_is_a_day_at_most() {
        let day = 24 * 60 * 60;
        let cases = [
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("86401", Some(day)),
            ("99999999999999999999999", Some(day)),
            ("Mon, 24 Nov 2025 16:01:40 GMT", Some(100)),
            ("Mon, 24 Nov 2025 15:00:00 GMT", Some(0)),
            ("Mon, 24 Nov 2036 15:00:00 GMT", Some(day)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, wanted) in cases {
            let pause = retry_after(&headers("retry-after", value), NOW);
            assert_eq!(pause.map(|pause| pause.as_secs()), wanted, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), NOW), None);
    }

    #[test]
    fn a_clock_is_called_off_in_either_direction_beyond_a_minute() {
        let cases = [
            ("Mon, 24 Nov 2025 16:00:00 GMT", None),
            ("Mon, 24 Nov 2025 16:01:00 GMT", None),
            ("Mon, 24 Nov 2025 16:02:00 GMT", Some("120 s behind")),
            ("Mon, 24 Nov 2025 15:00:00 GMT", Some("3600 s ahead of")),
            ("yesterday", None),
        ];
        for (date, wanted) in cases {
            let skew = clock_skew(&headers("date", date), NOW);
            match wanted {
                Some(part) => assert!(skew.unwrap().contains(part), "{date}"),
                None => assert_eq!(skew, None, "{date}"),
            }
        }
    }

    #[test]
    fn every_broken_request_has_its_kind() {
        let rows = [
            (HttpErrorKind::Invalid, ErrorKind::Protocol, Retry::Never),
            (
                HttpErrorKind::Forbidden,
                ErrorKind::Suppressed,
                Retry::Never,
            ),
            (
                HttpErrorKind::Connect,
                ErrorKind::Unavailable,
                Retry::Backoff,
            ),
            (HttpErrorKind::Timeout, ErrorKind::Timeout, Retry::Backoff),
            (
                HttpErrorKind::Interrupted,
                ErrorKind::Unavailable,
                Retry::Backoff,
            ),
            (HttpErrorKind::Protocol, ErrorKind::Protocol, Retry::Backoff),
            (HttpErrorKind::Closed, ErrorKind::Cancelled, Retry::Never),
        ];
        for (http, kind, retry) in rows {
            for sent in [Sent::No, Sent::Maybe] {
                let error = http_error(HttpError::new(http, sent, "it broke"));
                assert_eq!((error.kind(), error.retry()), (kind, retry), "{http:?}");
                assert_eq!(error.sent(), sent);
                assert_eq!(error.message(), "it broke");
            }
        }
    }
}
