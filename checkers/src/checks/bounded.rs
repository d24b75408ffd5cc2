//! Judging a history of hours in memory that hardly grows with it.
//!
//! [`Reducer`] takes one line after the other and keeps those that are not *settled*. A record is settled if it was sent
//! once, came out, was read, lies at one offset alone, contradicts nothing that is known, and is not recent; then it is
//! counted and forgotten, with its append, the polls that returned it, and the end offsets below it. What is left is
//! judged like any other history ([`Left::judge`]), to the same bytes: each count and each maximum that a check reports is
//! the sum of what was forgotten and what is left. What checks of liveness need was counted when the lines came
//! ([`tally`](super::tally)).
//!
//! **A later contradiction is still one.** What lies at each offset stays known by value, in about two bytes a record
//! (`content`), and everything that comes later is compared with it. Where something contradicts what was
//! forgotten, nothing is guessed: [`Reducer::finish`] returns [`Whole`], and the history has to be judged as a whole,
//! from the file, in 0.5 GB for a million operations.
//!
//! **What is odd stays.** A record that is read and was never acknowledged, an append that nobody read, an end offset that
//! is too low: from there on nothing of the partition is forgotten, so that every finding has its evidence.
//!
//! What cannot be bounded: the `register` workload (each read of the last record is part of one search), a partition that
//! is asked for the offset of a time, a log that begins above 0, and values that were sent twice; they are kept as a
//! whole, and so is a history without the phases of a run. Appends that failed or whose outcome
//! stayed unknown, raw reads without their records, and answers of probes within two seconds of something that happened
//! are kept, some hundred bytes each; of the produce probe 16 bytes a record.

mod calm;
mod content;
mod ends;
mod frontier;
mod lag;
mod left;
mod lines;
mod places;
mod strip;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use calm::Calm;
use frontier::Held;
use lag::Lag;
use places::Places;

pub use left::Left;
pub use window::{Window, judges};

use super::claims::Claims;
use super::cluster_shape::Known;
use super::guard::Part;
use super::prepared::Prepared;
use super::probe::Probe;
use super::regimes::Regimes;
use super::tally::{Context, Tally};
use super::view::{self, View, sending};
use crate::history::{
    Acks, Append, Call, ClientOperation, Event, FaultPhase, Header, History, Moment, Offset,
    Outcome, Phase, Report, Settled, What, WorkerId,
};
use crate::promises::{Configuration, weaker};

/// The history has to be judged as a whole: something contradicts, or may contradict, what was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history has to be judged as a whole, because of {why}")]
pub struct Whole {
    why: &'static str,
}

/// Takes the lines of a history, and keeps those that are not settled.
#[derive(Debug)]
pub struct Reducer {
    header: Header,
    window: Window,
    kept: Vec<Event>,
    /// Lines and records that are kept.
    weight: usize,
    /// The weight at which the next ones are forgotten.
    limit: usize,
    /// Lines before this one were compared with what is settled.
    compared: u64,
    places: Places,
    settled: Settled,
    calm: Calm,
    lag: Lag,
    tally: Tally,
    /// Whether the load has begun.
    loaded: bool,
    /// Workers that asked for an end offset.
    asked: BTreeSet<WorkerId>,
    /// Whether operations are kept as a whole.
    registers: bool,
    /// Whether anything was forgotten.
    reduced: bool,
    against: Option<&'static str>,
}

impl Reducer {
    /// Nothing yet, of a history with this header.
    pub fn new(header: Header, window: Window) -> Reducer {
        Reducer {
            tally: Tally::new(&header),
            loaded: false,
            header,
            window,
            kept: Vec::new(),
            weight: 0,
            limit: window.lines,
            compared: 0,
            places: Places::default(),
            settled: Settled::default(),
            calm: Calm::default(),
            lag: Lag::default(),
            asked: BTreeSet::new(),
            registers: false,
            reduced: false,
            against: None,
        }
    }

    /// Takes the next line.
    pub fn take(&mut self, event: Event) {
        if self.against.is_some() {
            return;
        }
        self.weight += weight(&event);
        self.tally.take(&event);
        match &event.what {
            What::Phase(phase) => self.loaded |= phase.phase == Phase::Load,
            What::Fault(fault) => {
                let begins = fault.phase != FaultPhase::Healed;
                if begins && fault.called < self.tally.decided {
                    self.give_up("a fault that began before what was decided");
                    return;
                }
            }
            _ => {}
        }
        self.kept.push(event);
        // Before the load begins there is nothing to forget, nor in a history that is none of a run.
        if self.loaded && self.weight >= self.limit {
            if let Err(why) = self.reduce() {
                self.give_up(why);
            }
            self.weight = self.kept.iter().map(weight).sum();
            self.limit = self.window.lines.max(self.weight.saturating_mul(2));
        }
    }

    /// How many lines are kept.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// The history, or what is left of it.
    ///
    /// # Errors
    /// If it has to be judged as a whole.
    pub fn finish(mut self) -> Result<Left, Whole> {
        let whole = |why| Whole { why };
        if let Some(why) = self.against {
            return Err(whole(why));
        }
        if !self.reduced {
            return Ok(Left {
                history: History::new(self.header, self.kept),
                tally: self.tally,
            });
        }
        self.compare().map_err(whole)?;
        let history = History::new(self.header.clone(), std::mem::take(&mut self.kept));
        self.last(&history).map_err(whole)?;
        self.settled.lag = self.lag.longest;
        let operations = history.operations();
        let known = Known::of(&history, &operations, Some(&self.calm.answers));
        if !self.calm.fits(&known) || self.tally.is_against() {
            return Err(whole("a cluster that is not what it was"));
        }
        drop(operations);
        self.settled.answers = self.calm.answers;
        self.settled.produced = self.calm.produced;
        for place in self.places.all {
            let of_topic = self.settled.places.entry(place.topic).or_default();
            of_topic.insert(place.partition, place.counts);
        }
        let history = History::reduced(self.header, history.into_events(), self.settled);
        Ok(Left {
            history,
            tally: self.tally,
        })
    }

    fn give_up(&mut self, why: &'static str) {
        self.against = Some(why);
        self.kept = Vec::new();
        self.places = Places::default();
    }

    /// Looks at the end of the history: no node ends below what is settled.
    fn last(&mut self, history: &History) -> Result<(), &'static str> {
        let operations = history.operations();
        let views = view::collect(history, &operations);
        self.advance(&views, &operations)?;
        for view in &views {
            let (topic, partition) = view.place;
            let at = self.places.index(topic, partition);
            let to = self.places.all[at].to;
            if view
                .covered
                .iter()
                .any(|read| read.to_the_end && read.to < to)
            {
                return Err("a node that ends below what is settled");
            }
        }
        Ok(())
    }

    fn advance(
        &mut self,
        views: &[View<'_>],
        operations: &[ClientOperation<'_>],
    ) -> Result<(), &'static str> {
        let advanced = self.lag.advance(views, operations, &mut self.places);
        advanced.ok_or("a consumer that went back below what is settled")
    }

    /// Forgets what is settled.
    fn reduce(&mut self) -> Result<(), &'static str> {
        self.compare()?;
        self.reduced = true;
        let history = History::new(self.header.clone(), std::mem::take(&mut self.kept));
        self.decide(&history)?;
        let before: Vec<Offset> = self.places.all.iter().map(|place| place.to).collect();
        let forgotten = match self.registers {
            true => Vec::new(),
            false => self.settle(&history)?,
        };
        let phases = (history.phase(Phase::Load), history.phase(Phase::Done));
        let known = Known::of(&history, &history.operations(), Some(&self.calm.answers));
        let events = history.into_events();
        let mut drop = vec![false; events.len()];
        let until = self.since(&events).1;
        self.calm
            .thin(&self.header, known, &events, phases, until, &mut drop);
        self.forget(events, drop, &forgotten, &before)
    }

    /// Decides what was counted of the lines that are not recent.
    fn decide(&mut self, history: &History) -> Result<(), &'static str> {
        // There are no rules before the load has lasted.
        if history.phase(Phase::Load) >= Some(history.end()) {
            return Ok(());
        }
        let (operations, views) = (Ok(Vec::new()), Ok(Vec::new()));
        let (windows, nodes) = (Ok(history.windows()), Ok(history.nodes()));
        let (claims, probe): (Part<Claims<'_>>, _) = (Ok(Claims::default()), Ok(Probe::default()));
        let configuration: Part<Configuration> = Ok(Configuration::from(history, &[], &[]));
        let prepared = Prepared {
            history,
            operations: &operations,
            views: &views,
            windows: &windows,
            claims: &claims,
            nodes: &nodes,
            probe: &probe,
            configuration: &configuration,
        };
        let regimes = Regimes::of(&prepared);
        let (_, until) = self.since(history.events());
        self.tally.decide(&Context::of(&prepared, &regimes), until);
        match self.tally.is_against() {
            true => Err("an answer that does not fit to what was forgotten"),
            false => Ok(()),
        }
    }

    /// The first line that is recent, and its time.
    fn since(&self, events: &[Event]) -> (u64, Moment) {
        let at = events.len().saturating_sub(self.window.recent.max(1));
        events.get(at).map_or((0, 0), |event| (event.i, event.t))
    }

    /// Decides what is settled, and counts it. Returns the operations to forget, by their lines.
    fn settle(&mut self, history: &History) -> Result<Vec<u64>, &'static str> {
        let operations = history.operations();
        let views = view::collect(history, &operations);
        self.advance(&views, &operations)?;
        let (since, _) = self.since(history.events());
        let patient = (self.compared).saturating_sub(self.window.patience as u64);
        let recency = history.promises().end_offset_includes_acknowledged;
        let mut asked: BTreeMap<usize, Vec<Moment>> = BTreeMap::new();
        let mut by_time: BTreeSet<usize> = BTreeSet::new();
        for operation in &operations {
            match operation.call {
                Call::EndOffset(end) if operation.completion.is_none() => {
                    let at = self.places.index(&end.topic, end.partition);
                    asked.entry(at).or_default().push(operation.called);
                }
                Call::OffsetForTime(asked) => {
                    let at = self.places.index(&asked.topic, asked.partition);
                    by_time.insert(at);
                    if self.places.all[at].counts.records > 0 {
                        return Err("a question for the offset of a time that came late");
                    }
                }
                _ => {}
            }
        }
        let loaded = history.phase(Phase::Recovery).unwrap_or(Moment::MAX);
        let mut forgotten = Vec::new();
        for view in &views {
            let (topic, partition) = view.place;
            let at = self.places.index(topic, partition);
            let held = Held {
                before: self.places.all[at].to,
                since,
                consumers: self.lag.lowest(at, patient),
                recency,
                asked: asked.get(&at).map_or(&[], Vec::as_slice),
                by_time: by_time.contains(&at),
            };
            let to = frontier::of(view, held);
            let open = held.asked.iter().copied().min().unwrap_or(Moment::MAX);
            let redundant = ends::redundant(view, recency, open);
            self.fold(view, at, (to, &redundant), loaded, &mut forgotten);
        }
        forgotten.sort_unstable();
        Ok(forgotten)
    }

    /// Counts what lies below the limit of a partition.
    fn fold(
        &mut self,
        view: &View<'_>,
        at: usize,
        (to, redundant): (Offset, &[bool]),
        loaded: Moment,
        forgotten: &mut Vec<u64>,
    ) {
        let place = &mut self.places.all[at];
        let facts = view.facts_between(Offset::MIN, to);
        let Some(last) = facts.last() else {
            return;
        };
        // What is above the last of them may still be filled: by a record of an append that got no answer.
        let to = last.offset.saturating_add(1);
        place.to = to;
        for fact in facts {
            place.content.add(fact.offset, view.value(fact));
            place.uncommitted |= !fact.committed;
            place.counts.records += 1;
            let Some(send) = view
                .send_of(fact)
                .filter(|send| send.outcome == Outcome::Ok)
            else {
                continue;
            };
            place.counts.acknowledged += 1;
            place.counts.stated += u64::from(send.offset().is_some());
            if let Some(acknowledged) = send.acknowledged_at() {
                let late = fact.seen_at.saturating_sub(acknowledged);
                place.counts.longest_late = place.counts.longest_late.max(late);
                let after = acknowledged < loaded && fact.seen_at >= loaded;
                place.counts.late_after_load += u64::from(after);
            }
        }
        let same = |a: &view::Send<'_>, b: &view::Send<'_>| std::ptr::eq(a.operation, b.operation);
        for request in view.sends.chunk_by(same) {
            let send = &request[0];
            if frontier::lies(view, send).is_none_or(|offset| offset >= to) {
                continue;
            }
            forgotten.push(send.operation.id);
            if send.operation.outcome != Outcome::Ok {
                self.settled.failing.extend(send.operation.completed());
            }
            if send.operation.outcome == Outcome::Info
                && let Call::Append(Append {
                    idempotent: true, ..
                }) = send.operation.call
                && let Some(sending) = sending(send.operation)
            {
                let called = send.operation.called;
                let known = self.settled.gave_up.entry(sending.producer);
                let known = known.or_insert(called);
                *known = called.min(*known);
            }
            let appends = &mut self.settled.appends;
            let answered = matches!(send.operation.report(), Some(Report::Append(_)));
            appends.answered += u64::from(answered);
            let known: Option<Acks> = appends.weakest;
            appends.weakest = Some(known.map_or(send.acks, |known| weaker(known, send.acks)));
            appends.any_plain |= !send.idempotent;
        }
        let ends = view.ends.iter().zip(redundant);
        for (end, _) in ends.filter(|(end, redundant)| end.offset <= to && **redundant) {
            place.counts.ends += 1;
            forgotten.push(end.operation.id);
        }
    }
}

/// A line and its records.
fn weight(event: &Event) -> usize {
    let (What::Ok(completion) | What::Fail(completion) | What::Info(completion)) = &event.what
    else {
        return 1;
    };
    1 + match &completion.report {
        Report::Poll(polled) => polled.records.len(),
        Report::Read(seen) => seen.records.len(),
        _ => 0,
    }
}
