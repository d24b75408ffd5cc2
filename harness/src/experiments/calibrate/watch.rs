//! Judges a history while it grows, and ends the run as soon as there is enough evidence.
//!
//! The file is read while it is written, whole lines only. The judgement of a partial history is that of a run that was
//! interrupted there: what it calls invalid stays invalid, except at its very end. This is verified: control runs are
//! watched in the same way, and a finding that only a growing history shows would make them unclean.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Event, Header, History};
use checkers::judgement::Judgement;

use super::settled::Settled;
use crate::record::StopFlag;

/// The interval of judgements.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A judgement may take at most one part in this many of the time, so that judging does not starve the run.
const SHARE: u32 = 5;

/// The events of a growing file.
struct Growing {
    path: PathBuf,
    /// The number of bytes that were read as whole lines.
    read: u64,
    header: Option<Header>,
    events: Vec<Event>,
}

impl Growing {
    fn of(path: &Path) -> Growing {
        Growing {
            path: path.to_owned(),
            read: 0,
            header: None,
            events: Vec::new(),
        }
    }

    /// Reads the lines that were written since the last call. False if nothing new can be read.
    fn take_in(&mut self) -> Result<bool> {
        let Ok(mut file) = File::open(&self.path) else {
            return Ok(false);
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(false);
        };
        bytes.truncate(end + 1);
        self.read += bytes.len() as u64;
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            if self.header.is_none() {
                self.header = Some(serde_json::from_slice(line).context("the header")?);
            } else {
                self.events
                    .push(serde_json::from_slice(line).context("an event")?);
            }
        }
        Ok(true)
    }

    fn history(&self) -> Option<History> {
        Some(History::new(self.header.clone()?, self.events.clone()))
    }
}

/// Starts a thread that judges the history at `path` every few seconds. If `is_enough` accepts a judgement and its
/// settled findings, the thread sets `enough` and `interrupt` and ends with the value that `is_enough` returned. It
/// ends with None once `over` is set. It passes the user's own interrupt on.
///
/// # Errors
/// If the system cannot start another thread.
pub fn start<T: Send + 'static>(
    path: &Path,
    flags: Flags,
    is_enough: impl Fn(&Judgement, &History, &Settled) -> Option<T> + Send + 'static,
) -> Result<JoinHandle<Option<T>>> {
    let mut growing = Growing::of(path);
    let mut settled = Settled::default();
    std::thread::Builder::new()
        .name("watch".into())
        .spawn(move || {
            let mut next = Instant::now() + LOOK_EVERY;
            loop {
                if flags.user.is_set() {
                    flags.interrupt.set();
                }
                if flags.over.is_set() {
                    return None;
                }
                if Instant::now() < next {
                    std::thread::sleep(Duration::from_millis(50));
                    continue;
                }
                let began = Instant::now();
                let seen = match growing.take_in() {
                    Ok(true) => growing.history().and_then(|history| {
                        let judgement = checkers::judge(&history);
                        settled.look(&judgement, &history);
                        is_enough(&judgement, &history, &settled)
                    }),
                    // Data that cannot be read now is read at the next judgement, or at the end.
                    Ok(false) | Err(_) => None,
                };
                if seen.is_some() {
                    flags.enough.set();
                    flags.interrupt.set();
                    return seen;
                }
                next = Instant::now() + LOOK_EVERY.max(began.elapsed() * SHARE);
            }
        })
        .context("start the thread that watches a history")
}

/// The flags between the watcher and the run.
#[derive(Clone, Default)]
pub struct Flags {
    /// The user's interrupt.
    pub user: StopFlag,
    /// The run's own interrupt: set by the user's interrupt, and when there is enough evidence.
    pub interrupt: StopFlag,
    /// There is enough evidence.
    pub enough: StopFlag,
    /// The run is over.
    pub over: StopFlag,
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEADER: &str = "{\"format\":\"jepsen-history\",\"version\":1}\n";

    #[test]
    fn torn_lines_wait_for_their_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.jsonl");
        let mut growing = Growing::of(&path);
        assert!(!growing.take_in().expect("no file yet"));
        let mut file = File::create(&path).expect("a file");
        let mut write = |text: &str| file.write_all(text.as_bytes()).expect("written");
        write(HEADER);
        write("{\"i\":0,\"t\":1,\"type\":\"phase\",");
        assert!(growing.take_in().expect("readable"));
        assert_eq!(growing.events.len(), 0);
        assert!(!growing.take_in().expect("nothing new"));
        write("\"phase\":\"load\"}\n");
        assert!(growing.take_in().expect("readable"));
        assert_eq!(growing.history().expect("a header").events().len(), 1);
    }

    #[test]
    fn it_ends_when_it_has_seen_enough_or_the_run_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.jsonl");
        let line = "{\"i\":0,\"t\":1,\"type\":\"phase\",\"phase\":\"load\"}\n";
        std::fs::write(&path, format!("{HEADER}{line}")).expect("written");
        let flags = Flags::default();
        let watching = start(&path, flags.clone(), |_, history, _| {
            Some(history.events().len())
        });
        assert_eq!(
            watching.expect("a thread").join().expect("no panic"),
            Some(1)
        );
        assert!(flags.enough.is_set() && flags.interrupt.is_set());
        let flags = Flags::default();
        let watching = start(&path, flags.clone(), |_, _, _| None::<()>);
        flags.over.set();
        assert_eq!(watching.expect("a thread").join().expect("no panic"), None);
        assert!(!flags.enough.is_set());
    }
}
