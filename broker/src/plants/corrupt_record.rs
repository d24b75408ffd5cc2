//! `corrupt-record`: memory that loses a bit after the client's checksum was checked and before a
//! new one is computed.

use std::sync::atomic::{AtomicU32, Ordering};

use tracing::warn;

use crate::hooks::Hook;
use crate::record_batch;

/// The bit that flips: a letter or digit becomes another printable character, so that the record is
/// still one, with a value that nobody sent.
const FLIPPED: u8 = 0b0100_0000;

/// Damages one in `one_in` batches, in the last byte of its last record's value.
///
/// Only where that byte is known: in a batch that is not compressed and whose last record has no
/// headers.
#[derive(Debug)]
pub(super) struct CorruptRecord {
    one_in: u32,
    /// Batches since the last one that was hit. Only the core counts.
    seen: AtomicU32,
}

impl CorruptRecord {
    pub(super) fn new(one_in: u32) -> CorruptRecord {
        CorruptRecord {
            one_in,
            seen: AtomicU32::new(0),
        }
    }
}

impl Hook for CorruptRecord {
    fn batch_stored(&self, batch: &mut [u8]) {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let plain = record_batch::peek(batch).is_some_and(|header| !header.is_compressed());
        let [.., last, 0] = batch else { return };
        if seen < self.one_in || !plain || !last.is_ascii_alphanumeric() {
            return;
        }
        self.seen.store(0, Ordering::Relaxed);
        *last ^= FLIPPED;
        record_batch::seal(batch);
        warn!("plant: a stored record is damaged");
    }
}
