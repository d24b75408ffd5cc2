//! Any bytes as a history in EDN, under every model: a verdict or an error, never a panic.

#![no_main]

use checkers::foreign::{ModelName, judge};
use checkers::linearizability::{Budget, SearchOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = SearchOptions::default().budget(Budget {
        steps: 20_000,
        bytes: 16 << 20,
    });
    let _ = judge("fuzz", data, None, &options);
    for model in ModelName::ALL {
        let _ = judge("fuzz", data, Some(model), &options);
    }
});
