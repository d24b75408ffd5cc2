//! Records in every compression, right and wrong ones.

use super::*;
use crate::record_batch::{for_tests, seal, validate};
use std::io::Write;

/// One record of this offset delta and value.
fn record(number: u8, value: &[u8]) -> Vec<u8> {
    let zigzag = |value: usize| {
        let (mut rest, mut out) = (value << 1, Vec::new());
        while rest > 0x7f {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
        out
    };
    let fields = [
        &[0, 0, number << 1, 1][..],
        &zigzag(value.len()),
        value,
        // One header: key "k", null.
        &[2, 2, b'k', 1],
    ]
    .concat();
    [zigzag(fields.len()), fields].concat()
}

fn pack(compression: i16, records: &[u8]) -> Vec<u8> {
    match compression {
        NONE => records.to_vec(),
        GZIP => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(records).unwrap();
            writer.finish().unwrap()
        }
        SNAPPY => snap::raw::Encoder::new().compress_vec(records).unwrap(),
        LZ4 => {
            let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
            writer.write_all(records).unwrap();
            writer.finish().unwrap()
        }
        _ => zstd::encode_all(records, 1).unwrap(),
    }
}

fn judge(claimed: i32, compression: i16, body: &[u8]) -> Result<(), BatchError> {
    let mut batch = for_tests(claimed, None, 0, body);
    batch[22] = compression as u8;
    seal(&mut batch);
    let header = validate(&batch).expect("a right header");
    check(&batch, &header, 1 << 20)
}

#[test]
fn the_claim_must_be_true_in_every_compression() {
    let records: Vec<u8> = (0..3).flat_map(|at| record(at, &[at; 300])).collect();
    for compression in NONE..=ZSTD {
        let body = pack(compression, &records);
        assert_eq!(judge(3, compression, &body), Ok(()), "{compression}");
        for wrong in [1, 2, 4, 1000, i32::MAX] {
            let judged = judge(wrong, compression, &body);
            assert_eq!(judged, Err(BatchError::Records), "{compression}: {wrong}");
        }
        let cut = &body[..body.len() / 2];
        assert!(judge(3, compression, cut).is_err(), "{compression}: cut");
        assert!(
            judge(1, compression, b"").is_err(),
            "{compression}: nothing"
        );
    }
    let xerial = [
        &XERIAL[..],
        &[0, 0, 0, 1, 0, 0, 0, 1],
        &(pack(SNAPPY, &records).len() as u32).to_be_bytes(),
        &pack(SNAPPY, &records),
    ]
    .concat();
    assert_eq!(judge(3, SNAPPY, &xerial), Ok(()));
    assert_eq!(judge(4, SNAPPY, &xerial), Err(BatchError::Records));
}

#[test]
fn records_in_another_order_or_with_lengths_that_lie_are_refused() {
    let good = record(0, b"value");
    assert_eq!(judge(1, NONE, &good), Ok(()));
    assert_eq!(
        judge(2, NONE, &[record(1, b"a"), record(0, b"b")].concat()),
        Err(BatchError::Records)
    );
    assert_eq!(
        judge(1, NONE, &[good.clone(), vec![0]].concat()),
        Err(BatchError::Records)
    );
    for at in 0..good.len() {
        for value in [0xff, 0x7f, 0x80, 0x01] {
            let mut bad = good.clone();
            bad[at] = value;
            // Some bytes are content. Nothing may panic, and no length may reach beyond its record.
            let _ = judge(1, NONE, &bad);
        }
    }
    for length in [0, 1, 2, 200] {
        let mut bad = good.clone();
        bad[0] = length;
        assert_eq!(judge(1, NONE, &bad), Err(BatchError::Records));
    }
    let huge = [vec![0xff; 9], vec![1]].concat();
    assert_eq!(judge(1, NONE, &huge), Err(BatchError::Records));
}

/// Timestamps need not grow within a batch.
#[test]
fn the_first_record_of_a_time_is_found_in_every_compression() {
    let at = |number: u8, delta: u8| {
        let mut record = record(number, b"v");
        record[2] = delta << 1;
        record
    };
    let records = [at(0, 0), at(1, 9), at(2, 5), at(3, 9)].concat();
    for compression in NONE..=ZSTD {
        let mut batch = for_tests(4, None, 0, &pack(compression, &records));
        batch[22] = compression as u8;
        batch[BASE_TIMESTAMP..BASE_TIMESTAMP + 8].copy_from_slice(&100_i64.to_be_bytes());
        seal(&mut batch);
        let header = Header {
            base_offset: 40,
            ..validate(&batch).expect("a right header")
        };
        let first = |offset, time| first_from(&batch, &header, 1 << 20, (offset, time));
        assert_eq!(first(0, 0), Ok(Some((40, 100))), "{compression}");
        assert_eq!(first(0, 103), Ok(Some((41, 109))), "{compression}");
        assert_eq!(first(42, 103), Ok(Some((42, 105))), "{compression}");
        assert_eq!(first(0, 110), Ok(None), "{compression}");
    }
}

#[test]
fn what_unpacks_beyond_the_bound_is_refused() {
    let bomb = record(0, &vec![0; 3 << 20]);
    for compression in GZIP..=ZSTD {
        let judged = judge(1, compression, &pack(compression, &bomb));
        assert_eq!(judged, Err(BatchError::Unpacked), "{compression}");
    }
}
