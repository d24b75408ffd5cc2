//! How fast transactions are judged, and how time and memory grow with their number.
//!
//! `cargo bench -p checkers --bench transactions -- [SIZE]`. Histories are simulated by seed. Times are
//! of the process' processor, medians of five; reading a history from its text is measured apart.
//! Memory is the process' peak, so sizes ascend.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures"
)]

#[path = "../tests/transactions/database.rs"]
mod database;

use checkers::edn;
use checkers::transactions::{TransactionOptions, judge_list_append, judge_rw_register};
use database::{Isolation, Plan};

const REPEATS: usize = 5;

fn main() {
    let mut words = std::env::args().skip(1);
    let sizes = match words.find_map(|word| word.parse().ok()) {
        Some(size) => vec![size],
        None => vec![1_000, 10_000, 100_000],
    };
    println!(
        "{:<44}{:>9}{:>10}{:>11}{:>16}{:>10}  verdict",
        "history", "txns", "read ms", "judged ms", "txns/s", "peak MiB"
    );
    for transactions in sizes {
        let plan = Plan {
            transactions,
            ..Plan::default()
        };
        let registers = Plan {
            registers: true,
            ..plan
        };
        let snapshot = Plan {
            isolation: Isolation::Snapshot,
            ..plan
        };
        let committed = Plan {
            isolation: Isolation::ReadCommitted,
            ..plan
        };
        measure("list-append, strict serializable", plan);
        measure("rw-register, strict serializable", registers);
        measure("list-append, snapshot isolation", snapshot);
        measure("list-append, read committed", committed);
    }
}

fn measure(name: &str, plan: Plan) {
    let text = database::history(plan);
    let (mut read, mut judged) = (Vec::new(), Vec::new());
    let mut violated = Vec::new();
    for _ in 0..REPEATS {
        let begun = processor_seconds();
        let entries = edn::entries(&text).expect("simulated histories are EDN");
        let operations = edn::operations(entries).expect("simulated histories are histories");
        read.push(processor_seconds() - begun);
        let begun = processor_seconds();
        let judge = match plan.registers {
            true => judge_rw_register,
            false => judge_list_append,
        };
        let verdict = judge(&operations, &TransactionOptions::default()).expect("transactions");
        judged.push(processor_seconds() - begun);
        violated = verdict.violated.iter().map(|model| model.name()).collect();
    }
    let (read, judged) = (median(read), median(judged));
    let verdict = match violated.is_empty() {
        true => "valid".to_owned(),
        false => format!("violates {}", violated.join(", ")),
    };
    println!(
        "{name:<44}{:>9}{:>10.1}{:>11.1}{:>16.0}{:>10}  {verdict}",
        plan.transactions,
        read * 1e3,
        judged * 1e3,
        plan.transactions as f64 / judged,
        peak_memory_mib()
    );
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Processor time of this process, by its clock.
fn processor_seconds() -> f64 {
    let clock = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID;
    let now = nix::time::clock_gettime(clock).expect("every Linux has this clock");
    now.tv_sec() as f64 + now.tv_nsec() as f64 / 1e9
}

/// The most memory that was resident so far; 0 where the system does not tell.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
