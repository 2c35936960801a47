//! The header and its mirror are the same thing: sizes, offsets, constants and types, told by the
//! system's C compiler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::Command;

use zpns_plugin_api::abi;

/// Rows of (what it is in C, what C says of it, what Rust says of it).
macro_rules! layout {
    ($($c:ident = $rust:ident { $($field:ident: $size:expr),+ $(,)? })+) => {
        vec![$(
            (concat!("sizeof(", stringify!($c), ")").to_owned(), size_of::<abi::$rust>()),
            $(
                (
                    format!("offsetof({}, {})", stringify!($c), stringify!($field)),
                    offset_of!(abi::$rust, $field),
                ),
                (
                    format!("sizeof((({} *)0)->{})", stringify!($c), stringify!($field)),
                    $size,
                ),
            )+
        )+]
    };
}

const POINTER: usize = size_of::<*const u8>();
const SLICE: usize = 2 * POINTER;

fn rows() -> Vec<(String, usize)> {
    let mut rows = layout! {
        zpns_slice = Slice { ptr: POINTER, len: POINTER }
        zpns_sink = Sink { ctx: POINTER, put: POINTER }
        zpns_host_api = HostApi {
            struct_size: 4, abi_major: 2, abi_minor: 2, ctx: POINTER, complete: POINTER,
            log_level: POINTER, log: POINTER, metric: POINTER, unix_time_ms: POINTER,
            monotonic_ns: POINTER, get_extension: POINTER,
        }
        zpns_call = Call {
            struct_size: 4, flags: 4, call_id: 8, timeout_ms: 8, traceparent: SLICE, body: SLICE,
        }
        zpns_plugin_api = PluginApi {
            struct_size: 4, abi_major: 2, abi_minor: 2, describe: POINTER, create: POINTER,
            send: POINTER, cancel: POINTER, shutdown: POINTER, destroy: POINTER,
            get_extension: POINTER,
        }
        zpns_plugin_provider = PluginProvider {
            struct_size: 4, reserved: 4, info: POINTER, check: POINTER, partition: POINTER,
        }
        zpns_header = Header { name: SLICE, value: SLICE }
        zpns_http_request = HttpRequest {
            struct_size: 4, flags: 4, client: 8, timeout_ms: 8, method: SLICE, url: SLICE,
            headers: POINTER, header_count: POINTER, body: SLICE,
        }
        zpns_http_response = HttpResponse {
            struct_size: 4, status: 4, headers: POINTER, header_count: POINTER, body: SLICE,
            error_json: SLICE,
        }
        zpns_host_http = HostHttp {
            struct_size: 4, reserved: 4, open: POINTER, request: POINTER, cancel: POINTER,
            renew: POINTER, close: POINTER,
        }
        zpns_host_timer = HostTimer {
            struct_size: 4, reserved: 4, start: POINTER, cancel: POINTER,
        }
    };
    let status = |name: &str, status: abi::Status| (name.to_owned(), status.0 as usize);
    let level = |name: &str, level: i32| (name.to_owned(), level as usize);
    let text = |name: &str, id: &str| (format!("sizeof({name}) - 1"), id.len());
    rows.extend([
        ("sizeof(zpns_status)".to_owned(), size_of::<abi::Status>()),
        ("ZPNS_ABI_MAJOR".to_owned(), abi::ABI_MAJOR.into()),
        ("ZPNS_ABI_MINOR".to_owned(), abi::ABI_MINOR.into()),
        status("ZPNS_OK", abi::Status::OK),
        status("ZPNS_FAILED", abi::Status::FAILED),
        status("ZPNS_CANCELLED", abi::Status::CANCELLED),
        status("ZPNS_PANICKED", abi::Status::PANICKED),
        status("ZPNS_CLOSED", abi::Status::CLOSED),
        status("ZPNS_INVALID_ARGUMENT", abi::Status::INVALID_ARGUMENT),
        status("ZPNS_UNSUPPORTED", abi::Status::UNSUPPORTED),
        status("ZPNS_INTERNAL", abi::Status::INTERNAL),
        level("ZPNS_LOG_OFF", abi::log_level::OFF),
        level("ZPNS_LOG_ERROR", abi::log_level::ERROR),
        level("ZPNS_LOG_WARN", abi::log_level::WARN),
        level("ZPNS_LOG_INFO", abi::log_level::INFO),
        level("ZPNS_LOG_DEBUG", abi::log_level::DEBUG),
        level("ZPNS_LOG_TRACE", abi::log_level::TRACE),
        level("ZPNS_METRIC_COUNTER", abi::metric_kind::COUNTER),
        level("ZPNS_METRIC_GAUGE", abi::metric_kind::GAUGE),
        level("ZPNS_METRIC_HISTOGRAM", abi::metric_kind::HISTOGRAM),
        text("ZPNS_PLUGIN_PROVIDER", abi::PLUGIN_PROVIDER),
        text("ZPNS_HOST_HTTP", abi::HOST_HTTP),
        text("ZPNS_HOST_TIMER", abi::HOST_TIMER),
    ]);
    rows
}

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Compiles a C file against a header, and hands out the executable; none if there is no compiler.
fn compile(directory: &Path, source: &str, include: &Path, flags: &[&str]) -> Option<PathBuf> {
    let (file, program) = (directory.join("main.c"), directory.join("main"));
    std::fs::write(&file, source).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(&compiler)
        .args(["-Wall", "-Wextra", "-pedantic", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(include)
        .arg("-o")
        .arg(&program)
        .arg(&file)
        .output();
    match compiled {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("CI").is_none(), "CI has no `{compiler}`");
            eprintln!("skipped: there is no `{compiler}`");
            None
        }
        compiled => {
            let compiled = compiled.unwrap();
            let said = String::from_utf8_lossy(&compiled.stderr);
            assert!(compiled.status.success(), "{said}");
            Some(program)
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "runs a compiler")]
fn the_header_and_its_mirror_agree_on_every_size_and_offset() {
    let rows = rows();
    let mut source =
        String::from("#include <zpns_plugin.h>\n#include <stdio.h>\nint main(void) {\n");
    for (expression, _) in &rows {
        source.push_str(&format!(
            "  printf(\"%llu\\n\", (unsigned long long)({expression}));\n"
        ));
    }
    source.push_str("  return 0;\n}\n");

    let directory = tempfile::tempdir().unwrap();
    let Some(program) = compile(directory.path(), &source, &include(), &["-std=c11"]) else {
        return;
    };
    let output = Command::new(program).output().unwrap();
    let told: Vec<usize> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert_eq!(told.len(), rows.len());
    for ((expression, rust), c) in rows.iter().zip(told) {
        assert_eq!(*rust, c, "{expression}");
    }
}

#[test]
fn sizes_on_64_bits_are_those_that_the_design_promised() {
    if POINTER == 8 {
        let sizes = (
            size_of::<abi::HostApi>(),
            size_of::<abi::PluginApi>(),
            size_of::<abi::Call>(),
        );
        assert_eq!(sizes, (72, 64, 56));
    }
}

#[test]
#[cfg_attr(miri, ignore = "runs a compiler")]
fn the_names_of_extensions_are_the_same_on_both_sides() {
    let directory = tempfile::tempdir().unwrap();
    let source = "#include <zpns_plugin.h>\n#include <stdio.h>\nint main(void) {\n  \
        puts(ZPNS_PLUGIN_PROVIDER); puts(ZPNS_HOST_HTTP); puts(ZPNS_HOST_TIMER);\n  return 0;\n}\n";
    let Some(program) = compile(directory.path(), source, &include(), &["-std=c11"]) else {
        return;
    };
    let output = Command::new(program).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let ids = [abi::PLUGIN_PROVIDER, abi::HOST_HTTP, abi::HOST_TIMER];
    assert_eq!(told.lines().collect::<Vec<_>>(), ids);
}

#[test]
#[cfg_attr(miri, ignore = "runs a compiler")]
fn every_header_is_c_and_cplusplus_without_a_warning() {
    let source = "#include <zpns_plugin.h>\nint main(void) { return 0; }\n";
    for header in headers() {
        for flags in [&["-std=c11"][..], &["-x", "c++", "-std=c++17"]] {
            let directory = tempfile::tempdir().unwrap();
            compile(directory.path(), source, &header, flags);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn the_header_of_this_version_is_frozen() {
    let version = format!("{}.{}", abi::ABI_MAJOR, abi::ABI_MINOR);
    let frozen = include().join("abi").join(version).join("zpns_plugin.h");
    let frozen = std::fs::read_to_string(frozen).unwrap();
    let present = std::fs::read_to_string(include().join("zpns_plugin.h")).unwrap();
    assert!(
        frozen == present,
        "the header has changed: raise ABI_MINOR and freeze the new one beside the old ones"
    );
}

/// The folder of today's header, and that of every one ever released.
fn headers() -> Vec<PathBuf> {
    let frozen = std::fs::read_dir(include().join("abi")).unwrap();
    let mut all = vec![include()];
    all.extend(frozen.map(|entry| entry.unwrap().path()));
    assert!(all.len() > 1);
    all
}
