//! zstd and gzip data within bounds. A file of 50 KiB can state a window of 2 GiB, and can expand to hundreds of GiB.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder;

/// The magic number of a frame, and that of a skippable one without its lowest four bits.
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// The magic number of gzip, and its only method.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];

/// The maximum window: 128 MiB, which is what `zstd --ultra -22` needs. We write 2 MiB.
const WINDOW_LOG_MAX: u32 = 27;
/// How far any data may expand.
const FREE_BYTES: u64 = 64 << 20;
/// How many times its size larger data may expand. Histories expand 10 to 30 times.
const RATIO_MAX: u64 = 1_000;

/// The content of a file, decompressed if it is zstd or gzip data, whatever its name is. Frames may follow each other.
///
/// The reader fails if the data is damaged or cut, or expands too far: it never ends early without an error.
///
/// # Errors
/// If the file cannot be read.
pub fn content(file: File) -> Result<Box<dyn BufRead + Send>> {
    content_within(file, WINDOW_LOG_MAX)
}

/// The same within a maximum window, stated as its binary logarithm.
///
/// # Errors
/// If the file cannot be read.
pub fn content_within(file: File, window_log_max: u32) -> Result<Box<dyn BufRead + Send>> {
    let size = file.metadata()?.len();
    let file = BufReader::with_capacity(1 << 16, file);
    unpacked(file, size, window_log_max)
}

/// The same of bytes that are in memory.
///
/// # Errors
/// As of [`content`].
pub fn content_of(bytes: &'static [u8]) -> Result<Box<dyn BufRead + Send>> {
    unpacked(bytes, bytes.len() as u64, WINDOW_LOG_MAX)
}

fn unpacked(
    mut source: impl BufRead + Send + 'static,
    size: u64,
    window_log_max: u32,
) -> Result<Box<dyn BufRead + Send>> {
    let head = source.fill_buf()?;
    let skippable = head.len() > 3 && head[0] & 0xf0 == 0x50 && head[1..4] == SKIPPABLE;
    let decoder: Box<dyn Read + Send> = if head.starts_with(&GZIP) {
        Box::new(Members::new(source))
    } else if head.starts_with(&FRAME) || skippable {
        let mut decoder = Decoder::with_buffer(source)?;
        decoder.window_log_max(window_log_max)?;
        Box::new(decoder)
    } else {
        return Ok(Box::new(source));
    };
    let left = size.saturating_mul(RATIO_MAX).saturating_add(FREE_BYTES);
    let expanding = Expanding { decoder, left };
    Ok(Box::new(BufReader::with_capacity(1 << 17, expanding)))
}

/// The members of a gzip file, one after the other. Zeros after the last one are passed over, as `gzip` does: tapes and
/// copies in blocks pad with them. Anything else is an error.
struct Members<R> {
    /// None at the end, and after an error.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    fn new(source: R) -> Members<R> {
        let member = Some(GzDecoder::new(source));
        Members { member }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        while let Some(mut member) = self.member.take() {
            let read = member.read(into)?;
            if read > 0 || into.is_empty() {
                self.member = Some(member);
                return Ok(read);
            }
            let mut source = member.into_inner();
            loop {
                let left = source.fill_buf()?;
                let zeros = left.iter().take_while(|byte| **byte == 0).count();
                if left.is_empty() {
                    return Ok(0);
                }
                let is_over = zeros < left.len();
                source.consume(zeros);
                if is_over {
                    break;
                }
            }
            self.member = Some(GzDecoder::new(source));
        }
        Ok(0)
    }
}

/// Decompressed data that may not exceed a size.
struct Expanding {
    decoder: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Expanding {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.decoder.read(into).map_err(|error| {
            let what = format!("the compressed data is damaged or cut: {error}");
            Error::new(ErrorKind::InvalidData, what)
        })?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let what = format!(
                "the compressed data expands to more than {RATIO_MAX} times its size: this is not a history"
            );
            Error::new(ErrorKind::InvalidData, what)
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        std::io::Seek::rewind(&mut file)?;
        let mut content = content(file)?;
        let (mut read, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            match content.read(&mut chunk)? {
                0 => return Ok(read),
                // The end of a bomb is not interesting.
                count if read.len() < 1 << 20 => read.extend_from_slice(&chunk[..count]),
                _ => {}
            }
        }
    }

    #[test]
    fn frames_follow_each_other_and_plain_data_stays() {
        let one = zstd::encode_all(&b"one "[..], 3).expect("packed");
        let two = zstd::encode_all(&b"two"[..], 3).expect("packed");
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &one, &two].concat();
        assert_eq!(read(&skipped).expect("read"), b"one two");
        assert_eq!(read(b"plain").expect("read"), b"plain");
        assert_eq!(read(b"").expect("read"), b"");
    }

    #[test]
    fn no_error_is_swallowed() {
        let text: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        let packed = zstd::encode_all(text.as_bytes(), 3).expect("packed");
        for cut in [1, 5, packed.len() / 2] {
            let error = read(&packed[..packed.len() - cut])
                .expect_err("cut")
                .to_string();
            assert!(error.contains("damaged or cut"), "{cut}: {error}");
        }
        let more = [&packed[..], b"junk"].concat();
        assert!(read(&more).is_err());
    }

    fn gzip(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        write(&mut encoder).expect("packed");
        encoder.finish().expect("packed")
    }

    #[test]
    fn gzip_is_read_and_its_errors_are_told() {
        let one = gzip(|into| into.write_all(b"one "));
        let two = gzip(|into| into.write_all(b"two"));
        assert_eq!(read(&[&one[..], &two].concat()).expect("read"), b"one two");
        for cut in 1..one.len() - 3 {
            let error = read(&one[..one.len() - cut]).expect_err("cut").to_string();
            assert!(error.contains("damaged or cut"), "{cut}: {error}");
        }
        for at in [10, one.len() - 5] {
            let mut changed = one.clone();
            changed[at] ^= 1;
            assert!(read(&changed).is_err(), "{at}");
        }
        assert!(read(&[&one[..], b"junk"].concat()).is_err());
        assert!(read(&[&one[..], b"\0\0junk"].concat()).is_err());
        let padded = [&one[..], &vec![0; 200_000]].concat();
        assert_eq!(read(&padded).expect("read"), b"one ");
        let bomb = gzip(|into| (0..200).try_for_each(|_| into.write_all(&vec![0; 1 << 20])));
        assert!(bomb.len() < 1 << 18, "{}", bomb.len());
        // Up to 64 MiB beyond what a thousandfold expansion gives, so that small files are free.
        let error = Expanding {
            decoder: Box::new(Members::new(std::io::Cursor::new(bomb))),
            left: 1 << 27,
        };
        let error = std::io::copy(&mut { error }, &mut std::io::sink()).expect_err("a bomb");
        assert!(error.to_string().contains("1000 times"), "{error}");
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 19).expect("an encoder");
        let zeros = vec![0; 1 << 20];
        for _ in 0..400 {
            encoder.write_all(&zeros).expect("packed");
        }
        let bomb = encoder.finish().expect("packed");
        assert!(bomb.len() < 1 << 17, "{}", bomb.len());
        let error = read(&bomb).expect_err("a bomb").to_string();
        assert!(error.contains("1000 times"), "{error}");
        // A window of 2 GiB, as `zstd --long=31` states it.
        let wide = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        let error = read(&wide).expect_err("too wide").to_string();
        assert!(error.contains("damaged or cut"), "{error}");
    }
}
