//! Lines of bounded length, one after the other, so that a file of any size is read in the memory of one line.

use std::io::{BufRead, Error, ErrorKind, Result};

/// The maximum length of a line of a history: 32 MiB. The longest recorded lines are answers to reads, at most 1 MiB.
pub const LINE_BYTES_MAX: usize = 32 << 20;

/// The lines of a source.
pub struct Lines<R> {
    source: R,
    line: Vec<u8>,
    count: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `source`.
    pub fn of(source: R) -> Lines<R> {
        Lines {
            source,
            line: Vec::new(),
            count: 0,
        }
    }

    /// The next line with its line end. None at the end of the source. The last line may have no line end.
    ///
    /// # Errors
    /// If the source cannot be read, or the line is longer than [`LINE_BYTES_MAX`].
    pub fn advance(&mut self) -> Result<Option<&[u8]>> {
        // A single long line must not keep its memory for the rest of the file.
        if self.line.capacity() > 1 << 20 {
            self.line = Vec::new();
        }
        self.line.clear();
        self.count += 1;
        loop {
            let read = self.source.fill_buf()?;
            if read.is_empty() {
                return Ok((!self.line.is_empty()).then_some(&self.line));
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(read.len(), |end| end + 1);
            if self.line.len() + taken > LINE_BYTES_MAX {
                return Err(Error::new(
                    ErrorKind::InvalidData,
                    format!(
                        "line {} is longer than {} MiB: this is not a history",
                        self.count,
                        LINE_BYTES_MAX >> 20
                    ),
                ));
            }
            self.line.extend_from_slice(&read[..taken]);
            self.source.consume(taken);
            if end.is_some() {
                return Ok(Some(&self.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    #[test]
    fn lines_come_with_their_ends() {
        let mut lines = Lines::of(BufReader::with_capacity(3, &b"one\n\nthree"[..]));
        for line in [&b"one\n"[..], b"\n", b"three"] {
            assert_eq!(lines.advance().expect("read"), Some(line));
        }
        assert_eq!(lines.advance().expect("read"), None);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let endless = BufReader::new(std::io::repeat(b'x').take(1 << 40));
        let error = Lines::of(endless)
            .advance()
            .expect_err("too long")
            .to_string();
        assert!(error.contains("line 1 is longer than 32 MiB"), "{error}");
    }
}
