//! Messages that are too long, made to fit.

use unicode_segmentation::UnicodeSegmentation as _;
use zpns_core::{ErrorKind, LimitPolicy, Notes, Notification, Rejection};

/// Encodes a notification so that it has at most `limit` bytes.
///
/// `encode` turns a title and a body into the vendor's form, growth by escaping included. Where
/// that is too long and `policy` allows it, the longer one of title and body is cut between
/// graphemes, by as little as is needed, then the other one; the cut is noted. Nothing else is
/// ever cut, and a text that said something keeps at least its first grapheme.
///
/// # Errors
/// [`ErrorKind::PayloadTooLarge`] with size and limit, if `policy` is
/// [`LimitPolicy::Reject`] or all else is too long by itself; whatever `encode` returns.
///
/// ```
/// use zpns_core::{LimitPolicy, Notification};
///
/// let message = Notification::alert("Hi", "A long story");
/// let encode = |title: Option<&str>, body: Option<&str>| {
///     Ok(serde_json::json!({"t": title, "b": body}).to_string())
/// };
/// let (json, notes) = zpns_kit::fit(&message, LimitPolicy::Truncate, 24, encode).unwrap();
/// assert_eq!(json, r#"{"b":"A long ","t":"Hi"}"#);
/// assert_eq!(notes.truncated, ["body"]);
/// ```
pub fn fit<B: AsRef<[u8]>>(
    notification: &Notification,
    policy: LimitPolicy,
    limit: usize,
    encode: impl Fn(Option<&str>, Option<&str>) -> Result<B, Rejection>,
) -> Result<(B, Notes), Rejection> {
    let mut title = notification.display_title();
    let mut body = notification.body.as_deref();
    let whole = encode(title, body)?;
    let size = whole.as_ref().len();
    let mut notes = Notes::default();
    if size <= limit {
        return Ok((whole, notes));
    }
    let order = if length(body) >= length(title) {
        [Field::Body, Field::Title]
    } else {
        [Field::Title, Field::Body]
    };
    for field in order {
        if policy == LimitPolicy::Reject {
            break;
        }
        let text = match field {
            Field::Title => title,
            Field::Body => body,
        };
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            continue;
        };
        let fits = |cut| match field {
            Field::Title => encode(Some(cut), body),
            Field::Body => encode(title, Some(cut)),
        };
        let (cut, encoded) = longest(text, limit, fits)?;
        if cut.len() < text.len() {
            notes.truncated.push(field.name().to_owned());
        }
        if encoded.as_ref().len() <= limit {
            return Ok((encoded, notes));
        }
        match field {
            Field::Title => title = Some(cut),
            Field::Body => body = Some(cut),
        }
    }
    Err(Rejection::new(
        ErrorKind::PayloadTooLarge,
        format!("the message has {size} bytes, {limit} are allowed"),
    ))
}

#[derive(Clone, Copy)]
enum Field {
    Title,
    Body,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
        }
    }
}

fn length(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

/// The longest start of `text` whose encoding fits, or its first grapheme if none does.
///
/// A longer start never has a shorter encoding, so halving finds it.
fn longest<'a, B: AsRef<[u8]>>(
    text: &'a str,
    limit: usize,
    encode: impl Fn(&'a str) -> Result<B, Rejection>,
) -> Result<(&'a str, B), Rejection> {
    let ends: Vec<usize> = text
        .grapheme_indices(true)
        .map(|(start, grapheme)| start + grapheme.len())
        .collect();
    let start_of = |graphemes: usize| {
        let end = graphemes.checked_sub(1).and_then(|last| ends.get(last));
        end.and_then(|&end| text.get(..end)).unwrap_or_default()
    };
    // One grapheme is kept whether it fits or not; all of them are known not to fit.
    let (mut kept, mut over) = (1, ends.len().max(1));
    let mut best = (start_of(kept), encode(start_of(kept))?);
    while over - kept > 1 {
        let middle = kept + (over - kept) / 2;
        let cut = start_of(middle);
        let encoded = encode(cut)?;
        if encoded.as_ref().len() <= limit {
            kept = middle;
            best = (cut, encoded);
        } else {
            over = middle;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests;
