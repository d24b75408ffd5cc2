//! `cargo +nightly fuzz run peer`: arbitrary bytes as frames between nodes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    broker::fuzzing::peer_frame(bytes);
    broker::fuzzing::peer_message(bytes);
});
