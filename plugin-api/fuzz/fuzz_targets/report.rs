//! `zpns.report/1`, from a plugin that means no good, on a number of targets.
#![no_main]

#[path = "../../tests/parsers/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| properties::report(input.1, input.0.into()));
