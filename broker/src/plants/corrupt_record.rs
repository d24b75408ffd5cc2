//! Plant `corrupt-record`: memory that forgets a bit between the check of a client's checksum and
//! the making of a new one.

use tracing::warn;

use super::{Plant, Plants};
use crate::record_batch;

/// The bit that flips: another letter or digit becomes of a letter or digit, so that the record is
/// still one, with a value that nobody sent.
const FLIPPED: u8 = 0b0100_0000;

/// Damages every so-manieth batch in the last byte of its last record's value.
///
/// Only where that byte can be told: in a batch that is not compressed, whose last record has no
/// headers.
pub(crate) fn damage(plants: &Plants, seen: &mut u32, batch: &mut [u8]) {
    let Some(one_in) = plants.value(Plant::CorruptRecord) else {
        return;
    };
    *seen += 1;
    let plain = record_batch::peek(batch).is_some_and(|header| !header.is_compressed());
    let [.., last, 0] = batch else { return };
    if *seen < one_in || !plain || !last.is_ascii_alphanumeric() {
        return;
    }
    *seen = 0;
    *last ^= FLIPPED;
    record_batch::seal(batch);
    warn!("plant: a stored record is damaged");
}
