//! The library as Cargo builds it: one symbol, and no plugin's secret in what is said of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use object::{Object as _, ObjectSymbol as _};
use zpns_plugin_host::{Inspection, inspect};

/// Cargo has built it beside this test.
fn library() -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let test = std::env::current_exe().unwrap();
    test.with_file_name(format!("{DLL_PREFIX}zpns_plugin_fcm{DLL_SUFFIX}"))
}

#[test]
fn a_rust_plugin_exports_one_symbol() {
    let bytes = std::fs::read(library()).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let exported: Vec<String> = file
        .exports()
        .unwrap()
        .iter()
        .map(|export| String::from_utf8_lossy(export.name()).into_owned())
        .collect();
    // On Apple's systems a name has an underscore in front.
    let names: Vec<&str> = exported
        .iter()
        .map(|name| name.trim_start_matches('_'))
        .collect();
    assert_eq!(names, ["zpns_plugin_v0"]);
    let weak = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_weak())
        .count();
    assert_eq!(weak, 0, "nothing that another library could take over");
}

#[test]
fn nothing_is_found_wrong_with_it() {
    let Inspection { ok, findings, .. } = inspect(&library());
    assert!(ok, "{findings:?}");
}
