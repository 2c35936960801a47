#![no_main]

mod receipt;

libfuzzer_sys::fuzz_target!(|body: &[u8]| receipt::check(
    zpns_huawei::receipt::Reader::new().of_app("7"),
    body
));
