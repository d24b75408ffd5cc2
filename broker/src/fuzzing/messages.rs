//! Messages between nodes with extreme values in every field, from bytes.

use protobuf::{Message as _, ProtobufEnum as _};
use raft::eraftpb::{Entry, EntryType, Message, MessageType};

/// Every kind of message that Raft knows, those that never cross a network included.
pub const KINDS: i32 = 19;

/// Takes bytes one by one; zero at the end.
#[derive(Debug)]
pub(super) struct Choices<'a>(pub(super) &'a [u8]);

impl Choices<'_> {
    pub(super) fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// An extreme number, or one near what the node has.
    fn number(&mut self, near: [u64; 3]) -> u64 {
        let [last, commit, term] = near;
        let chosen = self.next();
        match chosen % 20 {
            0 => 0,
            1 => 1,
            2 => last,
            3 => last.wrapping_add(1),
            4 => last.saturating_sub(1),
            5 => commit,
            6 => commit.wrapping_add(1),
            7 => term,
            8 => term.wrapping_add(1),
            9 => term.saturating_sub(1),
            10 => 1_000_000_000,
            11 => u64::from(u32::MAX),
            12 => i32::MAX as u64,
            13 => 1 << 20,
            14 => 1 << 30,
            15 => 1 << 56,
            16 => i64::MAX as u64,
            17 => u64::MAX - 1,
            18 => u64::MAX,
            _ => u64::from(self.next()),
        }
    }
}

/// A message from `from` to `to`. `near` is the node's last index, commit index and term.
pub(super) fn message(choices: &mut Choices<'_>, from: u64, to: u64, near: [u64; 3]) -> Message {
    let kind = MessageType::from_i32(i32::from(choices.next()) % KINDS);
    let mut message = Message {
        to,
        from,
        ..Message::default()
    };
    message.set_msg_type(kind.unwrap_or(MessageType::MsgAppend));
    // Mostly a term that is looked at further.
    message.term = match choices.next() % 4 {
        0 => choices.number(near),
        1 => near[2].wrapping_add(1),
        _ => near[2],
    };
    message.log_term = choices.number(near);
    message.index = choices.number(near);
    message.commit = choices.number(near);
    message.commit_term = choices.number(near);
    message.reject = choices.next() & 1 == 1;
    message.reject_hint = choices.number(near);
    let flags = choices.next();
    if flags & 0x0f == 1 {
        message.request_snapshot = choices.number(near);
    }
    if flags & 0x0f == 2 {
        message.priority = choices.number(near) as i64;
    }
    if flags & 0x0f == 3 {
        message.context = vec![choices.next(); usize::from(choices.next())].into();
    }
    if flags & 0x30 == 0x10 || message.get_msg_type() == MessageType::MsgAppend {
        let mut index = message.index;
        for _ in 0..choices.next() % 4 {
            index = index.wrapping_add(1);
            message
                .entries
                .push(entry(choices, index, message.term, near));
        }
    }
    if flags & 0xc0 == 0x40 || message.get_msg_type() == MessageType::MsgSnapshot {
        let count = u64::from(choices.next() % 5);
        let (index, term) = (choices.number(near), choices.number(near));
        let length = usize::from(choices.next());
        let data: Vec<u8> = (0..length).map(|_| choices.next()).collect();
        let snapshot = message.mut_snapshot();
        // An empty state machine as well as noise.
        snapshot.data = match length % 2 {
            0 => crate::state::State::default().encode(),
            _ => data.into(),
        };
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (index, term);
        metadata.mut_conf_state().voters = (1..=count).collect();
        metadata.mut_conf_state().auto_leave = count == 4;
    }
    message
}

fn entry(choices: &mut Choices<'_>, index: u64, term: u64, near: [u64; 3]) -> Entry {
    let follows = !choices.next().is_multiple_of(4);
    let mut entry = Entry {
        index: if follows { index } else { choices.number(near) },
        term: if follows { term } else { choices.number(near) },
        ..Entry::default()
    };
    if choices.next().is_multiple_of(8) {
        entry.set_entry_type(EntryType::EntryConfChange);
    }
    let length = usize::from(choices.next());
    let data: Vec<u8> = (0..length).map(|_| choices.next()).collect();
    entry.data = match choices.next() % 3 {
        0 => crate::command::Command::Trim {
            first_index: choices.number(near),
        }
        .encode(entry.term),
        _ => data.into(),
    };
    entry
}

/// Numbers beyond what any cluster has, and one that is beyond this log and believable.
const EXTREMES: [u64; 9] = [
    500_000,
    1_000_000_000,
    u32::MAX as u64,
    i32::MAX as u64,
    (1 << 56) + 1,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

type Field = fn(&mut Message, u64);

/// Every number of a message.
const FIELDS: [Field; 15] = [
    |message, value| message.term = value,
    |message, value| message.log_term = value,
    |message, value| message.index = value,
    |message, value| (message.index, message.log_term) = (value, 0),
    |message, value| message.commit = value,
    |message, value| message.commit_term = value,
    |message, value| message.reject_hint = value,
    |message, value| message.request_snapshot = value,
    |message, value| message.priority = value as i64,
    |message, value| message.context = vec![7; (value % 3000) as usize].into(),
    |message, value| with_entry(message, value, message.term),
    |message, value| with_entry(message, message.index + 1, value),
    |message, value| with_snapshot(message, value, message.term, vec![1, 2, 3]),
    |message, value| with_snapshot(message, 1, value, vec![1, 2, 3]),
    |message, value| with_snapshot(message, 1, 1, vec![1, value]),
];

fn with_entry(message: &mut Message, index: u64, term: u64) {
    let entry = Entry {
        index,
        term,
        data: vec![1; 40].into(),
        ..Entry::default()
    };
    message.entries = vec![entry].into();
}

fn with_snapshot(message: &mut Message, index: u64, term: u64, voters: Vec<u64>) {
    let snapshot = message.mut_snapshot();
    snapshot.data = crate::state::State::default().encode();
    let metadata = snapshot.mut_metadata();
    (metadata.index, metadata.term) = (index, term);
    metadata.mut_conf_state().voters = voters;
}

/// Encoded messages from one node to another, in this term: every kind, each number in turn with each extreme value, alone
/// and together with an extreme commit index.
pub fn hostile_messages(from: u64, to: u64, term: u64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for kind in 0..KINDS {
        for field in FIELDS {
            for value in EXTREMES {
                for variant in 0..4 {
                    // A snapshot like this is one that a leader may send: who holds the secret can do harm.
                    let is_snapshot = kind == MessageType::MsgSnapshot as i32;
                    if is_snapshot && value == EXTREMES[0] {
                        continue;
                    }
                    let mut message = Message {
                        from,
                        to,
                        term: term + u64::from(variant >= 2),
                        index: 1,
                        log_term: 1,
                        ..Message::default()
                    };
                    message.set_msg_type(MessageType::from_i32(kind).unwrap_or_default());
                    message.reject = variant % 2 == 1;
                    field(&mut message, value);
                    if message.get_msg_type() == MessageType::MsgHeartbeat && variant % 2 == 1 {
                        message.commit = value;
                    }
                    all.extend(message.write_to_bytes());
                }
            }
        }
    }
    all
}
