//! Batches as a node keeps them, by raw Fetch: markers of transactions and their producers included, and beside them what
//! the node says of transactions.

use checkers::history::{Aborted, Ending, Isolation, Offset, RawRecord, RawSeen, Text};
use kafka_protocol::records::Record;

use super::{NoAnswer, READ_COMMITTED, READ_UNCOMMITTED, fetched, unpacked};
use crate::kafka::wire::Wire;

/// The types of control records.
const ABORT: i16 = 0;
const COMMIT: i16 = 1;

/// Reads one partition from an offset on, through one node, whether or not it leads. It does not wait for new records. A
/// broker filters nothing by isolation: it returns what lies below the last stable offset, with a list of what was aborted.
///
/// # Errors
/// If the node does not answer, refuses, or sends something that is not a record batch.
pub fn read(
    wire: &mut Wire,
    place: (&str, i32),
    position: Offset,
    (bytes_max, isolation): (i32, Isolation),
) -> Result<RawSeen, NoAnswer> {
    let level = match isolation {
        Isolation::ReadCommitted => READ_COMMITTED,
        Isolation::ReadUncommitted => READ_UNCOMMITTED,
    };
    let row = fetched(wire, place, position, bytes_max, level)?;
    let aborted = row.aborted_transactions.map(|all| {
        let listed = all.iter();
        let listed = listed.map(|one| Aborted(one.producer_id.0, one.first_offset));
        listed.collect()
    });
    let mut seen = RawSeen {
        records: Vec::new(),
        next: Some(position),
        high_watermark: Some(row.high_watermark),
        last_stable_offset: Some(row.last_stable_offset),
        log_start_offset: Some(row.log_start_offset),
        aborted,
    };
    for record in unpacked(row.records)? {
        seen.next = seen.next.max(Some(record.offset + 1));
        if record.offset >= position && is_known(&record) {
            seen.records.push(shown(&record));
        }
    }
    Ok(seen)
}

/// The type of a control record; none of one that carries data.
fn control_type(record: &Record) -> Option<i16> {
    let key = record.key.as_ref().filter(|_| record.control)?;
    let bytes = key.get(2..4)?;
    Some(i16::from_be_bytes([bytes[0], bytes[1]]))
}

/// Readers ignore control records of other types.
fn is_known(record: &Record) -> bool {
    !record.control || matches!(control_type(record), Some(ABORT | COMMIT))
}

fn shown(record: &Record) -> RawRecord {
    let marker = control_type(record).map(|of| match of {
        ABORT => Ending::Abort,
        _ => Ending::Commit,
    });
    let value = || {
        let value = record.value.as_deref().unwrap_or_default();
        Text::from(String::from_utf8_lossy(value))
    };
    RawRecord(
        record.offset,
        marker.is_none().then(value),
        record.producer_id,
        record.producer_epoch.into(),
        record.transactional,
        marker,
    )
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kafka_protocol::records::TimestampType;

    use super::*;

    fn record(control: bool, key: &'static [u8]) -> Record {
        Record {
            transactional: true,
            control,
            delete_horizon: false,
            partition_leader_epoch: 0,
            producer_id: 7,
            producer_epoch: 3,
            timestamp_type: TimestampType::Creation,
            offset: 5,
            sequence: 0,
            timestamp: 0,
            key: Some(Bytes::from_static(key)),
            value: Some(Bytes::from_static(b"v")),
            headers: Default::default(),
        }
    }

    #[test]
    fn markers_are_told_by_their_type_and_others_are_ignored() {
        let marker = |of: &'static [u8]| shown(&record(true, of)).marker();
        assert_eq!(marker(&[0, 0, 0, 0]), Some(Ending::Abort));
        assert_eq!(marker(&[0, 0, 0, 1]), Some(Ending::Commit));
        assert!(!is_known(&record(true, &[0, 0, 0, 9])));
        // A key of a data record says nothing.
        let data = shown(&record(false, &[0, 0, 0, 1]));
        assert_eq!((data.marker(), data.value()), (None, Some("v")));
        assert_eq!((data.producer_id(), data.epoch()), (7, 3));
        assert!(is_known(&record(false, &[0, 0, 0, 9])));
    }
}
