use proptest::prelude::*;
use serde_json::json;

use super::*;

fn encode(title: Option<&str>, body: Option<&str>) -> Result<String, Rejection> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(json!({"title": text(title), "body": text(body), "data": "fixed"}).to_string())
}

fn message(title: &str, body: &str) -> Notification {
    Notification::alert(title, body)
}

fn read(json: &str, key: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value[key].as_str().unwrap().to_owned()
}

#[test]
fn what_fits_is_not_touched() {
    let message = message("title", "body");
    let size = encode(Some("title"), Some("body")).unwrap().len();
    for policy in [LimitPolicy::Truncate, LimitPolicy::Reject] {
        let (json, notes) = fit(&message, policy, size, encode).unwrap();
        assert_eq!(read(&json, "body"), "body");
        assert!(notes.is_empty());
    }
}

#[test]
fn the_longer_text_is_cut_first_and_the_cut_is_noted() {
    let long = "x".repeat(300);
    let (json, notes) = fit(&message("t", &long), LimitPolicy::Truncate, 100, encode).unwrap();
    assert_eq!((read(&json, "title").as_str(), json.len()), ("t", 100));
    assert_eq!(notes.truncated, ["body"]);
    let (json, notes) = fit(&message(&long, "b"), LimitPolicy::Truncate, 100, encode).unwrap();
    assert_eq!((read(&json, "body").as_str(), json.len()), ("b", 100));
    assert_eq!(notes.truncated, ["title"]);
}

#[test]
fn both_are_cut_where_one_is_not_enough() {
    let message = message(&"t".repeat(200), &"b".repeat(300));
    let (json, notes) = fit(&message, LimitPolicy::Truncate, 100, encode).unwrap();
    assert_eq!((read(&json, "body").as_str(), json.len()), ("b", 100));
    assert_eq!(notes.truncated, ["body", "title"]);
}

#[test]
fn the_sender_that_stands_in_for_a_title_is_cut_as_the_title() {
    let mut message = Notification::alert("", "b");
    message.sender = Some(zpns_core::Sender::new("s".repeat(300)));
    let (json, notes) = fit(&message, LimitPolicy::Truncate, 100, encode).unwrap();
    assert_eq!(json.len(), 100);
    assert_eq!(notes.truncated, ["title"]);
}

#[test]
fn what_is_too_long_without_its_texts_is_refused_with_size_and_limit() {
    let whole = encode(Some("title"), Some("body")).unwrap().len();
    for policy in [LimitPolicy::Truncate, LimitPolicy::Reject] {
        let rejection = fit(&message("title", "body"), policy, 20, encode).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
        let wanted = format!("the message has {whole} bytes, 20 are allowed");
        assert_eq!(rejection.reason, wanted);
    }
    assert!(fit(&Notification::silent(), LimitPolicy::Truncate, 20, encode).is_err());
}

#[test]
fn reject_cuts_nothing() {
    let message = message("t", &"x".repeat(300));
    let rejection = fit(&message, LimitPolicy::Reject, 100, encode).unwrap_err();
    assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
}

/// What makes cutting JSON hard: escapes of two and six bytes, joined emoji, combining marks.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z ]{1,8}",
        Just("\"\\\n".to_owned()),
        Just("\u{1}".to_owned()),
        Just("👨‍👩‍👧‍👦".to_owned()),
        Just("e\u{301}\u{323}".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

fn is_cut_of(cut: &str, whole: &str) -> bool {
    let ends = |at| at == whole.len() || whole.grapheme_indices(true).any(|(start, _)| start == at);
    whole.starts_with(cut) && ends(cut.len())
}

proptest! {
    #[test]
    fn whatever_comes_out_fits_and_is_cut_between_graphemes_by_as_little_as_is_needed(
        title in text(), body in text(), limit in 30usize..400,
    ) {
        let whole = encode(Some(&title), Some(&body)).unwrap();
        match fit(&message(&title, &body), LimitPolicy::Truncate, limit, encode) {
            Ok((json, notes)) => {
                prop_assert!(json.len() <= limit);
                prop_assert_eq!(notes.is_empty(), whole.len() <= limit);
                let (cut_title, cut_body) = (read(&json, "title"), read(&json, "body"));
                prop_assert!(is_cut_of(&cut_title, &title) && is_cut_of(&cut_body, &body));
                if let Some(last) = notes.truncated.last() {
                    let (whole, cut) = if last == "body" { (&body, &cut_body) } else { (&title, &cut_title) };
                    let next = whole[cut.len()..].graphemes(true).next().unwrap();
                    let longer = format!("{cut}{next}");
                    let more = if last == "body" {
                        encode(Some(&cut_title), Some(&longer))
                    } else {
                        encode(Some(&longer), Some(&cut_body))
                    };
                    prop_assert!(more.unwrap().len() > limit);
                }
            }
            Err(rejection) => {
                prop_assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
                let first = |text: &str| text.graphemes(true).next().unwrap_or_default().to_owned();
                let least = encode(Some(&first(&title)), Some(&first(&body))).unwrap();
                prop_assert!(least.len() > limit);
            }
        }
    }
}
