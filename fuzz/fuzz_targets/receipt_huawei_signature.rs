#![no_main]

use libfuzzer_sys::fuzz_target;
use zpns_core::Secret;
use zpns_huawei::receipt::verify;

fuzz_target!(|header: &str| {
    // No fuzzer forges one.
    assert!(verify(header, "user", &Secret::new("a key that nobody knows")).is_err());
});
