//! Names and first frames of segments, and the frame that holds a hard state. Encoding only, no files.

use bytes::{Buf, BufMut};

use super::HardState;
use super::frame::{Frame, Kind};

/// Version of everything under this directory of the crate.
const FORMAT: u8 = 1;
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

    /// Reads a segment's first frame; None for another kind or version.
    pub(super) fn read(frame: &Frame<'_>) -> Option<Opening> {
        let mut body = frame.body;
        if frame.header.kind != Kind::Segment
            || body.len() != Opening::BODY_BYTES
            || body.get_u8() != FORMAT
        {
            return None;
        }
        Some(Opening {
            first_index: frame.header.index,
            previous_term: frame.header.term,
            fresh: body.get_u8() == 1,
            hard_state: HardState {
                term: body.get_u64_le(),
                vote: body.get_u64_le(),
                commit: body.get_u64_le(),
            },
        })
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
