//! Record batches as a client makes them.

use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{
    Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

/// A batch of records with these values, from no particular producer.
pub fn batch(values: &[&str]) -> Bytes {
    produced(values, -1, -1, -1)
}

/// A batch from a producer.
pub fn produced(values: &[&str], producer_id: i64, producer_epoch: i16, sequence: i32) -> Bytes {
    made(values, (producer_id, producer_epoch), sequence, false)
}

/// A batch of a transaction.
pub fn transactional(values: &[&str], producer: (i64, i16), sequence: i32) -> Bytes {
    made(values, producer, sequence, true)
}

fn made(
    values: &[&str],
    (producer_id, producer_epoch): (i64, i16),
    sequence: i32,
    transactional: bool,
) -> Bytes {
    let records: Vec<Record> = values
        .iter()
        .enumerate()
        .map(|(index, value)| Record {
            transactional,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id,
            producer_epoch,
            timestamp_type: TimestampType::Creation,
            offset: index as i64,
            // Consecutive even where they mean nothing: the encoder begins a new batch at any
            // other.
            sequence: sequence + index as i32,
            timestamp: 1_700_000_000_000 + index as i64,
            key: None,
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
            headers: Default::default(),
        })
        .collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
    bytes.freeze()
}
