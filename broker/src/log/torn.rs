//! Two mistakes of a recovery at the end of the newest segment: to drop what nothing later vouches for, and to take what is
//! torn for whole. Neither happens unless the [rules](crate::rules) say so. What is correct is in `recovery`.

use super::candidate::{Candidate, OPENING_BYTES};
use super::frame::{self, HEADER_BYTES, Kind};
use super::{LogError, disk_error};

/// Takes for torn what no later frame vouches for, that is, the last write.
pub(super) fn drop_unconfirmed(candidate: &Candidate, bytes: &mut Vec<u8>) -> Result<(), LogError> {
    let vouched = frame::vouched(bytes, candidate.sequence).max(OPENING_BYTES);
    let (before, Candidate { file, name, .. }) = (bytes.len(), candidate);
    bytes.truncate(vouched as usize);
    tracing::warn!(
        bytes = before - bytes.len(),
        "the unconfirmed end of the log is dropped"
    );
    file.truncate(bytes.len() as u64)
        .map_err(disk_error(format!("cut {name}")))
}

/// Believes the header of a torn last entry: what is missing of its data is taken for zeros, and its checksum for right.
pub(super) fn accept_last(candidate: &Candidate, bytes: &mut Vec<u8>) -> Result<(), LogError> {
    let (sequence, at) = (candidate.sequence, frame::whole(bytes, candidate.sequence));
    let Some((header, length)) = frame::claimed(&bytes[at..]) else {
        return Ok(());
    };
    let end = at + HEADER_BYTES + length;
    if header.kind != Kind::Entry || end < bytes.len() {
        return Ok(());
    }
    let missing = end - bytes.len();
    tracing::warn!(
        index = header.index,
        missing,
        "a torn entry is taken for whole"
    );
    bytes.resize(end, 0);
    let body = bytes.split_off(at).split_off(HEADER_BYTES);
    frame::encode(bytes, header, &body, sequence, at as u64);
    candidate
        .file
        .write_all_at(&bytes[at..], at as u64)
        .map_err(disk_error(format!("write {}", candidate.name)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use raft::eraftpb::Entry;

    use crate::disk::simulated::SimulatedDisk;
    use crate::log::{Catalog, LogOptions, WriteGroup, recover};
    use crate::rules::RecoveryKeeps;

    const SEGMENT: &str = "segment-0000000001";

    fn group(number: u64, index: u64) -> WriteGroup {
        WriteGroup {
            number,
            entries: vec![Entry {
                index,
                term: 1,
                data: Bytes::from_static(b"what was written"),
                ..Entry::default()
            }],
            ..WriteGroup::default()
        }
    }

    /// What a node finds of two entries if this much of the last one is missing: their data.
    fn found(recovery_keeps: RecoveryKeeps, missing: usize) -> Vec<Bytes> {
        let disk = SimulatedDisk::default();
        let options = LogOptions {
            recovery_keeps,
            ..LogOptions::default()
        };
        let (mut writer, _) = recover(Arc::new(disk.clone()), options.clone()).unwrap();
        writer.write(&[group(1, 1)]).unwrap();
        writer.write(&[group(2, 2)]).unwrap();
        let end = disk.bytes(SEGMENT).len() - missing;
        disk.replace_end(SEGMENT, end, &[]);
        let (_, recovered) = recover(Arc::new(disk.clone()), options.clone()).unwrap();
        // A second start finds the same.
        let (_, again) = recover(Arc::new(disk), options).unwrap();
        assert_eq!(recovered.entries, again.entries);
        let catalog = Catalog::new(&recovered);
        let entries = catalog.entries(1, catalog.last_index() + 1, u64::MAX);
        entries
            .unwrap()
            .into_iter()
            .map(|entry| entry.data)
            .collect()
    }

    #[test]
    fn a_torn_entry_is_taken_for_whole_only_by_mistake() {
        let whole = Bytes::from_static(b"what was written");
        let padded = Bytes::from_static(b"what was\0\0\0\0\0\0\0\0");
        assert_eq!(
            found(RecoveryKeeps::Intact, 8),
            std::slice::from_ref(&whole)
        );
        assert_eq!(found(RecoveryKeeps::Torn, 8), [whole.clone(), padded]);
        for missing in [0, 16 + 1] {
            let correct = found(RecoveryKeeps::Intact, missing);
            assert_eq!(found(RecoveryKeeps::Torn, missing), correct);
        }
    }
}
