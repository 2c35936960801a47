#![no_main]

mod receipt;

libfuzzer_sys::fuzz_target!(|body: &[u8]| receipt::check(
    zpns_honor::receipt::Reader::new("7"),
    body
));
