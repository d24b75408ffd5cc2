//! What a piece of work counts against a budget.
//!
//! A budget is in steps and bytes. A *step* is what takes some ten to a hundred nanoseconds: a look at one open
//! operation, a visit to one configuration, a comparison of thirty small sets, the copy of 64 bytes. Everything that a
//! search does in a loop is counted in them, so a budget of steps is a budget of time on any one machine.

use super::mask::Mask;

/// Bytes that are copied or compared in the time of one step.
const BYTES_PER_STEP: usize = 64;

/// How many steps it takes to copy or compare this many bytes.
pub(super) fn steps_of(bytes: usize) -> u64 {
    (bytes / BYTES_PER_STEP) as u64
}

/// How many words of eight a mask has beyond the first.
pub(super) fn words_of<K: Mask>(mask: &K) -> usize {
    mask.heap_bytes() / BYTES_PER_STEP
}

/// How many sets of one word are compared in the time of one step: they lie side by side.
const COMPARED_PER_STEP: usize = 32;

/// How many steps it takes to compare with this many sets. Those of many words lie elsewhere, each at a place that is
/// likely not to be in the processor's memory.
pub(super) fn steps_of_comparing<K: Mask>(count: usize, mask: &K) -> u64 {
    let steps = if mask.heap_bytes() == 0 {
        count / COMPARED_PER_STEP
    } else {
        count * (1 + words_of(mask) / 8)
    };
    steps as u64
}

/// How many entries may come between two looks at memory.
const ENTRIES_BETWEEN_LOOKS: usize = 2_048;

/// Bytes that a table takes besides its own when it grows next, if that may be before the next look: it is copied into
/// one twice as large.
pub(super) fn growth(count: usize, capacity: usize, bytes: usize) -> usize {
    if capacity.saturating_sub(count) < ENTRIES_BETWEEN_LOOKS {
        2 * bytes
    } else {
        0
    }
}
