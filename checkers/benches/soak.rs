//! How long it takes, and how much memory, to judge a run of many hours line by line.
//!
//! `cargo bench -p jepsen-checkers --bench soak -- 30000000`: a drawn run of so many operations, half of which append one
//! record, one in a thousand without success, and half poll what came since; probes as in a run; raw reads of
//! everything through each of three nodes at the end. Judged by all checks. No line is kept by
//! the generator. Prints processor time without the generator's own, and resident memory every tenth of the way.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures"
)]

mod drawn;
mod process;

use checkers::bounded::{Reducer, Window};
use checkers::checks::TABLE;
use drawn::stream;
use process::{memory_mb, processor_seconds};

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse::<u64>().ok());
    let size = numbers.next().unwrap_or(3_000_000);
    let started = processor_seconds();
    stream::run(size, &mut |_| {});
    let generated = processor_seconds() - started;
    println!(
        "generated alone: {generated:.1} s, {} MB",
        memory_mb("VmHWM")
    );

    let started = processor_seconds();
    let mut reducer = Reducer::new(drawn::header(), Window::default());
    let (mut lines, mut told) = (0_u64, 0);
    stream::run(size, &mut |event| {
        reducer.take(event);
        lines += 1;
        if lines.is_multiple_of(100_000) && lines * 10 / (size * 2) > told {
            told = lines * 10 / (size * 2);
            let (kept, resident) = (reducer.kept(), memory_mb("VmRSS"));
            println!("{lines:>10} lines: {kept:>8} kept, {resident} MB");
        }
    });
    let taken = processor_seconds() - started - generated;
    let left = reducer
        .finish()
        .expect("nothing contradicts what was forgotten");
    let (history, judgement) = left.judge(TABLE);
    let left = history.events().len();
    let seconds = processor_seconds() - started - generated;
    println!(
        "{size} operations, {lines} lines, {left} left: {taken:.1} s to take, {seconds:.1} s in all, {:.0} \
         operations/s, peak {} MB, {}",
        size as f64 / seconds,
        memory_mb("VmHWM"),
        judgement.validity().word()
    );
    for verdict in &judgement.verdicts {
        let seen: Vec<String> = verdict
            .seen
            .iter()
            .map(|s| format!("{} {}", s.count, s.what))
            .collect();
        println!(
            "  {:<22} {:<14} {}",
            verdict.check,
            verdict.validity.word(),
            seen.join(", ")
        );
    }
}
