#![no_main]

mod receipt;

use zpns_core::Secret;
use zpns_meizu::receipt::Reader;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    receipt::check(Reader::new(Secret::new("t0ken")), body);
    // And behind the access token, which no fuzzer finds.
    let form = [b"access_token=t0ken&cb=", body].concat();
    receipt::check(Reader::new(Secret::new("t0ken")), &form);
});
