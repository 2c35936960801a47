//! `zpns.descriptor/1`, from a plugin that means no good.
#![no_main]

#[path = "../../tests/parsers/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|json: &[u8]| properties::descriptor(json));
