//! Texts that are too long.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

/// The longest part from the start of `text` of at most `max_bytes` bytes that ends between two
/// graphemes; nothing if the first grapheme is longer.
///
/// ```
/// // A family is one grapheme of 25 bytes: it is kept whole or not at all.
/// assert_eq!(zpns_kit::truncate("Hi 👨‍👩‍👧‍👦!", 27), "Hi ");
/// assert_eq!(zpns_kit::truncate("Hi 👨‍👩‍👧‍👦!", 28), "Hi 👨‍👩‍👧‍👦");
/// ```
#[must_use]
pub fn truncate(text: &str, max_bytes: usize) -> Cow<'_, str> {
    Cow::Borrowed(head(text, max_bytes, str::len))
}

/// [`truncate`] for a vendor that counts characters (Unicode scalar values).
///
/// ```
/// assert_eq!(zpns_kit::truncate_chars("héllo", 2), "hé");
/// ```
#[must_use]
pub fn truncate_chars(text: &str, max_chars: usize) -> Cow<'_, str> {
    Cow::Borrowed(head(text, max_chars, |text| text.chars().count()))
}

/// [`truncate`] with `mark` (such as `…`) at the end of a text that was cut, within `max_bytes`.
/// Where the mark alone leaves no room for a grapheme, it is left out.
///
/// ```
/// assert_eq!(zpns_kit::truncate_marked("Hello world", 10, "…"), "Hello w…");
/// assert_eq!(zpns_kit::truncate_marked("Hello", 10, "…"), "Hello");
/// ```
#[must_use]
pub fn truncate_marked<'a>(text: &'a str, max_bytes: usize, mark: &str) -> Cow<'a, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let kept = head(text, max_bytes.saturating_sub(mark.len()), str::len);
    if kept.is_empty() {
        return truncate(text, max_bytes);
    }
    Cow::Owned(format!("{kept}{mark}"))
}

fn head(text: &str, limit: usize, size: impl Fn(&str) -> usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += size(grapheme);
        if used > limit {
            return text.get(..start).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts with what makes cutting hard: combining marks, joined emoji, flags, line ends.
    fn text() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-z ]{1,4}",
            Just("é".to_owned()),
            Just("e\u{301}\u{323}".to_owned()),
            Just("👨‍👩‍👧‍👦".to_owned()),
            Just("🇩🇪".to_owned()),
            Just("\r\n".to_owned()),
            Just("각".to_owned()),
            any::<String>(),
        ];
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    fn ends_between_graphemes(text: &str, at: usize) -> bool {
        at == text.len() || text.grapheme_indices(true).any(|(start, _)| start == at)
    }

    proptest! {
        #[test]
        fn a_cut_text_fits_and_ends_between_graphemes(text in text(), limit in 0usize..80) {
            let cut = truncate(&text, limit);
            prop_assert!(cut.len() <= limit);
            prop_assert!(text.starts_with(&*cut));
            prop_assert!(ends_between_graphemes(&text, cut.len()));
        }

        #[test]
        fn no_more_is_cut_than_needed(text in text(), limit in 0usize..80) {
            let cut = truncate(&text, limit).len();
            let next = text[cut..].graphemes(true).next();
            prop_assert!(next.is_none_or(|next| cut + next.len() > limit));
        }

        #[test]
        fn a_text_that_fits_is_left_alone(text in text()) {
            prop_assert_eq!(truncate(&text, text.len()), &*text);
            prop_assert_eq!(truncate_chars(&text, text.chars().count()), &*text);
            prop_assert_eq!(truncate_marked(&text, text.len(), "…"), &*text);
        }

        #[test]
        fn characters_are_counted_where_asked(text in text(), limit in 0usize..40) {
            let cut = truncate_chars(&text, limit);
            prop_assert!(cut.chars().count() <= limit);
            prop_assert!(ends_between_graphemes(&text, cut.len()));
        }

        #[test]
        fn the_mark_counts_towards_the_limit(text in text(), limit in 0usize..80) {
            let cut = truncate_marked(&text, limit, "…");
            prop_assert!(cut.len() <= limit);
            prop_assert!(text.starts_with(cut.strip_suffix('…').unwrap_or(&cut)));
        }
    }
}
