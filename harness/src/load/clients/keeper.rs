//! The harness's side: keeps a member in its seat, takes down what it says, and tells it when to leave.

use std::io::{BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Call, ClientEvent, NodeHappening, What};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::line::{LEAVE, Line, TAKEN_DOWN, unanswered};
use crate::bounded::lines::Lines;
use crate::config::target::environment;
use crate::kafka::clients::grouped::{Lane, Task};
use crate::load::Load;
use crate::record::{Caller, Outcome};

/// The interval of looks at the time and at the stop flag.
const LOOK: Duration = Duration::from_millis(50);
/// The time that a client may take to leave when the load is over: its last commit waits for a coordinator.
const LEAVING: Duration = Duration::from_secs(5);
/// The same under load, where a fault may have stopped it meanwhile.
const LEAVING_UNDER_LOAD: Duration = Duration::from_secs(30);
/// The pause after a client that ended by itself.
const AFTER_END: Duration = Duration::from_secs(1);

/// One member after another in one seat, until the load is over. Each lives about as long as `life`, and then leaves.
///
/// # Errors
/// If this program cannot be started again.
pub fn keep(load: &Load, task: &Task, life: Duration, random: &mut ChaCha8Rng) -> Result<()> {
    let seat = load.clients.add();
    while !load.stop.is_set() {
        if !load.clients.is_free(seat, LOOK) {
            continue;
        }
        let until = Instant::now() + life.mul_f64(random.random_range(0.5..1.5));
        let mut member = Member::start(load, task)?;
        load.clients.taken(seat, &member.name, member.group());
        let asked = member.attend(until)?;
        let (ended, killed) = load.clients.left(seat, || member.end())?;
        let expected = asked || killed;
        member.tells(NodeHappening::Exited, expected, ended);
        if !expected {
            load.stop.sleep_until(Instant::now() + AFTER_END);
        }
    }
    Ok(())
}

/// A lane's worker, and what it has called and nobody has answered.
struct Track<'a> {
    caller: Caller<'a>,
    open: Option<Call>,
}

/// A process, and the two lanes that are recorded for it.
struct Member<'a> {
    load: &'a Load,
    name: String,
    process: Child,
    heard: Receiver<Line>,
    says: ChildStdin,
    group: Track<'a>,
    work: Track<'a>,
    /// Why it ends by itself, in its own words.
    failed: Option<String>,
}

impl<'a> Member<'a> {
    /// On the thread that will wait for its end: it ends with this thread.
    fn start(load: &'a Load, task: &Task) -> Result<Member<'a>> {
        let track = || Track {
            caller: Caller::new((&load.recorder, &load.ids)),
            open: None,
        };
        let (group, work) = (track(), track());
        let name = format!("w{}", group.caller.worker());
        let program = std::env::current_exe().context("find this program")?;
        let mut command = Command::new(program);
        command
            .arg("client")
            .env_clear()
            .envs(environment::base())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        nemesis::environment::tie_to_harness(&mut command);
        let mut process = command.spawn().context("start a client")?;
        let mut says = process.stdin.take().context("a pipe to the client")?;
        let out = process.stdout.take().context("a pipe from the client")?;
        let (sink, heard) = channel();
        std::thread::Builder::new()
            .name(format!("hear-{name}"))
            .spawn(move || hear(out, &sink))
            .context("start a thread")?;
        let task = Task {
            name: name.clone(),
            ..task.clone()
        };
        let mut text = serde_json::to_vec(&task).context("write the task")?;
        text.push(b'\n');
        // One that has ended already is seen by its end.
        let _ = says.write_all(&text);
        let member = Member {
            load,
            name,
            process,
            heard,
            says,
            group,
            work,
            failed: None,
        };
        let started = format!("pid {}", member.process.id());
        member.tells(NodeHappening::Started, true, started);
        Ok(member)
    }

    fn group(&self) -> i32 {
        i32::try_from(self.process.id()).unwrap_or(0)
    }

    /// Takes down what it says until it ends. It is asked to leave at a time, or when the load is over. Returns whether it was.
    fn attend(&mut self, until: Instant) -> Result<bool> {
        let (mut asked, mut over): (Option<Instant>, Option<Instant>) = (None, None);
        let past = |since: Option<Instant>, limit| since.is_some_and(|at| at.elapsed() >= limit);
        loop {
            match self.heard.recv_timeout(LOOK) {
                Ok(line) => self.take(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(asked.is_some()),
            }
            if self.load.stop.is_set() {
                over.get_or_insert_with(Instant::now);
            }
            if asked.is_none() && (over.is_some() || Instant::now() >= until) {
                asked = Some(Instant::now());
                self.say(LEAVE);
            }
            if past(over, LEAVING) || past(asked, LEAVING_UNDER_LOAD) {
                // One that is gone needs no signal.
                let _ = killpg(Pid::from_raw(self.group()), Signal::SIGKILL);
            }
        }
    }

    fn say(&mut self, word: &str) {
        // One that is gone hears nothing.
        let _ = self.says.write_all(format!("{word}\n").as_bytes());
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Calls { lane, call } => {
                let track = self.track(lane);
                track.open = Some(call.clone());
                track.caller.calls(call);
                self.say(TAKEN_DOWN);
            }
            Line::Ended {
                lane,
                outcome,
                error,
                report,
            } => {
                let why = error.unwrap_or_default();
                let track = self.track(lane);
                if track.open.take().is_some() {
                    let outcome = match outcome {
                        checkers::history::Outcome::Ok => Outcome::Ok,
                        checkers::history::Outcome::Fail => Outcome::Fail(why),
                        checkers::history::Outcome::Info => Outcome::Info(why),
                    };
                    track.caller.ended(outcome, report);
                }
            }
            Line::Fails { why } => self.failed = Some(why),
        }
    }

    fn track(&mut self, lane: Lane) -> &mut Track<'a> {
        match lane {
            Lane::Group => &mut self.group,
            Lane::Work => &mut self.work,
        }
    }

    /// Waits until it is reaped, and closes what it left open: that may have happened. Returns how it ended.
    fn end(&mut self) -> Result<String> {
        let status = self.process.wait().context("wait for a client")?;
        for track in [&mut self.group, &mut self.work] {
            if let Some(call) = track.open.take() {
                let why = "the client ended".to_owned();
                track.caller.ended(Outcome::Info(why), unanswered(&call));
            }
        }
        Ok(match self.failed.take() {
            Some(why) => format!("{}: {why}", described(status)),
            None => described(status),
        })
    }

    fn tells(&self, what: NodeHappening, expected: bool, status: String) {
        let client = self.name.clone();
        self.load
            .recorder
            .record(What::Client(Box::new(ClientEvent {
                client,
                what,
                expected,
                status,
            })));
    }
}

/// Ends a process that is left behind by an error.
impl Drop for Member<'_> {
    fn drop(&mut self) {
        // One that was reaped is not signalled.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = killpg(Pid::from_raw(self.group()), Signal::SIGKILL);
            let _ = self.process.wait();
        }
    }
}

/// Reads until the process ends. A line that was cut off by its death says nothing.
fn hear(out: ChildStdout, sink: &Sender<Line>) {
    let mut lines = Lines::of(BufReader::new(out));
    while let Ok(Some(line)) = lines.advance() {
        let Ok(line) = serde_json::from_slice(line) else {
            continue;
        };
        if sink.send(line).is_err() {
            break;
        }
    }
}

fn described(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
