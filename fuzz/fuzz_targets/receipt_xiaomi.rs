#![no_main]

mod receipt;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    receipt::check(zpns_xiaomi::receipt::Reader, body);
    // And behind the form, which takes a fuzzer long to find.
    let form = [b"data=", body].concat();
    receipt::check(zpns_xiaomi::receipt::Reader, &form);
});
