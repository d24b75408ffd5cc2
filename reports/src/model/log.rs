//! Excerpts of the nodes' own logs around failures, aligned in time.
//!
//! Nodes write wall-clock times; the run counts from its start on one monotonic clock. The wall-clock time of the start
//! connects both. A line without a time (a stack trace) belongs to the line above it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::excerpt::FailureStretch;
use crate::limits::{LOG_LINES_MAX, TEXT_CHARACTERS_MAX};

mod clock;

/// What all nodes wrote around one failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogExcerpt {
    /// Its begin.
    pub begin_ns: u64,
    /// Its end.
    pub end_ns: u64,
    /// One entry for each log.
    pub nodes: Vec<NodeLog>,
}

/// What one node wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeLog {
    /// The node.
    pub node: String,
    /// The file, relative to the run directory.
    pub path: String,
    /// The excerpt's place in the file, in bytes; 0 and 0 if there are no lines.
    pub bytes: (u64, u64),
    /// How far the node's clock ran ahead of the harness's, in ms; none if that was not measured.
    pub clock_offset_ms: Option<i64>,
    /// The lines kept, in the file's order.
    pub lines: Vec<LogLine>,
    /// How many lines the node wrote in this time range.
    pub lines_total: u64,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// When it was written, since the run began.
    pub at_ns: u64,
    /// Its level.
    pub level: LogLevel,
    /// The line, cut to [`TEXT_CHARACTERS_MAX`] characters.
    pub text: String,
}

/// The level of a line, by the first such word in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// `ERROR`, `FATAL`, `PANIC`, and lines of a Rust panic.
    Error,
    /// `WARN`, `WARNING`.
    Warn,
    /// Anything else.
    #[default]
    Other,
}

/// A log file as it was read.
#[derive(Clone, Copy, Debug)]
pub struct LogText<'a> {
    /// The node.
    pub node: &'a str,
    /// The file, relative to the run directory.
    pub path: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// A line with its bytes in the file and its time.
struct TimedLine<'a> {
    bytes: Range<usize>,
    at_ns: u64,
    level: LogLevel,
    text: &'a str,
}

impl LogExcerpt {
    /// The lines of these logs in each of these time ranges. `begin_unix_ns` is the wall-clock time at which the run began,
    /// in nanoseconds since 1970. Lines from before the begin, or without any time, are left out.
    pub fn collect(
        logs: &[LogText<'_>],
        around: &[FailureStretch],
        begin_unix_ns: u128,
    ) -> Vec<LogExcerpt> {
        let timed: Vec<Vec<TimedLine<'_>>> = logs
            .iter()
            .map(|log| timed_lines(log.text, begin_unix_ns))
            .collect();
        let excerpt = |around: &FailureStretch| {
            let (begin_ns, end_ns) = around.stretch;
            let nodes = logs.iter().zip(&timed);
            LogExcerpt {
                begin_ns,
                end_ns,
                nodes: nodes
                    .map(|(log, lines)| NodeLog::of(log, lines, around))
                    .collect(),
            }
        };
        around.iter().map(excerpt).collect()
    }
}

impl NodeLog {
    fn of(log: &LogText<'_>, lines: &[TimedLine<'_>], around: &FailureStretch) -> NodeLog {
        let (begin, end) = around.stretch;
        let within: Vec<&TimedLine<'_>> = lines
            .iter()
            .filter(|l| l.at_ns >= begin && l.at_ns <= end)
            .collect();
        let mut kept: Vec<usize> = (0..within.len()).collect();
        if kept.len() > LOG_LINES_MAX {
            // Warnings and errors first, then what is nearest to the failure.
            let (from, to) = around.failure;
            kept.sort_by_key(|&index| {
                let at = within[index].at_ns;
                let far = from
                    .saturating_sub(at)
                    .saturating_add(at.saturating_sub(to));
                (within[index].level, far, index)
            });
            kept.truncate(LOG_LINES_MAX);
            kept.sort_unstable();
        }
        let line = |index: &usize| LogLine {
            at_ns: within[*index].at_ns,
            level: within[*index].level,
            text: within[*index]
                .text
                .chars()
                .take(TEXT_CHARACTERS_MAX)
                .collect(),
        };
        let bytes = match (within.first(), within.last()) {
            (Some(first), Some(last)) => (first.bytes.start as u64, last.bytes.end as u64),
            _ => (0, 0),
        };
        NodeLog {
            node: log.node.to_string(),
            path: log.path.to_string(),
            bytes,
            clock_offset_ms: None,
            lines: kept.iter().map(line).collect(),
            lines_total: within.len() as u64,
        }
    }
}

fn timed_lines(text: &str, begin_unix_ns: u128) -> Vec<TimedLine<'_>> {
    let mut timed = Vec::new();
    let (mut at, mut offset) = (None, 0);
    for whole in text.split_inclusive('\n') {
        let bytes = offset..offset + whole.len();
        offset = bytes.end;
        let line = whole.trim_end();
        if let Some(unix_ns) = clock::unix_ns(line) {
            at = unix_ns
                .checked_sub(begin_unix_ns)
                .and_then(|ns| u64::try_from(ns).ok());
        }
        if let (Some(at_ns), false) = (at, line.is_empty()) {
            timed.push(TimedLine {
                bytes,
                at_ns,
                level: level(line),
                text: line,
            });
        }
    }
    timed
}

fn level(line: &str) -> LogLevel {
    let word = |w: &str| match w.trim_matches(|c: char| !c.is_ascii_alphanumeric()) {
        "ERROR" | "FATAL" | "PANIC" | "panicked" => Some(LogLevel::Error),
        "WARN" | "WARNING" => Some(LogLevel::Warn),
        _ => None,
    };
    line.split_whitespace()
        .take(8)
        .find_map(word)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "2026-11-25T06:50:49.500000Z  INFO before\n\
        [2026-11-25 06:50:50,250] WARN late (kafka.server)\n\tat stack.trace\n\
        2026-11-25T06:50:59Z  INFO after\n";

    fn around(failure: (u64, u64), stretch: (u64, u64)) -> FailureStretch {
        FailureStretch { failure, stretch }
    }

    #[test]
    fn lines_are_aligned_with_the_run() {
        let logs = [LogText {
            node: "n1",
            path: "nodes/n1/stderr.log",
            text: TEXT,
        }];
        let begin = 1_795_589_449_000_000_000;
        let found = LogExcerpt::collect(
            &logs,
            &[around((0, 1), (1_000_000_000, 4_000_000_000))],
            begin,
        );
        let node = &found[0].nodes[0];
        let brief: Vec<_> = node.lines.iter().map(|l| (l.at_ns, l.level)).collect();
        let at = 1_250_000_000;
        assert_eq!(
            brief,
            [(at, LogLevel::Warn), (at, LogLevel::Other)],
            "a trace stays with its line"
        );
        assert_eq!(
            &TEXT[node.bytes.0 as usize..node.bytes.1 as usize]
                .lines()
                .count(),
            &2
        );
    }

    #[test]
    fn warnings_survive_a_cut() {
        let line = |n: u64| {
            let level = if n == 5 { "WARN" } else { "INFO" };
            format!("2026-11-25T06:50:49.{:06}Z {level} {n}\n", n * 100)
        };
        let text: String = (0..1_000).map(line).collect();
        let logs = [LogText {
            node: "n1",
            path: "x",
            text: &text,
        }];
        let failure = (90_000_000, 91_000_000);
        let found = LogExcerpt::collect(
            &logs,
            &[around(failure, (0, 1_000_000_000))],
            1_795_589_449_000_000_000,
        );
        let node = &found[0].nodes[0];
        assert_eq!((node.lines.len(), node.lines_total), (LOG_LINES_MAX, 1_000));
        assert!(
            node.lines[0].text.ends_with("WARN 5"),
            "{}",
            node.lines[0].text
        );
        assert!(node.lines.iter().any(|l| l.at_ns == 90_000_000));
    }
}
