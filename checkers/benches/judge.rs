//! How long a full judgement takes and how much memory it needs, on drawn histories of a given number of operations.
//!
//! `cargo bench -p checkers --bench judge -- 1000000 [SEED]`: half of the operations append one record, half poll what
//! came since; final reads through each of three nodes; probes as in a run. Prints processor time, operations for each
//! second of it and resident memory, and judges twice to compare the bytes.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures"
)]

mod drawn;
mod process;

use std::hash::{DefaultHasher, Hash, Hasher};

use checkers::history::History;
use process::{memory_mb, processor_seconds};

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse::<u64>().ok());
    let sizes = match numbers.next() {
        Some(size) => vec![size],
        None => vec![1_000, 10_000, 100_000, 1_000_000],
    };
    let seed = numbers.next().unwrap_or(1);
    println!("operations   history MB   judged ms   operations/s   peak MB   verdict");
    for size in sizes {
        let (header, events) = drawn::history(size, seed);
        let history = History::new(header, events);
        let before_mb = memory_mb("VmRSS");
        let started = processor_seconds();
        // The kernel counts by ticks: a short judgement is repeated until it is long.
        let times = (200_000 / size.max(1)).max(1);
        let mut judgement = checkers::judge(&history);
        for _ in 1..times {
            judgement = checkers::judge(&history);
        }
        let seconds = (processor_seconds() - started) / times as f64;
        let peak_mb = memory_mb("VmHWM");
        println!(
            "{size:>10}   {before_mb:>10}   {:>9.0}   {:>12.0}   {peak_mb:>7}   {}",
            seconds * 1e3,
            size as f64 / seconds,
            judgement.validity().word()
        );
        for verdict in judgement
            .verdicts
            .iter()
            .filter(|v| v.validity.word() != "valid")
        {
            println!("  {} {:?}", verdict.check, verdict.doubts.first());
        }
        let first = fingerprint(&judgement);
        assert_eq!(
            first,
            fingerprint(&checkers::judge(&history)),
            "judged twice, two answers"
        );
    }
}

fn fingerprint(judgement: &checkers::judgement::Judgement) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(judgement)
        .expect("plain data")
        .hash(&mut hasher);
    hasher.finish()
}
