//! `history.jsonl`: one event a line after a header line. Text in, values out; no files.

use super::event::Event;
use super::header::Header;

/// A history's text, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The header.
    pub header: Header,
    /// The events, in order.
    pub events: Vec<Event>,
    /// What was odd and did not matter, e.g. a torn last line.
    pub warnings: Vec<String>,
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
/// If the header is missing or of another format, or a line that is not the last one is not an event.
pub fn parse(text: &str) -> Result<Parsed, ParseError> {
    let mut lines = text.split_inclusive('\n').enumerate();
    let (_, first) = lines.next().ok_or(ParseError::Empty)?;
    let header: Header =
        serde_json::from_str(first.trim_end()).map_err(|error| ParseError::Header {
            problem: problem(&error),
        })?;
    if header.format != Header::FORMAT || header.version != Header::VERSION {
        return Err(ParseError::Format {
            format: header.format,
            version: header.version,
        });
    }
    let (mut events, mut warnings): (Vec<Event>, Vec<String>) = (Vec::new(), Vec::new());
    for (at, line) in lines {
        let number = at + 1;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Event>(line.trim_end()) {
            Ok(event) => {
                if event.i != events.len() as u64 {
                    let problem = format!("its `i` is {}, expected {}", event.i, events.len());
                    return Err(ParseError::Line {
                        line: number,
                        problem,
                    });
                }
                if events.last().is_some_and(|last| event.t < last.t) {
                    let problem = "its time lies before the line ahead of it".to_owned();
                    return Err(ParseError::Line {
                        line: number,
                        problem,
                    });
                }
                events.push(event);
            }
            Err(_) if !line.ends_with('\n') => {
                warnings.push(format!("line {number} is torn and was ignored"));
            }
            Err(error) => {
                return Err(ParseError::Line {
                    line: number,
                    problem: problem(&error),
                });
            }
        }
    }
    Ok(Parsed {
        header,
        events,
        warnings,
    })
}

/// One event as a line, without its line end.
pub fn line(event: &Event) -> String {
    // Events are plain data with text keys: that always serialises.
    serde_json::to_string(event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "{\"format\":\"jepsen-history\",\"version\":1}\n";

    #[test]
    fn a_torn_last_line_is_a_warning_and_any_other_an_error() {
        let good = "{\"i\":0,\"t\":1,\"type\":\"phase\",\"phase\":\"load\"}\n";
        let torn = format!("{HEADER}{good}{{\"i\":1,\"t\"");
        let parsed = parse(&torn).expect("readable");
        assert_eq!((parsed.events.len(), parsed.warnings.len()), (1, 1));
        let broken = format!("{HEADER}{{\"i\":0,\"t\"\n{good}");
        assert!(matches!(
            parse(&broken),
            Err(ParseError::Line { line: 2, .. })
        ));
        assert_eq!(parse("").err(), Some(ParseError::Empty));
        assert!(matches!(parse("hello\n"), Err(ParseError::Header { .. })));
        let other = HEADER.replace('1', "2");
        assert!(matches!(
            parse(&other),
            Err(ParseError::Format { version: 2, .. })
        ));
        let gap = format!("{HEADER}{}", good.replace("\"i\":0", "\"i\":5"));
        assert!(matches!(parse(&gap), Err(ParseError::Line { line: 2, .. })));
    }
}
