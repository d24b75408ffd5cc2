//! Record batches of a raw Fetch, unpacked: every codec of Kafka, each within a bound, because a few kilobytes may unpack
//! to gigabytes.

use std::io::Read;

use bytes::Bytes;
use kafka_protocol::records::{Compression, Record, RecordBatchDecoder};

/// The most bytes that one batch may have when it is unpacked.
const UNPACKED_MAX: usize = 64 << 20;
/// What snappy-java puts in front of its blocks, and the length of its header.
const XERIAL: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const XERIAL_HEADER_BYTES: usize = 16;

/// Decodes complete batches. Each must have the right CRC.
///
/// # Errors
/// If something is not a record batch, or unpacks to more than the bound.
pub(super) fn records(bytes: &mut Bytes) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let set = RecordBatchDecoder::decode_with_custom_compression(bytes, Some(unpack))?;
        records.extend(set.records);
    }
    Ok(records)
}

fn unpack(packed: &mut Bytes, codec: Compression) -> anyhow::Result<Bytes> {
    let packed = packed.split_off(0);
    match codec {
        Compression::None => Ok(packed),
        Compression::Gzip => bounded(flate2::read::MultiGzDecoder::new(&packed[..])),
        Compression::Lz4 => bounded(lz4_flex::frame::FrameDecoder::new(&packed[..])),
        Compression::Zstd => bounded(zstd::stream::read::Decoder::with_buffer(&packed[..])?),
        Compression::Snappy => snappy(&packed),
    }
}

fn bounded(unpacking: impl Read) -> anyhow::Result<Bytes> {
    let mut unpacked = Vec::new();
    let most = UNPACKED_MAX as u64 + 1;
    unpacking.take(most).read_to_end(&mut unpacked)?;
    anyhow::ensure!(
        unpacked.len() <= UNPACKED_MAX,
        "a batch unpacks to more than 64 MiB"
    );
    Ok(unpacked.into())
}

/// librdkafka writes one block, snappy-java several with their lengths in front.
fn snappy(packed: &[u8]) -> anyhow::Result<Bytes> {
    let mut unpacked = Vec::new();
    let mut block = |block: &[u8]| {
        let length = snap::raw::decompress_len(block)?;
        anyhow::ensure!(
            unpacked.len().saturating_add(length) <= UNPACKED_MAX,
            "a batch unpacks to more than 64 MiB"
        );
        unpacked.extend(snap::raw::Decoder::new().decompress_vec(block)?);
        anyhow::Ok(())
    };
    match packed.strip_prefix(&XERIAL) {
        None => block(packed)?,
        Some(_) => {
            let mut rest = packed.get(XERIAL_HEADER_BYTES..).unwrap_or_default();
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*length))?;
                let one = after
                    .get(..length)
                    .ok_or_else(|| anyhow::anyhow!("a block is cut"))?;
                block(one)?;
                rest = &after[length..];
            }
        }
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn every_codec_gives_back_what_was_packed() {
        let plain = b"record record record ".repeat(50);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).expect("memory");
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&plain).expect("memory");
        let snappy = snap::raw::Encoder::new()
            .compress_vec(&plain)
            .expect("small");
        let mut blocks = XERIAL.to_vec();
        blocks.extend([0; 8]);
        for _ in 0..2 {
            blocks.extend((snappy.len() as u32).to_be_bytes());
            blocks.extend(&snappy);
        }
        for (codec, packed, times) in [
            (Compression::None, plain.clone(), 1),
            (Compression::Gzip, gzip.finish().expect("memory"), 1),
            (Compression::Lz4, lz4.finish().expect("memory"), 1),
            (
                Compression::Zstd,
                zstd::encode_all(&plain[..], 1).expect("memory"),
                1,
            ),
            (Compression::Snappy, snappy, 1),
            (Compression::Snappy, blocks, 2),
        ] {
            let got = unpack(&mut Bytes::from(packed), codec).expect("unpacked");
            assert_eq!(got, plain.repeat(times), "{codec:?}");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = vec![0; UNPACKED_MAX + 1];
        let packed = zstd::encode_all(&zeros[..], 1).expect("memory");
        let error = unpack(&mut Bytes::from(packed), Compression::Zstd).expect_err("too much");
        assert!(error.to_string().contains("64 MiB"), "{error}");
    }
}
