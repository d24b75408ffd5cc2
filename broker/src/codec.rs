//! Reading and writing of the broker's own small binary forms: commands and checkpoints. Little-endian, lengths checked
//! before anything is taken; a reader never panics and never allocates because of a length alone.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use uuid::Uuid;

/// Writes a string with its length.
pub(crate) fn put_string(out: &mut BytesMut, text: &str) {
    out.put_u32_le(text.len() as u32);
    out.put_slice(text.as_bytes());
}

/// Takes values off the front of bytes; every method is None when there is too little.
#[derive(Debug)]
pub(crate) struct Reader {
    bytes: Bytes,
    whole: usize,
}

impl Reader {
    pub(crate) fn new(bytes: Bytes) -> Reader {
        let whole = bytes.len();
        Reader { bytes, whole }
    }

    /// How many bytes were taken.
    pub(crate) fn position(&self) -> usize {
        self.whole - self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        (!self.bytes.is_empty()).then(|| self.bytes.get_u8())
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        (self.bytes.len() >= 2).then(|| self.bytes.get_i16_le())
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        (self.bytes.len() >= 4).then(|| self.bytes.get_u32_le())
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        (self.bytes.len() >= 4).then(|| self.bytes.get_i32_le())
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        (self.bytes.len() >= 8).then(|| self.bytes.get_u64_le())
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        (self.bytes.len() >= 8).then(|| self.bytes.get_i64_le())
    }

    pub(crate) fn uuid(&mut self) -> Option<Uuid> {
        let bytes = self.take(16)?;
        Uuid::from_slice(&bytes).ok()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<Bytes> {
        (self.bytes.len() >= length).then(|| self.bytes.split_to(length))
    }

    pub(crate) fn string(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }
}
