//! Judging a history of hours in memory that hardly grows with it.
//!
//! [`Reducer`] takes one line after the other and keeps those that are not *settled*. A record is settled if it was sent
//! once, came out, was read, lies at one offset alone, contradicts nothing that is known, and is not recent; then it is
//! counted and forgotten, with its append, the polls that returned it, and the end offsets below it. What is left is
//! judged like any other history ([`Left::judge`]), to the same bytes: each count and each maximum that a check reports is
//! the sum of what was forgotten and what is left. What checks of liveness need was counted when the lines came
//! (`tally`).
//!
//! **A later contradiction is still one.** What lies at each offset stays known by value, in about two bytes a record
//! (`content`), and everything that comes later is compared with it. Where something contradicts what was
//! forgotten, nothing is guessed: [`Reducer::finish`] returns [`Whole`], and the history has to be judged as a whole,
//! from the file, in 0.5 GB for a million operations.
//!
//! **What is odd stays.** A record that is read and was never acknowledged, an append that nobody read, an end offset that
//! is too low: from there on nothing of the partition is forgotten, so that every finding has its evidence.
//!
//! What cannot be bounded: histories with consumer groups or transactions, which are kept as a whole (an output may name an
//! input of hours before, and a transaction may end long after it began); the `register` workload
//! (each read of the last record is part of one search), a partition that
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
mod settle;
mod strip;
mod window;

use std::collections::BTreeSet;

use calm::Calm;
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
use super::scope::needs_the_whole;
use super::tally::{Context, Tally};
use super::view::{self, View};
use crate::history::{
    ClientOperation, Event, FaultPhase, Header, History, Listener, Moment, Offset, Phase, Report,
    Settled, What, WorkerId,
};
use crate::promises::Configuration;

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
    /// Which lateness is believed.
    listener: Listener,
    /// Whether the load has begun.
    loaded: bool,
    /// Workers that asked for an end offset.
    asked: BTreeSet<WorkerId>,
    /// Whether operations are kept as a whole.
    registers: bool,
    /// Whether the history has groups or transactions, whose checks need all of it.
    whole: bool,
    /// Whether anything was forgotten.
    reduced: bool,
    against: Option<&'static str>,
}

impl Reducer {
    /// Nothing yet, of a history with this header.
    pub fn new(header: Header, window: Window) -> Reducer {
        Reducer {
            tally: Tally::new(&header),
            listener: Listener::new(&header),
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
            whole: false,
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
        self.listener.take(&event);
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
        if !self.whole && needs_the_whole(&event) {
            self.whole = true;
            if self.reduced {
                self.give_up("groups or transactions that began late");
                return;
            }
        }
        self.kept.push(event);
        // Before the load begins there is nothing to forget, nor in a history that is none of a run.
        if self.loaded && !self.whole && self.weight >= self.limit {
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
        self.settled.appended = self.calm.appended;
        for place in self.places.all {
            let of_topic = self.settled.places.entry(place.topic).or_default();
            of_topic.insert(place.partition, place.counts);
        }
        let forgotten = (self.settled, self.listener.finish());
        let history = History::reduced(self.header, history.into_events(), forgotten);
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
        let client_windows = Ok(Vec::new());
        let (claims, probe): (Part<Claims<'_>>, _) = (Ok(Claims::default()), Ok(Probe::default()));
        let configuration: Part<Configuration> = Ok(Configuration::from(history, &[], &[]));
        let prepared = Prepared {
            history,
            operations: &operations,
            views: &views,
            windows: &windows,
            client_windows: &client_windows,
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
