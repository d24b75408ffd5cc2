//! Record batches in an entry: those that clients send, and the markers that end transactions. One form for both, so that
//! a partition and a fetch need no second path.

use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use crate::codec::Reader;

/// Bytes of a batch in an entry beside the batch itself.
pub(super) const BATCH_OVERHEAD: usize = 24;

/// One batch of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The topic's id: a name may be deleted and created again meanwhile.
    pub(crate) topic: Uuid,
    /// Partition index.
    pub(crate) partition: i32,
    /// Where the batch begins in the entry's data. Filled by decoding.
    pub(crate) position: u32,
    /// The batch, base offset and leader epoch patched.
    pub(crate) bytes: Bytes,
}

/// Writes batches with their number.
pub(super) fn put_batches(out: &mut BytesMut, batches: &[Batch]) {
    out.put_u32_le(batches.len() as u32);
    for batch in batches {
        out.put_slice(batch.topic.as_bytes());
        out.put_i32_le(batch.partition);
        out.put_u32_le(batch.bytes.len() as u32);
        out.put_slice(&batch.bytes);
    }
}

/// Reads them. None if there is too little.
pub(super) fn batches(reader: &mut Reader) -> Option<Vec<Batch>> {
    let mut batches = Vec::new();
    for _ in 0..reader.u32()? {
        let (topic, partition) = (reader.uuid()?, reader.i32()?);
        let length = reader.u32()? as usize;
        let position = reader.position() as u32;
        batches.push(Batch {
            topic,
            partition,
            position,
            bytes: reader.take(length)?,
        });
    }
    Some(batches)
}
