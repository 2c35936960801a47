//! The tables of an adapter's README, generated from its code.
//!
//! A README holds each table between two comments, `<!-- capability -->` and
//! `<!-- /capability -->`; a test of the adapter calls [`check_readme`], which compares, or with
//! `ZPNS_BLESS=1` in the environment rewrites.

use std::fmt::Write as _;
use std::path::Path;

use zpns_core::model::Kind;
use zpns_core::provider::FieldRule;
use zpns_core::{CallEvent, Capability, ErrorKind, Kinds, Scope, Sent};

use crate::{RetryClass, TokenFate, Verdict};

/// One row of a decision table, for humans.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DecisionRow {
    /// The HTTP status, or what stands for it.
    pub status: String,
    /// The vendor's code.
    pub code: String,
    /// What it leads to.
    pub verdict: Verdict,
    /// What it means.
    pub meaning: String,
}

impl DecisionRow {
    /// One row.
    pub fn new(
        status: impl Into<String>,
        code: impl Into<String>,
        verdict: Verdict,
        meaning: impl Into<String>,
    ) -> Self {
        Self {
            status: status.into(),
            code: code.into(),
            verdict,
            meaning: meaning.into(),
        }
    }
}

/// A capability as a table.
///
/// ```
/// let table = zpns_kit::docs::capability_table(&zpns_core::Capability::unary());
/// assert!(table.contains("| targets per request | 1 |"));
/// ```
#[must_use]
pub fn capability_table(capability: &Capability) -> String {
    let bytes =
        |limit: Option<usize>| limit.map_or("none".into(), |limit| format!("{limit} bytes"));
    let ttl = capability
        .max_ttl
        .map_or("not stated".into(), |ttl| format!("{} s", ttl.as_secs()));
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let rows = [
        ("targets per request", capability.batch.to_string()),
        (
            "requests in flight by default",
            capability.in_flight.to_string(),
        ),
        ("kinds", kinds(capability.kinds)),
        ("fields", fields(capability)),
        ("payload limit", bytes(capability.payload_limit)),
        (
            "payload limit of a call",
            bytes(capability.call_payload_limit),
        ),
        ("longest time to live", ttl),
        (
            "drops a repeat with the same id",
            yes(capability.deduplicates),
        ),
        (
            "a repeat with the same collapse key replaces",
            yes(capability.collapse_replaces),
        ),
        ("tokens of their own for calls", yes(capability.call_tokens)),
        ("a quota of the day begins anew", quota_day(capability)),
        ("recall", yes(capability.recall)),
        ("receipts", yes(capability.receipts)),
    ];
    table(
        ["can", ""],
        rows.map(|(name, value)| [name.to_owned(), value]),
    )
}

fn quota_day(capability: &Capability) -> String {
    let Some(seconds) = capability.quota_day else {
        return "not stated: none is taken for one".to_owned();
    };
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("at midnight, UTC{sign}{hours:02}:{minutes:02}")
}

/// A decision table as Markdown. Its last but one column says what follows for other pushes than
/// the one that was answered.
///
/// ```
/// use zpns_core::ErrorKind;
/// use zpns_kit::docs::{DecisionRow, decision_table};
/// use zpns_kit::Verdict;
///
/// let gone = Verdict::drop(ErrorKind::TokenInvalid);
/// let table = decision_table([DecisionRow::new("410", "Unregistered", gone, "app removed")]);
/// assert!(table.contains("| 410 | `Unregistered` | `token_invalid` | drop | no |  |  | app removed |"));
/// ```
#[must_use]
pub fn decision_table(rows: impl IntoIterator<Item = DecisionRow>) -> String {
    table(
        [
            "status", "code", "kind", "token", "retry", "sent", "closes", "meaning",
        ],
        rows.into_iter().map(|row| {
            let verdict = row.verdict;
            let is_verdict = verdict.kind.is_verdict();
            let token = match verdict.token {
                TokenFate::Keep => "keep",
                TokenFate::Drop => "drop",
            };
            let retry = match verdict.retry {
                RetryClass::Never => "no",
                RetryClass::Backoff => "yes",
            };
            let sent = match verdict.sent {
                Sent::No => "no",
                Sent::Maybe => "maybe",
            };
            [
                row.status,
                format!("`{}`", row.code),
                format!("`{}`", verdict.kind),
                if is_verdict { token } else { "" }.to_owned(),
                retry.to_owned(),
                if is_verdict { "" } else { sent }.to_owned(),
                closes(verdict).to_owned(),
                row.meaning,
            ]
        }),
    )
}

/// What the delivery layers do to other pushes because of it. What fails for now, without a word on
/// the speed, counts towards an outage as every request without an answer does: nothing by itself.
fn closes(verdict: Verdict) -> &'static str {
    match (verdict.kind, verdict.scope) {
        (ErrorKind::QuotaExceeded, Scope::Class) => "the class for the day",
        (ErrorKind::QuotaExceeded, Scope::Provider) => "the provider for the day",
        (ErrorKind::RateLimited, Scope::Class | Scope::Provider) => "slows down",
        (ErrorKind::CredentialInvalid | ErrorKind::PermissionDenied, Scope::Provider) => {
            "the provider until a probe"
        }
        _ => "",
    }
}

/// A Markdown table; a `|` in a cell is escaped.
#[must_use]
pub fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut text = String::new();
    line(&mut text, head.iter().copied());
    line(&mut text, ["---"; N].into_iter());
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        line(&mut text, cells.iter().map(String::as_str));
    }
    text
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    text.push('|');
    for cell in cells {
        // Writing to a String cannot fail.
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

/// Compares the generated `sections` (name, text) with those in the README; with `ZPNS_BLESS=1`
/// in the environment rewrites them instead.
///
/// # Errors
/// The README cannot be read or written, lacks a section's comments, or holds another text.
pub fn check_readme(readme: &Path, sections: &[(&str, String)]) -> Result<(), String> {
    let bless = std::env::var_os("ZPNS_BLESS").is_some_and(|value| value == "1");
    check_or_bless(readme, sections, bless)
}

fn check_or_bless(readme: &Path, sections: &[(&str, String)], bless: bool) -> Result<(), String> {
    let explain = |error: std::io::Error| format!("{}: {error}", readme.display());
    let present = std::fs::read_to_string(readme).map_err(explain)?;
    let mut wanted = present.clone();
    for (name, text) in sections {
        wanted = with_section(&wanted, name, text).ok_or_else(|| {
            format!(
                "{}: no `<!-- {name} -->` … `<!-- /{name} -->`",
                readme.display()
            )
        })?;
    }
    if wanted == present {
        return Ok(());
    }
    if bless {
        return std::fs::write(readme, wanted).map_err(explain);
    }
    Err(format!(
        "{} is out of date; run this test with ZPNS_BLESS=1",
        readme.display()
    ))
}

fn with_section(readme: &str, name: &str, text: &str) -> Option<String> {
    let (before, rest) = readme.split_once(&format!("<!-- {name} -->"))?;
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->"))?;
    Some(format!(
        "{before}<!-- {name} -->\n{text}<!-- /{name} -->{after}"
    ))
}

fn kinds(kinds: Kinds) -> String {
    let all = [
        (Kind::Alert, "alert"),
        (Kind::Silent, "silent"),
        (Kind::Call(CallEvent::Invite), "call"),
        (Kind::LiveActivity, "live activity"),
        (Kind::Other(String::new()), "other"),
    ];
    let names: Vec<&str> = all
        .iter()
        .filter(|(kind, _)| kinds.contains(Kinds::from(kind)))
        .map(|(_, name)| *name)
        .collect();
    names.join(", ")
}

fn fields(capability: &Capability) -> String {
    let names: Vec<String> = FieldRule::ALL
        .iter()
        .filter(|rule| capability.fields.contains(rule.field))
        .map(|rule| match rule.field {
            zpns_core::Fields::BADGE_ADD => "`badge` (add)".to_owned(),
            _ => format!("`{}`", rule.name),
        })
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use zpns_core::ErrorKind;

    use super::*;

    #[test]
    fn a_readme_that_differs_is_an_error_until_it_is_blessed() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        std::fs::write(&readme, "# X\n<!-- t -->\nold\n<!-- /t -->\nend\n").unwrap();
        let sections = [("t", "new\n".to_owned())];
        let error = check_or_bless(&readme, &sections, false).unwrap_err();
        assert!(error.contains("out of date"), "{error}");
        check_or_bless(&readme, &sections, true).unwrap();
        let text = std::fs::read_to_string(&readme).unwrap();
        assert_eq!(text, "# X\n<!-- t -->\nnew\n<!-- /t -->\nend\n");
        check_or_bless(&readme, &sections, false).unwrap();
    }

    #[test]
    fn a_readme_without_the_section_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        std::fs::write(&readme, "# X\n").unwrap();
        let error = check_or_bless(&readme, &[("t", String::new())], true).unwrap_err();
        assert!(error.contains("<!-- t -->"), "{error}");
    }

    #[test]
    fn a_failure_shows_whether_it_was_sent_and_a_verdict_what_becomes_of_the_token() {
        let rows = [
            DecisionRow::new(
                "400",
                "A|B",
                Verdict::keep(ErrorKind::MessageInvalid),
                "bad",
            ),
            DecisionRow::new("504", "", Verdict::unclear(ErrorKind::Unavailable), "lost"),
        ];
        let text = decision_table(rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "| --- | --- | --- | --- | --- | --- | --- | --- |"
        );
        assert_eq!(
            lines[2],
            "| 400 | `A\\|B` | `message_invalid` | keep | no |  |  | bad |"
        );
        assert_eq!(
            lines[3],
            "| 504 | `` | `unavailable` |  | yes | maybe |  | lost |"
        );
    }

    #[test]
    fn a_row_says_what_it_closes() {
        let rows = [
            (ErrorKind::QuotaExceeded, Scope::Target, ""),
            (
                ErrorKind::QuotaExceeded,
                Scope::Class,
                "the class for the day",
            ),
            (
                ErrorKind::QuotaExceeded,
                Scope::Provider,
                "the provider for the day",
            ),
            (ErrorKind::RateLimited, Scope::Target, ""),
            (ErrorKind::RateLimited, Scope::Provider, "slows down"),
            (ErrorKind::PermissionDenied, Scope::Class, ""),
            (
                ErrorKind::CredentialInvalid,
                Scope::Provider,
                "the provider until a probe",
            ),
            (ErrorKind::Unavailable, Scope::Provider, ""),
        ];
        for (kind, scope, wanted) in rows {
            let verdict = Verdict::keep(kind).with_scope(scope);
            let text = decision_table([DecisionRow::new("1", "c", verdict, "m")]);
            let cell = format!("| {wanted} | m |");
            assert!(text.contains(&cell), "{kind} {scope:?}: {text}");
        }
    }

    #[test]
    fn a_capability_says_by_whose_midnight_a_quota_begins_anew() {
        let mut capability = Capability::unary();
        let rows = [
            (None, "not stated: none is taken for one"),
            (Some(Capability::CHINA), "at midnight, UTC+08:00"),
            (Some(-12_600), "at midnight, UTC-03:30"),
        ];
        for (day, wanted) in rows {
            capability.quota_day = day;
            let line = format!("| a quota of the day begins anew | {wanted} |");
            assert!(capability_table(&capability).contains(&line), "{wanted}");
        }
    }

    #[test]
    fn a_capability_names_its_kinds_and_fields() {
        let mut capability = Capability::batched(500, 8);
        capability.kinds = Kinds::ALERT | Kinds::CALL;
        capability.fields = zpns_core::Fields::TITLE | zpns_core::Fields::BADGE_ADD;
        capability.payload_limit = Some(4096);
        let text = capability_table(&capability);
        for line in [
            "| targets per request | 500 |",
            "| kinds | alert, call |",
            "| fields | `title`, `badge` (add) |",
            "| payload limit | 4096 bytes |",
            "| payload limit of a call | none |",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
