//! Whether bytes have the shape of a Raft message, before the protobuf parser sees them.
//!
//! The parser skips unknown groups by recursion and makes room for every entry, so a frame of nested groups overflows
//! its stack and one of empty entries takes sixty times its size in memory. A message of this protocol has no groups,
//! no unknown fields, and a bounded number of entries.

use super::frames::WireError;

/// Most entries of one message. Each takes some 130 bytes in memory; a leader sends about 1 MiB of them at a time, and the
/// smallest that it makes has 24 bytes.
const ENTRIES_MAX: usize = 1 << 18;

/// Most nodes in a list of a snapshot.
const NODES_MAX: usize = 1 << 10;

#[derive(Clone, Copy)]
enum Of {
    Message,
    Entry,
    Snapshot,
    Metadata,
    ConfState,
}

/// What a field is, by its number.
enum Field {
    Number,
    Bytes,
    /// Numbers, one by one or packed.
    Numbers,
    Inner(Of),
}

impl Of {
    fn field(self, number: u64) -> Option<Field> {
        Some(match (self, number) {
            (Of::Message, 1..=6 | 8 | 10 | 11 | 13..=16) => Field::Number,
            (Of::Message, 7) => Field::Inner(Of::Entry),
            (Of::Message, 9) => Field::Inner(Of::Snapshot),
            (Of::Message, 12) => Field::Bytes,
            (Of::Entry, 1..=3 | 5) => Field::Number,
            (Of::Entry, 4 | 6) => Field::Bytes,
            (Of::Snapshot, 1) => Field::Bytes,
            (Of::Snapshot, 2) => Field::Inner(Of::Metadata),
            (Of::Metadata, 1) => Field::Inner(Of::ConfState),
            (Of::Metadata, 2 | 3) => Field::Number,
            (Of::ConfState, 1..=4) => Field::Numbers,
            (Of::ConfState, 5) => Field::Number,
            _ => return None,
        })
    }
}

/// Checks a message.
///
/// # Errors
/// If the bytes are not a message of this protocol.
pub(crate) fn check(bytes: &[u8]) -> Result<(), WireError> {
    let mut counts = Counts::default();
    walk(bytes, Of::Message, &mut counts).ok_or(WireError::Content)
}

#[derive(Default)]
struct Counts {
    inner: usize,
    nodes: usize,
}

/// The depth of recursion is that of [`Of`], whatever the bytes are.
fn walk(mut bytes: &[u8], of: Of, counts: &mut Counts) -> Option<()> {
    const VARINT: u64 = 0;
    const LENGTH: u64 = 2;
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match (of.field(tag >> 3)?, tag & 7) {
            (Field::Number, VARINT) => {
                varint(&mut bytes)?;
            }
            (Field::Numbers, VARINT) => {
                varint(&mut bytes)?;
                counts.nodes += 1;
            }
            (Field::Bytes, LENGTH) => {
                take(&mut bytes)?;
            }
            (Field::Numbers, LENGTH) => counts.nodes += take(&mut bytes)?.len(),
            (Field::Inner(inner), LENGTH) => {
                counts.inner += 1;
                walk(take(&mut bytes)?, inner, counts)?;
            }
            _ => return None,
        }
        if counts.inner > ENTRIES_MAX || counts.nodes > NODES_MAX {
            return None;
        }
    }
    Some(())
}

fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use protobuf::Message as _;
    use raft::eraftpb::{Entry, Message, MessageType};

    fn message() -> Message {
        let mut message = Message {
            to: 1,
            from: 2,
            term: u64::MAX,
            index: 9,
            commit: 3,
            commit_term: 4,
            request_snapshot: 5,
            priority: 6,
            ..Message::default()
        };
        message.set_msg_type(MessageType::MsgAppend);
        message.reject = true;
        message.context = vec![1, 2].into();
        message.entries = vec![
            Entry {
                term: 1,
                index: 2,
                data: vec![0xff; 300].into(),
                ..Entry::default()
            };
            3
        ]
        .into();
        let metadata = message.mut_snapshot().mut_metadata();
        metadata.index = 7;
        metadata.mut_conf_state().voters = vec![1, 2, 300];
        metadata.mut_conf_state().auto_leave = true;
        message.mut_snapshot().data = vec![3; 9].into();
        message
    }

    #[test]
    fn what_this_library_writes_has_the_shape() {
        let bytes = message().write_to_bytes().unwrap();
        assert!(check(&bytes).is_ok());
        assert!(check(&[]).is_ok());
    }

    #[test]
    fn groups_unknown_fields_and_too_many_entries_are_refused() {
        assert!(check(&vec![0x0b; 100_000]).is_err(), "nested groups");
        let mut inside = vec![0x3a, 200, 1];
        inside.extend(vec![0x0b; 200]);
        assert!(check(&inside).is_err(), "groups inside an entry");
        assert!(check(&[0xf8, 0x07, 1]).is_err(), "field 127");
        let empty = [0x3a, 0].repeat(ENTRIES_MAX + 1);
        assert!(check(&empty).is_err());
        assert!(check(&empty[2..]).is_ok());
        assert!(
            check(&[
                0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
            ])
            .is_err()
        );
    }
}
