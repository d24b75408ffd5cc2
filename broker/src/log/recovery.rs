//! Opening a log: which segments live, where the torn tail begins, and when to refuse.
//!
//! After a power loss any part of the unsynced end may be missing, its beginning as well as its middle; that
//! is cut. But everything that was synced must be there: a bad frame in a segment that has a successor, or
//! before a later frame that knew it to be durable, is corruption, and a node that forgets what it promised
//! must not vote. What cannot be distinguished: damage to the very last synced write, which no later frame
//! vouches for. What was found is written and synced again before it is trusted: a process that was killed may
//! have left it in the page cache only, and one that ended because a sync failed has pages there that the kernel
//! takes for written, so that a sync alone would leave them there (Rebello et al. 2020, ATC).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::candidate::{Candidate, OPENING_BYTES};
use super::frame::{self, Frame, Kind};
use super::segment::{self, Opening};
use super::writer::{Live, LogWriter};
use super::{
    Checkpoint, HardState, LogError, LogOptions, Place, Recovered, Segment, checkpoint, disk_error,
    torn,
};
use crate::disk::Disk;
use crate::rules::RecoveryKeeps;

/// Opens the log in `disk`, creating it if there is none, and makes everything found in it durable.
pub fn recover(
    disk: Arc<dyn Disk>,
    options: LogOptions,
) -> Result<(LogWriter, Recovered), LogError> {
    let mut scan = Scan {
        disk: &*disk,
        keeps: options.recovery_keeps,
        torn_bytes: 0,
        last_was_torn: false,
    };
    let names = scan
        .disk
        .list()
        .map_err(disk_error("list the log's directory".to_owned()))?;
    let opened = scan.open_segments(&names)?;
    let live = live_segments(&opened);
    let replayed = scan.replay(&opened[live..])?;
    let first_indexes: Vec<u64> = opened[live..]
        .iter()
        .map(|(_, opening)| opening.first_index)
        .collect();
    let checkpoints = scan.read_checkpoints(&names, &first_indexes)?;
    scan.remove_leftovers(&names, &opened[live..], &checkpoints)?;

    let known = checkpoints.keys().copied().collect::<BTreeSet<u64>>();
    let is_new = replayed.live.is_empty();
    let mut writer = LogWriter::resume(
        disk.clone(),
        options,
        replayed.live,
        replayed.hard_state,
        known,
    );
    if is_new {
        writer.begin_log()?;
    }
    let recovered = Recovered {
        hard_state: replayed.hard_state,
        segments: writer.segments(),
        entries: replayed.entries,
        checkpoints,
        bytes: writer.bytes(),
        torn_bytes: scan.torn_bytes,
    };
    Ok((writer, recovered))
}

/// A segment's file and what its first frame says.
type Opened = (Candidate, Opening);

#[derive(Default)]
struct Replayed {
    live: Vec<Live>,
    hard_state: HardState,
    entries: Vec<(u64, Place)>,
}

/// How far the frames of a segment go.
struct Walked {
    /// Where the first bad one begins, or the end.
    end: usize,
    /// Up to where the segment was durable, as the frames know.
    vouched: usize,
}

/// Where the live segments begin in `opened`, which is sorted by sequence number.
///
/// A segment dies when a later one begins at or before its first index, or starts the log over. A dead one in the middle was
/// removed by [`Scan::open_segments`]; what is left to find is the last new beginning.
fn live_segments(opened: &[Opened]) -> usize {
    opened
        .iter()
        .rposition(|(_, opening)| opening.fresh)
        .unwrap_or(0)
}

struct Scan<'a> {
    disk: &'a dyn Disk,
    keeps: RecoveryKeeps,
    torn_bytes: u64,
    /// The newest segment was discarded; the one before it was synced whole when that was started.
    last_was_torn: bool,
}

impl Scan<'_> {
    /// Opens all segments that no later one has made dead, oldest first.
    fn open_segments(&mut self, names: &[String]) -> Result<Vec<Opened>, LogError> {
        let mut sequences: Vec<u32> = names
            .iter()
            .filter_map(|name| segment::sequence_of(name))
            .collect();
        sequences.sort_unstable();
        let mut opened: Vec<Opened> = Vec::new();
        for (number, sequence) in sequences.iter().copied().enumerate() {
            let is_last = number + 1 == sequences.len();
            let name = segment::name(sequence);
            let file = self
                .disk
                .open(&name)
                .map_err(disk_error(format!("open {name}")))?;
            let candidate = Candidate {
                name,
                sequence,
                file,
            };
            match self.opening(&candidate)? {
                Some(opening) => {
                    opened.retain(|(_, older)| older.first_index < opening.first_index);
                    opened.push((candidate, opening));
                }
                // Created, but not synced before the power went: its predecessor is whole.
                None if is_last => self.discard_torn(&candidate)?,
                None => {
                    return Err(corrupt(
                        &candidate,
                        0,
                        "a later segment exists, so this one was synced",
                    ));
                }
            }
        }
        Ok(opened)
    }

    /// What a segment's first frame says; None if it is not whole.
    fn opening(&self, candidate: &Candidate) -> Result<Option<Opening>, LogError> {
        // The header and nothing else: a dead segment may be damaged. Another format may have a longer one.
        for at_most in [Some(OPENING_BYTES), None] {
            let bytes = self.read(candidate, at_most)?;
            if let Some(frame) = frame::decode(&bytes, candidate.sequence, 0) {
                return Opening::read(&frame).map_err(|format| LogError::Format {
                    file: candidate.name.clone(),
                    format,
                    known: segment::FORMAT,
                });
            }
        }
        Ok(None)
    }

    fn discard_torn(&mut self, candidate: &Candidate) -> Result<(), LogError> {
        let bytes = self.read(candidate, None)?;
        if let Some(witness) = frame::find_witness(&bytes, candidate.sequence, 0) {
            return Err(corrupt(
                candidate,
                0,
                &format!("the frame at {witness} knew it to be durable"),
            ));
        }
        self.torn_bytes += bytes.len() as u64;
        self.last_was_torn = true;
        self.disk
            .remove(&candidate.name)
            .map_err(disk_error(format!("remove {}", candidate.name)))
    }

    /// Walks all frames of the live segments.
    fn replay(&mut self, opened: &[Opened]) -> Result<Replayed, LogError> {
        let mut replayed = Replayed::default();
        let Some((_, oldest)) = opened.first() else {
            return Ok(replayed);
        };
        let base = oldest.first_index;
        for (number, (candidate, opening)) in opened.iter().enumerate() {
            let next = base + replayed.entries.len() as u64;
            if opening.first_index > next {
                let reason = format!(
                    "it begins at index {}, but {next} is missing",
                    opening.first_index
                );
                return Err(corrupt(candidate, 0, &reason));
            }
            replayed
                .entries
                .truncate((opening.first_index - base) as usize);
            let mut bytes = self.read(candidate, None)?;
            let is_last = number + 1 == opened.len() && !self.last_was_torn;
            if is_last {
                match self.keeps {
                    RecoveryKeeps::Intact => {}
                    RecoveryKeeps::Confirmed => torn::drop_unconfirmed(candidate, &mut bytes)?,
                    RecoveryKeeps::Torn => torn::accept_last(candidate, &mut bytes)?,
                }
            }
            let Walked { end, vouched } =
                self.replay_segment(candidate, opening, &bytes, base, &mut replayed)?;
            if end < bytes.len() {
                self.judge_bad_frame(candidate, &bytes, end, is_last)?;
            }
            // A segment that has a successor was synced whole before that was created.
            if is_last && vouched < end {
                candidate
                    .file
                    .write_all_at(&bytes[vouched..end], vouched as u64)
                    .map_err(disk_error(format!("write {}", candidate.name)))?;
            }
            candidate
                .file
                .sync()
                .map_err(disk_error(format!("sync {}", candidate.name)))?;
            let segment = Segment {
                sequence: candidate.sequence,
                first_index: opening.first_index,
                previous_term: opening.previous_term,
                file: candidate.file.clone(),
            };
            replayed.live.push(Live {
                segment,
                bytes: end as u64,
            });
        }
        Ok(replayed)
    }

    /// Takes over whole frames.
    fn replay_segment(
        &self,
        candidate: &Candidate,
        opening: &Opening,
        bytes: &[u8],
        base: u64,
        replayed: &mut Replayed,
    ) -> Result<Walked, LogError> {
        let (mut position, mut vouched) = (0, 0);
        while let Some(frame) =
            frame::decode(&bytes[position..], candidate.sequence, position as u64)
        {
            let Frame { header, body } = frame;
            match header.kind {
                Kind::Segment if position == 0 => replayed.hard_state = opening.hard_state,
                Kind::Segment => return Err(corrupt(candidate, position, "a second header")),
                Kind::HardState => {
                    let state = segment::read_hard_state(&frame);
                    replayed.hard_state = state.ok_or_else(|| {
                        corrupt(candidate, position, "a hard state of the wrong length")
                    })?;
                }
                Kind::Entry => {
                    let next = base + replayed.entries.len() as u64;
                    if header.index < opening.first_index || header.index > next {
                        let reason = format!("entry {} where {next} is the next one", header.index);
                        return Err(corrupt(candidate, position, &reason));
                    }
                    replayed.entries.truncate((header.index - base) as usize);
                    let length = body.len() as u32;
                    let place = Place {
                        sequence: candidate.sequence,
                        position: position as u32,
                        length,
                    };
                    replayed.entries.push((header.term, place));
                }
            }
            vouched = vouched.max(header.synced as usize);
            position += frame.length() as usize;
        }
        Ok(Walked {
            end: position,
            vouched: vouched.min(position),
        })
    }

    /// Cuts a torn tail at `at`, or refuses.
    fn judge_bad_frame(
        &mut self,
        candidate: &Candidate,
        bytes: &[u8],
        at: usize,
        is_last: bool,
    ) -> Result<(), LogError> {
        if !is_last {
            return Err(corrupt(
                candidate,
                at,
                "a later segment exists, so this one was synced",
            ));
        }
        if let Some(witness) = frame::find_witness(bytes, candidate.sequence, at) {
            return Err(corrupt(
                candidate,
                at,
                &format!("the frame at {witness} knew it to be durable"),
            ));
        }
        self.torn_bytes += (bytes.len() - at) as u64;
        candidate
            .file
            .truncate(at as u64)
            .map_err(disk_error(format!("cut {}", candidate.name)))
    }

    fn read_checkpoints(
        &self,
        names: &[String],
        first_indexes: &[u64],
    ) -> Result<BTreeMap<u64, Checkpoint>, LogError> {
        let mut checkpoints = BTreeMap::new();
        for index in names.iter().filter_map(|name| checkpoint::index_of(name)) {
            if !first_indexes.contains(&(index + 1)) {
                continue;
            }
            if let Some(checkpoint) = checkpoint::read(self.disk, index)? {
                checkpoints.insert(index, checkpoint);
            }
        }
        match first_indexes.first() {
            Some(first) if *first > 1 && !checkpoints.contains_key(&(first - 1)) => {
                Err(LogError::Corrupt {
                    file: checkpoint::name(first - 1),
                    position: 0,
                    reason: "the log begins after this checkpoint, and it is missing or damaged"
                        .to_owned(),
                })
            }
            _ => Ok(checkpoints),
        }
    }

    /// Removes what an interrupted write or removal left behind.
    fn remove_leftovers(
        &self,
        names: &[String],
        live: &[Opened],
        checkpoints: &BTreeMap<u64, Checkpoint>,
    ) -> Result<(), LogError> {
        let discarded = self
            .disk
            .list()
            .map_err(disk_error("list the log's directory".to_owned()))?;
        for name in names.iter().filter(|name| discarded.contains(name)) {
            let is_dead = segment::sequence_of(name).is_some_and(|sequence| {
                live.iter()
                    .all(|(candidate, _)| candidate.sequence != sequence)
            });
            let is_orphan =
                checkpoint::index_of(name).is_some_and(|index| !checkpoints.contains_key(&index));
            if is_dead || is_orphan || checkpoint::is_unfinished(name) {
                self.disk
                    .remove(name)
                    .map_err(disk_error(format!("remove {name}")))?;
            }
        }
        self.disk
            .sync_directory()
            .map_err(disk_error("sync the log's directory".to_owned()))
    }

    fn read(&self, candidate: &Candidate, at_most: Option<u64>) -> Result<Vec<u8>, LogError> {
        let result = candidate.file.length().and_then(|length| {
            let mut bytes = vec![0; length.min(at_most.unwrap_or(u64::MAX)) as usize];
            candidate.file.read_exact_at(&mut bytes, 0)?;
            Ok(bytes)
        });
        result.map_err(disk_error(format!("read {}", candidate.name)))
    }
}

fn corrupt(candidate: &Candidate, position: usize, reason: &str) -> LogError {
    LogError::Corrupt {
        file: candidate.name.clone(),
        position: position as u64,
        reason: reason.to_owned(),
    }
}
