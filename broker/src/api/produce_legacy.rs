//! Produce versions 0 to 2: listed, never taken. Every partition is answered UNSUPPORTED_VERSION.
//!
//! Why they are listed at all: see [`super::OFFERED`]. The decoder knows nothing below version 3,
//! so these few fields are read and written by hand.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError;

use super::{Call, Hangup, put_length};
use crate::shape::{Malformed, Shape, Walked};

fn shape(shape: &mut Shape<'_>) -> Walked {
    shape.skip(6)?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(4)?;
            partition.bytes()
        })
    })
}

pub(super) fn refuse(call: &Call) -> Result<Option<Bytes>, Hangup> {
    shape(&mut Shape::new(&call.body, false))?;
    // From here on all lengths are known to be true.
    let mut body = call.body.clone();
    let acks = body.get_i16();
    body.advance(4);
    if acks == 0 {
        return Err(Hangup::Unacknowledged);
    }
    let mut bytes = BytesMut::new();
    bytes.put_i32(0);
    bytes.put_i32(call.correlation_id);
    let topics = body.get_i32();
    bytes.put_i32(topics.max(0));
    for _ in 0..topics.max(0) {
        let name = take(&mut body, |body| i64::from(body.get_i16()))?;
        bytes.put_i16(i16::try_from(name.len()).map_err(|_| Malformed)?);
        bytes.put_slice(&name);
        let partitions = body.get_i32();
        bytes.put_i32(partitions.max(0));
        for _ in 0..partitions.max(0) {
            bytes.put_i32(body.get_i32());
            take(&mut body, |body| i64::from(body.get_i32()))?;
            bytes.put_i16(ResponseError::UnsupportedVersion.code());
            bytes.put_i64(-1);
            if call.version >= 2 {
                bytes.put_i64(-1);
            }
        }
    }
    if call.version >= 1 {
        bytes.put_i32(0);
    }
    put_length(&mut bytes).map_err(|_| Malformed)?;
    Ok(Some(bytes.freeze()))
}

/// What follows a length; nothing where it is null.
fn take(body: &mut Bytes, length: impl FnOnce(&mut Bytes) -> i64) -> Result<Bytes, Malformed> {
    let length = length(body).max(0);
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    if length > body.len() {
        return Err(Malformed);
    }
    Ok(body.split_to(length))
}
