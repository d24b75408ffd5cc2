//! The write-ahead log, which is also the data: hard state and entries, record batches inside, in segments.
//!
//! One [`LogWriter`] appends; everything handed to one [`LogWriter::write`] shares one sync. Readers need no
//! writer: they hold open segments and positions. [`recover`] opens a directory, cuts a torn tail, and refuses
//! to go on when what is missing had been synced before. What is *not* here: which entries are committed, and
//! what they mean.
//!
//! ```text
//! segment-<sequence>      opening frame (with the hard state), then entry and hard state frames
//! checkpoint-<index>      the state machine after `index`, one file per segment that begins at `index + 1`
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use raft::eraftpb::Entry;

use crate::disk::DiskFile;
use crate::rules::{FailedSync, RecoveryKeeps, Rules, Syncs};

mod candidate;
mod catalog;
mod checkpoint;
mod frame;
mod recovery;
mod segment;
#[cfg(test)]
mod tests;
mod torn;
mod writer;

pub(crate) use catalog::Catalog;
pub use recovery::recover;
pub use writer::LogWriter;

/// Size at which a segment is closed and a new one started, unless configured otherwise.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// How the log is kept.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// A segment is closed once it has this many bytes.
    pub segment_bytes: u64,
    /// What recovery keeps of the end of the log.
    pub recovery_keeps: RecoveryKeeps,
    /// What follows when a sync fails.
    pub failed_sync: FailedSync,
    /// Which syncs happen.
    pub syncs: Syncs,
}

impl LogOptions {
    /// Those of a node with these rules.
    pub fn of(rules: &Rules, segment_bytes: u64) -> LogOptions {
        LogOptions {
            segment_bytes,
            recovery_keeps: rules.recovery_keeps,
            failed_sync: rules.failed_sync,
            syncs: rules.syncs,
        }
    }
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            segment_bytes: SEGMENT_BYTES,
            recovery_keeps: RecoveryKeeps::Intact,
            failed_sync: FailedSync::Ends,
            syncs: Syncs::All,
        }
    }
}

/// Why the log cannot go on. None of these may be retried: after a failed sync the kernel may have dropped
/// the pages and marked them clean.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system failed.
    #[error("{what}: {source}")]
    Disk {
        /// What was being done, with the file's name.
        what: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// Bytes that had been synced are not what was written. The node must not vote or lead with such a log.
    #[error("the log is corrupt in {file} at byte {position}: {reason}")]
    Corrupt {
        /// File name.
        file: String,
        /// Where the first bad frame begins.
        position: u64,
        /// Why it cannot be a torn tail.
        reason: String,
    },
    /// Another release wrote the log, in a format that this one does not know.
    #[error(
        "{file} has format {format}, and this release reads format {known}: start the release that wrote it, or use a copy of \
         the data directory from before the upgrade"
    )]
    Format {
        /// File name.
        file: String,
        /// Its format.
        format: u8,
        /// The one that this release reads.
        known: u8,
    },
}

/// Raft's hard state, as it lies in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    /// Current term.
    pub term: u64,
    /// The candidate that got this node's vote in `term`, 0 for none.
    pub vote: u64,
    /// A lower bound of the commit index.
    pub commit: u64,
}

/// The state machine after the entry at `index`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Last entry it contains.
    pub index: u64,
    /// That entry's term.
    pub term: u64,
    /// The encoded state.
    pub state: Bytes,
}

/// What one turn of the core wants on disk. Written in the order of the fields.
#[derive(Clone, Debug, Default)]
pub struct WriteGroup {
    /// Counts up by one from 1; a [`SyncReport`] names the last one it covers.
    pub number: u64,
    /// Discard the whole log and start over after this checkpoint.
    pub install: Option<Checkpoint>,
    /// The hard state, if it changed.
    pub hard_state: Option<HardState>,
    /// Term of the entry before the first of `entries`.
    pub previous_term: u64,
    /// Entries, contiguous. The first one overwrites everything at and past its index.
    pub entries: Vec<Entry>,
    /// Checkpoints for segments that begin right after them.
    pub checkpoints: Vec<Checkpoint>,
    /// Remove the segments that lie wholly below this index, and their checkpoints.
    pub remove_below: Option<u64>,
}

/// An open segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Counts up by one per segment; names the file.
    pub sequence: u32,
    /// Raft index of the entry that it was started for.
    pub first_index: u64,
    /// Term of the entry before that one.
    pub previous_term: u64,
    /// The open file.
    pub file: Arc<dyn DiskFile>,
}

/// Where an entry's frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Sequence number of the segment.
    pub sequence: u32,
    /// Where the frame begins.
    pub position: u32,
    /// Length of the entry's data, which is the frame's body.
    pub length: u32,
}

/// One thing that a write did, in the order done.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new segment was started. All segments that began at or past its first index are dead.
    Began {
        /// The segment.
        segment: Segment,
        /// The log starts over with it: all older segments are dead.
        fresh: bool,
    },
    /// An entry was written.
    Placed {
        /// The group that contained it.
        group: u64,
        /// Its index.
        index: u64,
        /// Where it lies.
        place: Place,
    },
    /// Segments below this sequence number are gone.
    Removed {
        /// The oldest one that is left.
        oldest: u32,
    },
}

/// Everything up to a group is durable.
#[derive(Clone, Debug, Default)]
pub struct SyncReport {
    /// Number of the last group that is durable.
    pub number: u64,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Bytes in all segments.
    pub bytes: u64,
}

/// What [`recover`] found.
#[derive(Debug)]
pub struct Recovered {
    /// The last hard state.
    pub hard_state: HardState,
    /// All live segments, oldest first. Never empty.
    pub segments: Vec<Segment>,
    /// Term and place of every entry from the first segment's first index on.
    pub entries: Vec<(u64, Place)>,
    /// Checkpoints by index. Contains the one before the first segment, unless that begins at index 1.
    pub checkpoints: BTreeMap<u64, Checkpoint>,
    /// Bytes in all segments.
    pub bytes: u64,
    /// How many bytes of a torn tail were cut.
    pub torn_bytes: u64,
}

fn disk_error(what: String) -> impl FnOnce(std::io::Error) -> LogError {
    move |source| LogError::Disk { what, source }
}
