//! Any bytes after the header of our own history: a verdict or an error, never a panic.

#![no_main]

use checkers::foreign::{ModelName, judge};
use checkers::linearizability::{Budget, SearchOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = SearchOptions::default().budget(Budget {
        steps: 20_000,
        bytes: 16 << 20,
    });
    let mut text = b"{\"format\":\"jepsen-history\",\"version\":1}\n".to_vec();
    text.extend_from_slice(data);
    for model in [ModelName::Log, ModelName::Register, ModelName::Kafka] {
        let _ = judge("fuzz", &text, Some(model), &options);
    }
});
