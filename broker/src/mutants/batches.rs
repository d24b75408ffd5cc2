//! Record batches of a Fetch answer, taken apart and put together again. Only batches that are not compressed are changed
//! inside.

use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions,
};

use crate::record_batch;

/// Bytes of a batch before its checksum begins to count them: base offset, length, epoch, magic, checksum.
const LENGTH_AT: usize = 8;
const LAST_OFFSET_DELTA_AT: usize = 23;

/// The whole batches.
pub(super) fn split(records: &Bytes) -> Vec<BytesMut> {
    let (mut batches, mut rest) = (Vec::new(), records.clone());
    while let Some(length) = rest.get(LENGTH_AT..LENGTH_AT + 4) {
        let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        let whole = usize::try_from(length).unwrap_or(0) + LENGTH_AT + 4;
        if whole > rest.len() || whole < record_batch::HEADER_BYTES {
            break;
        }
        batches.push(BytesMut::from(&rest.split_to(whole)[..]));
    }
    batches
}

/// One after the other.
pub(super) fn join(batches: Vec<BytesMut>) -> Bytes {
    let all = batches.into_iter().fold(BytesMut::new(), |mut all, one| {
        all.extend_from_slice(&one);
        all
    });
    all.freeze()
}

pub(super) fn base_offset(batch: &[u8]) -> i64 {
    let bytes = batch.first_chunk::<8>().copied();
    i64::from_be_bytes(bytes.unwrap_or_default())
}

/// The checksum does not cover it.
pub(super) fn set_base_offset(batch: &mut [u8], offset: i64) {
    if let Some(bytes) = batch.first_chunk_mut::<8>() {
        *bytes = offset.to_be_bytes();
    }
}

/// The batch with other records. Its last offset stays what it was, as after a compaction. None if they cannot be read, or
/// nothing is left.
pub(super) fn with_records(
    batch: &BytesMut,
    change: impl FnOnce(&mut Vec<Record>),
) -> Option<BytesMut> {
    let header = record_batch::peek(batch).filter(|header| !header.is_compressed())?;
    let mut bytes = batch.clone().freeze();
    let mut records = RecordBatchDecoder::decode(&mut bytes).ok()?.records;
    change(&mut records);
    let first = records.first()?.offset;
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).ok()?;
    let last = i32::try_from(header.last_offset() - first).ok()?;
    bytes[LAST_OFFSET_DELTA_AT..LAST_OFFSET_DELTA_AT + 4].copy_from_slice(&last.to_be_bytes());
    record_batch::seal(&mut bytes);
    Some(bytes)
}
