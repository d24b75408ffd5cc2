//! The records inside a batch: whether there are as many as its header claims.
//!
//! The claim becomes offsets. A batch that claims 2^31-1 records and holds one would burn as many offsets, and consumers
//! would wait for records that nobody wrote. So each record is walked over, as its length and its fields say; keys and
//! values are skipped. Compressed records are unpacked piece by piece into a small buffer, and only up to a bound: a few
//! kilobytes may unpack to gigabytes.

use std::io::{self, BufRead, BufReader, Read};

use super::{BatchError, COMPRESSION_MASK, HEADER_BYTES, Header};

/// What snappy-java puts in front of its blocks.
const XERIAL: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];

/// Magic, and two versions.
const XERIAL_HEADER_BYTES: usize = 16;

/// zstd may ask for a window up to this power of two: as large as a batch of the default bound can use.
const ZSTD_WINDOW_LOG_MAX: u32 = 24;

/// Piece of unpacked records in memory.
const PIECE_BYTES: usize = 16 << 10;

/// Checks that a validated batch has the records that its header claims, unpacked at most `bytes_max` bytes.
///
/// # Errors
/// If it has others, or more bytes.
pub(crate) fn check(batch: &[u8], header: &Header, bytes_max: usize) -> Result<(), BatchError> {
    each(batch, header, bytes_max, |_, _| {})
}

/// The first record from an offset on whose timestamp is not below a time: its offset and timestamp.
///
/// # Errors
/// As of [`check`].
pub(crate) fn first_from(
    batch: &[u8],
    header: &Header,
    bytes_max: usize,
    (offset, time): (i64, i64),
) -> Result<Option<(i64, i64)>, BatchError> {
    let mut found = None;
    each_time(batch, header, bytes_max, |at, timestamp| {
        if found.is_none() && at >= offset && timestamp >= time {
            found = Some((at, timestamp));
        }
    })?;
    Ok(found)
}

/// The first record with the largest timestamp, from an offset on and not below a time: its offset and timestamp.
///
/// # Errors
/// As of [`check`].
pub(crate) fn largest_from(
    batch: &[u8],
    header: &Header,
    bytes_max: usize,
    (offset, time): (i64, i64),
) -> Result<Option<(i64, i64)>, BatchError> {
    let mut found: Option<(i64, i64)> = None;
    each_time(batch, header, bytes_max, |at, timestamp| {
        let is_larger = found.is_none_or(|(_, largest)| timestamp > largest);
        if at >= offset && timestamp >= time && is_larger {
            found = Some((at, timestamp));
        }
    })?;
    Ok(found)
}

/// Walks over all records, with the offset and the timestamp of each.
fn each_time(
    batch: &[u8],
    header: &Header,
    bytes_max: usize,
    mut visit: impl FnMut(i64, i64),
) -> Result<(), BatchError> {
    let base = batch
        .get(BASE_TIMESTAMP..)
        .and_then(|bytes| bytes.first_chunk::<8>());
    let base = base.map_or(-1, |bytes| i64::from_be_bytes(*bytes));
    each(batch, header, bytes_max, |number, delta| {
        let timestamp = match header.attributes & LOG_APPEND_TIME {
            0 => base.saturating_add(delta),
            _ => header.max_timestamp,
        };
        visit(header.base_offset.saturating_add(number), timestamp);
    })
}

/// Where the header has the timestamp that those of the records are relative to.
const BASE_TIMESTAMP: usize = 27;
/// The timestamps are those of the append: every record has the largest.
const LOG_APPEND_TIME: i16 = 1 << 3;

/// Walks over all records, with the number and the timestamp delta of each.
fn each(
    batch: &[u8],
    header: &Header,
    bytes_max: usize,
    visit: impl FnMut(i64, i64),
) -> Result<(), BatchError> {
    let body = batch.get(HEADER_BYTES..).unwrap_or_default();
    let claimed = header.offsets();
    // The smallest record has seven bytes: a claim that cannot be true is refused before anything is unpacked.
    if claimed.saturating_mul(7) > i64::try_from(bytes_max).unwrap_or(i64::MAX) {
        return Err(BatchError::Records);
    }
    let compression = header.attributes & COMPRESSION_MASK;
    if compression == SNAPPY {
        return each_snappy(body, claimed, bytes_max, visit);
    }
    match compression {
        NONE => walk(body, claimed, visit),
        GZIP => walk(
            packed(flate2::read::MultiGzDecoder::new(body), bytes_max),
            claimed,
            visit,
        ),
        LZ4 => walk(
            packed(lz4_flex::frame::FrameDecoder::new(body), bytes_max),
            claimed,
            visit,
        ),
        ZSTD => {
            let mut unpacking =
                zstd::stream::read::Decoder::with_buffer(body).map_err(|_| BatchError::Packed)?;
            unpacking
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .map_err(|_| BatchError::Packed)?;
            walk(packed(unpacking, bytes_max), claimed, visit)
        }
        other => Err(BatchError::Compression(other)),
    }
}

const NONE: i16 = 0;
const GZIP: i16 = 1;
const SNAPPY: i16 = 2;
const LZ4: i16 = 3;
const ZSTD: i16 = 4;

/// A bounded view of what is unpacked: one byte more than allowed shows that there is more.
fn packed(unpacking: impl Read, bytes_max: usize) -> impl BufRead {
    let bounded = Bounded {
        inner: unpacking,
        left: bytes_max,
    };
    BufReader::with_capacity(PIECE_BYTES, bounded)
}

struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read)
            .ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        Ok(read)
    }
}

/// Snappy has no stream that clients agree on: librdkafka writes one block, snappy-java blocks with lengths in between.
/// A block says how long it is unpacked, and is unpacked whole.
fn each_snappy(
    body: &[u8],
    claimed: i64,
    bytes_max: usize,
    visit: impl FnMut(i64, i64),
) -> Result<(), BatchError> {
    let mut unpacked = Vec::new();
    let mut block = |block: &[u8]| {
        let length = snap::raw::decompress_len(block).map_err(|_| BatchError::Packed)?;
        if unpacked.len().saturating_add(length) > bytes_max {
            return Err(BatchError::Unpacked);
        }
        // A copy of two bytes yields at most 64: what cannot be true is refused before its room is made.
        if length > block.len().saturating_mul(32) {
            return Err(BatchError::Packed);
        }
        let piece = snap::raw::Decoder::new().decompress_vec(block);
        unpacked.extend_from_slice(&piece.map_err(|_| BatchError::Packed)?);
        Ok(())
    };
    if body.starts_with(&XERIAL) {
        let mut rest = body.get(XERIAL_HEADER_BYTES..).ok_or(BatchError::Packed)?;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            let (one, after) = after.split_at_checked(length).ok_or(BatchError::Packed)?;
            block(one)?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(BatchError::Packed);
        }
    } else {
        block(body)?;
    }
    walk(unpacked.as_slice(), claimed, visit)
}

/// Walks over all records; there must be `claimed` of them, numbered from 0, and nothing after.
fn walk(
    reader: impl BufRead,
    claimed: i64,
    mut visit: impl FnMut(i64, i64),
) -> Result<(), BatchError> {
    let mut records = Records { reader };
    for number in 0..claimed {
        visit(number, records.record(number)?);
    }
    if records.at_end()? {
        Ok(())
    } else {
        Err(BatchError::Records)
    }
}

struct Records<R> {
    reader: R,
}

impl<R: BufRead> Records<R> {
    /// One record: `length | attributes i8 | timestamp delta | offset delta | key | value | headers`, lengths and deltas
    /// as zigzag varints. The fields must fill the length exactly. Returns the timestamp delta.
    fn record(&mut self, number: i64) -> Result<i64, BatchError> {
        let mut unbounded = i64::MAX;
        let mut left = self.varint(&mut unbounded)?;
        if left < 0 {
            return Err(BatchError::Records);
        }
        self.skip(1, &mut left)?;
        let timestamp_delta = self.varint(&mut left)?;
        if self.varint(&mut left)? != number {
            return Err(BatchError::Records);
        }
        self.bytes(&mut left)?;
        self.bytes(&mut left)?;
        let headers = self.varint(&mut left)?;
        // Each header has at least two bytes, so the number is bounded by the length.
        if headers < 0 || headers > left {
            return Err(BatchError::Records);
        }
        for _ in 0..headers {
            let key = self.varint(&mut left)?;
            self.skip(key, &mut left)?;
            self.bytes(&mut left)?;
        }
        if left == 0 {
            Ok(timestamp_delta)
        } else {
            Err(BatchError::Records)
        }
    }

    /// Bytes with a length in front, -1 for null.
    fn bytes(&mut self, left: &mut i64) -> Result<(), BatchError> {
        match self.varint(left)? {
            -1 => Ok(()),
            length => self.skip(length, left),
        }
    }

    fn skip(&mut self, bytes: i64, left: &mut i64) -> Result<(), BatchError> {
        if bytes < 0 || bytes > *left {
            return Err(BatchError::Records);
        }
        *left -= bytes;
        let mut rest = bytes as u64;
        while rest > 0 {
            let here = self.reader.fill_buf().map_err(unpacked)?.len();
            if here == 0 {
                return Err(BatchError::Records);
            }
            let taken = here.min(usize::try_from(rest).unwrap_or(usize::MAX));
            self.reader.consume(taken);
            rest -= taken as u64;
        }
        Ok(())
    }

    fn varint(&mut self, left: &mut i64) -> Result<i64, BatchError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self
                .reader
                .fill_buf()
                .map_err(unpacked)?
                .first()
                .ok_or(BatchError::Records)?;
            self.reader.consume(1);
            *left -= 1;
            if *left < 0 {
                return Err(BatchError::Records);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(BatchError::Records)
    }

    fn at_end(&mut self) -> Result<bool, BatchError> {
        Ok(self.reader.fill_buf().map_err(unpacked)?.is_empty())
    }
}

fn unpacked(error: io::Error) -> BatchError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => BatchError::Unpacked,
        _ => BatchError::Packed,
    }
}

#[cfg(test)]
mod tests;
