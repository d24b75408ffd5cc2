//! A budget holds, whatever a file contains: all work is counted, and all memory.

#[path = "../benches/linearizability/hostile.rs"]
mod hostile;

use checkers::foreign::judge_objects;
use checkers::linearizability::{Budget, SearchOptions};
use checkers::verdict::Validity;

/// The most memory that this process has had since this was last asked for, and what it has now, in bytes.
#[allow(
    clippy::disallowed_methods,
    reason = "a test reads the kernel's figures"
)]
fn memory() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next());
        kib.and_then(|kib| kib.parse::<usize>().ok())
            .expect("a figure")
            << 10
    };
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    (field("VmHWM:"), field("VmRSS:"))
}

/// Each file is decided, or ends with its budget. Were any loop not counted, this would take for ever, or the steps
/// would be few and the time long; memory is held to the budget and what reading the file takes.
#[test]
fn no_file_takes_more_than_its_budget() {
    let budget = Budget {
        steps: 400_000,
        bytes: 32 << 20,
    };
    let mut undecided = 0;
    for file in hostile::all(120_000) {
        let (_, held) = memory();
        let options = SearchOptions::default().budget(budget);
        let judged = judge_objects(file.name, file.text.as_bytes(), Some(file.model), &options);
        let judged = judged.unwrap_or_else(|error| panic!("{}: {error}", file.name));
        let (peak, _) = memory();
        undecided += usize::from(judged.validity == Validity::Undecided);
        // A search looks at its budget after some work, and may make one large state more.
        assert!(
            judged.steps <= budget.steps + budget.steps / 10,
            "{}: {}",
            file.name,
            judged.steps
        );
        let grown = peak.saturating_sub(held);
        let allowed = budget.bytes + 60 * file.text.len();
        assert!(
            grown <= allowed,
            "{}: {grown} of {allowed} bytes",
            file.name
        );
    }
    assert!(undecided >= 4, "{undecided}: the files are not hostile");
}
