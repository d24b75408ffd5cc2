//! The status of a run as one line that fits: the fault first, then the longest time unserved, the leader, the time, the counts, and
//! how long a suite still takes. Where it is too long, parts are said in fewer words, then left out, the least important
//! first. No part is cut.

use std::time::{Duration, Instant};

use checkers::history::{Event, FaultPhase, NodeHappening, Observation, Phase, Seen, What};

use super::is_verbose;

/// Between two parts.
const BETWEEN: &str = "  ";

/// What is known of a run.
#[derive(Default)]
pub(super) struct Status {
    /// The length of the load phase.
    load: Duration,
    /// How long a suite still takes, as estimated at this moment.
    suite: Option<(Instant, Duration)>,
    ok: u64,
    fail: u64,
    info: u64,
    leader: Option<(i32, i32)>,
    /// The faults that last, the newest last.
    faults: Vec<Lasting>,
    acknowledged: Option<u64>,
    /// The longest time without an acknowledgement so far, whatever the faults: the report leaves out times without a majority.
    unserved_ns: u64,
    phase: Option<Phase>,
    interrupted: bool,
    load_began: Option<Instant>,
}

/// A fault that has begun and not ended.
struct Lasting {
    id: String,
    kind: String,
    targets: String,
    since: Instant,
}

impl Status {
    /// Nothing has happened yet of a load of this length, in a suite that still takes so long.
    pub(super) fn of(load: Duration, suite: Option<Duration>) -> Status {
        Status {
            load,
            suite: suite.map(|left| (Instant::now(), left)),
            ..Status::default()
        }
    }

    /// Processes an event. Returns a line if the event deserves one.
    pub(super) fn take(&mut self, event: &Event) -> Option<String> {
        let at = event.t as f64 / 1e9;
        match &event.what {
            What::Ok(_) => self.ok += 1,
            What::Fail(_) => self.fail += 1,
            What::Info(_) => self.info += 1,
            What::Observation(observation) => self.look(observation, event.t),
            What::Fault(fault) => {
                let (id, kind, targets) = (&fault.id, &fault.kind, fault.targets.join(","));
                self.faults.retain(|lasting| lasting.id != *id);
                let says = match fault.phase {
                    FaultPhase::Begun => {
                        self.faults.push(Lasting {
                            id: id.clone(),
                            kind: kind.clone(),
                            targets: targets.clone(),
                            since: Instant::now(),
                        });
                        format!("{kind} {targets} started")
                    }
                    FaultPhase::Healed => format!("{kind} {targets} healed"),
                    FaultPhase::Skipped => format!("{kind} skipped: {}", fault.evidence),
                    FaultPhase::Failed => format!("{kind} took no effect: {}", fault.evidence),
                    FaultPhase::Unknown => return None,
                };
                return Some(format!("  {at:7.3} s  {id}  {says}"));
            }
            What::Phase(phase) => {
                let is_told = self.phase.replace(phase.phase) == Some(phase.phase);
                if phase.phase == Phase::Load {
                    self.load_began = Some(Instant::now());
                }
                if is_told || self.interrupted {
                    return None;
                }
                self.interrupted = phase.phase == Phase::Interrupted;
                let word = match phase.phase {
                    Phase::Formation => "nodes start",
                    Phase::Load => "all nodes agree on a leader; load begins",
                    Phase::Recovery => "load ended, all healed; waiting until all nodes agree",
                    Phase::Final => "reading every partition through every node",
                    Phase::Interrupted => "interrupted: healing faults, judging the history",
                    Phase::Done | Phase::Unknown => return None,
                };
                return Some(format!("  {at:7.3} s  {word}"));
            }
            What::Node(event) => {
                let by_itself = event.what == NodeHappening::Exited && !event.expected;
                let word = match event.what {
                    NodeHappening::Started => "started",
                    NodeHappening::Exited if by_itself => "exited by itself",
                    NodeHappening::Exited => "exited",
                    NodeHappening::Unknown => return None,
                };
                let says = format!("  {at:7.3} s  {} {word}: {}", event.node, event.status);
                return (by_itself || is_verbose()).then_some(says);
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
                    self.unserved_ns = self.unserved_ns.max(t.saturating_sub(before));
                }
            }
            _ => {}
        }
    }

    /// The line for a terminal of so many columns. It is shorter than the terminal is wide.
    pub(super) fn line(&self, columns: usize) -> String {
        let length = |text: &str| text.chars().count();
        let mut line: Vec<(Vec<String>, usize)> = Vec::new();
        let mut room = columns.saturating_sub(1);
        // In few words first, so that as many parts as possible are in it.
        for forms in self.parts() {
            let between = if line.is_empty() { 0 } else { length(BETWEEN) };
            let fits = |form: &usize| between + length(&forms[*form]) <= room;
            let shortest = forms.len() - 1;
            if fits(&shortest) {
                room -= between + length(&forms[shortest]);
                line.push((forms, shortest));
            }
        }
        // Then in more words, as far as there is room.
        for (forms, form) in &mut line {
            let more = |longer: usize| length(&forms[longer]).saturating_sub(length(&forms[*form]));
            let longest = (0..*form).find(|longer| more(*longer) <= room);
            if let Some(longer) = longest {
                room -= more(longer);
                *form = longer;
            }
        }
        let shown: Vec<&str> = line.iter().map(|(forms, form)| &*forms[*form]).collect();
        shown.join(BETWEEN)
    }

    /// The parts, the most important first. Each is first in its full form, then in shorter ones.
    fn parts(&self) -> Vec<Vec<String>> {
        let mut parts = Vec::new();
        if let Some(Lasting {
            kind,
            targets,
            since,
            ..
        }) = self.faults.last()
        {
            let seconds = since.elapsed().as_secs_f64();
            let more = match self.faults.len() - 1 {
                0 => String::new(),
                more => format!(" (+{more})"),
            };
            parts.push(vec![
                format!("fault {kind} {targets}, {seconds:.1} s{more}"),
                format!("{kind} {targets} {seconds:.0} s{more}"),
                format!("{kind} {targets}"),
                kind.clone(),
            ]);
        }
        let unserved = self.unserved_ns as f64 / 1e9;
        parts.push(vec![
            format!("longest unserved {unserved:.1} s"),
            format!("gap {unserved:.1} s"),
        ]);
        parts.push(match self.leader {
            Some((leader, epoch)) => vec![
                format!("leader n{leader} (epoch {epoch})"),
                format!("leader n{leader}"),
            ],
            None => vec!["no leader yet".to_owned(), "no leader".to_owned()],
        });
        if let Some(began) = self.load_began {
            let (now, load) = (
                began.elapsed().min(self.load).as_secs(),
                self.load.as_secs(),
            );
            parts.push(vec![
                format!("{now} s of {load} s"),
                format!("{now}/{load} s"),
            ]);
        }
        let Status { ok, fail, info, .. } = self;
        parts.push(vec![
            format!("ok {ok} fail {fail} info {info}"),
            format!("ok {} fail {fail} info {info}", thousands(*ok)),
            format!("ok {}", thousands(*ok)),
        ]);
        if let Some((since, left)) = self.suite {
            let left = left_in_words(left.saturating_sub(since.elapsed()));
            parts.push(vec![format!("suite: {left} left"), format!("{left} left")]);
        }
        parts
    }
}

/// `181k` for a count that is only to be seen to grow.
fn thousands(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        _ => format!("{}k", count / 1_000),
    }
}

/// An estimate in words: `12 min`, `2 h 5 min`, `under 1 min`.
pub(super) fn left_in_words(left: Duration) -> String {
    match left.as_secs().div_ceil(60) {
        0 | 1 => "under 1 min".to_owned(),
        minutes @ 2..60 => format!("{minutes} min"),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use checkers::history::{Completion, FaultEvent, NodeEvent, PhaseEvent, Report};

    use super::*;

    fn event(what: What) -> Event {
        Event {
            i: 0,
            t: 12_410_000_000,
            what,
        }
    }

    fn fault(id: &str, kind: &str, phase: FaultPhase) -> Event {
        event(What::Fault(Box::new(FaultEvent {
            id: id.into(),
            kind: kind.into(),
            phase,
            targets: vec!["n1".into(), "n2".into()],
            ..FaultEvent::default()
        })))
    }

    /// Everything that can be shown.
    fn busy() -> Status {
        let mut status = Status {
            load: Duration::from_secs(60),
            suite: Some((Instant::now(), Duration::from_secs(700))),
            ok: 181_204,
            leader: Some((2, 7)),
            unserved_ns: 1_900_000_000,
            ..Status::default()
        };
        status.take(&event(What::Phase(PhaseEvent { phase: Phase::Load })));
        status.take(&fault("k1", "cut-link-one-way", FaultPhase::Begun));
        status
    }

    #[test]
    fn the_line_fits_and_keeps_what_matters_first() {
        let status = busy();
        let whole = "fault cut-link-one-way n1,n2, 0.0 s  longest unserved 1.9 s  leader n2 (epoch 7)  0 s of 60 s  \
                     ok 181204 fail 0 info 0  suite: 12 min left";
        assert_eq!(status.line(200), whole);
        assert_eq!(
            status.line(80),
            "cut-link-one-way n1,n2 0 s  gap 1.9 s  leader n2  0/60 s  ok 181k  12 min left"
        );
        assert_eq!(status.line(40), "cut-link-one-way  gap 1.9 s  leader n2");
        for columns in 1..200 {
            let line = status.line(columns);
            assert!(line.chars().count() < columns, "{columns}: {line}");
            let words: Vec<&str> = line.split_whitespace().collect();
            let forms = status.parts().concat().join(" ");
            let known: Vec<&str> = forms.split_whitespace().collect();
            assert!(words.iter().all(|word| known.contains(word)), "{line}");
        }
    }

    #[test]
    fn of_two_faults_the_one_that_lasts_is_shown() {
        let mut status = busy();
        status.take(&fault("k2", "pause", FaultPhase::Begun));
        assert!(
            status
                .line(200)
                .starts_with("fault pause n1,n2, 0.0 s (+1)")
        );
        status.take(&fault("k2", "pause", FaultPhase::Healed));
        assert!(status.line(200).starts_with("fault cut-link-one-way n1,n2"));
        status.take(&fault("k1", "cut-link-one-way", FaultPhase::Healed));
        assert!(status.line(200).starts_with("longest unserved"));
    }

    #[test]
    fn a_node_that_exits_by_itself_is_shown() {
        let exited = |expected| {
            event(What::Node(Box::new(NodeEvent {
                node: "n1".into(),
                what: NodeHappening::Exited,
                expected,
                status: "signal 9".into(),
            })))
        };
        let mut status = Status::default();
        let line = status.take(&exited(false));
        assert_eq!(
            line.as_deref(),
            Some("   12.410 s  n1 exited by itself: signal 9")
        );
        assert_eq!(status.take(&exited(true)), None);
    }

    #[test]
    fn completions_are_counted() {
        let mut status = Status::default();
        let done = |worker| Completion {
            worker,
            error: None,
            report: Report::Unknown,
        };
        for what in [
            What::Ok(done(1)),
            What::Ok(done(2)),
            What::Fail(done(3)),
            What::Info(done(4)),
        ] {
            assert_eq!(status.take(&event(what)), None);
        }
        assert_eq!(
            status.line(80),
            "longest unserved 0.0 s  no leader yet  ok 2 fail 1 info 1"
        );
    }

    #[test]
    fn what_is_left_is_said_in_minutes() {
        let said = |seconds| left_in_words(Duration::from_secs(seconds));
        assert_eq!(
            [said(0), said(61), said(3_600)],
            ["under 1 min", "2 min", "1 h 0 min"]
        );
    }
}
