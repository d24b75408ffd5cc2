//! `cargo +nightly fuzz run session`: a session of the authenticated protocol between nodes. The bytes decide which
//! messages a node is sent, in which roles it is, and when it restarts.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| broker::fuzzing::peer_session(bytes));
