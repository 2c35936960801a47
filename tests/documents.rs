//! What the documents promise is there: every test and setting that the README names, and every
//! file that a document links to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SECTION: &str = "## What happens when a vendor misbehaves";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the README's section: what the vendor does, what zpns does, setting, tests.
fn rows() -> Vec<[String; 4]> {
    let readme = read("README.md");
    let (_, section) = readme.split_once(SECTION).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let rows = lines.skip(2).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let cells: Result<[&str; 4], _> = cells.try_into();
        cells
            .unwrap_or_else(|cells| panic!("not four cells: {cells:?}"))
            .map(str::to_owned)
    });
    rows.collect()
}

/// The links of a text: what is shown, and where it leads.
fn links(text: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    for (at, _) in text.match_indices("](") {
        let shown = text[..at].rfind('[').map(|begin| &text[begin + 1..at]);
        let target = text[at + 2..].split(')').next();
        if let (Some(shown), Some(target)) = (shown, target) {
            links.push((shown, target));
        }
    }
    links
}

/// Whether a file defines a test of this name: by itself, or as a row of its suite.
fn defines(path: &str, name: &str) -> bool {
    let text = read(path);
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    // Without the rest of the line that it is on: `async`, or nothing.
    let (above, _) = before.rsplit_once('\n').unwrap_or_default();
    let is_marked = above
        .lines()
        .rev()
        .map(str::trim)
        .take_while(|line| line.starts_with('#'))
        .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    // Suites of trials list their cases beside them.
    let suite = Path::new(path).with_file_name("mod.rs");
    let is_listed = |text: String| text.contains(&format!("::{name}"));
    is_marked || std::fs::read_to_string(Path::new(ROOT).join(suite)).is_ok_and(is_listed)
}

#[test]
fn every_misbehaviour_of_the_readme_names_tests_that_there_are() {
    let rows = rows();
    assert!(rows.len() >= 15, "{}", rows.len());
    let mut lacking = Vec::new();
    for [misbehaviour, _, _, tests] in &rows {
        let tests = links(tests);
        assert!(!tests.is_empty(), "no test for: {misbehaviour}");
        for (name, path) in tests {
            if !defines(path, name.trim_matches('`')) {
                lacking.push(format!("{path}: {name}"));
            }
        }
    }
    assert_eq!(lacking, [""; 0]);
}

#[test]
fn every_setting_of_the_readme_is_one() {
    let delivery = read("src/config_file/delivery.md");
    let section = read("src/config_file/section.rs");
    let apns = read("adapters/apns/src/config.rs");
    let router: String = ["mod", "fallback"]
        .iter()
        .map(|file| read(&format!("zpns-core/src/router/{file}.rs")))
        .collect();
    for [misbehaviour, _, settings, _] in rows() {
        for setting in settings.split(", ").filter(|setting| !setting.is_empty()) {
            let mut parts = setting.split('`').skip(1);
            let (key, place) = (parts.next().unwrap(), parts.next().unwrap().trim());
            let known = match (key.split_once("::"), place) {
                (Some((_, item)), _) => [format!("fn {item}("), format!("pub {item}: ")]
                    .iter()
                    .any(|item| router.contains(item.as_str())),
                (None, "of the provider") => section.contains(&format!("\"{key}\"")),
                (None, "of APNs") => apns.contains(&format!("pub {key}: ")),
                (None, _) => delivery.contains(&format!("| `{key}` |")),
            };
            assert!(known, "{misbehaviour}: no setting `{key}` {place}");
        }
    }
}

#[test]
fn every_file_that_a_document_links_to_is_there() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ];
    let mut lacking = Vec::new();
    let mut links_seen = 0;
    for document in documents {
        let text = read(document);
        for (_, target) in links(&text) {
            let target = target.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links_seen += 1;
            if !Path::new(ROOT).join(target).exists() {
                lacking.push(format!("{document}: {target}"));
            }
        }
    }
    assert_eq!(lacking, [""; 0]);
    assert!(links_seen > 50, "{links_seen}");
}
