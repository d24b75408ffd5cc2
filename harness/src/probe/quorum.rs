//! Reads the quorum's leader and term from the source in the target's file: DescribeQuorum, JSON over HTTP, lines of a
//! log, or none.
//!
//! A log reports changes, not the present state. Its content is recorded once, when the line appears, and never
//! repeated, because the node may have stopped meanwhile.

use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use regex::Regex;
use serde_json::Value;

use super::TIMEOUT;
use crate::bounded;
use crate::config::target::{Leadership, NodePlace, QuorumSource, Target};
use crate::kafka::questions::{self, NoAnswer, Quorum};
use crate::kafka::wire::{Wire, WireError};

/// The maximum length of a line. The rest of a longer line counts as another line.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// Reads the quorum as one node reports it.
pub enum QuorumProbe {
    /// By DescribeQuorum, over the same connection as Metadata.
    DescribeQuorum,
    /// By HTTP.
    Http(Box<HttpStatus>),
    /// From a log.
    Log(Vec<LogTail>),
    /// No source.
    None,
}

/// A status page in JSON.
pub struct HttpStatus {
    agent: ureq::Agent,
    url: String,
    leadership: Leadership,
}

/// A log that is read as it grows.
pub struct LogTail {
    path: PathBuf,
    position: u64,
    pattern: Regex,
}

impl QuorumProbe {
    /// For one node. `logs` is the directory of its standard output and error.
    ///
    /// # Errors
    /// If a placeholder cannot be filled. The check of the target file prevents that.
    pub fn of(target: &Target, place: &NodePlace, logs: &std::path::Path) -> Result<QuorumProbe> {
        let leadership = &target.leadership;
        Ok(match leadership.quorum {
            QuorumSource::DescribeQuorum => QuorumProbe::DescribeQuorum,
            QuorumSource::None => QuorumProbe::None,
            QuorumSource::Http => QuorumProbe::Http(Box::new(HttpStatus {
                agent: agent(TIMEOUT),
                url: target.fill(&leadership.url, place)?.reveal().to_owned(),
                leadership: leadership.clone(),
            })),
            QuorumSource::Log => {
                let pattern = Regex::new(&leadership.pattern).context("leadership.pattern")?;
                let files = match leadership.file.is_empty() {
                    true => vec![logs.join("stdout.log"), logs.join("stderr.log")],
                    false => vec![target.fill(&leadership.file, place)?.reveal().into()],
                };
                let tail = |path| LogTail {
                    path,
                    position: 0,
                    pattern: pattern.clone(),
                };
                QuorumProbe::Log(files.into_iter().map(tail).collect())
            }
        })
    }

    /// Asks now. None if there is nothing new to report.
    pub fn ask(&mut self, wire: &mut Wire) -> Option<Result<Quorum, NoAnswer>> {
        match self {
            QuorumProbe::DescribeQuorum => Some(questions::quorum(wire)),
            QuorumProbe::Http(status) => Some(status.ask()),
            QuorumProbe::Log(tails) => {
                let told = tails.iter_mut().filter_map(LogTail::newest);
                told.max_by_key(|quorum| quorum.epoch).map(Ok)
            }
            QuorumProbe::None => None,
        }
    }
}

/// An HTTP client whose requests end within this time.
pub fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(true)
        .build();
    config.into()
}

impl HttpStatus {
    fn ask(&self) -> Result<Quorum, NoAnswer> {
        let got = self.agent.get(&self.url).call();
        let mut answer = match got {
            Ok(answer) => answer,
            // A node that refuses is running.
            Err(ureq::Error::StatusCode(code)) => {
                return Err(NoAnswer::Refused(format!("HTTP {code}")));
            }
            Err(error) => return Err(WireError::Malformed(error.to_string()).into()),
        };
        let text = answer
            .body_mut()
            .read_to_string()
            .map_err(|error| WireError::Malformed(error.to_string()))?;
        read_status(&text, &self.leadership)
    }
}

fn read_status(text: &str, leadership: &Leadership) -> Result<Quorum, NoAnswer> {
    let status: Value = serde_json::from_str(text)
        .map_err(|error| NoAnswer::Refused(format!("no JSON: {error}")))?;
    let number = |pointer: &str| {
        let value = status.pointer(pointer)?;
        let digits = value.as_str().and_then(|text| text.parse().ok());
        value
            .as_i64()
            .or(digits)
            .and_then(|n| i32::try_from(n).ok())
    };
    let epoch = number(&leadership.term)
        .ok_or_else(|| NoAnswer::Refused(format!("no number at {}", leadership.term)))?;
    Ok(Quorum {
        leader: number(&leadership.leader).unwrap_or(-1),
        epoch,
        voters: Vec::new(),
    })
}

impl LogTail {
    /// The quorum in the newest matching line since the last read.
    fn newest(&mut self) -> Option<Quorum> {
        let mut file = bounded::open(&self.path).ok()?;
        if file.metadata().ok()?.len() < self.position {
            // The file was truncated or replaced.
            self.position = 0;
        }
        file.seek(SeekFrom::Start(self.position)).ok()?;
        let mut reader = BufReader::new(file);
        let mut newest = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = std::io::Read::take(&mut reader, LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
                .ok()? as u64;
            // A line without its end is still being written.
            if read == 0 || (!line.ends_with(b"\n") && read < LINE_BYTES_MAX) {
                return newest;
            }
            self.position += read;
            newest = self.told(&String::from_utf8_lossy(&line)).or(newest);
        }
    }

    fn told(&self, line: &str) -> Option<Quorum> {
        let found = self.pattern.captures(line)?;
        let number = |name| found.name(name)?.as_str().parse::<i32>().ok();
        Some(Quorum {
            leader: number("leader").unwrap_or(-1),
            epoch: number("term")?,
            voters: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_status_page_is_read_by_its_pointers() {
        let leadership = Leadership {
            leader: "/raft/leader".into(),
            term: "/raft/term".into(),
            ..Leadership::default()
        };
        let read = |text| read_status(text, &leadership);
        let quorum = read(r#"{"raft":{"leader":"2","term":22}}"#).expect("there");
        assert_eq!((quorum.leader, quorum.epoch), (2, 22));
        let quorum = read(r#"{"raft":{"leader":null,"term":22}}"#).expect("no leader");
        assert_eq!(quorum.leader, -1);
        assert!(matches!(read("{}"), Err(NoAnswer::Refused(_))));
        assert!(matches!(read("<html>"), Err(NoAnswer::Refused(_))));
    }

    #[test]
    fn a_log_tells_each_line_once_and_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut tail = LogTail {
            path: path.clone(),
            position: 0,
            pattern: Regex::new("term (?<term>\\d+)( leader (?<leader>\\d+))?").expect("right"),
        };
        assert!(tail.newest().is_none());
        let mut file = std::fs::File::create(&path).expect("a file");
        let mut write = |text: &str| file.write_all(text.as_bytes()).expect("written");
        write("term 1\nterm 2 leader 3\nnothing\nterm 4 lea");
        let newest = tail.newest().expect("told");
        assert_eq!((newest.leader, newest.epoch), (3, 2));
        assert!(tail.newest().is_none());
        write("der 1\n");
        let newest = tail.newest().expect("told");
        assert_eq!((newest.leader, newest.epoch), (1, 4));
    }
}
