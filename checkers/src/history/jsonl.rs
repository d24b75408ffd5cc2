//! `history.jsonl`: one event a line after a header line, and the end line after the last event. Text in, values out; no
//! files. [`parse`] reads a whole text, [`LineReader`] takes one line after the other.

use super::event::{Event, What};
use super::header::Header;
use super::ids::Moment;
use super::seal::{Digest, Seal};
use super::unknown::Unknown;

/// The most lines without content. No recorder writes one, and a packed file can hold billions of them.
const BLANK_LINES_MAX: usize = 1_000;

/// A history's text, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The header.
    pub header: Header,
    /// The events, in order.
    pub events: Vec<Event>,
    /// What was odd, e.g. a torn last line.
    pub warnings: Vec<String>,
    /// Whether the header announces an end line that is not there: the history was cut, or never closed. Its last
    /// events are missing, and what it contains cannot be verified.
    pub cut: bool,
    /// What was not understood and passed over.
    pub unknown: Unknown,
}

/// Why a text is not a history. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// There is no header line.
    Empty,
    /// The first line is not a header.
    Header {
        /// What is wrong with it.
        problem: String,
    },
    /// The format or its version is another one.
    Format {
        /// The format's name.
        format: String,
        /// Its version.
        version: u32,
    },
    /// A line is not an event.
    Line {
        /// Which line.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The history is not as it was recorded.
    Damaged {
        /// The line that shows it.
        line: usize,
        /// What it shows.
        problem: String,
    },
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ParseError::Empty => {
                f.write_str("the file is empty: a history begins with its header line")
            }
            ParseError::Header { problem } => {
                write!(f, "line 1 is not a history header: {problem}")
            }
            ParseError::Format { format, version } => write!(
                f,
                "line 1: format {format:?} version {version}; this program reads {:?} version {}",
                Header::FORMAT,
                Header::VERSION
            ),
            ParseError::Line { line, problem } => {
                write!(f, "line {line} is not an event: {problem}")
            }
            ParseError::Damaged { line, problem } => write!(f, "line {line}: {problem}"),
        }
    }
}

impl std::error::Error for ParseError {}

/// What is wrong within one line: serde_json counts lines from the text that it was given, which is one line.
fn problem(error: &serde_json::Error) -> String {
    error
        .to_string()
        .replace(" at line 1 column ", ", at column ")
}

/// Reads a history. A torn last line (without its line end) is a warning: that is what a crash leaves behind.
///
/// # Errors
/// If the header is missing or of another format, if a line that is not the last one is not an event, or if the end line
/// contradicts what is ahead of it.
pub fn parse(text: &str) -> Result<Parsed, ParseError> {
    let mut reader = LineReader::default();
    for line in text.split_inclusive('\n') {
        reader.line(line.as_bytes())?;
    }
    reader.finish()
}

/// Reads a history line by line.
#[derive(Clone, Debug, Default)]
pub struct LineReader {
    header: Option<Header>,
    events: Vec<Event>,
    /// The number of events so far, those that were taken out included, and the time of the last.
    count: u64,
    last: Moment,
    warnings: Vec<String>,
    /// The number of lines so far.
    lines: usize,
    blank: usize,
    /// Of all lines so far. Only for a history that announces an end line.
    digest: Option<Digest>,
    /// The number of the end line.
    end: Option<usize>,
    unknown: Unknown,
}

impl LineReader {
    /// Takes the next line, with its line end if it has one. Only the last line of a file has none.
    ///
    /// # Errors
    /// As of [`parse`].
    pub fn line(&mut self, line: &[u8]) -> Result<(), ParseError> {
        self.lines += 1;
        if let Some(end) = self.end {
            return Err(self.damaged(format!("this line follows the end line {end}")));
        }
        if self.header.is_none() {
            return self.first(line);
        }
        let whole = line.ends_with(b"\n");
        let event = match std::str::from_utf8(line) {
            Ok(text) if text.trim().is_empty() => self.blank(),
            Ok(text) => self.event(text.trim_end(), whole),
            Err(_) => Err(self.no_event("not UTF-8 text")),
        };
        if let Some(digest) = &mut self.digest {
            digest.add(line);
        }
        match event {
            Err(ParseError::Line { line, .. }) if !whole => {
                let warning = format!("line {line} is torn and was ignored");
                self.warnings.push(warning);
                Ok(())
            }
            read => read,
        }
    }

    /// The header, once its line was read.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Takes out the events that were read since the last call, so that a history of any length can be read.
    pub fn take(&mut self) -> std::vec::Drain<'_, Event> {
        self.events.drain(..)
    }

    /// The end of the file.
    ///
    /// # Errors
    /// If there was no header.
    pub fn finish(mut self) -> Result<Parsed, ParseError> {
        let header = self.header.ok_or(ParseError::Empty)?;
        let cut = header.sealed && self.end.is_none();
        if cut {
            self.warnings.push(format!(
                "the end line that the header announces is missing after line {}: the history was cut or not closed, \
                 and cannot be verified",
                self.lines
            ));
        }
        Ok(Parsed {
            header,
            events: self.events,
            warnings: self.warnings,
            cut,
            unknown: self.unknown,
        })
    }

    fn first(&mut self, line: &[u8]) -> Result<(), ParseError> {
        let header = |problem| ParseError::Header { problem };
        let text = std::str::from_utf8(line).map_err(|_| header("not UTF-8 text".to_owned()))?;
        let read: Header =
            serde_json::from_str(text.trim_end()).map_err(|error| header(problem(&error)))?;
        if read.format != Header::FORMAT || read.version != Header::VERSION {
            return Err(ParseError::Format {
                format: read.format,
                version: read.version,
            });
        }
        if read.sealed {
            let mut digest = Digest::new();
            digest.add(line);
            self.digest = Some(digest);
        }
        self.header = Some(read);
        Ok(())
    }

    fn blank(&mut self) -> Result<(), ParseError> {
        self.blank += 1;
        match self.blank > BLANK_LINES_MAX {
            true => Err(self.damaged(format!("more than {BLANK_LINES_MAX} empty lines"))),
            false => Ok(()),
        }
    }

    fn event(&mut self, line: &str, whole: bool) -> Result<(), ParseError> {
        let event: Event =
            serde_json::from_str(line).map_err(|error| self.no_event(problem(&error)))?;
        // A torn end line proves nothing, so it counts as missing.
        if matches!(event.what, What::Unknown)
            && whole
            && let Some(seal) = Seal::read(line)
        {
            return self.end(&seal, line);
        }
        let next = self.count;
        if event.i != next {
            return Err(self.no_event(format!("its `i` is {}, expected {next}", event.i)));
        }
        if event.t < self.last {
            return Err(self.no_event("its time lies before the line ahead of it"));
        }
        if matches!(event.what, What::Unknown) && !whole && Seal::read(line).is_some() {
            return Err(self.no_event("torn"));
        }
        self.unknown.read(line, &event);
        (self.count, self.last) = (self.count + 1, event.t);
        self.events.push(event);
        Ok(())
    }

    fn end(&mut self, seal: &Seal, line: &str) -> Result<(), ParseError> {
        let Some(digest) = &self.digest else {
            let problem = "an end line, which the header does not announce";
            return Err(self.damaged(problem));
        };
        let own = Seal::new(self.count, self.last, digest);
        let problem = seal.contradiction(&own);
        let respelled = || (line != own.line()).then(|| "the end line is respelled".to_owned());
        match problem.or_else(respelled) {
            Some(problem) => Err(self.damaged(problem)),
            None => {
                self.end = Some(self.lines);
                Ok(())
            }
        }
    }

    fn no_event(&self, problem: impl Into<String>) -> ParseError {
        ParseError::Line {
            line: self.lines,
            problem: problem.into(),
        }
    }

    fn damaged(&self, problem: impl Into<String>) -> ParseError {
        ParseError::Damaged {
            line: self.lines,
            problem: problem.into(),
        }
    }
}

/// One event as a line, without its line end.
pub fn line(event: &Event) -> String {
    // Events are plain data with text keys: that always serialises.
    serde_json::to_string(event).unwrap_or_default()
}

#[cfg(test)]
mod tests;
