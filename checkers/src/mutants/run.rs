//! A valid history as the mutants need it: which call each answer belongs to, what lies in each partition's log, what
//! was known when, and when no fault was near.

mod log;

use std::collections::BTreeMap;

use super::answer::completion;
use super::draw::Draw;
use super::line::Line;
use crate::history::{
    Call, Event, History, Invocation, Moment, Offset, Phase, Report, Seen, Text, What, WorkerId,
};
pub(super) use log::Log;

/// Topic and partition.
pub(super) type Place = (Text, i32);

/// A valid history, prepared for mutants.
#[derive(Debug)]
pub struct Run<'a> {
    history: &'a History,
    /// For each line that ends an operation: the line of its call.
    calls: Vec<Option<u32>>,
    lines: BTreeMap<Line, Vec<usize>>,
    logs: BTreeMap<Place, Log>,
    load: (Moment, Moment),
    quiet: Vec<(Moment, Moment)>,
    probe: BTreeMap<u64, (Moment, Moment)>,
}

const SECOND: Moment = 1_000_000_000;

impl<'a> Run<'a> {
    /// How long a burst of lies lasts at least.
    const BURST: Moment = 10 * SECOND;
    /// A burst without faults lasts at least so long.
    const QUIET_MIN: Moment = 4 * SECOND;

    /// How long a burst of lies lasts: longer than what the target may take for anything, or its lies are legal.
    pub(super) fn burst(&self) -> Moment {
        Self::BURST.max(slowest(self.history) * 2)
    }

    /// The shortest stretch without faults in which a burst exceeds every limit that it is held to.
    fn quiet_min(&self) -> Moment {
        Self::QUIET_MIN.max(slowest(self.history) / 2 * 3)
    }

    /// Prepares a history. It should be valid: a mutant of a history with findings proves little.
    pub fn of(history: &'a History) -> Run<'a> {
        let events = history.events();
        let mut calls = vec![None; events.len()];
        let mut open: BTreeMap<WorkerId, u32> = BTreeMap::new();
        let mut lines: BTreeMap<Line, Vec<usize>> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            if let What::Invoke(invocation) = &event.what {
                open.insert(invocation.worker, at as u32);
            } else if let Some(completion) = completion(&event.what) {
                calls[at] = open.remove(&completion.worker);
            }
            if let Some(line) = line_of(&event.what) {
                lines.entry(line).or_default().push(at);
            }
        }
        let end = history.end();
        let load = (
            history.phase(Phase::Load).unwrap_or(0),
            history.phase(Phase::Recovery).unwrap_or(end),
        );
        let mut run = Run {
            history,
            calls,
            lines,
            logs: BTreeMap::new(),
            load,
            quiet: quiet(history, load.0),
            probe: probe(history),
        };
        run.logs = log::logs(&run);
        run
    }

    /// The history.
    pub fn history(&self) -> &'a History {
        self.history
    }

    pub(super) fn event(&self, at: usize) -> &'a Event {
        &self.history.events()[at]
    }

    /// The lines of one kind, in order.
    pub(super) fn lines(&self, line: Line) -> &[usize] {
        self.lines.get(&line).map_or(&[], Vec::as_slice)
    }

    /// The call that a line ends, and when it was made.
    pub(super) fn call(&self, at: usize) -> Option<(&'a Invocation, Moment)> {
        let event = self.event(self.calls[at]? as usize);
        match &event.what {
            What::Invoke(invocation) => Some((invocation, event.t)),
            _ => None,
        }
    }

    /// The line of the call that a line ends.
    pub(super) fn call_line(&self, at: usize) -> Option<usize> {
        self.calls[at].map(|at| at as usize)
    }

    /// The topic and partition that a line is about as a whole.
    pub(super) fn place(&self, at: usize) -> Option<Place> {
        let (topic, partition) = match &self.call(at)?.0.call {
            Call::Append(append) => (&append.topic, append.partition),
            Call::EndOffset(asked) => (&asked.topic, asked.partition),
            Call::OffsetForTime(asked) => (&asked.topic, asked.partition),
            Call::Read(read) => (&read.topic, read.partition),
            Call::StartOffset(asked) => (&asked.topic, asked.partition),
            Call::DeleteRecords(asked) => (&asked.topic, asked.partition),
            _ => return None,
        };
        Some((topic.clone(), partition))
    }

    /// The node that answered, if the harness asked one by name.
    pub(super) fn node(&self, at: usize) -> Option<&'a str> {
        match &self.event(at).what {
            What::Observation(seen) => Some(&seen.node),
            _ => match &self.call(at)?.0.call {
                Call::EndOffset(asked) => asked.node.as_deref(),
                Call::OffsetForTime(asked) => asked.node.as_deref(),
                Call::Read(read) => Some(&read.node),
                Call::StartOffset(asked) => Some(&asked.node),
                Call::DeleteRecords(asked) => asked.node.as_deref(),
                call => call.of_topic().map(|topic| topic.node.as_str()),
            },
        }
    }

    /// The client that was answered.
    pub(super) fn worker(&self, at: usize) -> Option<WorkerId> {
        completion(&self.event(at).what).map(|ended| ended.worker)
    }

    pub(super) fn log(&self, topic: &str, partition: i32) -> Option<&Log> {
        self.logs.get(&(topic.into(), partition))
    }

    pub(super) fn log_of(&self, at: usize) -> Option<&Log> {
        self.logs.get(&self.place(at)?)
    }

    /// Below which offset anybody ever asked to remove records of the partition that a line is about.
    pub(super) fn removed_below(&self, at: usize) -> Offset {
        let place = self.place(at);
        let asked = self.lines(Line::DeleteRecords).iter();
        let of = asked.filter(|line| self.place(**line) == place);
        let offsets = of.filter_map(|line| match &self.call(*line)?.0.call {
            Call::DeleteRecords(asked) if asked.offset >= 0 => Some(asked.offset),
            _ => Some(Offset::MAX),
        });
        offsets.max().unwrap_or(0)
    }

    /// The log of another partition.
    pub(super) fn other_log(&self, topic: &str, partition: i32) -> Option<(&Place, &Log)> {
        let is_other = |(place, log): &(&Place, &Log)| {
            (place.0.as_str(), place.1) != (topic, partition) && !log.records.is_empty()
        };
        self.logs.iter().find(is_other)
    }

    pub(super) fn any_place(&self, draw: &mut Draw) -> Option<Place> {
        let at = draw.below(self.logs.len());
        self.logs.keys().nth(at).cloned()
    }

    /// A moment in the middle of the load, so that something happened before it and something will.
    pub(super) fn moment(&self, draw: &mut Draw) -> Moment {
        let (from, to) = self.load;
        let fifth = to.saturating_sub(from) / 5;
        from.saturating_add(fifth)
            .saturating_add(draw.next() % (fifth * 3).max(1))
    }

    /// A stretch without faults, of 10 s or as much as there is.
    pub(super) fn quiet(&self, draw: &mut Draw) -> Option<(Moment, Moment)> {
        let within = |(from, to): &(Moment, Moment)| (*from, (*to).min(self.load.1));
        let long = |(from, to): &(Moment, Moment)| to.saturating_sub(*from) >= self.quiet_min();
        let all: Vec<(Moment, Moment)> = self.quiet.iter().map(within).filter(long).collect();
        let (from, to) = *all.get(draw.below(all.len()))?;
        let spare = (to - from).saturating_sub(self.burst());
        let from = from + draw.next() % (spare + 1);
        Some((from, to.min(from + self.burst())))
    }

    /// A moment after which no fault is near until the end of the run.
    pub(super) fn quiet_to_the_end(&self) -> Option<Moment> {
        let (from, to) = *self.quiet.last()?;
        // Not from its begin, so that there is something to differ from.
        let begin = from + (self.load.1.saturating_sub(from)) / 4;
        let is_long = begin.saturating_add(self.quiet_min()) <= self.load.1;
        (to == Moment::MAX && is_long).then_some(begin)
    }

    /// Whether no fault is near a moment.
    pub(super) fn is_quiet(&self, at: Moment) -> bool {
        self.quiet
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at))
    }

    /// When each acknowledged record of the produce probe was sent and acknowledged.
    pub(super) fn probe(&self) -> &BTreeMap<u64, (Moment, Moment)> {
        &self.probe
    }

    /// When the load began.
    pub(super) fn load_start(&self) -> Moment {
        self.load.0
    }

    /// When the load ended.
    pub(super) fn load_end(&self) -> Moment {
        self.load.1
    }
}

/// Which kind of line it is, if it repeats an answer.
fn line_of(what: &What) -> Option<Line> {
    if let What::Observation(observation) = what {
        return match observation.seen {
            Seen::Metadata { .. } => Some(Line::Metadata),
            Seen::Replicas { .. } => Some(Line::Replicas),
            Seen::Quorum { .. } => Some(Line::Quorum),
            Seen::Produce { .. } => Some(Line::Produce),
            Seen::Delivery { .. } => Some(Line::Delivery),
            Seen::Content { .. } => Some(Line::Content),
            Seen::Controller { .. }
            | Seen::Features { .. }
            | Seen::Process { .. }
            | Seen::Coordinator { .. }
            | Seen::Group { .. }
            | Seen::Transactions { .. }
            | Seen::Producers { .. }
            | Seen::Unknown => None,
        };
    }
    match completion(what)?.report {
        Report::Append(_) => Some(Line::Append),
        Report::Poll(_) => Some(Line::Poll),
        Report::EndOffset(_) => Some(Line::EndOffset),
        Report::Read(_) => Some(Line::Read),
        Report::StartOffset(_) => Some(Line::StartOffset),
        Report::DeleteRecords(_) => Some(Line::DeleteRecords),
        Report::CreateTopic | Report::DeleteTopic | Report::GrowTopic => Some(Line::ChangeTopic),
        Report::DescribeTopic(_) => Some(Line::DescribeTopic),
        Report::OffsetForTime(_) => Some(Line::OffsetForTime),
        _ => None,
    }
}

/// The longest time that the target may take to be as it was.
fn slowest(history: &History) -> Moment {
    let limits = history.limits();
    let slowest_ms = limits
        .fail_over_ms
        .max(limits.disagreement_ms)
        .max(limits.response_ms)
        .max(limits.metadata_ms)
        .max(limits.in_sync_ms);
    slowest_ms.saturating_mul(1_000_000)
}

/// The stretches of the run from the load on in which no fault is near.
fn quiet(history: &History, load: Moment) -> Vec<(Moment, Moment)> {
    let settled = slowest(history);
    let mut faults: Vec<(Moment, Moment)> = history
        .windows()
        .iter()
        .filter(|window| !window.skipped)
        .map(|window| {
            // After a cut, TCP backs off for as long as it lasted.
            let length = window.length().unwrap_or(0);
            let healed = window.healed.unwrap_or(Moment::MAX);
            (
                window.called,
                healed.saturating_add(settled).saturating_add(length),
            )
        })
        .collect();
    faults.sort_unstable();
    let mut quiet = Vec::new();
    let mut from = load;
    for (begun, over) in faults {
        if begun > from {
            quiet.push((from, begun));
        }
        from = from.max(over);
    }
    quiet.push((from, Moment::MAX));
    quiet
}

fn probe(history: &History) -> BTreeMap<u64, (Moment, Moment)> {
    let acknowledged = history
        .observations()
        .filter(|observed| observed.observation.answered);
    let times = acknowledged.filter_map(|observed| match observed.observation.seen {
        Seen::Produce { sequence, .. } => {
            Some((sequence, (observed.observation.called, observed.at)))
        }
        _ => None,
    });
    times.collect()
}
