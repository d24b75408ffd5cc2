//! The v2 record batch as far as a broker must know it: the fixed header, its check, and the two fields it patches.
//!
//! A batch is stored as it was received, compressed or not; the records inside are only counted (`records`). Base offset
//! and leader epoch lie before the part that the checksum covers, so that patching them keeps it valid.
//!
//! ```text
//!  0 base offset i64       16 magic i8 (2)          27 base timestamp i64    51 producer epoch i16
//!  8 length i32            17 crc32c u32            35 max timestamp i64     53 base sequence i32
//! 12 leader epoch i32      21 attributes i16        43 producer id i64       57 record count i32
//!                          23 last offset delta i32                          61 records
//! ```

pub mod marker;
pub(crate) mod records;

use kafka_protocol::error::ResponseError;

/// Length of the fixed header; the smallest legal batch has at least one byte more.
pub const HEADER_BYTES: usize = 61;
/// The checksum covers everything from here.
const CHECKED_FROM: usize = 21;
/// Bytes before the part that the length field counts.
const LENGTH_FROM: usize = 12;

const COMPRESSION_MASK: i16 = 0b111;
const COMPRESSION_MAX: i16 = 4;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;

/// What the fixed header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Offset of the first record.
    pub base_offset: i64,
    /// Leader epoch under which it was appended.
    pub leader_epoch: i32,
    /// Compression, timestamp type, transactional and control bits.
    pub attributes: i16,
    /// Invariant (after [`validate`]): `record_count - 1`, at least 0.
    pub last_offset_delta: i32,
    /// Largest timestamp in ms.
    pub max_timestamp: i64,
    /// Producer id, -1 for none.
    pub producer_id: i64,
    /// Producer epoch, -1 for none.
    pub producer_epoch: i16,
    /// Sequence number of the first record, -1 for none.
    pub base_sequence: i32,
}

impl Header {
    /// Whether the records are compressed.
    pub fn is_compressed(&self) -> bool {
        self.attributes & COMPRESSION_MASK != 0
    }

    /// Whether the batch belongs to a transaction. A marker does, too.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Whether it is a marker, and no client's.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Offset of the last record.
    pub fn last_offset(&self) -> i64 {
        self.base_offset
            .saturating_add(i64::from(self.last_offset_delta))
    }

    /// Number of offsets the batch takes.
    pub fn offsets(&self) -> i64 {
        i64::from(self.last_offset_delta) + 1
    }
}

/// Why bytes are not one acceptable batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The length field does not say exactly how many bytes there are.
    #[error("not exactly one batch: {given} bytes, length field {stated}")]
    Length {
        /// Bytes given.
        given: usize,
        /// What the length field says.
        stated: i64,
    },
    /// A format other than v2.
    #[error("batch format {0}, only 2 is supported")]
    Magic(i8),
    /// The checksum is wrong.
    #[error("batch checksum")]
    Checksum,
    /// No records, or counts that contradict each other.
    #[error("{records} records, last offset delta {last_offset_delta}")]
    Count {
        /// Record count field.
        records: i32,
        /// Last offset delta field.
        last_offset_delta: i32,
    },
    /// An unknown compression.
    #[error("compression type {0}")]
    Compression(i16),
    /// A producer id without epoch or sequence number, or the reverse; or a transaction without producer.
    #[error("producer fields contradict each other")]
    Producer,
    /// A control batch. Only the broker writes these.
    #[error("a control batch from a client")]
    Control,
    /// The records are not those that the header claims.
    #[error("the records are not as many as the header claims, or not numbered from 0")]
    Records,
    /// The records cannot be unpacked.
    #[error("the records cannot be unpacked")]
    Packed,
    /// The records are larger than `limits.uncompressed_bytes` when unpacked.
    #[error("the records exceed limits.uncompressed_bytes when unpacked")]
    Unpacked,
}

impl BatchError {
    /// The Kafka error for the client.
    pub fn code(&self) -> ResponseError {
        match self {
            BatchError::Length { .. } | BatchError::Checksum | BatchError::Packed => {
                ResponseError::CorruptMessage
            }
            BatchError::Unpacked => ResponseError::MessageTooLarge,
            BatchError::Magic(_) => ResponseError::UnsupportedForMessageFormat,
            BatchError::Count { .. }
            | BatchError::Producer
            | BatchError::Records
            | BatchError::Control => ResponseError::InvalidRecord,
            BatchError::Compression(_) => ResponseError::UnsupportedCompressionType,
        }
    }
}

/// Checks that `bytes` are exactly one v2 batch that this broker takes from a client.
pub fn validate(bytes: &[u8]) -> Result<Header, BatchError> {
    let stated = if bytes.len() < LENGTH_FROM {
        -1
    } else {
        i64::from(i32_at(bytes, 8))
    };
    if bytes.len() < HEADER_BYTES || stated != (bytes.len() - LENGTH_FROM) as i64 {
        return Err(BatchError::Length {
            given: bytes.len(),
            stated,
        });
    }
    let magic = bytes[16] as i8;
    if magic != 2 {
        return Err(BatchError::Magic(magic));
    }
    let stored = u32::from_be_bytes(array_at(bytes, 17));
    if crc32c::crc32c(&bytes[CHECKED_FROM..]) != stored {
        return Err(BatchError::Checksum);
    }
    let records = i32_at(bytes, 57);
    let header = read_header(bytes);
    if records < 1 || header.last_offset_delta != records - 1 {
        return Err(BatchError::Count {
            records,
            last_offset_delta: header.last_offset_delta,
        });
    }
    let compression = header.attributes & COMPRESSION_MASK;
    if compression > COMPRESSION_MAX {
        return Err(BatchError::Compression(compression));
    }
    if header.is_control() {
        return Err(BatchError::Control);
    }
    let none =
        header.producer_id == -1 && header.producer_epoch == -1 && header.base_sequence == -1;
    let all = header.producer_id >= 0 && header.producer_epoch >= 0 && header.base_sequence >= 0;
    // Some clients without idempotence leave the sequence at 0 or more; only an id makes it count.
    let plain = none || (header.producer_id == -1 && header.base_sequence >= -1);
    if !(all || plain && !header.is_transactional()) {
        return Err(BatchError::Producer);
    }
    Ok(header)
}

/// Reads the header of a stored batch; None if there are too few bytes or the counts are senseless. Does not
/// check the checksum: what the log hands out was checked with the frame around it.
pub fn peek(bytes: &[u8]) -> Option<Header> {
    (bytes.len() >= HEADER_BYTES)
        .then(|| read_header(bytes))
        .filter(|header| header.last_offset_delta >= 0)
}

/// Writes base offset and leader epoch into a batch in place.
///
/// # Panics
///
/// If `bytes` is shorter than a header; only validated batches are patched.
pub fn patch(bytes: &mut [u8], base_offset: i64, leader_epoch: i32) {
    assert!(
        bytes.len() >= HEADER_BYTES,
        "only validated batches are patched"
    );
    bytes[0..8].copy_from_slice(&base_offset.to_be_bytes());
    bytes[12..16].copy_from_slice(&leader_epoch.to_be_bytes());
}

/// Recomputes a batch's checksum.
///
/// # Panics
///
/// If `bytes` is shorter than a header.
pub(crate) fn seal(bytes: &mut [u8]) {
    let checksum = crc32c::crc32c(&bytes[CHECKED_FROM..]);
    bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
}

fn read_header(bytes: &[u8]) -> Header {
    Header {
        base_offset: i64::from_be_bytes(array_at(bytes, 0)),
        leader_epoch: i32_at(bytes, 12),
        attributes: i16::from_be_bytes(array_at(bytes, 21)),
        last_offset_delta: i32_at(bytes, 23),
        max_timestamp: i64::from_be_bytes(array_at(bytes, 35)),
        producer_id: i64::from_be_bytes(array_at(bytes, 43)),
        producer_epoch: i16::from_be_bytes(array_at(bytes, 51)),
        base_sequence: i32_at(bytes, 53),
    }
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(array_at(bytes, at))
}

/// Callers have checked the length.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

/// Makes a batch of [`for_tests`] part of a transaction.
#[cfg(any(test, feature = "simulation"))]
pub fn make_transactional(bytes: &mut [u8]) {
    bytes[21..23].copy_from_slice(&TRANSACTIONAL.to_be_bytes());
    seal(bytes);
}

/// Builds a batch of `records` opaque one-byte records for tests and the simulation: valid to a broker, not to
/// a consumer. `producer` is id, epoch and first sequence number.
#[cfg(any(test, feature = "simulation"))]
pub fn for_tests(
    records: i32,
    producer: Option<(i64, i16, i32)>,
    timestamp: i64,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    let (id, epoch, sequence) = producer.unwrap_or((-1, -1, -1));
    bytes[16] = 2;
    bytes[23..27].copy_from_slice(&(records - 1).to_be_bytes());
    bytes[27..35].copy_from_slice(&timestamp.to_be_bytes());
    bytes[35..43].copy_from_slice(&timestamp.to_be_bytes());
    bytes[43..51].copy_from_slice(&id.to_be_bytes());
    bytes[51..53].copy_from_slice(&epoch.to_be_bytes());
    bytes[53..57].copy_from_slice(&sequence.to_be_bytes());
    bytes[57..61].copy_from_slice(&records.to_be_bytes());
    bytes.extend_from_slice(payload);
    let length = (bytes.len() - LENGTH_FROM) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    seal(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_batch_is_taken_and_survives_patching() {
        let mut bytes = for_tests(3, Some((7, 1, 40)), 1000, b"abc");
        let header = validate(&bytes).unwrap();
        assert_eq!(
            (header.offsets(), header.producer_id, header.base_sequence),
            (3, 7, 40)
        );
        patch(&mut bytes, 1234, 5);
        let header = validate(&bytes).unwrap();
        assert_eq!(
            (
                header.base_offset,
                header.leader_epoch,
                header.last_offset()
            ),
            (1234, 5, 1236)
        );
        assert_eq!(peek(&bytes), Some(header));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused_or_outside_the_checksum() {
        let bytes = for_tests(1, None, 0, b"payload");
        for length in 0..bytes.len() {
            assert!(validate(&bytes[..length]).is_err(), "cut to {length}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(matches!(validate(&longer), Err(BatchError::Length { .. })));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let patched = (0..8).contains(&(bit / 8)) || (12..16).contains(&(bit / 8));
            assert_eq!(validate(&bad).is_ok(), patched, "bit {bit}");
        }
    }

    #[test]
    fn senseless_headers_are_refused() {
        assert!(matches!(
            validate(&for_tests(0, None, 0, b"x")),
            Err(BatchError::Count { .. })
        ));
        assert!(matches!(
            validate(&for_tests(i32::MIN + 1, None, 0, b"x")),
            Err(BatchError::Count { .. })
        ));
        assert_eq!(
            validate(&for_tests(1, Some((5, -1, 0)), 0, b"x")),
            Err(BatchError::Producer)
        );
        assert_eq!(
            validate(&for_tests(1, Some((-2, 0, 0)), 0, b"x")),
            Err(BatchError::Producer)
        );
        assert!(validate(&for_tests(1, Some((-1, -1, 0)), 0, b"x")).is_ok());
        for (attributes, expected) in [
            (TRANSACTIONAL, BatchError::Producer),
            (CONTROL, BatchError::Control),
            (TRANSACTIONAL | CONTROL, BatchError::Control),
            (5, BatchError::Compression(5)),
        ] {
            let mut bytes = for_tests(1, None, 0, b"x");
            bytes[21..23].copy_from_slice(&attributes.to_be_bytes());
            seal(&mut bytes);
            assert_eq!(validate(&bytes), Err(expected));
        }
        let mut old = for_tests(1, None, 0, b"x");
        old[16] = 1;
        assert_eq!(validate(&old), Err(BatchError::Magic(1)));
    }
}
