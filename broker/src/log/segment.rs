//! Names and first frames of segments, and the frame that holds a hard state. Encoding only, no files.

use bytes::{Buf, BufMut};

use super::HardState;
use super::frame::{Frame, Kind};

/// Version of everything that lies in a data directory: frames, checkpoints, commands in entries, the state in checkpoints.
/// It rises with each change that an older release would not read. Of a segment's first frame three things never change, so
/// that every release recognises a newer format: the form of a frame, its kind, and that its body begins with the format.
pub(super) const FORMAT: u8 = 1;
const PREFIX: &str = "segment-";

/// The file name of a segment.
pub(super) fn name(sequence: u32) -> String {
    format!("{PREFIX}{sequence:010}")
}

/// The sequence number in a segment's file name.
pub(super) fn sequence_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// What a segment's first frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    /// Raft index of the entry that it was started for.
    pub(super) first_index: u64,
    /// Term of the entry before that one.
    pub(super) previous_term: u64,
    /// The log starts over here: all older segments are dead.
    pub(super) fresh: bool,
    /// The hard state when it was started. In this frame and not in one of its own: an opening that survived a
    /// power loss alone makes older segments dead, and with them the vote that they hold.
    pub(super) hard_state: HardState,
}

impl Opening {
    /// Bytes of its frame's body.
    pub(super) const BODY_BYTES: usize = 26;

    /// The frame's body; first index and previous term are in its header.
    pub(super) fn body(self) -> Vec<u8> {
        let mut body = Vec::with_capacity(Opening::BODY_BYTES);
        body.put_slice(&[FORMAT, u8::from(self.fresh)]);
        body.put_u64_le(self.hard_state.term);
        body.put_slice(&hard_state_body(self.hard_state));
        body
    }

    /// Reads a segment's first frame; None for another kind.
    ///
    /// # Errors
    /// The format, if it is not the one that this release reads.
    pub(super) fn read(frame: &Frame<'_>) -> Result<Option<Opening>, u8> {
        let mut body = frame.body;
        if frame.header.kind != Kind::Segment || body.is_empty() {
            return Ok(None);
        }
        match body.get_u8() {
            FORMAT if frame.body.len() == Opening::BODY_BYTES => {}
            FORMAT => return Ok(None),
            other => return Err(other),
        }
        Ok(Some(Opening {
            first_index: frame.header.index,
            previous_term: frame.header.term,
            fresh: body.get_u8() == 1,
            hard_state: HardState {
                term: body.get_u64_le(),
                vote: body.get_u64_le(),
                commit: body.get_u64_le(),
            },
        }))
    }
}

/// The body of a hard state's frame; the term is in its header.
pub(super) fn hard_state_body(state: HardState) -> Vec<u8> {
    let mut body = Vec::with_capacity(16);
    body.put_u64_le(state.vote);
    body.put_u64_le(state.commit);
    body
}

/// Reads a hard state's frame.
pub(super) fn read_hard_state(frame: &Frame<'_>) -> Option<HardState> {
    let mut body = frame.body;
    (body.len() == 16).then(|| HardState {
        term: frame.header.term,
        vote: body.get_u64_le(),
        commit: body.get_u64_le(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::disk::Disk;
    use crate::disk::simulated::SimulatedDisk;
    use crate::log::frame::{self, Header};
    use crate::log::{LogError, LogOptions, recover};

    /// A disk with one segment, whose first frame has this body.
    fn disk_with(body: &[u8]) -> SimulatedDisk {
        let header = Header {
            kind: Kind::Segment,
            term: 0,
            index: 1,
            synced: 0,
        };
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, header, body, 1, 0);
        let disk = SimulatedDisk::default();
        let file = disk.create(&name(1)).unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        file.sync().unwrap();
        disk.sync_directory().unwrap();
        disk
    }

    #[test]
    fn a_log_of_a_newer_format_is_refused_and_left_as_it_is() {
        let mut newer = Opening {
            first_index: 1,
            previous_term: 0,
            fresh: false,
            hard_state: HardState::default(),
        }
        .body();
        newer[0] = FORMAT + 1;
        let mut longer = newer.clone();
        longer.extend([7; 40]);
        for body in [newer, longer] {
            let disk = disk_with(&body);
            let refused = recover(Arc::new(disk.clone()), LogOptions::default()).unwrap_err();
            assert!(matches!(refused, LogError::Format { format, .. } if format == FORMAT + 1));
            let told = refused.to_string();
            assert!(
                told.contains("segment-0000000001 has format 2") && told.contains("reads format 1"),
                "{told}"
            );
            assert_eq!(disk.list().unwrap(), [name(1)]);
        }
    }

    /// What was begun and not synced when the power went is no format.
    #[test]
    fn a_torn_first_frame_is_removed_as_before() {
        let disk = disk_with(&[FORMAT; 3]);
        assert!(recover(Arc::new(disk), LogOptions::default()).is_ok());
    }
}
