//! The client's side: the process that is one member.

use std::io::{BufRead, BufReader, Stdin, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context, Result};
use checkers::history::{Call, Outcome, Report};

use super::line::{LEAVE, Line, TAKEN_DOWN};
use crate::exit::{self, Stop};
use crate::kafka::clients::grouped::{self, Journal, Lane, Task};
use crate::record::StopFlag;

/// Is a member, as the first line of the standard input says, until it is asked to leave. It ends at once when nobody listens any
/// more.
///
/// # Errors
/// If the task cannot be read (exit code 254).
pub fn run() -> Result<i32> {
    let mut heard = BufReader::new(std::io::stdin());
    let mut task = String::new();
    let read = heard.read_line(&mut task).context("it cannot be read");
    let read = read.and_then(|_| serde_json::from_str(&task).context("it is none"));
    let task: Task = read.map_err(|error| {
        Stop::usage(format!(
            "client: a run starts its clients itself, and gives each a task on its standard input: {error:#}"
        ))
    })?;
    let stop = StopFlag::default();
    let (taken_down, answers) = channel();
    let leave = stop.clone();
    std::thread::Builder::new()
        .name("listen".into())
        .spawn(move || listen(heard, &leave, &taken_down))
        .context("start a thread")?;
    let lived = grouped::live(
        &task,
        Pipe {
            answers: Mutex::new(answers),
            stop,
        },
    );
    if let Err(error) = &lived {
        say(&Line::Fails {
            why: format!("{error:#}"),
        });
    }
    Ok(match lived {
        Ok(()) => exit::VALID,
        Err(_) => exit::BUG,
    })
}

#[expect(
    clippy::exit,
    reason = "the member may be within a call of the client library, which nothing else ends"
)]
fn listen(heard: BufReader<Stdin>, stop: &StopFlag, taken_down: &Sender<()>) {
    for line in heard.lines().map_while(Result::ok) {
        match line.as_str() {
            TAKEN_DOWN => {
                // The receiver lives as long as the process.
                let _ = taken_down.send(());
            }
            LEAVE => stop.set(),
            _ => {}
        }
    }
    // The harness is gone, and with it everybody who wants to know.
    std::process::exit(exit::VALID);
}

/// Writes a line as a whole. Whether it was read shows by the answer, or by the end of the standard input.
fn say(line: &Line) {
    let Ok(mut text) = serde_json::to_vec(line) else {
        return;
    };
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&text).and_then(|()| out.flush());
}

/// A journal that the harness keeps.
struct Pipe {
    answers: Mutex<Receiver<()>>,
    stop: StopFlag,
}

impl Journal for Pipe {
    fn calls(&self, lane: Lane, call: Call) {
        say(&Line::Calls { lane, call });
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // If the harness is gone, the process ends.
        let _ = answers.recv();
    }

    fn ended(&self, lane: Lane, outcome: Outcome, error: Option<String>, report: Report) {
        say(&Line::Ended {
            lane,
            outcome,
            error,
            report,
        });
    }

    fn is_asked_to_end(&self) -> bool {
        self.stop.is_set()
    }
}
