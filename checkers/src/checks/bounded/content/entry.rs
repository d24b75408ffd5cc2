//! A record that is settled: its offset, and what stands for its value.

use crate::history::Offset;

/// A record: where it lies, and what stands for its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: Offset,
    pub(super) key: Key,
}

/// What stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The nth text, and the number after it.
    Counted(u32, u64),
    /// The hash of a value of another shape.
    Hashed(u64),
}
