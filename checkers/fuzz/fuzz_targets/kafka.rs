//! `cargo +nightly fuzz run kafka`: arbitrary text as a Kafka history in EDN, judged twice with the same verdict.

#![no_main]

use checkers::edn;
use checkers::transactions::{TransactionOptions, judge_sends_and_polls};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(operations) = edn::entries(text).and_then(edn::operations) {
        let judge = || judge_sends_and_polls(&operations, &TransactionOptions::default());
        let verdict = judge();
        assert_eq!(verdict, judge());
        if let Ok(verdict) = verdict {
            let _ = verdict.lines();
        }
    }
});
