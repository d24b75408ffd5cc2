//! `cargo +nightly fuzz run transactions`: arbitrary text as a history of transactions, read, judged
//! and written back.

#![no_main]

use checkers::edn;
use checkers::transactions::{TransactionOptions, judge_list_append, judge_rw_register};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(value) = edn::read(text) {
        let written = value.to_string();
        edn::read(&written).expect("what is written reads back");
    }
    if let Ok(operations) = edn::entries(text).and_then(edn::operations) {
        for judge in [judge_list_append, judge_rw_register] {
            let _ = judge(&operations, &TransactionOptions::default());
        }
    }
});
