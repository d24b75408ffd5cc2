//! `cargo +nightly fuzz run request`: arbitrary bytes as a Kafka request.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| broker::fuzzing::request(bytes));
