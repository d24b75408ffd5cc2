//! The progress of a run: on a terminal a bar with a live status, otherwise a line every ten seconds and at each fault.
//! It reads the same events that the history file receives.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use checkers::history::{Completion, Event, FaultPhase, Observation, Phase, Report, Seen, What};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{bars, say, visible};
use crate::secret::clean_text;

/// How often the bar is drawn.
const REFRESH: Duration = Duration::from_millis(200);
/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The content of the status line.
#[derive(Default)]
struct Status {
    ok: u64,
    fail: u64,
    info: u64,
    leader: Option<(i32, i32)>,
    fault: Option<(String, Instant)>,
    acknowledged: Option<u64>,
    longest_gap: u64,
    phase: Option<Phase>,
    interrupted: bool,
}

/// Starts the thread that shows `events` until they end. `load` is the length of the load phase.
pub fn show(
    title: String,
    load: Duration,
    events: Receiver<Event>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("progress".into())
        .spawn(move || {
            let on_terminal = bars();
            let bar = if on_terminal {
                ProgressBar::with_draw_target(
                    Some(load.as_secs().max(1)),
                    ProgressDrawTarget::stderr_with_hz(8),
                )
            } else {
                ProgressBar::hidden()
            };
            // An invalid template would be a bug of the harness, but it must not end a run. The default bar is used
            // then.
            if let Ok(style) =
                ProgressStyle::with_template("{prefix}  {bar:24} {pos:>3} s/{len} s  {wide_msg}")
            {
                bar.set_style(style.progress_chars("##-"));
            }
            bar.set_prefix(visible(&title).into_owned());
            follow(&events, &bar, on_terminal);
            bar.finish_and_clear();
        })
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

fn follow(events: &Receiver<Event>, bar: &ProgressBar, on_terminal: bool) {
    let mut status = Status::default();
    let mut load_began: Option<Instant> = None;
    let mut line_next = Instant::now() + LINE_EVERY;
    let mut drawn = Instant::now();
    loop {
        match events.recv_timeout(REFRESH) {
            Ok(event) => {
                if let What::Phase(phase) = &event.what
                    && phase.phase == Phase::Load
                {
                    load_began = Some(Instant::now());
                }
                if let Some(line) = status.take(&event) {
                    if on_terminal {
                        bar.println(visible(&clean_text(&line)));
                    } else {
                        say(&line);
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if drawn.elapsed() >= REFRESH {
            drawn = Instant::now();
            if let Some(began) = load_began {
                bar.set_position(began.elapsed().as_secs().min(bar.length().unwrap_or(0)));
            }
            bar.set_message(visible(&status.line()).into_owned());
        }
        if !on_terminal && Instant::now() >= line_next {
            line_next += LINE_EVERY;
            say(&format!("  {}", status.line()));
        }
    }
}

impl Status {
    /// Processes an event. Returns a line if the event deserves one.
    fn take(&mut self, event: &Event) -> Option<String> {
        let at = event.t as f64 / 1e9;
        match &event.what {
            What::Ok(_) => self.ok += 1,
            What::Fail(_) => self.fail += 1,
            What::Info(_) => self.info += 1,
            What::Observation(observation) => self.look(observation, event.t),
            What::Fault(fault) => {
                let targets = fault.targets.join(",");
                return match fault.phase {
                    FaultPhase::Begun => {
                        let name = format!("{} {targets}", fault.kind);
                        self.fault = Some((name.clone(), Instant::now()));
                        Some(format!("  {at:7.3} s  {}  {name} started", fault.id))
                    }
                    FaultPhase::Healed => {
                        self.fault = None;
                        Some(format!(
                            "  {at:7.3} s  {}  {} {targets} healed",
                            fault.id, fault.kind
                        ))
                    }
                    FaultPhase::Skipped => Some(format!(
                        "  {at:7.3} s  {}  {} skipped: {}",
                        fault.id, fault.kind, fault.evidence
                    )),
                    FaultPhase::Failed => Some(format!(
                        "  {at:7.3} s  {}  {} took no effect: {}",
                        fault.id, fault.kind, fault.evidence
                    )),
                    FaultPhase::Unknown => None,
                };
            }
            What::Phase(phase) => {
                let told = self.phase.replace(phase.phase) == Some(phase.phase);
                if told || self.interrupted {
                    return None;
                }
                self.interrupted = phase.phase == Phase::Interrupted;
                let word = match phase.phase {
                    Phase::Formation => "nodes start",
                    Phase::Load => "all nodes agree on a leader; load begins",
                    Phase::Recovery => "load ended, faults healed; waiting until all nodes agree",
                    Phase::Final => "reading every partition through every node",
                    Phase::Interrupted => "interrupted: healing faults, judging the history",
                    Phase::Done | Phase::Unknown => return None,
                };
                return Some(format!("  {at:7.3} s  {word}"));
            }
            _ => {}
        }
        None
    }

    fn look(&mut self, observation: &Observation, t: u64) {
        match &observation.seen {
            Seen::Metadata { partitions, .. } if observation.answered => {
                let best = partitions
                    .iter()
                    .filter_map(|row| Some((row.epoch()?, row.leader()?)))
                    .max();
                if let Some((epoch, leader)) = best
                    && self.leader.is_none_or(|(_, known)| epoch >= known)
                {
                    self.leader = Some((leader, epoch));
                }
            }
            Seen::Produce { .. } if observation.answered => {
                if let Some(before) = self.acknowledged.replace(t)
                    && self.phase == Some(Phase::Load)
                {
                    self.longest_gap = self.longest_gap.max(t.saturating_sub(before));
                }
            }
            _ => {}
        }
    }

    fn line(&self) -> String {
        let leader = match self.leader {
            Some((leader, epoch)) => format!("leader n{leader} (epoch {epoch})"),
            None => "no leader yet".to_owned(),
        };
        let fault = match &self.fault {
            Some((name, since)) => {
                format!("  fault {name}, {:.1} s", since.elapsed().as_secs_f64())
            }
            None => String::new(),
        };
        format!(
            "ok {} fail {} info {}  {leader}  longest gap {:.1} s{fault}",
            self.ok,
            self.fail,
            self.info,
            self.longest_gap as f64 / 1e9
        )
    }
}
