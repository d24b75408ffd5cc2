//! What the core knows of the log: term and place of every entry, and the latest entries themselves.
//!
//! The core's side of the log: it runs ahead of the writer. Entries that are not written yet are here in
//! memory; when the writer reports where they lie, they may be dropped from memory, oldest first, as far as the
//! tail exceeds its bound, and are read back from their segment when Raft wants them again.

use std::collections::VecDeque;
use std::io;

use raft::eraftpb::Entry;

use super::frame::{self, Kind};
use super::{Event, Place, Recovered, Segment};

/// Entry data kept in memory beyond what is not written yet.
const TAIL_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entries kept in memory beyond those that are not written yet.
const TAIL_ENTRIES_MAX: usize = 16 * 1024;

/// The entries from `first_index` on.
#[derive(Debug)]
pub(crate) struct Catalog {
    first_index: u64,
    /// Term of the entry before `first_index`.
    previous_term: u64,
    /// Runs of equal terms as (first index, term), ascending in both.
    terms: Vec<(u64, u64)>,
    /// Places of the entries from `first_index` on, as far as the writer has reported them.
    places: VecDeque<Place>,
    /// The latest entries with the number of the group that writes each. Ends at the last entry; invariant:
    /// contains every entry that has no place.
    tail: VecDeque<(u64, Entry)>,
    last_index: u64,
    tail_bytes: usize,
    /// Oldest first.
    segments: Vec<Segment>,
}

impl Catalog {
    pub(crate) fn new(recovered: &Recovered) -> Catalog {
        let (first_index, previous_term) = recovered.segments.first().map_or((1, 0), |segment| {
            (segment.first_index, segment.previous_term)
        });
        let mut catalog = Catalog {
            first_index,
            previous_term,
            terms: Vec::new(),
            places: recovered.entries.iter().map(|(_, place)| *place).collect(),
            tail: VecDeque::new(),
            last_index: first_index - 1 + recovered.entries.len() as u64,
            tail_bytes: 0,
            segments: recovered.segments.clone(),
        };
        for (number, (term, _)) in recovered.entries.iter().enumerate() {
            catalog.push_term(first_index + number as u64, *term);
        }
        catalog
    }

    pub(crate) fn first_index(&self) -> u64 {
        self.first_index
    }

    pub(crate) fn last_index(&self) -> u64 {
        self.last_index
    }

    /// Term of an entry, or of the one before the first; None outside.
    pub(crate) fn term(&self, index: u64) -> Option<u64> {
        if index + 1 == self.first_index {
            return Some(self.previous_term);
        }
        if index < self.first_index || index > self.last_index {
            return None;
        }
        let run = self.terms.partition_point(|(first, _)| *first <= index);
        self.terms.get(run.checked_sub(1)?).map(|(_, term)| *term)
    }

    /// Appends entries that group number `group` will write, dropping whatever they overwrite.
    pub(crate) fn append(&mut self, group: u64, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        assert!(
            self.first_index <= first.index && first.index <= self.last_index + 1,
            "entry {} does not join {}..={}",
            first.index,
            self.first_index,
            self.last_index
        );
        self.truncate(first.index);
        for entry in entries {
            self.last_index += 1;
            assert_eq!(
                entry.index, self.last_index,
                "entries of a group are contiguous"
            );
            self.push_term(entry.index, entry.term);
            self.tail_bytes += entry.data.len();
            self.tail.push_back((group, entry.clone()));
        }
    }

    /// Takes over what the writer did.
    pub(crate) fn record(&mut self, event: Event) {
        match event {
            Event::Began { segment, fresh } => {
                if fresh {
                    // `install` has made room already, and entries may have been appended since.
                    self.segments.clear();
                }
                self.segments
                    .retain(|older| older.first_index < segment.first_index);
                self.segments.push(segment);
            }
            Event::Placed {
                group,
                index,
                place,
            } => self.place(group, index, place),
            Event::Removed { oldest } => {
                self.segments.retain(|segment| segment.sequence >= oldest);
                if let Some(segment) = self.segments.first() {
                    let (first_index, previous_term) = (segment.first_index, segment.previous_term);
                    self.drop_below(first_index, previous_term);
                }
            }
        }
    }

    /// Drops entries from memory that are on disk, as far as there are too many.
    pub(crate) fn shrink(&mut self) {
        let tail_first = self.last_index + 1 - self.tail.len() as u64;
        let mut droppable =
            (self.first_index + self.places.len() as u64).saturating_sub(tail_first);
        while droppable > 0
            && (self.tail_bytes > TAIL_BYTES_MAX || self.tail.len() > TAIL_ENTRIES_MAX)
        {
            if let Some((_, entry)) = self.tail.pop_front() {
                self.tail_bytes -= entry.data.len();
            }
            droppable -= 1;
        }
    }

    /// First index of the segment up to which older ones must go so that at most about `kept_bytes` of the log's
    /// `bytes` stay. None if there are no more, or none that is wholly known.
    pub(crate) fn boundary_within(&self, kept_bytes: u64, bytes: u64) -> Option<u64> {
        let mut left = bytes;
        let mut boundary = None;
        for pair in self.segments.windows(2) {
            if left <= kept_bytes {
                break;
            }
            let first_index = pair[1].first_index;
            let last = first_index.checked_sub(self.first_index + 1)?;
            let place = self.places.get(last as usize)?;
            left = left.saturating_sub(u64::from(place.position) + u64::from(place.length));
            boundary = Some(first_index);
        }
        boundary
    }

    /// Segment and position of `offset` within an entry's data; None while the entry is not on disk.
    pub(crate) fn locate(&self, index: u64, offset: u32) -> Option<(&Segment, u64)> {
        let place = self
            .places
            .get(index.checked_sub(self.first_index)? as usize)?;
        let position = u64::from(place.position) + frame::HEADER_BYTES as u64 + u64::from(offset);
        Some((self.segment(place.sequence)?, position))
    }

    /// Entries in `low..high`, at least one and otherwise at most about `max_bytes`.
    pub(crate) fn entries(&self, low: u64, high: u64, max_bytes: u64) -> io::Result<Vec<Entry>> {
        let tail_first = self.last_index + 1 - self.tail.len() as u64;
        let mut entries = Vec::new();
        let mut bytes = 0;
        for index in low..high {
            let entry = match index
                .checked_sub(tail_first)
                .and_then(|at| self.tail.get(at as usize))
            {
                Some((_, entry)) => entry.clone(),
                None => self.read(index)?,
            };
            // The same measure as Raft's own: a little more than the data.
            bytes += entry.data.len() as u64 + 12;
            if !entries.is_empty() && bytes > max_bytes {
                break;
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    fn read(&self, index: u64) -> io::Result<Entry> {
        let lost = || io::Error::other(format!("entry {index} is in no segment"));
        let at = index.checked_sub(self.first_index).ok_or_else(lost)?;
        let place = self.places.get(at as usize).ok_or_else(lost)?;
        let segment = self.segment(place.sequence).ok_or_else(lost)?;
        let position = u64::from(place.position);
        let mut bytes = vec![0; frame::HEADER_BYTES + place.length as usize];
        segment.file.read_exact_at(&mut bytes, position)?;
        let whole = frame::decode(&bytes, place.sequence, position)
            .filter(|frame| frame.header.kind == Kind::Entry && frame.header.index == index);
        let Some(found) = whole else {
            return Err(io::Error::other(format!(
                "entry {index} is damaged in segment {}",
                place.sequence
            )));
        };
        let mut entry = Entry {
            index,
            term: found.header.term,
            ..Entry::default()
        };
        entry.data = bytes::Bytes::from(bytes).slice(frame::HEADER_BYTES..);
        Ok(entry)
    }

    fn segment(&self, sequence: u32) -> Option<&Segment> {
        let at = self
            .segments
            .binary_search_by_key(&sequence, |segment| segment.sequence)
            .ok()?;
        self.segments.get(at)
    }

    fn place(&mut self, group: u64, index: u64, place: Place) {
        // A report may name entries that were overwritten here meanwhile, or even overwritten and then
        // appended again under the same index and term: only the group says which write is meant.
        let tail_first = self.last_index + 1 - self.tail.len() as u64;
        let expected = self.first_index + self.places.len() as u64;
        let at = index
            .checked_sub(tail_first)
            .and_then(|at| self.tail.get(at as usize));
        if index == expected && at.is_some_and(|(writer, _)| *writer == group) {
            self.places.push_back(place);
        }
    }

    fn push_term(&mut self, index: u64, term: u64) {
        if self.terms.last().is_none_or(|(_, last)| *last != term) {
            self.terms.push((index, term));
        }
    }

    /// Drops the entries at and past `from`.
    fn truncate(&mut self, from: u64) {
        while self.last_index >= from {
            if let Some((_, entry)) = self.tail.pop_back() {
                self.tail_bytes -= entry.data.len();
            }
            self.last_index -= 1;
        }
        self.places.truncate((from - self.first_index) as usize);
        self.terms.retain(|(first, _)| *first < from);
    }

    fn drop_below(&mut self, first_index: u64, previous_term: u64) {
        if first_index <= self.first_index {
            return;
        }
        let dropped = (first_index - self.first_index) as usize;
        self.places.drain(..dropped.min(self.places.len()));
        let tail_keep = (self.last_index + 1 - first_index) as usize;
        while self.tail.len() > tail_keep {
            if let Some((_, entry)) = self.tail.pop_front() {
                self.tail_bytes -= entry.data.len();
            }
        }
        let run = self
            .terms
            .partition_point(|(first, _)| *first <= first_index);
        if run > 0 {
            self.terms.drain(..run - 1);
            self.terms[0].0 = self.terms[0].0.max(first_index);
        }
        self.first_index = first_index;
        self.previous_term = previous_term;
    }

    /// The log starts over after `index`: nothing of what was here is left. The segment is reported later.
    pub(crate) fn install(&mut self, index: u64, term: u64) {
        *self = Catalog {
            first_index: index + 1,
            previous_term: term,
            terms: Vec::new(),
            places: VecDeque::new(),
            tail: VecDeque::new(),
            last_index: index,
            tail_bytes: 0,
            segments: Vec::new(),
        };
    }
}
