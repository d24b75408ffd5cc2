//! Any bytes as a history in EDN, under every model: a verdict or an error, never a panic.

#![no_main]

use checkers::foreign::{ModelName, judge};
use checkers::linearizability::{Budget, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = Options {
        budget: Budget {
            steps: 20_000,
            bytes: 16 << 20,
        },
        ..Options::default()
    };
    let _ = judge("fuzz", data, None, &options);
    for model in ModelName::ALL {
        let _ = judge("fuzz", data, Some(model), &options);
    }
});
