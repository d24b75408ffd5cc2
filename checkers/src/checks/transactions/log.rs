//! Raw readings, put together: one log for each partition and node, and what of it a consumer of `read_committed` sees.
//!
//! A broker does not filter. It returns what lies below the last stable offset, with a list of aborted transactions; the
//! client drops the records of a listed producer from the listed offset on, until that producer's abort marker. That is
//! done here in the same way, so that a list with too few or too many entries shows as it would show to a client. An
//! answer for `read_uncommitted` has no list: there the markers themselves decide, and a record whose transaction has no
//! marker yet is not visible.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::view::Place;
use crate::history::{
    Aborted, Call, ClientOperation, Ending, Moment, Offset, Outcome, RawRead, RawRecord, RawSeen,
    Report,
};

/// What one node holds of one partition, by its final readings.
#[derive(Debug)]
pub(crate) struct Log<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) node: &'a str,
    /// The first offset that was read and is kept.
    pub(crate) from: Offset,
    /// The offset after the last one that was read.
    pub(crate) to: Offset,
    pub(crate) high_watermark: Option<Offset>,
    pub(crate) last_stable_offset: Option<Offset>,
    pub(crate) records: Vec<&'a RawRecord>,
    /// If every answer listed them.
    pub(crate) aborted: Option<BTreeSet<Aborted>>,
    /// The readings' invokes.
    pub(crate) reads: Vec<u64>,
    /// When the first of them was called.
    pub(crate) called_first: Moment,
    /// When the last of them was called.
    pub(crate) called: Moment,
}

impl<'a> Log<'a> {
    /// Whether it was read to its end, and nothing of it was open.
    pub(crate) fn is_complete(&self) -> bool {
        let end = self.high_watermark.unwrap_or(Offset::MAX);
        self.to >= end && self.last_stable_offset.is_none_or(|stable| stable >= end)
    }

    /// What a consumer of `read_committed` is given of it.
    pub(crate) fn visible(&self) -> Vec<&'a RawRecord> {
        visible(&self.records, self.aborted.as_ref())
    }
}

/// What a raw reading asked and was answered.
pub(crate) fn reading<'a>(operation: &ClientOperation<'a>) -> Option<(&'a RawRead, &'a RawSeen)> {
    match (operation.call, operation.report()) {
        (Call::RawRead(read), Some(Report::RawRead(seen))) => Some((read, seen)),
        _ => None,
    }
}

/// The logs of all final readings, in the order of partition and node.
pub(crate) fn logs<'a>(operations: &[ClientOperation<'a>]) -> Vec<Log<'a>> {
    type Chunk<'a> = (&'a RawRead, &'a RawSeen, u64, Moment);
    let mut chunks: BTreeMap<(Place<'a>, &'a str), Vec<Chunk<'a>>> = BTreeMap::new();
    for operation in operations {
        let Some((read, seen)) = reading(operation) else {
            continue;
        };
        if operation.outcome == Outcome::Ok && read.phase.as_deref() == Some("final") {
            let key = ((read.topic.as_str(), read.partition), read.node.as_str());
            let chunk = (read, seen, operation.id, operation.called);
            chunks.entry(key).or_default().push(chunk);
        }
    }
    let mut logs = Vec::with_capacity(chunks.len());
    for ((place, node), mut chunks) in chunks {
        chunks.sort_by_key(|(read, _, id, _)| (read.position, *id));
        let from = chunks[0].0.position;
        let mut log = Log {
            place,
            node,
            from,
            to: from,
            high_watermark: None,
            last_stable_offset: None,
            records: Vec::new(),
            aborted: Some(BTreeSet::new()),
            reads: Vec::new(),
            called_first: Moment::MAX,
            called: 0,
        };
        for (read, seen, id, called) in chunks {
            // What lies behind a gap belongs to no whole.
            if read.position > log.to {
                break;
            }
            let to = log.to;
            let new = seen.records.iter().filter(|record| record.offset() >= to);
            log.records.extend(new);
            let last = log.records.last().map_or(to, |record| record.offset() + 1);
            log.to = to.max(seen.next.unwrap_or(last));
            log.from = log.from.max(seen.log_start_offset.unwrap_or(0));
            log.high_watermark = log.high_watermark.max(seen.high_watermark);
            log.last_stable_offset = log.last_stable_offset.max(seen.last_stable_offset);
            log.aborted = match (log.aborted, &seen.aborted) {
                (Some(mut all), Some(more)) => {
                    all.extend(more);
                    Some(all)
                }
                _ => None,
            };
            log.reads.push(id);
            log.called_first = log.called_first.min(called);
            log.called = log.called.max(called);
        }
        logs.push(log);
    }
    logs
}

/// What a consumer of `read_committed` is given of these records, which follow each other in one log.
pub(crate) fn visible<'a>(
    records: &[&'a RawRecord],
    aborted: Option<&BTreeSet<Aborted>>,
) -> Vec<&'a RawRecord> {
    let Some(aborted) = aborted else {
        let endings = endings(records);
        let all = records.iter().zip(endings);
        let committed = all.filter(|(_, ending)| *ending == Some(Ending::Commit));
        return committed.map(|(record, _)| *record).collect();
    };
    let mut listed: Vec<&Aborted> = aborted.iter().collect();
    listed.sort_by_key(|one| one.1);
    let (mut next, mut dropped) = (0, BTreeSet::new());
    let mut shown = Vec::with_capacity(records.len());
    for record in records {
        while let Some(one) = listed.get(next).filter(|one| one.1 <= record.offset()) {
            dropped.insert(one.0);
            next += 1;
        }
        match record.marker() {
            Some(Ending::Abort) => drop(dropped.remove(&record.producer_id())),
            Some(Ending::Commit) => {}
            None if record.transactional() && dropped.contains(&record.producer_id()) => {}
            None => shown.push(*record),
        }
    }
    shown
}

/// How the transaction of each record ended, by the next marker of its producer; none of a marker, and of a record whose
/// transaction is open. A record without a transaction counts as committed.
pub(crate) fn endings(records: &[&RawRecord]) -> Vec<Option<Ending>> {
    let mut next: BTreeMap<i64, Ending> = BTreeMap::new();
    let mut endings = vec![None; records.len()];
    for (at, record) in records.iter().enumerate().rev() {
        if let Some(ending) = record.marker() {
            next.insert(record.producer_id(), ending);
        } else if record.transactional() {
            endings[at] = next.get(&record.producer_id()).copied();
        } else {
            endings[at] = Some(Ending::Commit);
        }
    }
    endings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(offset: Offset, producer: i64) -> RawRecord {
        RawRecord(
            offset,
            Some(format!("v{offset}").into()),
            producer,
            0,
            true,
            None,
        )
    }

    fn marker(offset: Offset, producer: i64, ending: Ending) -> RawRecord {
        RawRecord(offset, None, producer, 0, true, Some(ending))
    }

    fn offsets(records: &[RawRecord], aborted: Option<&[Aborted]>) -> Vec<Offset> {
        let records: Vec<&RawRecord> = records.iter().collect();
        let aborted = aborted.map(|all| all.iter().copied().collect());
        let shown = visible(&records, aborted.as_ref());
        shown.iter().map(|record| record.offset()).collect()
    }

    /// Two producers interleave; one aborts and then commits.
    #[test]
    fn the_list_and_the_markers_show_the_same() {
        let log = [
            data(0, 1),
            data(1, 2),
            marker(2, 1, Ending::Abort),
            data(3, 1),
            marker(4, 2, Ending::Commit),
            marker(5, 1, Ending::Commit),
            data(6, 1),
        ];
        assert_eq!(offsets(&log, None), [1, 3]);
        // The last one is open: it lies above the last stable offset, and no list hides it.
        assert_eq!(offsets(&log[..6], Some(&[Aborted(1, 0)])), [1, 3]);
    }

    #[test]
    fn a_list_with_too_few_entries_shows_too_much_and_one_with_too_many_too_little() {
        let log = [
            data(0, 1),
            marker(1, 1, Ending::Abort),
            data(2, 1),
            marker(3, 1, Ending::Commit),
        ];
        assert_eq!(offsets(&log, Some(&[])), [0, 2]);
        assert_eq!(offsets(&log, Some(&[Aborted(1, 0)])), [2]);
        assert!(offsets(&log, Some(&[Aborted(1, 0), Aborted(1, 2)])).is_empty());
    }
}
