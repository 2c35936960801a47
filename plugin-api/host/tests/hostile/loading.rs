//! What is loaded and what is not.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use zpns_plugin_host::{
    Finding, LoadError, LoadErrorKind, LoadPolicy, Plugin, Severity, Sha256, inspect, load,
};

use crate::scene::{library, tempfile_folder};

fn try_load(path: &Path, policy: &LoadPolicy) -> Result<Plugin, LoadError> {
    // SAFETY: the tests' own plugins.
    unsafe { load(path, policy) }
}

fn refused(path: &Path) -> LoadError {
    try_load(path, &LoadPolicy::caller_vouches()).unwrap_err()
}

/// A copy in a folder of its own.
fn copy(name: &str) -> Option<PathBuf> {
    let folder = tempfile_folder().join(name);
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("libplugin.so");
    std::fs::copy(library(&[])?, &path).unwrap();
    Some(path)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_bare_name_never_reaches_the_linker() {
    let long = PathBuf::from(format!("/{}", "x".repeat(5_000)));
    for path in [
        Path::new(""),
        Path::new("libc.so.6"),
        Path::new("./a.so"),
        &long,
    ] {
        assert_eq!(
            refused(path).kind(),
            LoadErrorKind::Path,
            "{}",
            path.display()
        );
    }
    let gone = refused(Path::new("/nowhere/libplugin.so"));
    assert_eq!(gone.kind(), LoadErrorKind::File);
    assert!(gone.to_string().contains("/nowhere/libplugin.so"), "{gone}");
}

#[test]
fn only_a_regular_file_is_loaded() {
    assert_eq!(refused(&tempfile_folder()).kind(), LoadErrorKind::File);
}

#[test]
fn a_file_that_others_can_write_is_not_loaded() {
    let Some(path) = copy("mode") else { return };
    for mode in [0o757, 0o775, 0o777] {
        set_mode(&path, mode);
        let error = refused(&path);
        assert_eq!(error.kind(), LoadErrorKind::Owner, "{error}");
        assert!(error.to_string().contains("chmod go-w"), "{error}");
    }
    set_mode(&path, 0o755);
    set_mode(path.parent().unwrap(), 0o777);
    assert_eq!(
        refused(&path).kind(),
        LoadErrorKind::Owner,
        "nor in such a folder"
    );
    set_mode(path.parent().unwrap(), 0o755);
    assert!(try_load(&path, &LoadPolicy::caller_vouches()).is_ok());
}

#[test]
fn a_strangers_file_is_not_loaded() {
    let Some(path) = copy("owner") else { return };
    if path.metadata().unwrap().uid() != 0 {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
    let error = refused(&path);
    assert_eq!(error.kind(), LoadErrorKind::Owner);
    assert!(error.to_string().contains("65534"), "{error}");
    std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    std::os::unix::fs::chown(path.parent().unwrap(), Some(65_534), None).unwrap();
    assert_eq!(
        refused(&path).kind(),
        LoadErrorKind::Owner,
        "nor out of a stranger's folder"
    );
}

#[test]
fn a_link_is_as_good_as_what_it_leads_to() {
    let Some(path) = copy("link") else { return };
    let link = path.with_file_name("latest.so");
    symlink(&path, &link).unwrap();
    let plugin = try_load(&link, &LoadPolicy::caller_vouches()).unwrap();
    assert_eq!(
        plugin.identity().unwrap().path,
        path.canonicalize().unwrap()
    );
    set_mode(&path, 0o666);
    assert_eq!(refused(&link).kind(), LoadErrorKind::Owner);
}

#[test]
fn another_file_than_the_pinned_one_is_not_loaded() {
    let Some(path) = copy("pinned") else { return };
    let hash = Sha256::of(&std::fs::read(&path).unwrap());
    let pinned = LoadPolicy::caller_vouches().with_sha256(hash);
    let plugin = try_load(&path, &pinned).unwrap();
    assert_eq!(plugin.identity().unwrap().sha256, hash);

    let other = library(&["EXTRA_SYMBOL"]).unwrap();
    std::fs::copy(other, &path).unwrap();
    let error = try_load(&path, &pinned).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Hash);
    assert!(error.to_string().contains(&hash.to_string()), "{error}");
}

#[test]
fn what_was_hashed_is_what_is_loaded() {
    // A library of its own, so that it is not in the process yet.
    let Some(built) = library(&[
        "DESCRIPTOR=\"{\\\"id\\\":\\\"com.example.first\\\",\\\"provider\\\":\\\"p\\\"}\"",
    ]) else {
        return;
    };
    let second = library(&[
        "DESCRIPTOR=\"{\\\"id\\\":\\\"com.example.second\\\",\\\"provider\\\":\\\"p\\\"}\"",
    ]);
    let path = tempfile_folder().join("swapped.so");
    std::fs::copy(built, &path).unwrap();
    let hash = Sha256::of(&std::fs::read(&path).unwrap());
    // The hook is asked between the check and the load: the worst moment for a swap.
    let (at, second) = (path.clone(), second.unwrap());
    let swap = move || drop(std::fs::rename(&second, &at));
    let policy = LoadPolicy::new(move |identity| {
        if identity.plugin.is_none() {
            swap();
        }
        Ok(())
    });
    let plugin = try_load(&path, &policy.with_sha256(hash)).unwrap();
    assert_eq!(plugin.descriptor().id, "com.example.first");
}

#[test]
fn the_policy_is_asked_before_and_after_and_has_the_last_word() {
    let Some(path) = library(&[]) else { return };
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let policy = LoadPolicy::new(move |identity| {
        seen.lock()
            .unwrap()
            .push(identity.plugin.as_ref().map(|plugin| plugin.id.clone()));
        Ok(())
    });
    try_load(&path, &policy).unwrap();
    assert_eq!(
        *asked.lock().unwrap(),
        [None, Some("com.example.hostile".to_owned())]
    );
    for refused_at in 0..2 {
        let count = AtomicUsize::new(0);
        let policy = LoadPolicy::new(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            asked if asked == refused_at => Err("not on a Sunday".into()),
            _ => Ok(()),
        });
        let error = try_load(&path, &policy).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Policy);
        assert!(error.to_string().contains("not on a Sunday"), "{error}");
    }
}

#[test]
fn what_is_no_plugin_of_this_version_is_told_why() {
    let text = tempfile_folder().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    assert_eq!(refused(&text).kind(), LoadErrorKind::Library);
    let json = |inner: &str| format!("DESCRIPTOR={:?}", format!("{{{inner}}}"));
    let named = r#""id":"com.example.a","provider":"a""#;
    let cases: [(Vec<String>, LoadErrorKind, &str); 9] = [
        (
            vec!["NO_ENTRY".into()],
            LoadErrorKind::Abi,
            "exports no `zpns_plugin_v0`",
        ),
        (
            vec!["TOO_NEW".into()],
            LoadErrorKind::Abi,
            "needs a newer host",
        ),
        (vec!["MAJOR=9".into()], LoadErrorKind::Abi, "of ABI 9.1"),
        (
            vec!["SIZE=4".into()],
            LoadErrorKind::Abi,
            "its table is not one",
        ),
        (
            vec!["SIZE=40".into()],
            LoadErrorKind::Abi,
            "has no `shutdown`",
        ),
        (
            vec!["SIZE=61".into()],
            LoadErrorKind::Abi,
            "in the middle of a function",
        ),
        (
            vec![json("")],
            LoadErrorKind::Descriptor,
            "missing field `id`",
        ),
        (
            vec![json(&format!(r#"{named},"requires":["zpns.host.kv/1"]"#))],
            LoadErrorKind::Descriptor,
            "requires what this host has not: zpns.host.kv/1",
        ),
        (
            vec!["DESCRIBE_LENGTH=300000000".into()],
            LoadErrorKind::Descriptor,
            "300000000 bytes",
        ),
    ];
    for (definitions, kind, message) in cases {
        let definitions: Vec<&str> = definitions.iter().map(String::as_str).collect();
        let Some(path) = library(&definitions) else {
            return;
        };
        let error = refused(&path);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            error.to_string().contains(message),
            "{error}\nlacks: {message}"
        );
        assert!(
            error.to_string().contains("SHA-256"),
            "what was tried: {error}"
        );
        let inspected = inspect(&path);
        assert!(!inspected.ok);
        assert!(
            said(&inspected.findings, Severity::Error, message),
            "{inspected:?}"
        );
    }
}

fn said(findings: &[Finding], severity: Severity, message: &str) -> bool {
    let mut found = findings
        .iter()
        .filter(|finding| finding.severity == severity);
    found.any(|finding| finding.message.contains(message))
}

#[test]
fn an_inspection_says_everything() {
    let Some(path) = library(&[]) else { return };
    let inspected = inspect(&path);
    assert!(inspected.ok, "{inspected:?}");
    assert_eq!(inspected.symbols, ["zpns_plugin_v0"]);
    assert_eq!(inspected.abi.as_deref(), Some("0.1"));
    let hash = Sha256::of(&std::fs::read(&path).unwrap()).to_string();
    assert_eq!(inspected.sha256, Some(hash));
    assert_eq!(inspected.descriptor.unwrap().id, "com.example.hostile");
    assert!(said(&inspected.findings, Severity::Note, "no `check`"));

    let odd = r#"{"id":"odd","provider":"odd","secrets":["key"],"config_schema":7,"capability":{"kinds":["hologram"]}}"#;
    let definition = format!("DESCRIPTOR={odd:?}");
    let inspected = inspect(&library(&[&definition, "EXTRA_SYMBOL"]).unwrap());
    assert!(inspected.ok, "{inspected:?}");
    let warnings = [
        "1 symbols beside `zpns_plugin_v0` (an_extra_symbol)",
        "`odd` is not written backwards",
        "no version",
        "`hologram`",
        "no kind of push",
        "`key` among its secrets",
        "no JSON Schema",
    ];
    for warning in warnings {
        assert!(
            said(&inspected.findings, Severity::Warning, warning),
            "{warning}: {inspected:?}"
        );
    }
}
