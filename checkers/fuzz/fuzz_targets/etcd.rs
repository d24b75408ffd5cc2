//! Any bytes as lines of the etcd log format: a verdict or an error, never a panic.

#![no_main]

use checkers::foreign::{ModelName, judge};
use checkers::linearizability::{Budget, SearchOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = SearchOptions::default().budget(Budget {
        steps: 20_000,
        bytes: 16 << 20,
    });
    // The mark makes any input an etcd log.
    let mut text = b"INFO  jepsen.util - ".to_vec();
    text.extend_from_slice(data);
    for model in [None, Some(ModelName::Register), Some(ModelName::CasRegister)] {
        let _ = judge("fuzz", &text, model, &options);
    }
});
