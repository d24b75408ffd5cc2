//! Tests that run inside the sandbox. Each case is a process of its own: this program starts itself
//! again with the case's name, because the sandbox is entered before any thread exists. Where the
//! machine forbids a sandbox, the case is reported as skipped.
//!
//! `inside` runs all cases, `inside NAME...` those whose names contain one of the words.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, missing_docs)]

mod clocks;
mod confined;
mod disks;
mod doctor;
mod echo;
mod engine;
mod faults;
mod network;
mod own;
mod power;
mod refused;
mod support;
mod tree;
mod wire;

use std::process::{Command, ExitCode};
use std::time::Instant;

/// A case: its name, and what runs in its process.
pub(crate) type Case = (&'static str, fn());

/// The exit code of a case that this machine does not permit.
pub(crate) const SKIPPED: i32 = 77;

/// Tells a process which case it is.
pub(crate) const CASE: &str = "NEMESIS_TEST_CASE";

fn cases() -> Vec<Case> {
    [
        tree::CASES,
        network::CASES,
        wire::CASES,
        disks::CASES,
        faults::CASES,
        refused::CASES,
        engine::CASES,
        clocks::CASES,
        own::CASES,
        power::CASES,
        doctor::CASES,
        confined::CASES,
    ]
    .concat()
}

fn main() -> ExitCode {
    if let Ok(address) = std::env::var(echo::ECHO) {
        echo::serve(&address);
        return ExitCode::SUCCESS;
    }
    if let Ok(directory) = std::env::var(disks::SYNC) {
        disks::serve(&directory);
        return ExitCode::SUCCESS;
    }
    if let Ok(aim) = std::env::var(confined::ATTACK) {
        confined::attack(&aim);
        return ExitCode::SUCCESS;
    }
    if let Ok(value) = std::env::var(confined::LEAVE) {
        confined::leave(&value);
        return ExitCode::SUCCESS;
    }
    if let Ok(wanted) = std::env::var(CASE) {
        let helpers = tree::HELPERS.iter().chain(confined::HELPERS);
        let helpers = helpers.chain(wire::LONG);
        let mut all = cases().into_iter().chain(helpers.copied());
        let case = all.find(|(name, _)| *name == wanted);
        case.expect("the parent names an existing case").1();
        return ExitCode::SUCCESS;
    }
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut failed = 0;
    // Long ones run when they are named in full.
    let long = wire::LONG.iter().copied();
    let long = long.filter(|(name, _)| words.iter().any(|word| word == name));
    for (name, _) in cases().into_iter().chain(long) {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            failed += usize::from(!passes(name));
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn passes(name: &str) -> bool {
    let begun = Instant::now();
    let own = std::env::current_exe().expect("this program has a path");
    let output = Command::new(own)
        .env(CASE, name)
        .output()
        .expect("this program starts again");
    let took = begun.elapsed().as_millis();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let word = match output.status.code() {
        Some(0) => "ok",
        Some(SKIPPED) => "skipped",
        _ => "FAILED",
    };
    println!("test {name} ... {word} ({took} ms)");
    if word != "ok" || said.contains("note:") {
        println!("{said}");
    }
    word != "FAILED"
}
