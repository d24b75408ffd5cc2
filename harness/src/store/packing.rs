//! A history is compressed while it grows: that of an hour has ten gigabytes, and its verdict must not wait for them.
//!
//! Each 64 MiB become one zstd frame with its size and its checksum, so that the decoder reports a changed bit. Readers
//! take frames that follow each other for one text.

use std::fs::{File, remove_file};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use checkers::history::Digest;
use tempfile::NamedTempFile;

use super::durable::{directory_of, sync_directory};
use super::whole::temporary;

/// The compression level. Histories shrink tenfold at the lowest levels already.
const COMPRESSION: i32 = 3;
/// The size of a frame's text.
const FRAME: u64 = 64 << 20;

/// A compressed file in the making.
pub struct Packing {
    plain: PathBuf,
    source: File,
    packed: NamedTempFile,
    /// How much of the plain file is packed, and the digest of that.
    done: u64,
    digest: Digest,
}

impl Packing {
    /// Begins to compress a file, which may still grow.
    ///
    /// # Errors
    /// If it cannot be opened, or the compressed file cannot be created beside it.
    pub fn begin(plain: &Path) -> io::Result<Packing> {
        Ok(Packing {
            plain: plain.to_owned(),
            source: File::open(plain)?,
            packed: temporary(directory_of(plain))?,
            done: 0,
            digest: Digest::new(),
        })
    }

    /// Compresses what the file has by now, in whole frames.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn advance(&mut self) -> io::Result<()> {
        while self.source.metadata()?.len().saturating_sub(self.done) >= FRAME {
            self.frame(FRAME)?;
        }
        Ok(())
    }

    /// Compresses the rest, and replaces the plain file, which does not grow any more, by the compressed one as soon as
    /// that is durable. Returns the SHA-256 of the text.
    ///
    /// # Errors
    /// If anything fails. The plain file stays then.
    pub fn finish(mut self, compressed: &Path) -> io::Result<String> {
        self.advance()?;
        let rest = self.source.metadata()?.len().saturating_sub(self.done);
        if rest > 0 || self.done == 0 {
            self.frame(rest)?;
        }
        self.packed.as_file().sync_all()?;
        self.packed
            .persist(compressed)
            .map_err(|failed| failed.error)?;
        sync_directory(directory_of(compressed))?;
        remove_file(&self.plain)?;
        Ok(self.digest.text())
    }

    fn frame(&mut self, bytes: u64) -> io::Result<()> {
        let mut encoder = zstd::stream::write::Encoder::new(self.packed.as_file(), COMPRESSION)?;
        encoder.include_checksum(true)?;
        encoder.include_contentsize(true)?;
        encoder.set_pledged_src_size(Some(bytes))?;
        let mut text = Digested((&self.source).take(bytes), &mut self.digest);
        let copied = io::copy(&mut text, &mut encoder)?;
        if copied != bytes {
            return Err(io::Error::other("the file became shorter"));
        }
        encoder.finish()?;
        self.done += bytes;
        Ok(())
    }
}

/// What is read, and added to a digest on the way.
struct Digested<'d, R>(R, &'d mut Digest);

impl<R: Read> Read for Digested<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.add(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::bounded::packed;

    /// The text that is read back is the whole, over the borders of frames, and so is its digest.
    #[test]
    fn a_file_that_grows_is_packed_as_one_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, compressed) = (folder.path().join("h"), folder.path().join("h.zst"));
        let mut file = File::create(&plain).expect("a file");
        let mut packing = Packing::begin(&plain).expect("begun");
        // What repeats itself within the decoder's window would be refused: it expands too far.
        let mut drawn = 1_u64;
        let mut draw = || {
            drawn = drawn
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            format!("{drawn:016x}\n")
        };
        let text: String = (0..250_000).map(|_| draw()).collect();
        let mut whole = Digest::new();
        for _ in 0..5 {
            for _ in 0..7 {
                file.write_all(text.as_bytes()).expect("written");
                whole.add(text.as_bytes());
            }
            packing.advance().expect("packed");
        }
        assert_eq!(packing.done % FRAME, 0);
        assert!(packing.done > FRAME, "more than one frame");
        let digest = packing.finish(&compressed).expect("packed");
        assert!(!plain.exists());
        let mut read = Digest::new();
        let file = File::open(&compressed).expect("a file");
        let mut content = packed::content(file).expect("opened");
        io::copy(&mut content, &mut Sink(&mut read)).expect("read back");
        assert_eq!((read.text(), whole.text()), (digest.clone(), digest));
    }

    struct Sink<'d>(&'d mut Digest);

    impl Write for Sink<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.add(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
