//! Control batches: the markers that end a transaction in one partition. Only the coordinator makes them; from a client
//! they are refused.
//!
//! ```text
//! header (attributes: transactional, control; base sequence -1), then one record:
//! length varint | attributes i8 | time delta varint | offset delta varint
//! key length varint (4) | version i16 (0) | type i16 (0 abort, 1 commit)
//! value length varint (6) | version i16 (0) | coordinator epoch i32 | header count varint
//! ```

use super::{CONTROL, HEADER_BYTES, LENGTH_FROM, TRANSACTIONAL, peek, seal};

/// Bytes of the one record after its length. Every number in it fits one byte of varint.
const RECORD_BYTES: u8 = 16;
/// Where the type lies.
const TYPE_AT: usize = HEADER_BYTES + 7;

/// What a marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    /// Commit, or else abort.
    pub(crate) commit: bool,
    /// Term of the coordinator.
    pub(crate) coordinator_epoch: i32,
    /// In ms of the wall clock.
    pub(crate) timestamp: i64,
}

impl Marker {
    /// The marker as a batch; base offset and leader epoch are still to be patched.
    pub(crate) fn batch(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[16] = 2;
        bytes[21..23].copy_from_slice(&(TRANSACTIONAL | CONTROL).to_be_bytes());
        bytes[27..35].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[35..43].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[43..51].copy_from_slice(&self.producer_id.to_be_bytes());
        bytes[51..53].copy_from_slice(&self.producer_epoch.to_be_bytes());
        bytes[53..57].copy_from_slice(&(-1_i32).to_be_bytes());
        bytes[57..61].copy_from_slice(&1_i32.to_be_bytes());
        // Varints are zigzag: twice the number.
        bytes.extend([
            2 * RECORD_BYTES,
            0,
            0,
            0,
            2 * 4,
            0,
            0,
            0,
            u8::from(self.commit),
        ]);
        bytes.extend([2 * 6, 0, 0]);
        bytes.extend(self.coordinator_epoch.to_be_bytes());
        bytes.push(0);
        let length = (bytes.len() - LENGTH_FROM) as i32;
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        seal(&mut bytes);
        bytes
    }
}

/// Whether a stored batch is a marker, and of a commit. None for any other batch.
pub fn outcome(bytes: &[u8]) -> Option<bool> {
    peek(bytes).filter(super::Header::is_control)?;
    match bytes.get(TYPE_AT..TYPE_AT + 2)? {
        [0, 0] => Some(false),
        [0, 1] => Some(true),
        _ => None,
    }
}

/// A marker for tests.
#[cfg(test)]
pub(crate) fn for_tests(producer_id: i64, producer_epoch: i16, commit: bool) -> Vec<u8> {
    let marker = Marker {
        producer_id,
        producer_epoch,
        commit,
        coordinator_epoch: 3,
        timestamp: 9,
    };
    marker.batch()
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::EndTxnMarker;
    use kafka_protocol::protocol::Decodable;
    use kafka_protocol::records::RecordBatchDecoder;

    use super::*;
    use crate::record_batch::{BatchError, validate};

    #[test]
    fn a_marker_is_what_kafka_reads() {
        for commit in [false, true] {
            let bytes = for_tests(7, 2, commit);
            assert_eq!(outcome(&bytes), Some(commit));
            assert_eq!(
                validate(&bytes),
                Err(BatchError::Control),
                "not from a client"
            );
            let mut rest = bytes::Bytes::from(bytes);
            let records = RecordBatchDecoder::decode(&mut rest).unwrap().records;
            let [record] = &records[..] else {
                panic!("{records:?}");
            };
            assert!(record.control && record.transactional);
            assert_eq!((record.producer_id, record.producer_epoch), (7, 2));
            let key = record.key.clone().unwrap();
            assert_eq!(key[..], [0, 0, 0, u8::from(commit)]);
            let mut value = record.value.clone().unwrap();
            assert_eq!(value.split_to(2)[..], [0, 0]);
            let marker = EndTxnMarker::decode(&mut value, 0).unwrap();
            assert_eq!(marker.coordinator_epoch, 3);
            assert!(rest.is_empty() && value.is_empty());
        }
    }

    #[test]
    fn other_batches_have_no_outcome() {
        let data = crate::record_batch::for_tests(1, Some((7, 0, 0)), 0, b"12345678");
        assert_eq!(outcome(&data), None);
        let marker = for_tests(7, 2, true);
        for cut in 0..marker.len() {
            let _ = outcome(&marker[..cut]);
        }
        assert_eq!(outcome(&marker[..HEADER_BYTES]), None);
    }
}
