//! Checkpoint files: the state machine as it was right before a segment's first entry.
//!
//! Written under another name, synced, then renamed: a checkpoint that has its name is whole, or the disk is
//! broken. One belongs to each segment that may become the oldest.

use bytes::{Buf, BufMut, Bytes};

use super::{Checkpoint, LogError, disk_error};
use crate::disk::Disk;
use crate::rules::Syncs;

const PREFIX: &str = "checkpoint-";
const UNFINISHED: &str = ".unfinished";
const MAGIC: u32 = u32::from_le_bytes(*b"jpcp");
/// magic u32, crc32c u32 over the rest, index u64, term u64, state
const HEADER_BYTES: usize = 24;
const CHECKED_FROM: usize = 8;

/// The file name of the checkpoint after the entry at `index`.
pub(super) fn name(index: u64) -> String {
    format!("{PREFIX}{index:020}")
}

/// The index in a checkpoint's file name.
pub(super) fn index_of(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// Whether a file is what an interrupted [`write`] left behind.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(UNFINISHED)
}

/// Writes a checkpoint's file and makes it and its name durable, as far as these syncs happen.
pub(super) fn write(
    disk: &dyn Disk,
    checkpoint: &Checkpoint,
    syncs: Syncs,
) -> Result<(), LogError> {
    let name = name(checkpoint.index);
    let unfinished = format!("{name}{UNFINISHED}");
    let bytes = encode(checkpoint);
    let result = (|| {
        let file = disk.create(&unfinished)?;
        file.write_all_at(&bytes, 0)?;
        if syncs != Syncs::AllButCheckpoints {
            file.sync()?;
        }
        disk.rename(&unfinished, &name)?;
        disk.sync_directory()
    })();
    result.map_err(disk_error(format!("write {name}")))
}

/// Reads a checkpoint's file; None if it is not whole.
pub(super) fn read(disk: &dyn Disk, index: u64) -> Result<Option<Checkpoint>, LogError> {
    let name = name(index);
    let result = (|| {
        let file = disk.open(&name)?;
        let mut bytes = vec![0; file.length()? as usize];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    })();
    let bytes = result.map_err(disk_error(format!("read {name}")))?;
    Ok(decode(Bytes::from(bytes)).filter(|checkpoint| checkpoint.index == index))
}

fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + checkpoint.state.len());
    bytes.put_u32_le(MAGIC);
    bytes.put_u32_le(0);
    bytes.put_u64_le(checkpoint.index);
    bytes.put_u64_le(checkpoint.term);
    bytes.put_slice(&checkpoint.state);
    let checksum = crc32c::crc32c(&bytes[CHECKED_FROM..]);
    bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(mut bytes: Bytes) -> Option<Checkpoint> {
    if bytes.len() < HEADER_BYTES {
        return None;
    }
    let computed = crc32c::crc32c(&bytes[CHECKED_FROM..]);
    if bytes.get_u32_le() != MAGIC || bytes.get_u32_le() != computed {
        return None;
    }
    Some(Checkpoint {
        index: bytes.get_u64_le(),
        term: bytes.get_u64_le(),
        state: bytes,
    })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::disk::simulated::{SimulatedDisk, Survival};

    #[test]
    fn a_checkpoint_reads_back_and_no_flipped_bit_passes() {
        let checkpoint = Checkpoint {
            index: 41,
            term: 3,
            state: Bytes::from_static(b"state"),
        };
        let bytes = encode(&checkpoint);
        assert_eq!(decode(Bytes::from(bytes.clone())), Some(checkpoint));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(Bytes::from(bad)), None, "bit {bit}");
        }
    }

    #[test]
    fn a_checkpoint_that_was_not_synced_has_a_name_and_no_content() {
        let written = |syncs| {
            let disk = SimulatedDisk::default();
            let checkpoint = Checkpoint {
                index: 41,
                term: 3,
                state: Bytes::from_static(b"state"),
            };
            write(&disk, &checkpoint, syncs).unwrap();
            disk.crash(Survival::Synced, &mut StdRng::seed_from_u64(0));
            read(&disk, 41).unwrap()
        };
        assert!(written(Syncs::All).is_some());
        assert_eq!(written(Syncs::AllButCheckpoints), None);
    }
}
