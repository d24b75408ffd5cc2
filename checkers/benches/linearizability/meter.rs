//! Processor time and peak memory of this process.

use nix::time::{ClockId, clock_gettime};

/// What a piece of work took.
pub(crate) struct Measured {
    /// Median of the repeats, in ms of processor time.
    pub(crate) ms: f64,
    /// Growth of the peak of resident memory during the first repeat, in bytes.
    pub(crate) peak_bytes: u64,
}

/// Time of this process' processor, in ms.
fn processor_ms() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("Linux has this clock");
    time.tv_sec() as f64 * 1e3 + time.tv_nsec() as f64 / 1e6
}

/// A field of `/proc/self/status`, in bytes.
#[allow(
    clippy::disallowed_methods,
    reason = "a benchmark reads the kernel's figures"
)]
fn status_bytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Measures a piece of work: repeated for about a third of a second, at least three times, at most 51.
pub(crate) fn measure(mut work: impl FnMut()) -> Measured {
    // Sets the peak back to what is held now.
    #[allow(
        clippy::disallowed_methods,
        reason = "a benchmark sets the kernel's figures back"
    )]
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let held = status_bytes("VmRSS");
    let mut times = Vec::new();
    let from = processor_ms();
    work();
    let first = processor_ms() - from;
    let peak_bytes = status_bytes("VmHWM").saturating_sub(held);
    let batch = (0.5 / first.max(1e-4)).ceil().clamp(1.0, 10_000.0) as u32;
    let began = processor_ms();
    while times.len() < 3 || (times.len() < 51 && processor_ms() - began < 300.0) {
        let from = processor_ms();
        for _ in 0..batch {
            work();
        }
        times.push((processor_ms() - from) / f64::from(batch));
    }
    times.sort_by(f64::total_cmp);
    Measured {
        ms: times[times.len() / 2],
        peak_bytes,
    }
}

/// Measures a piece of work that is too long to be repeated.
pub(crate) fn once(work: impl FnOnce()) -> Measured {
    #[allow(
        clippy::disallowed_methods,
        reason = "a benchmark sets the kernel's figures back"
    )]
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let held = status_bytes("VmRSS");
    let from = processor_ms();
    work();
    Measured {
        ms: processor_ms() - from,
        peak_bytes: status_bytes("VmHWM").saturating_sub(held),
    }
}

/// Prints one line.
#[allow(clippy::print_stdout, reason = "a benchmark prints")]
pub(crate) fn row(name: &str, operations: usize, measured: &Measured) {
    let Measured { ms, peak_bytes } = measured;
    let each_second = operations as f64 / ms * 1e3;
    let mib = *peak_bytes as f64 / f64::from(1 << 20);
    println!("{name:<44}{operations:>10}{ms:>12.4}{each_second:>16.0}{mib:>12.1}");
}
