//! The progress of a run: on a terminal a status line below the events, otherwise a line every ten seconds and at each
//! fault. It reads the same events that the history file receives.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use checkers::history::{Completion, Event, Report, What};

use super::status::{Status, left_in_words};
use super::{bars, bottom, is_quiet, say, visible};

/// How often the status line is drawn.
const REFRESH: Duration = Duration::from_millis(200);
/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// The length of a plain line: all of it.
const PLAIN_COLUMNS: usize = usize::MAX;

/// Starts the thread that shows `events` until they end. `load` is the length of the load phase, `suite` how long the suite
/// that the run belongs to still takes.
///
/// # Errors
/// If no thread can be started.
pub fn show(
    load: Duration,
    suite: Option<Duration>,
    events: Receiver<Event>,
) -> std::io::Result<JoinHandle<()>> {
    let status = Status::of(load, suite);
    std::thread::Builder::new()
        .name("progress".into())
        .spawn(move || {
            follow(&events, status, bars() && !is_quiet());
            bottom::erase();
        })
}

/// The line before a scenario of a suite: its place, its name and how long the suite still takes.
pub fn heading(title: &str, suite: Option<Duration>) -> String {
    match suite {
        Some(left) => format!(" {title}  ({} left)", left_in_words(left)),
        None => format!(" {title}"),
    }
}

/// What the display looks at. Calls are left out, and completions are given without what they carry: a poll carries
/// hundreds of records.
pub fn glance(event: &Event) -> Option<Event> {
    let bare = |completion: &Completion| Completion {
        worker: completion.worker,
        error: None,
        report: Report::Unknown,
    };
    let what = match &event.what {
        What::Invoke(_) => return None,
        What::Ok(completion) => What::Ok(bare(completion)),
        What::Fail(completion) => What::Fail(bare(completion)),
        What::Info(completion) => What::Info(bare(completion)),
        other => other.clone(),
    };
    Some(Event { what, ..*event })
}

fn follow(events: &Receiver<Event>, mut status: Status, on_terminal: bool) {
    let mut line_next = Instant::now() + LINE_EVERY;
    let mut drawn = Instant::now();
    loop {
        match events.recv_timeout(REFRESH) {
            Ok(event) => {
                if let Some(line) = status.take(&event) {
                    say(&line);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if on_terminal && drawn.elapsed() >= REFRESH {
            drawn = Instant::now();
            bottom::draw(&visible(&status.line(bottom::columns())));
        }
        if !on_terminal && Instant::now() >= line_next {
            line_next += LINE_EVERY;
            say(&format!("  {}", status.line(PLAIN_COLUMNS)));
        }
    }
}
