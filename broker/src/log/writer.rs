//! The one writer of the log: appends groups, rolls segments, removes dead ones.
//!
//! Order of durability, which recovery relies on: a segment is wholly synced before its successor is created;
//! segments that a new one makes dead are removed only after the new one is synced; old segments go oldest
//! first, each removal made durable before the next, and never without their successor's checkpoint.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::frame::{self, Header, Kind};
use super::segment::{self, Opening};
use super::{
    Checkpoint, Event, HardState, LogError, LogOptions, Place, Segment, SyncReport, WriteGroup,
    checkpoint, disk_error,
};
use crate::disk::Disk;
use crate::rules::{FailedSync, Syncs};

/// A segment with what only the writer needs to know.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) segment: Segment,
    /// Length in bytes, those in the writer's buffer included.
    pub(super) bytes: u64,
}

/// Appends to the log. There is one per directory.
#[derive(Debug)]
pub struct LogWriter {
    disk: Arc<dyn Disk>,
    options: LogOptions,
    /// Oldest first. Invariant: not empty, first indexes ascending; the last one is being written.
    live: Vec<Live>,
    /// Dead segments whose files have to go once what replaced them is durable.
    dead: Vec<u32>,
    hard_state: HardState,
    /// Indexes of the checkpoints on disk.
    checkpoints: BTreeSet<u64>,
    /// Bytes of the last segment that are not written yet; they belong at `live.last().bytes - buffer.len()`.
    buffer: Vec<u8>,
    /// How much of the last segment is durable.
    synced: u64,
    /// A file was created or removed since the directory was synced.
    directory_dirty: bool,
}

impl LogWriter {
    /// A writer that goes on after what was recovered (and synced).
    pub(super) fn resume(
        disk: Arc<dyn Disk>,
        options: LogOptions,
        live: Vec<Live>,
        hard_state: HardState,
        checkpoints: BTreeSet<u64>,
    ) -> LogWriter {
        let synced = live.last().map_or(0, |live| live.bytes);
        LogWriter {
            disk,
            options,
            live,
            dead: Vec::new(),
            hard_state,
            checkpoints,
            buffer: Vec::new(),
            synced,
            directory_dirty: false,
        }
    }

    /// Begins a log that has no segment yet, and makes that durable.
    pub(super) fn begin_log(&mut self) -> Result<(), LogError> {
        self.begin_segment(1, 0, true, &mut Vec::new())?;
        self.sync()
    }

    /// The live segments, oldest first.
    pub(super) fn segments(&self) -> Vec<Segment> {
        self.live.iter().map(|live| live.segment.clone()).collect()
    }

    /// Bytes in all live segments.
    pub fn bytes(&self) -> u64 {
        self.live.iter().map(|live| live.bytes).sum()
    }

    /// Writes all groups and syncs once (more often only where a segment is closed or begun).
    ///
    /// On an error the process has to end: nothing is known about what is on disk.
    pub fn write(&mut self, groups: &[WriteGroup]) -> Result<SyncReport, LogError> {
        let mut report = SyncReport::default();
        for group in groups {
            if let Some(state) = group.hard_state {
                self.hard_state = state;
            }
            if let Some(checkpoint) = &group.install {
                self.install(checkpoint, &mut report.events)?;
            } else if let Some(state) = group.hard_state {
                self.append_hard_state(state);
            }
            self.append_entries(group, &mut report.events)?;
            for checkpoint in &group.checkpoints {
                self.write_checkpoint(checkpoint)?;
            }
            report.number = group.number;
        }
        self.sync()?;
        if let Some(index) = groups.iter().filter_map(|group| group.remove_below).max() {
            self.remove_below(index, &mut report.events)?;
        }
        report.bytes = self.bytes();
        Ok(report)
    }

    fn append_entries(
        &mut self,
        group: &WriteGroup,
        events: &mut Vec<Event>,
    ) -> Result<(), LogError> {
        let mut previous_term = group.previous_term;
        for entry in &group.entries {
            let current = self.current();
            // An overwritten entry lies in an older segment: this one's first index would become a lie, so it
            // dies as a whole and a new one begins at the overwritten entry.
            let rewinds = entry.index < current.segment.first_index;
            let full = current.bytes >= self.options.segment_bytes
                && entry.index > current.segment.first_index;
            if rewinds || full {
                self.begin_segment(entry.index, previous_term, false, events)?;
            }
            let sequence = self.current().segment.sequence;
            let position = self.append_frame(Kind::Entry, entry.term, entry.index, &entry.data);
            let place = Place {
                sequence,
                position: position as u32,
                length: entry.data.len() as u32,
            };
            events.push(Event::Placed {
                group: group.number,
                index: entry.index,
                place,
            });
            previous_term = entry.term;
        }
        Ok(())
    }

    fn install(
        &mut self,
        checkpoint: &Checkpoint,
        events: &mut Vec<Event>,
    ) -> Result<(), LogError> {
        self.write_checkpoint(checkpoint)?;
        self.begin_segment(checkpoint.index + 1, checkpoint.term, true, events)
    }

    fn write_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), LogError> {
        checkpoint::write(&*self.disk, checkpoint, self.options.syncs)?;
        self.checkpoints.insert(checkpoint.index);
        Ok(())
    }

    fn begin_segment(
        &mut self,
        first_index: u64,
        previous_term: u64,
        fresh: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), LogError> {
        self.sync_files()?;
        let sequence = self.live.last().map_or(1, |live| live.segment.sequence + 1);
        let name = segment::name(sequence);
        let file = self
            .disk
            .create(&name)
            .map_err(disk_error(format!("create {name}")))?;
        self.directory_dirty = true;
        let is_dead = |live: &Live| fresh || live.segment.first_index >= first_index;
        self.dead.extend(
            self.live
                .iter()
                .filter(|live| is_dead(live))
                .map(|live| live.segment.sequence),
        );
        self.live.retain(|live| !is_dead(live));
        let segment = Segment {
            sequence,
            first_index,
            previous_term,
            file,
        };
        self.live.push(Live {
            segment: segment.clone(),
            bytes: 0,
        });
        self.synced = 0;
        let opening = Opening {
            first_index,
            previous_term,
            fresh,
            hard_state: self.hard_state,
        };
        self.append_frame(Kind::Segment, previous_term, first_index, &opening.body());
        events.push(Event::Began { segment, fresh });
        Ok(())
    }

    fn append_hard_state(&mut self, state: HardState) {
        self.append_frame(
            Kind::HardState,
            state.term,
            0,
            &segment::hard_state_body(state),
        );
    }

    fn append_frame(&mut self, kind: Kind, term: u64, index: u64, body: &[u8]) -> u64 {
        let header = Header {
            kind,
            term,
            index,
            synced: self.synced,
        };
        let (sequence, position) = (self.current().segment.sequence, self.current().bytes);
        frame::encode(&mut self.buffer, header, body, sequence, position);
        self.current_mut().bytes += (frame::HEADER_BYTES + body.len()) as u64;
        position
    }

    /// Makes everything durable, then removes what it made dead.
    fn sync(&mut self) -> Result<(), LogError> {
        self.sync_files()?;
        if self.dead.is_empty() {
            return Ok(());
        }
        for sequence in std::mem::take(&mut self.dead) {
            self.remove(segment::name(sequence))?;
        }
        let first_indexes: BTreeSet<u64> = self
            .live
            .iter()
            .map(|live| live.segment.first_index)
            .collect();
        let orphans: Vec<u64> = self
            .checkpoints
            .iter()
            .copied()
            .filter(|index| !first_indexes.contains(&(index + 1)))
            .collect();
        for index in orphans {
            self.checkpoints.remove(&index);
            self.remove(checkpoint::name(index))?;
        }
        Ok(())
    }

    /// Writes the buffer and syncs the last segment and, where names changed, the directory.
    fn sync_files(&mut self) -> Result<(), LogError> {
        let Some(live) = self.live.last() else {
            return Ok(());
        };
        if self.synced < live.bytes {
            let position = live.bytes - self.buffer.len() as u64;
            let file = &live.segment.file;
            let result =
                file.write_all_at(&self.buffer, position)
                    .and_then(|()| match self.options.syncs {
                        Syncs::None => Ok(()),
                        Syncs::All | Syncs::Files | Syncs::AllButCheckpoints => {
                            self.heeded(file.sync())
                        }
                    });
            result.map_err(disk_error(format!(
                "write {}",
                segment::name(live.segment.sequence)
            )))?;
            self.synced = live.bytes;
            self.buffer.clear();
        }
        self.sync_directory()
    }

    fn sync_directory(&mut self) -> Result<(), LogError> {
        if self.directory_dirty {
            if matches!(self.options.syncs, Syncs::All | Syncs::AllButCheckpoints) {
                self.heeded(self.disk.sync_directory())
                    .map_err(disk_error("sync the log's directory".to_owned()))?;
            }
            self.directory_dirty = false;
        }
        Ok(())
    }

    /// What a sync answered, as far as it is heeded.
    fn heeded(&self, answered: io::Result<()>) -> io::Result<()> {
        match self.options.failed_sync {
            FailedSync::Ends => answered,
            FailedSync::Ignored => Ok(()),
        }
    }

    fn remove_below(&mut self, index: u64, events: &mut Vec<Event>) -> Result<(), LogError> {
        while let [oldest, next, ..] = self.live.as_slice() {
            let first_index = next.segment.first_index;
            if first_index > index || !self.checkpoints.contains(&(first_index - 1)) {
                break;
            }
            let (sequence, next_sequence) = (oldest.segment.sequence, next.segment.sequence);
            self.live.remove(0);
            self.remove(segment::name(sequence))?;
            // Oldest first also on disk: a gap between segments is taken for a lost file.
            self.sync_directory()?;
            for checkpoint in self.checkpoints.clone().range(..first_index - 1) {
                self.checkpoints.remove(checkpoint);
                self.remove(checkpoint::name(*checkpoint))?;
            }
            events.push(Event::Removed {
                oldest: next_sequence,
            });
        }
        self.sync_directory()
    }

    fn remove(&mut self, name: String) -> Result<(), LogError> {
        self.directory_dirty = true;
        self.disk
            .remove(&name)
            .map_err(disk_error(format!("remove {name}")))
    }

    fn current(&self) -> &Live {
        self.live
            .last()
            .expect("a log always has a segment, because recovery begins one")
    }

    fn current_mut(&mut self) -> &mut Live {
        self.live
            .last_mut()
            .expect("a log always has a segment, because recovery begins one")
    }
}
